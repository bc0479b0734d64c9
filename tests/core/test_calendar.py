"""The calendar file: what a journalist's calendar makes of it, read by two parsers that did not write it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker.adapters.mime import parse
from inbox_worker.cli.explain import explained
from inbox_worker.config import load_templates
from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Contact, Desk, Event, Intent, Language, Registrant
from inbox_worker.core.reply import compose
from inbox_worker.core.reply.calendar import calendar_file
from inbox_worker.core.screening import screen

NOW = datetime(2022, 11, 8, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TALK = Event(
    id="talk",
    title="Fachdiskurs; Krise, Alltag & „Mut“",
    short_title="Fachdiskurs",
    short_title_en="Talk",
    start=datetime(2022, 11, 24, 13, tzinfo=BERLIN),
    end=datetime(2022, 11, 24, 15, tzinfo=BERLIN),
    link="https://meet.example/talk?a=1&b=2;c,d",
    dial_in="+49 69 1234 5678",
    meeting_id="987 6543",
    passcode="mut,22",
    contact=Contact("Christina Haaf", "haaf@desk.example", "0521 1067328"),
)
OTHER = replace(TALK, id="other", title="Zweite", short_title="", link="https://meet.example/other")
DESK = Desk(("desk@desk.example",), (TALK, OTHER), TALK.contact)
ANNA = Registrant("Anna", "Schmitt", organisation="Bote")
BEN = Registrant("Ben", "Kurz")
TO = Address("Anna Schmitt", "schmitt@bote.example")
CONFIRMATION = Answer(AnswerKind.CONFIRMATION, "de", TO, ("talk",), greeted=ANNA, registered=(ANNA,))
CANCELLATION = Answer(AnswerKind.CANCELLATION, "de", TO, ("talk",), greeted=ANNA, withdrawn=(ANNA,))
TEMPLATES = load_templates()


def made(event: Event = TALK, language: Language = "de", *, revision: int = 0, cancelled: bool = False) -> bytes:
    return calendar_file(
        event, revision=revision, language=language, domain="desk.example", now=NOW, cancelled=cancelled
    )


def read(raw: bytes) -> tuple[Any, Any]:
    """The calendar and its one event; of any type, since the library's is a union of thirty for every value."""
    calendar: Any = icalendar.Calendar.from_ical(raw)
    (event,) = calendar.walk("VEVENT")
    assert not calendar.errors
    assert not event.errors
    return calendar, event


def files(answer: Answer, **revisions: int) -> dict[str, bytes]:
    """The calendar files of a whole mail, by name."""
    sender = Address("Zukunftswerkstatt", "desk@desk.example")
    reply = compose(answer, reply_id="r", desk=DESK, sender=sender, environment=TEMPLATES, now=NOW, revisions=revisions)
    found = {}
    for part in message_from_bytes(reply.content, policy=policy.default).walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            assert part.get_content_disposition() == "attachment"
            method = read(content)[0]["METHOD"]
            assert dict(part.get_params() or ())["method"] == method
            found[part.get_filename() or ""] = content
    return found


# --- what it says ---


def test_it_says_all_that_one_needs_to_come_in() -> None:
    calendar, event = read(made())
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    assert event["UID"] == "talk@desk.example"
    assert event["DTSTAMP"].dt == NOW
    assert event["SEQUENCE"] == 0
    assert event["SUMMARY"] == "Fachdiskurs"
    assert event["STATUS"] == "CONFIRMED"
    assert event["LOCATION"] == event["URL"] == TALK.link
    assert event["CONTACT"] == "Christina Haaf, haaf@desk.example, Telefon 0521 1067328"
    assert event["DESCRIPTION"] == (
        "Fachdiskurs; Krise, Alltag & „Mut“\n\n"
        "Zugangslink: https://meet.example/talk?a=1&b=2;c,d\n"
        "Einwahl per Telefon: +49 69 1234 5678\n"
        "Meeting-ID: 987 6543\n"
        "Kenncode: mut,22\n\n"
        "Fragen? Christina Haaf, haaf@desk.example, Telefon 0521 1067328"
    )
    (alarm,) = event.walk("VALARM")
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(minutes=-15))


