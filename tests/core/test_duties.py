"""What happens without any mail: waiting lists move up, reminders go out once each, whatever lies between."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from inbox_worker.core.ledger import Ledger
from inbox_worker.core.recording import settled
from inbox_worker.core.registration import Desk, Event, Phase, Reminder, Status
from inbox_worker.errors import MailboxError
from tests.builders import BERLIN, FACHDISKURS, NOW, SIGNED, a_desk, a_mail, an_event
from tests.office import FakeOffice

PEOPLE = ["Anna Schmitt", "Ben Yilmaz", "Carla Groß", "Daria Nowak"]
GOODBYE = "Guten Tag,\n\nich muss meine Teilnahme am Fachdiskurs leider absagen.\n\nMit freundlichen Grüßen\n{}\n"

INSTEAD = "Guten Tag,\n\nstatt meiner kommt mein Kollege Emil Vogt zum Fachdiskurs.\n\nMit freundlichen Grüßen\n{}\n"


def a_limited(capacity: int | None = 2, **changes: object) -> Desk:
    """A desk with one event for so many people, and its usual reminders."""
    start = an_event().start
    day_before = datetime(2022, 11, 23, 9, 0, tzinfo=BERLIN)
    reminders = (Reminder("1d 09:00", day_before), Reminder("1h", start - timedelta(hours=1)))
    return a_desk(replace(an_event(), capacity=capacity, reminders=reminders, **changes))  # type: ignore[arg-type]


def the_mail(number: int, text: str = SIGNED, times: int = 1) -> bytes:
    name = PEOPLE[number]
    mail = a_mail(text.format(name), number=number, name=name)
    return mail.replace(b"<mail-", b"<mail-%d-" % times)


def address(number: int) -> str:
    return f"a{number}@teutoburger-bote.example"


class Life:
    """A desk's days: mails come, time goes on, the worker is started anew for each pass."""

    def __init__(self, desk: Desk) -> None:
        self.office, self.desk, self._times = FakeOffice(), desk, 0

    async def begins(self) -> "Life":
        await self.passes()
        return self

    async def passes(self) -> None:
        await self.office.worker(self.office.plan(desk=self.desk)).run_pass()

    async def gets(self, *mails: bytes) -> None:
        for mail in mails:
            self._times += 1
            self.office.mailbox.put(mail.replace(b"<mail-", b"<mail-%d-" % self._times))
        await self.passes()

    @property
    def ledger(self) -> Ledger:
        return Ledger().fold(self.office.journal.entries)

    def placed(self) -> list[str]:
        return [one.registrant.name for one in self.ledger.roster()]

    def waiting(self) -> list[str]:
        return [one.registrant.name for one in self.ledger.waiting(FACHDISKURS)]

    def mails(self, receiver: str) -> list[str]:
        """The kinds of the mails to `receiver`, by what they say first."""
        told = []
        for reply in self.office.transport.sent:
            if reply.recipients == (receiver,):
                text = reply.content.decode("ascii", "replace").replace("=\r\n", "")
                told.append(next(kind for kind, words in KINDS.items() if words in text))
        return told


KINDS = {
    "promotion": "Ein Platz ist frei geworden",
    "waitlist": "alle Pl=C3=A4tze vergeben",
    "reminder": "bald ist es so weit",
    "pending": "Sie ist gut angekommen",
    "cancellation": "danke, dass Sie uns Bescheid geben",
    "confirmation": "Hier ist Ihr Zugangslink",
    "over": "hat leider schon stattgefunden",
    "early": "ist noch nicht ge=C3=B6ffnet",
    "closed": "ist leider schon geschlossen",
    "link": "noch einmal",
}


async def full() -> Life:
    life = await Life(a_limited()).begins()
    await life.gets(*(the_mail(number) for number in range(4)))
    return life


async def test_when_all_places_are_taken_people_wait_in_the_order_of_their_mails() -> None:
    life = await full()
    assert life.placed() == PEOPLE[:2]
    assert life.waiting() == PEOPLE[2:]
    told = [life.mails(address(number)) for number in range(4)]
    assert told == [["confirmation"], ["confirmation"], ["waitlist"], ["waitlist"]]
    link = an_event().link.encode()
    assert [link in reply.content for reply in life.office.transport.sent] == [True, True, False, False]


async def test_a_cancellation_gives_the_place_to_the_first_who_waits_and_tells_them() -> None:
    life = await full()
    await life.gets(the_mail(0, GOODBYE))
    assert life.placed() == [PEOPLE[1], PEOPLE[2]]
    assert life.mails(address(2)) == ["waitlist", "promotion"]
    assert life.mails(address(3)) == ["waitlist"]
    await life.passes()
    assert life.mails(address(2)) == ["waitlist", "promotion"], "once"


