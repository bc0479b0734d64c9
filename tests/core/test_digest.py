"""When the press office gets a digest: each one once, whatever restarts, downtime, clocks and servers do."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from inbox_worker.core import digest
from inbox_worker.core.delivery import Outcome, Reply, Stage, Trouble
from inbox_worker.core.digest import DigestPlan, is_placeholder
from inbox_worker.core.entries import (
    DigestOwed,
    DigestSkipped,
    Entry,
    EventCancelled,
    Recorded,
    Registered,
    ReplyDropped,
    ReplyFailed,
    ReplyOwed,
    ReplySent,
)
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.outbox import ERASED, hopeless
from inbox_worker.core.registration import Desk
from inbox_worker.errors import MailboxError
from inbox_worker.worker import Transport
from tests.builders import ANNA, BERLIN, FACHDISKURS, NOW, PRESSE, SIGNED, a_desk, a_mail, a_ref, an_answer, an_event
from tests.office import FakeOffice

PRESS, CHIEF = "haaf@zukunftswerkstatt-kommunen.de", "leitung@zukunftswerkstatt-kommunen.de"
PLAN = DigestPlan(to=(PRESS,), zone=BERLIN)


def on(day: int, hour: int = 8, minute: int = 0, month: int = 11) -> datetime:
    """In Berlin, in the autumn of 2022: the 10th of November is a Thursday."""
    return datetime(2022, month, day, hour, minute, tzinfo=BERLIN)


@dataclass
class Days:
    """A desk's days: the worker is started anew for each pass."""

    plan: DigestPlan = PLAN
    desk: Desk = field(default_factory=a_desk)
    mode: str = "send"
    office: FakeOffice = field(default_factory=FakeOffice)
    mails: int = 0

    async def passes(self, at: datetime) -> None:
        self.office.clock.now = at.astimezone(UTC)
        plan = self.office.plan(desk=self.desk, digest=self.plan, mode=self.mode)
        await self.office.worker(plan).run_pass()

    async def registers(self, at: datetime) -> None:
        """Somebody does, by a mail that arrives then."""
        self.mails += 1
        name = ("Anna Schmitt", "Ben Yilmaz", "Carla Groß", "Daria Nowak", "Emil Lang", "Frieda Kurz")[self.mails % 6]
        self.office.mailbox.put(a_mail(SIGNED.format(name), number=self.mails, name=name))
        await self.passes(at)

    def digests(self, to: str = PRESS) -> list[str]:
        """The subjects of those that left, without the no-break spaces."""
        sent = (reply for reply in self.office.transport.sent if reply.recipients == (to,))
        return [str(opened(reply)["Subject"]).replace("\N{NO-BREAK SPACE}", " ") for reply in sent]

    def news(self) -> list[Recorded]:
        """What the Ledger keeps for the next one."""
        return Ledger().fold(self.office.journal.entries).news

    def told(self) -> list[Entry]:
        """What the journal tells of digests."""
        entries = (recorded.entry for recorded in self.office.journal.entries)
        return [entry for entry in entries if isinstance(entry, DigestOwed | DigestSkipped | ReplyDropped)]


