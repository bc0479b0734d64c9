"""Everybody hears of a change, a cancelled event or a message once: whatever dies, and whoever came meanwhile."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import get_args

import pytest

from inbox_worker.adapters.mime import parse
from inbox_worker.core import notices
from inbox_worker.core.decision import NOTICES, AnswerKind
from inbox_worker.core.delivery import Reply, Stage, Trouble
from inbox_worker.core.entries import EventCancelled, EventTold, Registered, ReplyOwed, Undeliverable
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.notices import Mailing, Occasion
from inbox_worker.core.recording import settled
from inbox_worker.core.registration import MACHINES, Desk, Event, Language, Status
from inbox_worker.core.reply import samples
from inbox_worker.core.screening import screen
from inbox_worker.worker.notify import Notifying
from tests.builders import ANNA, FACHDISKURS, NOW, SIGNED, a_desk, a_mail, an_event
from tests.core.test_duties import FORGED, GOODBYE, PEOPLE, Life, a_limited, address, the_mail
from tests.office import compose_reply
from tests.properties.test_spine import Bomb, Crash

NEW_LINK = "https://meet.example/anderswo"
LATER = timedelta(days=1, hours=1)
LOST = "Guten Tag,\n\nbitte schicken Sie mir den Zugangslink zum Fachdiskurs noch einmal.\n\n{}\n"


def moved(desk: Desk, **changes: object) -> Desk:
    """The desk after the office has edited its first event; a day and an hour later when nothing else is said."""
    event = desk.events[0]
    changes = changes or {"start": event.start + LATER, "end": event.end + LATER}
    return replace(desk, events=(replace(event, **changes), *desk.events[1:]))  # type: ignore[arg-type]


def first(life: Life) -> Event:
    return life.desk.events[0]


async def tells(life: Life, occasion: Occasion, text: str = "", *, send: bool = True, deliver: bool = True) -> Mailing:
    """`inbox-worker notify`; then the worker has its next pass."""
    worker = life.office.worker(life.office.plan(desk=life.desk))
    mailing, _ = await Notifying(worker.plan, worker.tools).run(first(life), occasion, text, record=send)
    if send and deliver:
        await life.passes()
    return mailing


def receivers(mailing: Mailing) -> list[str]:
    return [answer.to.addr_spec for _, answer in mailing.owed]


def kinds(life: Life, receiver: str) -> list[AnswerKind]:
    """The kinds of all mails to `receiver` that left, in order."""
    owed = {
        one.entry.reply: one.entry.answer.kind
        for one in life.office.journal.entries
        if isinstance(one.entry, ReplyOwed) and one.entry.answer
    }
    return [
        owed[reply.message_id[1:].partition("@")[0]]
        for reply in life.office.transport.sent
        if reply.recipients == (receiver,)
    ]


def read(reply: Reply) -> EmailMessage:
    message = message_from_bytes(reply.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(reply: Reply) -> str:
    body = read(reply).get_body(("plain",))
    assert body is not None
    found: str = body.get_content()
    return found.replace("\N{NO-BREAK SPACE}", " ").replace("\r\n", "\n")


def calendar_of(reply: Reply) -> str:
    (part,) = read(reply).iter_attachments()
    content: bytes = part.get_payload(decode=True)  # type: ignore[assignment]
    return content.decode()


def told(life: Life) -> list[EventTold]:
    return [one.entry for one in life.office.journal.entries if isinstance(one.entry, EventTold)]


async def two_registered(capacity: int | None = None) -> Life:
    life = await Life(a_limited(capacity)).begins()
    await life.gets(the_mail(0), the_mail(1))
    return life


# -- what people are told of an event ---------------------------------------------------------------------------------


async def test_what_an_event_is_known_as_is_written_down_once_and_before_anybody_is_told() -> None:
    life = await Life(a_limited()).begins()
    assert life.office.journal.kinds() == ["event-told", "baseline"]
    await life.gets(the_mail(0))
    await life.passes()
    (known,) = told(life)
    assert (known.revision, known.start, known.changed) == (0, first(life).start, ())


async def test_the_journal_holds_neither_link_nor_passcode_as_what_is_known_of_an_event() -> None:
    life = await Life(moved(a_limited(), passcode="geheim", dial_in="+49 69 1234")).begins()
    assert life.desk.events[0].link not in repr(told(life))
    assert "geheim" not in repr(told(life))
    assert told(life)[0].access


async def test_a_change_in_the_configuration_is_told_with_what_is_new_and_how_many_have_the_old() -> None:
    life = await two_registered()
    life.desk = moved(life.desk)
    await life.passes()
    await life.passes()
    change = told(life)[-1]
    assert (len(told(life)), change.revision, change.changed, change.outdated) == (2, 1, ("time",), 2)
    assert (change.was_start, change.start) == (an_event().start, an_event().start + LATER)
    assert kinds(life, address(0)) == [AnswerKind.CONFIRMATION], "nobody hears of it by itself"


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"end": an_event().end + timedelta(minutes=30)}, ("time",)),
        ({"link": NEW_LINK}, ("link",)),
        ({"dial_in": "+49 69 1234"}, ("access",)),
        ({"meeting_id": "123"}, ("access",)),
        ({"passcode": "5"}, ("access",)),
        ({"start": an_event().start - LATER, "link": NEW_LINK, "passcode": "5"}, ("time", "link", "access")),
        ({"title": "Ein anderer Titel", "programme": "https://www.example.org/", "capacity": 99}, ()),
    ],
)
async def test_times_and_whatever_opens_the_door_are_what_people_must_hear_of(
    changes: dict[str, object], changed: tuple[str, ...]
) -> None:
    life = await two_registered()
    life.desk = moved(life.desk, **changes)
    await life.passes()
    assert told(life)[-1].changed == changed
    mailing = await tells(life, Occasion.CHANGE)
    assert receivers(mailing) == ([address(0), address(1)] if changed else [])
    assert {answer.changed for _, answer in mailing.owed} <= {changed}


async def test_the_same_moment_in_another_zone_is_no_change() -> None:
    life = await two_registered()
    start, end = (moment.astimezone(NOW.tzinfo) for moment in (first(life).start, first(life).end))
    life.desk = moved(life.desk, start=start, end=end)
    await life.passes()
    assert len(told(life)) == 1


async def test_a_worker_with_an_older_configuration_does_not_take_a_change_back() -> None:
    life = await two_registered()
    older = life.office.worker(life.office.plan(desk=life.desk))
    await older.run_pass()
    life.desk = moved(life.desk)
    for _ in range(3):
        await life.passes()
        await older.run_pass()
    assert [one.revision for one in told(life)] == [0, 1]


async def test_observing_writes_nothing_down_of_events() -> None:
    life = Life(a_limited())
    await life.office.worker(life.office.plan(desk=life.desk, mode="observe")).run_pass()
    assert told(life) == []


# -- a change ---------------------------------------------------------------------------------------------------------


async def test_each_person_gets_a_change_once_with_the_new_link_and_a_newer_calendar_file() -> None:
    life = await two_registered()
    assert "SEQUENCE:0" in calendar_of(life.office.transport.sent[0])
    life.desk = moved(life.desk, link=NEW_LINK)
    for _ in range(3):
        await tells(life, Occasion.CHANGE)
    for number in (0, 1):
        assert kinds(life, address(number)) == [AnswerKind.CONFIRMATION, AnswerKind.CHANGE]
    mail = life.office.transport.sent[-1]
    assert NEW_LINK in text_of(mail)
    assert an_event().link not in text_of(mail)
    assert read(mail)["Subject"].startswith("Geändert: ")
    assert "METHOD:PUBLISH" in calendar_of(mail)
    assert "SEQUENCE:1" in calendar_of(mail)
    life.desk = moved(life.desk)
    await tells(life, Occasion.CHANGE)
    assert kinds(life, address(0))[1:] == [AnswerKind.CHANGE, AnswerKind.CHANGE], "the next change is another one"
    assert "SEQUENCE:2" in calendar_of(life.office.transport.sent[-1])


async def test_a_preview_writes_nothing_and_sends_nothing() -> None:
    life = await two_registered()
    life.desk = moved(life.desk)
    before = list(life.office.journal.entries)
    for occasion in Occasion:
        mailing = await tells(life, occasion, "Hallo.", send=False)
        assert receivers(mailing) == [address(0), address(1)]
    assert life.office.journal.entries == before
    assert len(life.office.transport.sent) == 2


async def test_who_was_answered_after_the_change_is_not_told_of_it() -> None:
    life = await two_registered()
    life.desk = moved(life.desk, link=NEW_LINK)
    await life.gets(the_mail(2), the_mail(1, LOST))
    assert NEW_LINK in text_of(life.office.transport.sent[-1])
    assert receivers(await tells(life, Occasion.CHANGE)) == [address(0)]


async def test_who_is_about_to_get_what_is_new_is_not_told_of_a_change() -> None:
    life = await two_registered()
    life.office.transport.outcomes.append(Trouble(Stage.RECIPIENT, 450, "later"))
    await life.gets(the_mail(2))
    assert len(life.ledger.outbox) == 1
    life.desk = moved(life.desk, link=NEW_LINK)
    await life.passes()
    assert receivers(await tells(life, Occasion.CHANGE)) == [address(0), address(1)]
    life.office.clock.goes_on(hours=1)
    await life.passes()
    assert kinds(life, address(2)) == [AnswerKind.CONFIRMATION]
    assert NEW_LINK in text_of(life.office.transport.sent[-1])
    assert receivers(await tells(life, Occasion.CHANGE)) == []


async def test_a_mail_that_perhaps_left_before_the_change_counts_as_the_old_one() -> None:
    """The process died after it was handed over: found in Sent after the restart, with the old link in it."""
    life = await Life(a_limited(None)).begins()
    bomb = Bomb(at=4, before=False)
    life.office.mailbox.put(the_mail(0))
    with pytest.raises(Crash):
        await life.office.worker(life.office.plan(desk=life.desk), wrap=bomb.wrap).run_pass()
    assert bomb.died_at == ["FakeMailbox.append"], "with its copy in Sent"
    life.desk = moved(life.desk, link=NEW_LINK)
    await life.passes()
    assert an_event().link in text_of(life.office.transport.sent[0])
    assert len(life.office.transport.sent) == 1
    assert receivers(await tells(life, Occasion.CHANGE)) == [address(0)]
    assert NEW_LINK in text_of(life.office.transport.sent[-1])


async def test_what_was_changed_back_before_anybody_heard_of_it_is_no_change() -> None:
    life = await two_registered()
    right = life.desk
    life.desk = moved(right)
    await life.passes()
    life.desk = right
    await life.passes()
    assert receivers(await tells(life, Occasion.CHANGE)) == []


async def test_who_waits_hears_of_another_time_without_the_link_and_not_of_another_link() -> None:
    life = await Life(a_limited(1)).begins()
    await life.gets(the_mail(0), the_mail(1))
    life.desk = moved(life.desk, link=NEW_LINK)
    assert receivers(await tells(life, Occasion.CHANGE)) == [address(0)]
    life.desk = moved(life.desk)
    await tells(life, Occasion.CHANGE)
    await tells(life, Occasion.CHANGE)
    assert kinds(life, address(1)) == [AnswerKind.WAITLIST, AnswerKind.MOVED]
    (mail,) = [one for one in life.office.transport.sent[-2:] if one.recipients == (address(1),)]
    assert "meet.example" not in mail.content.decode()
    assert "Freitag, 25. November 2022, 14 bis 16 Uhr" in text_of(mail)
    assert list(read(mail).iter_attachments()) == []


async def test_who_moves_up_after_a_change_knows_it() -> None:
    life = await Life(a_limited(1)).begins()
    await life.gets(the_mail(0), the_mail(1))
    life.desk = moved(life.desk, link=NEW_LINK)
    await life.gets(the_mail(0, GOODBYE))
    assert kinds(life, address(1)) == [AnswerKind.WAITLIST, AnswerKind.PROMOTION]
    assert receivers(await tells(life, Occasion.CHANGE)) == []


async def test_a_reminder_says_nothing_of_a_change_and_takes_the_place_of_none() -> None:
    life = await two_registered()
    life.desk = moved(life.desk, link=NEW_LINK)
    life.office.clock.now = first(life).start - timedelta(hours=20)
    await life.passes()
    assert kinds(life, address(0)) == [AnswerKind.CONFIRMATION, AnswerKind.REMINDER]
    assert NEW_LINK in text_of(life.office.transport.sent[-1])
    assert receivers(await tells(life, Occasion.CHANGE)) == [address(0), address(1)]


async def test_who_is_not_approved_yet_hears_of_another_time_without_the_link() -> None:
    life = await Life(a_limited(None, approval=True)).begins()
    await life.gets(the_mail(0))
    life.desk = moved(life.desk)
    await tells(life, Occasion.CHANGE)
    await tells(life, Occasion.CHANGE)
    assert kinds(life, address(0)) == [AnswerKind.PENDING, AnswerKind.MOVED]
    said = text_of(life.office.transport.sent[-1])
    assert "sobald wir sie bestätigt haben" in said
    assert "Angemeldet:\n– Anna Schmitt" in said
    assert "Warteliste" not in said
    assert "meet.example" not in said
    await tells(life, Occasion.CANCELLED)
    assert kinds(life, address(0))[-1] is AnswerKind.CALLED_OFF


@pytest.mark.parametrize("occasion", list(Occasion))
async def test_about_whose_mail_a_person_has_yet_to_decide_hears_nothing_before(occasion: Occasion) -> None:
    life = await Life(replace(a_limited(None), authserv_id="mx.ours.example")).begins()
    forged = a_mail(SIGNED.format("Eva Lang"), number=7, name="Eva Lang", headers=FORGED)
    await life.gets(the_mail(0), forged)
    assert len(life.placed()) == 2
    life.desk = moved(life.desk)
    mailing = await tells(life, occasion, "Hallo.")
    assert receivers(mailing) == [address(0)]
    assert kinds(life, address(7)) == []
    assert [one.address for one in mailing.barred] == [address(7)]
    ledger = life.ledger
    ((ref, offered),) = ledger.offered.items()
    released = settled(ledger.held[ref], offered, release=True)
    await life.office.journal.append(released, after=ledger.seq, at=life.office.clock())
    await life.passes()
    told_then = AnswerKind.CALLED_OFF if occasion is Occasion.CANCELLED else AnswerKind.CONFIRMATION
    assert kinds(life, address(7)) == [told_then]
    assert address(7) not in receivers(await tells(life, Occasion.CHANGE))


async def test_who_has_left_or_cannot_be_reached_is_left_out_and_the_latter_is_named() -> None:
    life = await two_registered()
    await life.gets(the_mail(2), the_mail(1, GOODBYE))
    entries = life.office.journal.entries
    await life.office.journal.append([Undeliverable(address=address(2).upper())], after=len(entries), at=NOW)
    life.desk = moved(life.desk)
    mailing = await tells(life, Occasion.CHANGE)
    assert receivers(mailing) == [address(0)]
    assert [one.registrant.name for one in mailing.unreachable] == [PEOPLE[2]]


async def test_several_people_with_one_address_get_one_mail_that_names_them() -> None:
    life = await two_registered()
    more = Registered("x", FACHDISKURS, "d", replace(ANNA, given_name="Berta"), address(0).upper())
    await life.office.journal.append([more], after=len(life.office.journal.entries), at=NOW)
    life.desk = moved(life.desk)
    mailing = await tells(life, Occasion.CHANGE, deliver=False)
    assert receivers(mailing) == [address(0), address(1)]
    await life.gets(the_mail(0, GOODBYE))  # the first of them leaves before it is delivered
    assert kinds(life, address(0)).count(AnswerKind.CHANGE) == 1
    (mail,) = [one for one in life.office.transport.sent if "Berta" in text_of(one)]
    assert text_of(mail).startswith("Guten Tag Anna Schmitt und Berta Schmitt,\n"), "either of them may read it"


async def test_more_people_than_a_greeting_holds_are_greeted_without_names() -> None:
    life = await two_registered()
    more = [
        Registered(name, FACHDISKURS, "d", replace(ANNA, given_name=name), address(0))
        for name in ("Berta", "Cem", "Doro")
    ]
    await life.office.journal.append(more, after=len(life.office.journal.entries), at=NOW)
    life.desk = moved(life.desk)
    await tells(life, Occasion.CHANGE)
    (mail,) = [one for one in life.office.transport.sent if "Berta" in text_of(one)]
    assert text_of(mail).startswith("Guten Tag,\n")


async def test_several_people_one_of_whom_has_no_whole_name_are_greeted_without_names() -> None:
    life = await two_registered()
    more = Registered("x", FACHDISKURS, "d", replace(ANNA, given_name=None, family_name="Ott"), address(0))
    await life.office.journal.append([more], after=len(life.office.journal.entries), at=NOW)
    life.desk = moved(life.desk)
    await tells(life, Occasion.CHANGE)
    (mail,) = [one for one in life.office.transport.sent if "Ott" in text_of(one)]
    assert text_of(mail).startswith("Guten Tag,\n")


async def test_whoever_leaves_before_a_change_is_delivered_does_not_get_it() -> None:
    life = await two_registered()
    life.desk = moved(life.desk)
    await tells(life, Occasion.CHANGE, deliver=False)
    await life.gets(the_mail(0, GOODBYE))
    assert kinds(life, address(0)) == [AnswerKind.CONFIRMATION, AnswerKind.CANCELLATION]
    assert kinds(life, address(1)) == [AnswerKind.CONFIRMATION, AnswerKind.CHANGE]
    assert not life.ledger.outbox


async def test_people_of_a_journal_from_before_all_this_hear_of_the_first_change() -> None:
    life = Life(a_limited())
    old = Registered("1", FACHDISKURS, "d", ANNA, address(0))
    await life.office.journal.append([old], after=0, at=NOW)
    await life.passes()
    assert receivers(await tells(life, Occasion.CHANGE)) == []
    life.desk = moved(life.desk)
    assert receivers(await tells(life, Occasion.CHANGE)) == [address(0)]


# -- a cancelled event ------------------------------------------------------------------------------------------------


async def cancelled(text: str = "") -> Life:
    """Two have a place, one waits; then the event is cancelled."""
    life = await Life(a_limited(2)).begins()
    await life.gets(*(the_mail(number) for number in range(3)))
    await tells(life, Occasion.CANCELLED, text)
    return life


async def test_a_cancelled_event_is_told_to_everybody_once_and_taken_out_of_their_calendars() -> None:
    life = await cancelled("Ein neuer Termin folgt.")
    await tells(life, Occasion.CANCELLED, "Etwas anderes.")
    for number in range(3):
        assert kinds(life, address(number))[1:] == [AnswerKind.CALLED_OFF]
    mails = life.office.transport.sent[-3:]
    for mail in mails:
        assert read(mail)["Subject"].startswith("Abgesagt: ")
        assert "Ein neuer Termin folgt." in text_of(mail)
        assert "meet.example" not in mail.content.decode()
    for mail in mails[:2]:
        calendar = calendar_of(mail)
        assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"} <= set(calendar.split("\r\n"))
    assert list(read(mails[2]).iter_attachments()) == [], "who waited has no entry"
    assert sum(isinstance(one.entry, EventCancelled) for one in life.office.journal.entries) == 1


async def test_from_then_on_nobody_is_reminded_or_moves_up_or_hears_of_a_change() -> None:
    life = await cancelled()
    await life.gets(the_mail(0, GOODBYE))
    assert kinds(life, address(0))[-1] is AnswerKind.CANCELLATION
    assert life.waiting() == [PEOPLE[2]]
    life.desk = moved(life.desk, link=NEW_LINK)
    life.office.clock.now = first(life).start - timedelta(minutes=30)
    await life.passes()
    assert receivers(await tells(life, Occasion.CHANGE)) == []
    assert kinds(life, address(1)) == [AnswerKind.CONFIRMATION, AnswerKind.CALLED_OFF]
    life.office.clock.now = first(life).end
    await life.passes()
    assert receivers(await tells(life, Occasion.FOLLOWUP)) == []


@pytest.mark.parametrize("text", [SIGNED, LOST])
async def test_who_writes_later_is_told_that_it_is_cancelled_and_waits_for_nobody(text: str) -> None:
    life = await cancelled("Ein neuer Termin folgt.")
    await life.gets(the_mail(3, text))
    assert kinds(life, address(3)) == [AnswerKind.CALLED_OFF]
    mail = life.office.transport.sent[-1]
    assert "Ein neuer Termin folgt." in text_of(mail)
    assert "meet.example" not in mail.content.decode()
    assert PEOPLE[3] not in life.placed()
    assert not life.ledger.held


async def test_who_registers_for_a_cancelled_event_and_another_one_hears_both() -> None:
    other = replace(an_event("zwk-presse-23"), aliases=("Pressegespräch",), title="Pressegespräch")
    life = await Life(a_desk(replace(an_event(), aliases=("Fachdiskurs",)), other)).begins()
    await life.gets(the_mail(0))
    await tells(life, Occasion.CANCELLED)
    both = "Guten Tag,\n\nhiermit melde ich mich zum Fachdiskurs und zum Pressegespräch an.\n\n{}\n"
    await life.gets(the_mail(1, both))
    assert sorted(kinds(life, address(1))) == [AnswerKind.CALLED_OFF, AnswerKind.CONFIRMATION]
    assert [(one.event, one.registrant.name) for one in life.ledger.roster() if one.address == address(1)] == [
        ("zwk-presse-23", PEOPLE[1])
    ]
    assert an_event().link not in "".join(text_of(one) for one in life.office.transport.sent[-2:])


async def test_a_confirmation_that_waits_when_the_event_is_cancelled_does_not_invite_any_more() -> None:
    life = await Life(a_limited(1)).begins()
    await life.gets(the_mail(0))
    worker = life.office.worker(life.office.plan(desk=life.desk))
    for mail in (the_mail(1), the_mail(0, LOST).replace(b"<mail-", b"<mail-x-")):
        life.office.mailbox.put(mail)
    busy = [Trouble(Stage.RECIPIENT, 450, "later")] * 2
    life.office.transport.outcomes.extend(busy)
    await worker.run_pass()
    assert len(life.ledger.outbox) == 2
    await tells(life, Occasion.CANCELLED)
    life.office.clock.goes_on(hours=1)
    await life.passes()
    assert not life.ledger.outbox
    assert not life.ledger.failed
    assert kinds(life, address(0)) == [AnswerKind.CONFIRMATION, AnswerKind.CALLED_OFF]
    assert kinds(life, address(1)) == [AnswerKind.CALLED_OFF]


async def test_a_link_that_waits_for_somebody_on_no_list_becomes_word_of_the_cancelled_event() -> None:
    life = await Life(a_limited(None)).begins()
    life.office.transport.outcomes.append(Trouble(Stage.RECIPIENT, 450, "later"))
    await life.gets(the_mail(0, LOST))
    await tells(life, Occasion.CANCELLED)
    life.office.clock.goes_on(hours=1)
    await life.passes()
    (mail,) = life.office.transport.sent
    assert "findet die Veranstaltung nicht statt" in text_of(mail)
    assert "meet.example" not in mail.content.decode()


async def test_whom_a_person_lets_onto_the_list_of_a_cancelled_event_hears_it_with_the_next_pass() -> None:
    life = await cancelled()
    late = Registered("late", FACHDISKURS, "d", ANNA, address(7), Status.WAITLISTED)
    await life.office.journal.append([late], after=len(life.office.journal.entries), at=NOW)
    await life.passes()
    await life.passes()
    assert kinds(life, address(7)) == [AnswerKind.CALLED_OFF]


# -- a message, and afterwards ----------------------------------------------------------------------------------------


async def test_a_message_goes_once_to_everybody_with_a_place_and_another_text_is_another_message() -> None:
    life = await Life(a_limited(2)).begins()
    await life.gets(*(the_mail(number) for number in range(3)))
    for text in ("Bitte kommen Sie pünktlich.", "Bitte kommen Sie pünktlich.", "Es gibt Kaffee."):
        await tells(life, Occasion.MESSAGE, text)
    for number in (0, 1):
        assert kinds(life, address(number)) == [AnswerKind.CONFIRMATION, AnswerKind.MESSAGE, AnswerKind.MESSAGE]
    assert kinds(life, address(2)) == [AnswerKind.WAITLIST]
    said = text_of(life.office.transport.sent[-1])
    assert re.search(r"^Guten Tag \w+ \w+,\n\nEs gibt Kaffee\.\n\n", said)
    assert "meet.example" not in said


async def test_paragraphs_of_a_message_stay_and_none_becomes_small_print() -> None:
    life = await two_registered()
    await tells(life, Occasion.MESSAGE, "Erstens.\n\nZweitens,\nund so.\n-- \nDrittens.\u202e")
    mail = life.office.transport.sent[-1]
    assert "Erstens.\n\nZweitens,\nund so.\n--\nDrittens.\n" in text_of(mail)
    assert text_of(mail).count("\n-- \n") == 1


async def test_after_the_event_everybody_who_had_a_place_gets_the_recording_once() -> None:
    life = await Life(moved(a_limited(1), recording="https://video.example/1")).begins()
    await life.gets(the_mail(0), the_mail(1))
    life.office.clock.now = first(life).end + timedelta(days=1)
    await tells(life, Occasion.FOLLOWUP, "Das Papier liegt bereit.")
    await tells(life, Occasion.FOLLOWUP)
    assert kinds(life, address(0))[-1] is AnswerKind.FOLLOWUP
    assert AnswerKind.FOLLOWUP not in kinds(life, address(1))
    said = text_of(life.office.transport.sent[-1])
    assert "Aufzeichnung: https://video.example/1" in said
    assert "Das Papier liegt bereit." in said
    assert "meet.example" not in said


# -- whatever dies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("occasion", list(Occasion))
@pytest.mark.parametrize("before", [True, False])
async def test_stopped_anywhere_in_a_sending_nobody_is_missed_and_nobody_told_twice(
    occasion: Occasion, *, before: bool
) -> None:
    at = 1
    while True:
        life = await Life(a_limited(None)).begins()
        await life.gets(*(the_mail(number) for number in range(3)))
        sent = len(life.office.transport.sent)
        if occasion is Occasion.CHANGE:
            life.desk = moved(life.desk)
        bomb = Bomb(at, before)
        try:
            await command(life, occasion, bomb)
        except Crash:
            life.office.clock.goes_on(minutes=11)
            await command(life, occasion, Bomb(-1, before=True))
        await life.passes()
        where = f"{'before' if before else 'after'} effect {at}, {bomb.died_at}"
        mails = life.office.transport.sent[sent:]
        assert {one.recipients[0] for one in mails} == {address(number) for number in range(3)}, where
        assert len({one.message_id for one in mails}) == 3, where
        # the one window: handed over, and not yet recorded nor copied to Sent
        window = (bomb.died_at == ["FakeTransport.deliver"] and not before) or (
            bomb.died_at == ["FakeMailbox.append"] and before
        )
        assert len(mails) == 3 + window, where
        assert not life.ledger.outbox, where
        if not bomb.died_at:
            break
        at += 1
    assert at > 10


async def command(life: Life, occasion: Occasion, bomb: Bomb) -> None:
    """What `notify --send` does where no daemon runs."""
    worker = life.office.worker(life.office.plan(desk=life.desk), wrap=bomb.wrap)
    await Notifying(worker.plan, worker.tools).run(first(life), occasion, "Hallo.", record=True)
    await worker.run_pass()


async def test_a_daemon_that_writes_at_the_same_time_makes_the_command_look_again() -> None:
    life = await two_registered()
    life.desk = moved(life.desk)
    journal = life.office.journal
    append: Callable[..., object] = journal.append
    late = Registered("late", FACHDISKURS, "d", ANNA, address(7))
    seen: list[int] = []

    async def disturbed(entries: object, *, after: int, at: datetime) -> object:
        if not seen:
            seen.append(after)
            await append([late], after=after, at=at)  # type: ignore[misc]
        return await append(entries, after=after, at=at)  # type: ignore[misc]

    journal.append = disturbed  # type: ignore[method-assign,assignment]
    mailing = await tells(life, Occasion.MESSAGE, "Hallo.", deliver=False)
    assert seen
    assert receivers(mailing) == [address(0), address(1), address(7)]


# -- the mails --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(NOTICES))
@pytest.mark.parametrize("language", get_args(Language))
def test_every_notice_says_by_its_words_alone_that_a_machine_sent_it(kind: AnswerKind, language: Language) -> None:
    desk = moved(a_limited(), recording="https://video.example/1")
    for name, answer in samples(kind, language, desk):
        mail = compose_reply("r1", answer, NOW, desk=desk).content
        head, _, body = mail.partition(b"\r\n\r\n")
        telling = (b"Auto-Submitted:", b"X-Auto-Response-Suppress:")
        kept = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(telling))
        verdict = screen(parse(kept + b"\r\n\r\n" + body), replace(desk, addresses=("terhorst@zeitung.example",)))
        assert verdict.kind in MACHINES, name
        assert verdict.certain, name


def test_of_an_event_that_is_over_nothing_is_written_down_any_more() -> None:
    desk = a_desk(an_event())
    (known,) = notices.learned(Ledger(), desk, NOW)
    assert isinstance(known, EventTold)
    assert notices.learned(Ledger(facts={FACHDISKURS: (known,)}), moved(desk), an_event().end + LATER) == []
    assert notices.learned(Ledger(), desk, an_event().end) == []


async def test_who_is_not_released_hears_nothing_by_itself() -> None:
    life = await Life(replace(a_limited(None), authserv_id="mx.ours.example")).begins()
    forged = a_mail(SIGNED.format("Eva Lang"), number=7, name="Eva Lang", headers=FORGED)
    await life.gets(the_mail(0), forged)
    life.desk = moved(life.desk, link=NEW_LINK)
    await life.passes()
    assert receivers(await tells(life, Occasion.CHANGE)) == [address(0)]
    assert receivers(await tells(life, Occasion.CANCELLED)) == [address(0)]


async def test_who_waits_for_approval_hears_of_another_time_without_the_link() -> None:
    life = await Life(a_limited(None, approval=True)).begins()
    await life.gets(the_mail(0))
    life.desk = moved(life.desk)
    await life.passes()
    await tells(life, Occasion.CHANGE)
    assert kinds(life, address(0)) == [AnswerKind.PENDING, AnswerKind.MOVED]
    assert an_event().link.encode() not in life.office.transport.sent[-1].content
