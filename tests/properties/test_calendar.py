"""Laws of the calendar file: RFC 5545's rules hold whatever is in an event, and every parser finds the same moment."""

import itertools
from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import vobject  # type: ignore[import-untyped]  # the library has no type hints
from hypothesis import given
from hypothesis import strategies as st

from inbox_worker.core.registration import Contact, Event, Language
from inbox_worker.core.reply.calendar import calendar_file, text
from inbox_worker.core.reply.wording import clean

NOW = datetime(2022, 11, 8, 9, 30, tzinfo=UTC)
ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "America/New_York", "America/St_Johns",
    "America/Sao_Paulo", "America/Santiago", "Asia/Kolkata", "Asia/Jerusalem", "Asia/Tehran", "Africa/Casablanca",
    "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "Antarctica/Troll", "UTC",
)  # fmt: skip
NUMBERS = itertools.count()
START = datetime(2022, 11, 24, 13, tzinfo=ZoneInfo("Europe/Berlin"))

anything = st.text(max_size=120) | st.text(alphabet='aB \r\n\t"\\;:,äß–„😀\u202e\x00\u2028', max_size=200)
contacts = st.builds(Contact, anything, anything, anything)
moments = st.integers(0, 36 * 365 * 24 * 4).map(
    lambda quarters: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
)
# the nights in which Berlin, London and New York change their clocks, quarter of an hour by quarter of an hour
edges = st.builds(
    lambda night, quarters: night + timedelta(minutes=15 * quarters),
    st.sampled_from(
        [
            datetime(year, month, day, tzinfo=UTC)
            for year, month, day in (
                (2022, 3, 27), (2022, 10, 30), (2023, 3, 26), (2023, 10, 29), (2022, 3, 13), (2022, 11, 6)
            )
        ]
    ),
    st.integers(-8, 40),
)  # fmt: skip
durations = st.integers(1, 60 * 24 * 3).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event that could be configured, and many that could not."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    start = draw(moments | edges)
    return Event(
        id="talk",
        title=draw(anything),
        title_en=draw(anything),
        short_title=draw(anything),
        start=start.astimezone(zone),
        end=(start + draw(durations)).astimezone(zone),
        link=draw(st.sampled_from(["https://meet.example/a;b,c?d=e&f", f"https://meet.example/{'long' * 60}"])),
        programme=draw(anything),
        dial_in=draw(anything),
        passcode=draw(anything),
        contact=draw(contacts),
    )


languages: st.SearchStrategy[Language] = st.sampled_from(["de", "en"])


def made(event: Event, language: Language = "de", *, cancelled: bool = False) -> bytes:
    return calendar_file(event, revision=1, language=language, domain="d.example", now=NOW, cancelled=cancelled)


def components(raw: bytes | str, name: str) -> Any:
    """As icalendar reads them; of any type, since the library's is a union of thirty for every value."""
    return icalendar.Calendar.from_ical(raw).walk(name)


@given(events(), languages, st.booleans())
def test_it_keeps_the_rules_of_its_format(event: Event, language: Language, cancelled: bool) -> None:
    raw = made(event, language, cancelled=cancelled)
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    assert not any(octet < 32 or octet == 127 for line in lines for octet in line)
    for line in lines:
        line.decode()  # no character is cut in two
    unfolded = raw.decode().replace("\r\n ", "").split("\r\n")[:-1]
    names = [line.replace(";", ":").partition(":")[0] for line in unfolded]
    assert names.count("BEGIN") == names.count("END") == 3 + (not cancelled) + zone_parts(unfolded) - 1
    for once in ("VERSION", "PRODID", "METHOD", "UID", "DTSTAMP", "SUMMARY", "DTEND", "SEQUENCE", "STATUS"):
        assert names.count(once) == 1, once


def zone_parts(unfolded: list[str]) -> int:
    return sum(line in {"BEGIN:VTIMEZONE", "BEGIN:STANDARD", "BEGIN:DAYLIGHT"} for line in unfolded)


@given(events(), languages)
def test_nothing_in_an_event_can_write_a_property_and_no_word_is_lost(event: Event, language: Language) -> None:
    (found,) = components(made(event, language), "VEVENT")
    assert set(found.keys()) == {
        "UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS", "CONTACT", "LOCATION", "URL",
        "DESCRIPTION",
    }  # fmt: skip
    assert found["SUMMARY"] == clean(event.short_title_in(language), 300)
    assert str(found["URL"]) == event.link
    lines = str(found["DESCRIPTION"]).split("\n")
    assert lines[0] == clean(event.title_in(language), 300)
    assert any(line.endswith(event.link) for line in lines)
    assert any(line.endswith(clean(event.passcode, 2000)) for line in lines)


@given(events())
def test_every_program_finds_the_right_moment_by_the_files_own_zone(event: Event) -> None:
    """The zone gets a name that nobody knows, so that a parser must go by the rules in the file; in two ways."""
    event = replace(event, title="t", title_en="", short_title="", programme="", dial_in="", passcode="")
    raw = made(event).decode().replace("\r\n ", "").replace(str(event.start.tzinfo), f"Own/Zone{next(NUMBERS)}")
    (found,) = components(raw, "VEVENT")
    for moment, read in ((event.start, found["DTSTART"].dt), (event.end, found["DTEND"].dt)):
        assert read.astimezone(UTC) == moment.astimezone(UTC)
        for zone in components(raw, "VTIMEZONE"):
            times, told = zone.get_transitions()
            at = bisect_right(times, moment.astimezone(UTC).replace(tzinfo=None))
            assert told[at - 1][0] == moment.utcoffset()


@given(events(), languages)
def test_a_second_parser_reads_the_same_words(event: Event, language: Language) -> None:
    raw = made(replace(event, start=START, end=START + timedelta(hours=1)), language)
    found = vobject.readOne(raw.decode()).vevent
    (other,) = components(raw, "VEVENT")
    for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "CONTACT", "UID"):
        assert found.contents[name.lower()][0].value == str(other[name])
    assert found.dtstart.value == START


@given(st.text(max_size=300))
def test_text_is_one_line_that_reads_back(value: str) -> None:
    escaped = text(value)
    assert "\n" not in escaped
    assert "\r" not in escaped
    raw = f"BEGIN:VEVENT\r\nSUMMARY:{escaped}\r\nEND:VEVENT\r\n"
    event: Any = icalendar.Event.from_ical(raw)
    assert str(event["SUMMARY"]).split("\n") == [clean(line, 5000) for line in value.split("\n")]