def opened(reply: Reply) -> EmailMessage:
    mail = message_from_bytes(reply.content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def text_of(reply: Reply) -> str:
    body = opened(reply).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n").replace("\N{NO-BREAK SPACE}", " ")


async def begun(**changes: object) -> Days:
    """The desk has been at work since Wednesday noon."""
    days = Days(**changes)  # type: ignore[arg-type]
    await days.passes(on(9, 12))
    return days


# --- on working days ---


async def test_it_comes_at_eight_and_not_before_and_once() -> None:
    days = await begun()
    await days.registers(on(9, 15))
    await days.passes(on(10, 7, 59))
    assert days.digests() == []
    for minute in (0, 1, 30):
        await days.passes(on(10, 8, minute))
    assert days.digests() == ["Bericht vom 10. November: 1 Anmeldung"]


async def test_what_was_told_is_not_told_again_and_nothing_is_left_out() -> None:
    days = await begun()
    for day, how_many in ((9, 2), (10, 1), (11, 3)):
        for minute in range(how_many):
            await days.registers(on(day, 10, minute))
        await days.passes(on(day + 1 if day < 11 else 14))
    told = [subject.rpartition(": ")[2] for subject in days.digests()]
    assert told == ["2 Anmeldungen", "1 Anmeldung", "3 Anmeldungen"]


async def test_on_saturdays_and_sundays_there_is_none_and_monday_tells_of_them() -> None:
    days = await begun()
    await days.passes(on(11))
    await days.registers(on(12, 7))
    for day in (12, 13):
        await days.passes(on(day, 9))
    assert days.digests() == []
    await days.passes(on(14))
    assert days.digests() == ["Bericht vom 14. November: 1 Anmeldung"]


async def test_when_nothing_happened_there_is_none_and_the_journal_says_so_once() -> None:
    days = await begun()
    await days.passes(on(10))
    await days.passes(on(10, 8, 1))
    await days.registers(on(10, 8, 2))
    await days.passes(on(10, 9))
    assert days.digests() == []
    assert days.told() == [DigestSkipped("2022-11-09", first=True), DigestSkipped("2022-11-10")]
    await days.passes(on(11))
    assert days.digests() == ["Bericht vom 11. November: 1 Anmeldung"]


async def test_when_it_is_wanted_it_comes_also_when_nothing_happened() -> None:
    days = await begun(plan=replace(PLAN, when_empty=True))
    await days.passes(on(10))
    assert days.digests() == ["Bericht vom 10. November: nichts Neues"]


async def test_a_desk_that_begins_in_the_afternoon_does_not_tell_of_all_that_was_before() -> None:
    days = Days()
    days.plan = replace(PLAN, to=())
    await days.passes(on(8, 9))
    await days.registers(on(8, 10))
    days.plan = PLAN
    await days.passes(on(9, 15))
    await days.passes(on(10))
    assert days.digests() == []
    assert days.told() == [DigestSkipped("2022-11-09", first=True), DigestSkipped("2022-11-10")]


async def test_after_a_weekend_out_of_work_only_the_newest_comes_and_tells_all() -> None:
    days = await begun()
    await days.registers(on(9, 15))  # then nobody is at work until Monday noon
    await days.registers(on(14, 12))
    assert days.digests() == ["Bericht vom 14. November: 2 Anmeldungen"]
    assert [entry.digest for entry in days.told() if isinstance(entry, DigestOwed)] == ["2022-11-14"]


async def test_a_restart_between_owed_and_sent_neither_repeats_nor_skips_it() -> None:
    days = await begun()
    await days.registers(on(9, 15))

    class Killed(BaseException):
        pass

    class Deadly:
        async def deliver(self, reply: Reply) -> Outcome:
            raise Killed(reply.message_id)

        async def close(self) -> None:
            pass

    deadly: Transport = Deadly()
    days.office.clock.now = on(10).astimezone(UTC)
    plan = days.office.plan(desk=days.desk, digest=days.plan)
    with pytest.raises(Killed):
        await days.office.worker(plan, wrap=lambda mailbox, _, journal: (mailbox, deadly, journal)).run_pass()
    assert days.digests() == []
    for minute in (1, 2, 3):
        await days.passes(on(10, 8, minute))
    assert days.digests() == ["Bericht vom 10. November: 1 Anmeldung"]


async def test_what_comes_after_it_was_owed_is_told_by_the_next_one_however_late_it_leaves() -> None:
    days = await begun()
    await days.registers(on(9, 15))
    days.office.transport.outcomes.append(Trouble(Stage.RECIPIENT, 450, "later"))
    await days.passes(on(10))
    await days.registers(on(10, 9))
    await days.passes(on(11))
    assert days.digests() == [f"Bericht vom {day}. November: 1 Anmeldung" for day in (10, 11)]


async def test_several_that_could_not_leave_become_one_that_tells_what_all_of_them_would() -> None:
    days = await begun()
    closed = Trouble(Stage.CONNECTION, 0, "no route")
    await days.registers(on(9, 15))
    for day in (10, 11):
        days.office.transport.outcomes.append(closed)
        await days.passes(on(day))
        days.office.transport.outcomes.append(closed)
        await days.registers(on(day, 12))
    days.office.transport.outcomes.clear()
    days.office.transport.sent.clear()
    await days.passes(on(14))
    assert days.digests() == ["Bericht vom 14. November: 3 Anmeldungen"]
    assert [entry.why for entry in days.told() if isinstance(entry, ReplyDropped)] == [digest.SUPERSEDED] * 2


@pytest.mark.parametrize(("sunday", "utc"), [((10, 30), 7), ((3, 27), 6)])
async def test_it_is_eight_on_the_clocks_of_the_desk_also_when_they_are_changed(
    sunday: tuple[int, int], utc: int
) -> None:
    month, day = sunday
    days = Days(plan=replace(PLAN, days=frozenset(range(7)), when_empty=True))
    eight = datetime(2022, month, day, utc, tzinfo=UTC)
    await days.passes(eight - timedelta(days=1, hours=-3))
    await days.passes(eight - timedelta(seconds=1))
    assert days.digests() == []
    await days.passes(eight)
    assert len(days.digests()) == 1
    await days.passes(eight + timedelta(hours=23, minutes=59))
    assert len(days.digests()) == 1
    await days.passes(eight + timedelta(hours=24))
    assert len(days.digests()) == 2


async def test_a_time_that_the_clocks_show_twice_or_never_comes_once() -> None:
    for month, day, at in ((10, 30, time(2, 30)), (3, 27, time(2, 30))):
        days = Days(plan=replace(PLAN, at=at, days=frozenset(range(7)), when_empty=True))
        begin = datetime(2022, month, day, tzinfo=UTC) - timedelta(hours=12)
        for half_hours in range(60):
            await days.passes(begin + timedelta(minutes=30 * half_hours))
        assert len(days.digests()) == 1


async def test_a_clock_that_is_set_back_brings_none_again() -> None:
    days = await begun(plan=replace(PLAN, when_empty=True))
    await days.passes(on(14))
    await days.passes(on(8, 12))
    await days.passes(on(14, 9))
    assert days.digests() == ["Bericht vom 14. November: nichts Neues"]


async def test_without_a_day_there_is_none() -> None:
    days = await begun(plan=replace(PLAN, days=frozenset(), when_empty=True))
    for day in range(10, 18):
        await days.passes(on(day, 9))
    assert days.told() == []


# --- before an event ---


async def test_an_hour_before_an_event_it_tells_whether_all_is_ready() -> None:
    days = await begun(desk=a_desk(replace(an_event(), link="https://meet.kommunen.de/fachdiskurs")))
    await days.registers(on(10, 10))
    await days.passes(on(24, 8))
    days.office.transport.sent.clear()
    await days.passes(on(24, 11, 59))
    assert days.digests() == []
    for minute in (0, 1, 59):
        await days.passes(on(24, 12, minute))
    await days.passes(on(24, 14))
    (mail,) = (reply for reply in days.office.transport.sent if reply.recipients == (PRESS,))
    assert "Alles bereit: 1 angemeldete Person, Link gesetzt, keine offenen Mails." in text_of(mail)


async def test_before_an_event_that_is_cancelled_there_is_none() -> None:
    days = await begun()
    await days.passes(on(24, 8))
    days.office.transport.sent.clear()
    journal = days.office.journal
    await journal.append([EventCancelled(FACHDISKURS)], after=len(journal.entries), at=on(24, 9))
    await days.passes(on(24, 12, 30))
    assert days.digests() == []


async def test_it_comes_also_on_a_sunday_and_when_nothing_happened_but_not_when_it_is_not_wanted() -> None:
    event = an_event(start=on(20, 13))
    days, without = (
        await begun(desk=a_desk(event)),
        await begun(desk=a_desk(event), plan=replace(PLAN, before_event=False)),
    )
    for each in (days, without):
        await each.passes(on(20, 12))
    assert days.digests() == ["Bitte ansehen: Veranstaltung zwk-fachdiskurs-22, 13 Uhr"]
    assert without.digests() == []


async def test_two_events_an_hour_apart_have_one_each() -> None:
    desk = a_desk(an_event(start=on(24, 13)), an_event(PRESSE, start=on(24, 14)))
    days = await begun(desk=desk)
    for hour, minute in ((12, 0), (12, 30), (13, 0), (13, 30), (14, 0)):
        await days.passes(on(24, hour, minute))
    assert days.digests()[-2:] == [
        "Bitte ansehen: Veranstaltung zwk-fachdiskurs-22, 13 Uhr",
        "Bitte ansehen: Veranstaltung zwk-presse-23, 14 Uhr",
    ]
    assert len(days.digests()) == 2


async def test_out_of_work_in_that_hour_it_comes_late_but_not_after_the_start() -> None:
    late, too_late = await begun(), await begun()
    await late.passes(on(24, 12, 50))
    await too_late.passes(on(24, 13, 0))
    assert (len(late.digests()), too_late.digests()) == (1, [])
    assert not any(isinstance(entry, DigestOwed) for entry in too_late.told())


async def test_an_event_that_is_put_off_has_one_for_its_new_start_and_the_old_one_no_longer_leaves() -> None:
    days = await begun()
    days.office.transport.outcomes.append(Trouble(Stage.CONNECTION, 0, "no route"))
    await days.passes(on(24, 12))
    days.desk = a_desk(an_event(start=on(24, 15)))
    await days.passes(on(24, 12, 30))
    assert days.digests() == []
    await days.passes(on(24, 14))
    assert days.digests() == ["Bitte ansehen: Veranstaltung zwk-fachdiskurs-22, 15 Uhr"]


async def test_one_that_could_not_leave_before_the_start_does_not_leave_after_it() -> None:
    days = await begun()
    days.office.transport.outcomes.append(Trouble(Stage.CONNECTION, 0, "no route"))
    await days.passes(on(24, 12))
    await days.passes(on(24, 13))
    assert days.digests() == []
    assert isinstance(days.told()[-1], ReplyDropped)


# --- to whom, and by which way ---


async def test_each_of_several_receivers_gets_a_mail_of_their_own_and_none_of_them_stops_the_others() -> None:
    days = await begun(plan=replace(PLAN, to=("niemand@desk.example", PRESS, CHIEF)))
    await days.registers(on(9, 15))
    await days.passes(on(10))
    assert days.digests() == days.digests(CHIEF) == ["Bericht vom 10. November: 1 Anmeldung"]
    assert all(len(reply.recipients) == 1 for reply in days.office.transport.sent)
    ids = [reply.message_id for reply in days.office.transport.sent]
    assert len(set(ids)) == len(ids)
    failed = [one.entry for one in days.office.journal.entries if isinstance(one.entry, ReplyFailed)]
    assert [entry.to for entry in failed] == ["niemand@desk.example"]


async def test_each_receiver_hears_what_they_have_not_heard_yet() -> None:
    days = await begun(plan=replace(PLAN, to=(PRESS, "spaeter@desk.example")))
    await days.registers(on(9, 15))
    await days.passes(on(10))
    await days.registers(on(10, 9))
    await days.passes(on(11))
    assert days.digests() == [f"Bericht vom {day}. November: 1 Anmeldung" for day in (10, 11)]
    tried = [reply for reply in days.office.transport.attempts if reply.recipients == ("spaeter@desk.example",)]
    assert "2 Anmeldungen" in str(opened(tried[-1])["Subject"])


async def test_one_that_fails_is_no_news_of_its_own_for_ever() -> None:
    days = await begun(plan=replace(PLAN, to=("niemand@desk.example",)))
    await days.registers(on(9, 15))
    for day in (10, 11, 14):
        await days.passes(on(day))
    assert [type(entry) for entry in days.told()] == [DigestSkipped, DigestOwed, DigestSkipped, DigestSkipped]


async def test_who_is_no_longer_a_receiver_gets_no_personal_data_that_was_owed_before() -> None:
    days = await begun(plan=replace(PLAN, to=(PRESS, CHIEF)))
    await days.registers(on(9, 15))
    days.office.transport.outcomes.append(Trouble(Stage.CONNECTION, 0, "no route"))
    await days.passes(on(10))
    days.plan = PLAN
    await days.passes(on(10, 9))
    assert (len(days.digests()), days.digests(CHIEF)) == (1, [])
    assert ReplyDropped(_reply_to(days, CHIEF), digest.STRANGER, CHIEF) in days.told()


def _reply_to(days: Days, to: str) -> str:
    return next(entry.reply for entry in days.told() if isinstance(entry, DigestOwed) and entry.to == to)


async def test_for_nobody_there_is_none() -> None:
    days = await begun(plan=replace(PLAN, to=()))
    await days.registers(on(9, 15))
    for moment in (on(10), on(24, 12)):
        await days.passes(moment)
    assert days.told() == []


async def test_while_observing_the_digest_leaves_and_nothing_else_does_and_the_mailbox_stays_as_it_is() -> None:
    days = await begun()
    days.office.transport.outcomes.append(Trouble(Stage.RECIPIENT, 450, "later"))
    await days.registers(on(9, 15))  # an answer is owed from before
    days.mode = "observe"
    await days.registers(on(9, 17))
    await days.passes(on(10))
    assert [reply.recipients for reply in days.office.transport.sent] == [(PRESS,)]
    assert days.office.mailbox.mails("Gesendet") == []


async def test_while_drafting_the_digest_is_sent_and_no_draft() -> None:
    days = await begun(mode="draft")
    await days.registers(on(9, 15))
    await days.passes(on(10))
    assert [reply.recipients for reply in days.office.transport.sent] == [(PRESS,)]
    assert len(days.office.mailbox.mails("Entwürfe")) == 1


async def test_in_doubt_it_is_looked_for_in_sent_like_every_other_mail() -> None:
    days = await begun()
    await days.registers(on(9, 15))
    days.office.transport.outcomes.append(Trouble(Stage.MESSAGE, 0, "silence"))
    await days.passes(on(10))
    (lost,) = (reply for reply in days.office.transport.attempts if reply.recipients == (PRESS,))
    await days.office.mailbox.append("\\Sent", lost.content, flags=(), at=NOW)
    await days.passes(on(10, 9))
    assert [reply.recipients for reply in days.office.transport.attempts].count((PRESS,)) == 1
    assert isinstance(days.office.journal.entries[-1].entry, ReplySent)


async def test_a_mailbox_out_of_reach_stops_no_digest_and_is_told_in_it() -> None:
    days = await begun()
    await days.registers(on(9, 15))
    days.office.mailbox.troubles.append(MailboxError("no route"))
    with pytest.raises(MailboxError):
        await days.passes(on(10))
    (mail,) = (reply for reply in days.office.transport.sent if reply.recipients == (PRESS,))
    assert "Achtung: Das Postfach ist seit dem Start des Programms nicht zu erreichen." in text_of(mail)


# --- nobody wants any ---

OFF = [replace(PLAN, to=()), replace(PLAN, days=frozenset(), before_event=False)]


@pytest.mark.parametrize("plan", OFF, ids=["to nobody", "on no day"])
async def test_where_nobody_ever_wanted_one_nothing_is_kept_for_it(plan: DigestPlan) -> None:
    days = Days(plan)
    for day in range(1, 23):
        await days.registers(on(day))
    assert days.told() == []
    assert days.news() == []


@pytest.mark.parametrize("plan", OFF, ids=["to nobody", "on no day"])
async def test_switched_off_for_a_fortnight_it_ends_once_and_switched_on_again_it_begins_anew(plan: DigestPlan) -> None:
    days = Days()
    await days.passes(on(1, 12))
    days.plan = plan
    await days.registers(on(2))
    await days.registers(on(15, 11, 59))
    assert days.told() == [DigestSkipped("2022-11-01", first=True)]
    assert len(days.news()) == 2, "switched on again by now, it would tell them"
    for day in (15, 16, 17):
        await days.registers(on(day, 12))
    assert days.told()[1:] == [DigestSkipped("off 2022-11-01", off=True)]
    assert days.news() == []
    days.plan = PLAN
    await days.passes(on(21))
    await days.registers(on(21, 9))
    await days.passes(on(22))
    assert days.told()[2] == DigestSkipped("2022-11-21", first=True)
    assert days.digests() == ["Bericht vom 22. November: 1 Anmeldung"]


async def test_a_daemon_without_receivers_does_not_switch_off_what_another_one_sends() -> None:
    weekly = replace(PLAN, days=frozenset({2}))
    days = await begun(plan=weekly)
    for day in range(10, 31):
        days.plan = weekly
        await days.passes(on(day))
        days.plan = replace(PLAN, to=())
        await days.passes(on(day, 9))
    assert [entry.digest for entry in days.told() if isinstance(entry, DigestSkipped)] == [
        *("2022-11-09", "2022-11-16", "2022-11-23", "2022-11-30")
    ]


# --- the Ledger ---


def folded(entries: Sequence[Entry]) -> Ledger:
    """Behind the first digest: before that nothing is news of any."""
    begun = Ledger().fold([Recorded(0, NOW, DigestSkipped("before", first=True))])
    return begun.fold(Recorded(seq, NOW, entry) for seq, entry in enumerate(entries, start=1))


def test_the_ledger_forgets_what_every_digest_has_told_and_keeps_what_one_still_owes() -> None:
    joined = [Registered(f"{number}", FACHDISKURS, "d", ANNA, "a@bote.example") for number in range(3)]
    owed = DigestOwed("r1", "2022-11-10", 0, to=PRESS)
    ledger = folded([joined[0], owed, joined[1]])
    assert [one.seq for one in ledger.news] == [1, 3]
    ledger = folded([joined[0], owed, joined[1], DigestOwed("r2", "2022-11-11", 2, to=PRESS), joined[2]])
    assert [one.seq for one in ledger.news] == [1, 3, 5], "the first one is still owed"
    assert ledger.fork() == ledger
    ledger.apply(Recorded(6, NOW, ReplySent("r1", to=PRESS)))
    ledger.apply(Recorded(7, NOW, ReplySent("r2", to=PRESS)))
    ledger.apply(Recorded(8, NOW, DigestSkipped("2022-11-14")))
    assert ledger.news == []


def test_a_digest_whose_receiver_was_erased_ends_for_a_person_to_see() -> None:
    ledger = folded([DigestOwed("r1", "2022-11-10", 0)])
    assert hopeless(ledger.outbox["r1"], ledger, a_desk(), NOW) == ReplyFailed("r1", response=ERASED)
    ledger = folded([ReplyOwed("r2", a_ref(), an_answer())])
    assert hopeless(ledger.outbox["r2"], ledger, a_desk(), NOW) is None


@pytest.mark.parametrize(
    ("link", "placeholder"),
    [
        ("https://meet.example.org/zwk", True),
        ("https://link.invalid/", True),
        ("https://EXAMPLE.com", True),
        ("https://localhost/x", True),
        ("https://meet.desk.example/", True),
        ("https://meet.kommunen.de/example.org", False),
        ("https://myexample.org/", False),
        ("https://meet.kommunen.de./", False),
    ],
)
def test_a_link_on_a_domain_that_nobody_can_have_is_a_placeholder(link: str, placeholder: bool) -> None:
    assert is_placeholder(link) is placeholder