async def test_who_comes_instead_of_somebody_takes_over_their_place_and_overtakes_nobody() -> None:
    life = await full()
    await life.gets(the_mail(0, INSTEAD))
    assert life.placed() == [PEOPLE[1], "Emil Vogt"]
    assert life.waiting() == PEOPLE[2:]
    assert life.mails(address(2)) == ["waitlist"]


async def test_more_capacity_in_the_configuration_moves_the_list_up() -> None:
    life = await full()
    life.desk = a_limited(3)
    await life.passes()
    assert life.waiting() == [PEOPLE[3]]
    life.desk = a_limited(None)
    await life.passes()
    assert life.placed() == PEOPLE


async def test_nobody_overtakes_those_who_wait() -> None:
    life = await full()
    desk = life.desk
    life.desk = a_limited(2)
    life.office.mailbox.put(the_mail(0, GOODBYE).replace(b"<mail-", b"<mail-x-"))
    life.office.mailbox.put(a_mail(SIGNED.format("Eva Lang"), number=9, name="Eva Lang"))
    await life.passes()
    assert life.placed() == [PEOPLE[1], PEOPLE[2]]
    assert life.waiting() == [PEOPLE[3], "Eva Lang"]
    assert desk == life.desk


async def test_nobody_moves_up_after_the_start() -> None:
    life = await full()
    life.office.clock.now = an_event().start + timedelta(minutes=1)
    await life.gets(the_mail(0, GOODBYE))
    assert life.waiting() == PEOPLE[2:]


async def test_who_waits_and_asks_for_the_link_hears_that_they_wait_and_a_stranger_gets_none() -> None:
    life = await full()
    lost = "Guten Tag,\n\nbitte schicken Sie mir den Zugangslink zum Fachdiskurs noch einmal.\n\n{}\n"
    await life.gets(the_mail(2, lost), the_mail(1, lost))
    assert life.mails(address(2)) == ["waitlist", "waitlist"]
    assert life.mails(address(1)) == ["confirmation", "link"]
    await life.gets(a_mail(lost.format("Eva Lang"), number=9, name="Eva Lang"))
    assert life.mails(address(9)) == []
    assert [mail.entry.sender for mail in life.ledger.held.values()] == [address(9)]


async def test_who_waits_can_leave_the_waiting_list() -> None:
    life = await full()
    await life.gets(the_mail(2, GOODBYE))
    assert life.waiting() == [PEOPLE[3]]
    await life.gets(the_mail(0, GOODBYE))
    assert life.placed() == [PEOPLE[1], PEOPLE[3]]


@pytest.mark.parametrize(
    ("opens", "closes", "now", "kind", "held"),
    [
        (timedelta(hours=1), None, timedelta(), "early", False),
        (None, timedelta(days=1), timedelta(days=1), "closed", True),
        (None, None, timedelta(days=60), "over", False),
    ],
)
async def test_too_early_or_too_late_is_told_and_nobody_is_registered(
    opens: timedelta | None, closes: timedelta | None, now: timedelta, kind: str, *, held: bool
) -> None:
    desk = a_limited(None, opens=opens and NOW + opens, closes=closes and NOW + closes)
    life = await Life(desk).begins()
    life.office.clock.now += now
    await life.gets(the_mail(0))
    assert life.mails(address(0)) == [kind]
    assert life.placed() == []
    assert bool(life.ledger.held) is held


def test_an_event_goes_through_its_phases() -> None:
    event: Event = replace(an_event(), opens=NOW, closes=NOW + timedelta(days=1))
    second = timedelta(seconds=1)
    assert event.phase(NOW - second) is Phase.ANNOUNCED
    assert event.phase(NOW) is Phase.OPEN
    assert event.phase(NOW + timedelta(days=1)) is Phase.CLOSED
    assert event.phase(event.end) is Phase.OVER
    assert an_event().phase(NOW) is Phase.OPEN


async def test_everybody_is_reminded_once_each_whatever_restarts_and_downtime_lie_between() -> None:
    life = await Life(a_limited(None)).begins()
    await life.gets(the_mail(0), the_mail(1))
    start = an_event().start
    for hours_before in (40, 29, 28.1, 28, 27.9, 20, 3, 1.1, 1, 0.9, 0.1, -0.5):
        life.office.clock.now = start - timedelta(hours=hours_before)
        await life.passes()
        await life.passes()
    assert life.mails(address(0)) == ["confirmation", "reminder", "reminder"]
    assert life.mails(address(1)) == ["confirmation", "reminder", "reminder"]