def test_english_readers_get_english_words() -> None:
    _, event = read(made(language="en"))
    assert event["SUMMARY"] == "Talk"
    assert event["CONTACT"] == "Christina Haaf, haaf@desk.example, phone +49 521 1067328"
    assert "Dial-in by phone: +49 69 1234 5678\nMeeting ID: 987 6543\nPasscode: mut,22\n" in event["DESCRIPTION"]


def test_a_second_parser_reads_the_same() -> None:
    event = vobject.readOne(made().decode()).vevent
    assert event.summary.value == "Fachdiskurs"
    assert event.location.value == TALK.link
    assert "Kenncode: mut,22" in event.description.value
    assert event.dtstart.value == TALK.start
    assert event.dtend.value == TALK.end


def test_nobody_is_asked_for_an_answer() -> None:
    for raw in (made(), made(cancelled=True)):
        _, event = read(raw)
        assert not {"ORGANIZER", "ATTENDEE", "REQUEST-STATUS"} & event.keys()


def test_what_takes_the_event_out_has_its_uid_and_opens_no_door() -> None:
    calendar, event = read(made(cancelled=True))
    assert (calendar["METHOD"], event["STATUS"], event["UID"]) == ("CANCEL", "CANCELLED", "talk@desk.example")
    for secret in (TALK.link, "meet.example", TALK.dial_in, TALK.meeting_id, TALK.passcode):
        assert secret not in made(cancelled=True).decode().replace("\r\n ", "").replace("\\", "")
    assert not event.walk("VALARM")


def test_a_later_file_replaces_the_earlier_one() -> None:
    _, event = read(made(revision=3))
    assert (event["SEQUENCE"], event["UID"]) == (3, "talk@desk.example")
    later = calendar_file(TALK, revision=0, language="de", domain="desk.example", now=NOW + timedelta(hours=1))
    assert read(later)[1]["DTSTAMP"].dt == NOW + timedelta(hours=1)
    assert later.replace(b"T103000Z", b"T093000Z") == made()


# --- the zone ---


def test_the_zone_has_the_two_rules_that_hold_and_no_more() -> None:
    zone = [line for line in made().decode().split("\r\n") if line.startswith(("BEGIN", "DTSTART:", "TZ", "RRULE"))]
    assert zone[1:] == [
        "BEGIN:VTIMEZONE", "TZID:Europe/Berlin",
        "BEGIN:STANDARD", "DTSTART:20221030T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "TZNAME:CET",
        "BEGIN:DAYLIGHT", "DTSTART:20220327T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "TZNAME:CEST",
        "BEGIN:VEVENT", "BEGIN:VALARM",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "rules"),
    [
        ("America/New_York", {"FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"}),
        ("Australia/Sydney", {"FREQ=YEARLY;BYMONTH=4;BYDAY=1SU", "FREQ=YEARLY;BYMONTH=10;BYDAY=1SU"}),
        ("Europe/Dublin", {"FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"}),
        ("Asia/Tokyo", set()),
        ("Africa/Casablanca", set()),
    ],
)
def test_other_zones_go_by_their_own_rules_or_by_none(zone: str, rules: set[str]) -> None:
    event = replace(
        TALK,
        start=datetime(2022, 11, 24, 13, tzinfo=ZoneInfo(zone)),
        end=datetime(2022, 11, 24, 15, tzinfo=ZoneInfo(zone)),
    )
    lines = made(event).decode().split("\r\n")
    assert {line.removeprefix("RRULE:") for line in lines if line.startswith("RRULE:")} == rules
    assert "BEGIN:STANDARD" in lines