async def test_after_a_day_down_only_the_reminder_that_still_helps_is_sent() -> None:
    life = await Life(a_limited(None)).begins()
    await life.gets(the_mail(0))
    life.office.clock.now = an_event().start - timedelta(minutes=30)
    await life.passes()
    assert life.mails(address(0)) == ["confirmation", "reminder"]


async def test_who_registers_within_the_hour_before_a_reminder_gets_none() -> None:
    life = await Life(a_limited(None)).begins()
    reminder = an_event().start - timedelta(hours=1)
    life.office.clock.now = reminder - timedelta(minutes=50)
    await life.gets(the_mail(0))
    life.office.clock.now = reminder + timedelta(minutes=1)
    await life.gets(the_mail(1))
    assert life.mails(address(0)) == ["confirmation"]
    assert life.mails(address(1)) == ["confirmation"]


async def test_who_waits_or_has_left_or_cannot_be_reached_is_not_reminded() -> None:
    life = await full()
    await life.gets(the_mail(1, GOODBYE))  # Carla moves up
    life.office.clock.now = an_event().start - timedelta(hours=20)
    await life.passes()
    assert life.mails(address(0)) == ["confirmation", "reminder"]
    assert life.mails(address(1)) == ["confirmation", "cancellation"]
    assert life.mails(address(2)) == ["waitlist", "promotion", "reminder"]
    assert life.mails(address(3)) == ["waitlist"]


async def test_a_reminder_goes_out_while_the_mailbox_is_gone() -> None:
    life = await Life(a_limited(None)).begins()
    await life.gets(the_mail(0))
    life.office.clock.now = an_event().start - timedelta(minutes=30)
    life.office.mailbox.troubles.append(MailboxError("gone"))
    with pytest.raises(MailboxError):
        await life.passes()
    assert life.mails(address(0)) == ["confirmation", "reminder"]


async def test_an_event_that_is_put_off_is_reminded_of_anew() -> None:
    life = await Life(a_limited(None)).begins()
    await life.gets(the_mail(0))
    life.office.clock.now = an_event().start - timedelta(minutes=30)
    await life.passes()
    later = an_event().start + timedelta(days=7)
    moved = replace(life.desk.events[0], start=later, end=later + timedelta(hours=2))
    life.desk = a_desk(replace(moved, reminders=(Reminder("1h", later - timedelta(hours=1)),)))
    await life.passes()
    assert life.mails(address(0)) == ["confirmation", "reminder"]
    life.office.clock.now = later - timedelta(minutes=30)
    await life.passes()
    assert life.mails(address(0)) == ["confirmation", "reminder", "reminder"]


async def test_somebody_who_leaves_while_their_reminder_waits_does_not_get_it() -> None:
    life = await Life(a_limited(None)).begins()
    await life.gets(the_mail(0))
    life.office.clock.now = an_event().start - timedelta(hours=20)
    worker = life.office.worker(life.office.plan(desk=life.desk))
    worker.stopping.set()  # owed, and not delivered
    await worker.run_pass()
    assert len(life.ledger.outbox) == 1
    life.office.mailbox.put(the_mail(0, GOODBYE).replace(b"<mail-", b"<mail-x-"))
    await life.passes()
    assert life.mails(address(0)) == ["confirmation", "cancellation"]
    assert not life.ledger.outbox
    assert not life.ledger.failed, "nobody must look at it"


async def test_observing_reminds_nobody() -> None:
    life = await Life(a_limited(None)).begins()
    await life.gets(the_mail(0))
    life.office.clock.now = an_event().start - timedelta(minutes=30)
    await life.office.worker(life.office.plan(desk=life.desk, mode="observe")).run_pass()
    assert life.mails(address(0)) == ["confirmation"]


def test_a_status_is_what_the_journal_says() -> None:
    assert [status.value for status in Status] == ["registered", "waitlisted", "pending"]


async def test_shortly_before_the_start_a_held_mail_gets_the_number_to_call_at_once() -> None:
    """Of somebody who is on no list of a limited event, and wants the link again."""
    life = await full()
    lost = "Guten Tag,\n\nbitte schicken Sie mir den Zugangslink zum Fachdiskurs noch einmal.\n\nEva Lang\n"
    life.office.clock.now = an_event().start - timedelta(minutes=61)
    await life.gets(a_mail(lost, number=8, name="Eva Lang"))
    assert life.mails(address(8)) == []
    life.office.clock.now = an_event().start - timedelta(minutes=59)
    await life.gets(a_mail(lost, number=9, name="Eva Lang"))
    (receipt,) = [reply for reply in life.office.transport.sent if reply.recipients == (address(9),)]
    assert b"0521=C2=A01067328" in receipt.content
    assert an_event().link.encode() not in receipt.content
    assert len(life.ledger.held) == 2


def test_an_event_is_imminent_from_an_hour_before_until_a_quarter_of_an_hour_behind_its_start() -> None:
    start = an_event().start
    minutes = (-61, -60, -1, 0, 14, 15)
    assert [an_event().is_imminent(start + timedelta(minutes=each)) for each in minutes] == [
        *(False, True, True, True, True, False)
    ]


FORGED = "Authentication-Results: mx.ours.example; dmarc=fail (p=reject) header.from=teutoburger-bote.example\r\n"


async def test_a_forged_sender_gets_no_link_by_a_reminder_or_a_free_place_either() -> None:
    life = await Life(replace(a_limited(2), authserv_id="mx.ours.example")).begins()
    forged = a_mail(SIGNED.format("Eva Lang"), number=7, name="Eva Lang", headers=FORGED)
    await life.gets(the_mail(0), forged)
    await life.gets(forged.replace(b"Eva", b"Ida").replace(b"a7@", b"a8@"), the_mail(2))
    assert life.placed() == [PEOPLE[0], "Eva Lang"]
    assert life.waiting() == ["Ida Lang", PEOPLE[2]]
    await life.gets(the_mail(0, GOODBYE))
    assert life.placed() == ["Eva Lang", PEOPLE[2]], "who is not released is passed over"
    life.office.clock.now = an_event().start - timedelta(minutes=30)
    await life.passes()
    assert life.mails(address(7)) == life.mails(address(8)) == []
    assert life.mails(address(2)) == ["waitlist", "promotion", "reminder"]


async def test_where_a_person_approves_everybody_gets_a_receipt_and_the_link_when_released() -> None:
    life = await Life(a_limited(None, approval=True)).begins()
    await life.gets(the_mail(0), the_mail(1))
    assert life.placed() == []
    assert [one.registrant.name for one in life.ledger.pending()] == PEOPLE[:2]
    assert life.mails(address(0)) == life.mails(address(1)) == ["pending"]
    assert not any(an_event().link.encode() in reply.content for reply in life.office.transport.sent)
    life.office.clock.now = an_event().start - timedelta(hours=20)
    await life.passes()
    assert life.mails(address(0)) == ["pending"], "nobody is reminded who is not approved"
    ledger = life.ledger
    (first, second) = ledger.held.values()
    entries = settled(first, ledger.offered[first.entry.ref], release=True)
    entries += settled(second, ledger.offered[second.entry.ref], release=False)
    await life.office.journal.append(entries, after=ledger.seq, at=life.office.clock())
    await life.passes()
    assert life.placed() == [PEOPLE[0]]
    assert life.mails(address(0))[:2] == ["pending", "confirmation"]
    assert life.mails(address(1)) == ["pending"]
    life.office.clock.now = an_event().start - timedelta(minutes=30)
    await life.passes()
    assert life.mails(address(0))[-1] == "reminder"
    assert life.mails(address(1)) == ["pending"]


async def test_who_has_left_before_being_approved_is_not_brought_back() -> None:
    life = await Life(a_limited(None, approval=True)).begins()
    await life.gets(the_mail(0))
    await life.gets(the_mail(0, GOODBYE))
    ledger = life.ledger
    (mail,) = ledger.held.values()
    entries = settled(mail, ledger.offered[mail.entry.ref], release=True)
    await life.office.journal.append(entries, after=ledger.seq, at=life.office.clock())
    await life.passes()
    assert life.placed() == []


async def test_a_link_for_somebody_at_another_house_goes_to_the_one_who_wrote_later_too() -> None:
    life = await Life(a_limited(capacity=None)).begins()
    text = (
        "Guten Tag,\n\nbitte melden Sie meine Kollegin Petra Lindner (p.lindner@anderes-haus.example) zum Fachdiskurs "
        "an.\n\nViele Grüße\nAnna Schmitt\n"
    )
    await life.gets(the_mail(0, text))
    assert [one.address for one in life.ledger.roster()] == ["p.lindner@anderes-haus.example"]

    life.office.clock.now = an_event().start - timedelta(minutes=30)
    await life.passes()

    *_, last = life.office.transport.sent
    assert KINDS["reminder"].encode() in last.content
    assert {reply.recipients for reply in life.office.transport.sent} == {(address(0),)}