def test_the_hour_that_comes_twice_is_told_in_utc_the_second_time() -> None:
    first = datetime(2022, 10, 30, 2, 30, tzinfo=BERLIN)
    event = replace(TALK, start=first, end=datetime(2022, 10, 30, 4, tzinfo=BERLIN))
    assert b"DTSTART;TZID=Europe/Berlin:20221030T023000\r\n" in made(event)
    again = replace(event, start=first.replace(fold=1))
    assert b"DTSTART:20221030T013000Z\r\nDTEND:20221030T030000Z\r\n" in made(again)
    assert b"VTIMEZONE" not in made(again)


# --- in a mail ---


def test_every_link_comes_with_its_entry() -> None:
    for kind in (AnswerKind.CONFIRMATION, AnswerKind.LINK):
        ((name, raw),) = files(replace(CONFIRMATION, kind=kind), talk=2).items()
        assert name == "Termin.ics"
        assert raw == made(revision=2)
    assert list(files(replace(CONFIRMATION, language="en"))) == ["event.ics"]


def test_several_events_are_one_file_each() -> None:
    found = files(replace(CONFIRMATION, events=("talk", "gone", "other")), other=4)
    told = {name: (str(event["UID"]), event["SEQUENCE"]) for name, raw in found.items() for _, event in [read(raw)]}
    assert told == {"Termin-1.ics": ("talk@desk.example", 0), "Termin-2.ics": ("other@desk.example", 4)}


def test_who_withdraws_gets_a_file_that_takes_the_entry_out() -> None:
    assert files(CANCELLATION) == {"Absage.ics": made(cancelled=True)}
    assert list(files(replace(CANCELLATION, language="en"))) == ["cancelled.ics"]


@pytest.mark.parametrize(
    "answer",
    [
        replace(CANCELLATION, withdrawn=(BEN,)),
        replace(CANCELLATION, withdrawn=(ANNA, BEN)),
        replace(CANCELLATION, registered=(BEN,)),
        replace(CANCELLATION, greeted=None),
        replace(CANCELLATION, events=()),
        replace(CONFIRMATION, kind=AnswerKind.RECEIPT),
    ],
)
def test_nobody_loses_an_entry_of_their_own_by_another_ones_withdrawal(answer: Answer) -> None:
    assert files(answer) == {}


# --- coming back ---

FORWARDED = (
    "From: Ben Kurz <kurz@bote.example>\r\nTo: desk@desk.example\r\nSubject: WG: Fachdiskurs\r\n"
    "Message-ID: <f1@bote.example>\r\nDate: Tue, 08 Nov 2022 10:30:00 +0000\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "Ich komme für Anna Schmitt, bitte melden Sie mich zum Fachdiskurs an.\r\n\r\nBen Kurz\r\n--b\r\n"
    "Content-Type: text/calendar; charset=utf-8; method={method}; name=Termin.ics\r\n{disposition}\r\n{file}\r\n"
    "--b--\r\n"
)


@pytest.mark.parametrize("disposition", ["", "Content-Disposition: attachment; filename=Termin.ics\r\n"])
@pytest.mark.parametrize("cancelled", [False, True])
def test_a_person_who_forwards_our_file_is_still_a_person(disposition: str, *, cancelled: bool) -> None:
    """METHOD:CANCEL is else what only calendar programs send."""
    method, file = ("CANCEL" if cancelled else "PUBLISH"), made(cancelled=cancelled).decode()
    raw = FORWARDED.format(method=method, disposition=disposition, file=file)
    message = parse(raw.encode())
    assert screen(message, DESK).kind is None
    decision = explained(raw.encode(), DESK, NOW)
    assert [person["family_name"] for person in decision["registrants"]] == ["Kurz"]
    assert decision["intent"] == "registration"
    foreign = raw.replace("-//inbox_worker//registration desk//EN", "-//Other//Calendar//EN")
    assert screen(parse(foreign.encode()), DESK).kind is (Intent.BULK if cancelled else None)
