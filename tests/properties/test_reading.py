"""Reading never raises and keeps its promises, whatever is in the mail."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox_worker.adapters.mime import parse
from inbox_worker.core.message import Address, Message
from inbox_worker.core.reading import read
from inbox_worker.core.registration import Desk, Intent
from inbox_worker.core.request import Verdict
from inbox_worker.core.screening import screen
from tests.core.reading_desk import DESK

WORDS = [
    "ich",
    "melde",
    "mich",
    "an",
    "ab",
    "nicht",
    "leider",
    "kann",
    "teil",
    "Frau",
    "Dr.",
    "Anna",
    "Berg",
    "Kollegin",
    "statt",
    "meiner",
    "und",
    "am",
    "24.11.",
    "14.",
    "März",
    "morgen",
    "Link",
    "nochmal",
    "?",
    "!",
    ",",
    ":",
    "\n\n",
    ">",
    "--",
    "Mit",
    "freundlichen",
    "Grüßen",
    "Tel.",
    "0221",
    "471155",
    "beide",
    "Termine",
    "vielleicht",
    "danke",
    "@",
    "x@y.example",
]
texts = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
dates = st.one_of(st.none(), st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is given beside them
messages = st.builds(
    Message,
    senders=st.sampled_from([(), (Address("Anna Berg", "berg@tagespost.example"),), (Address("", "x@y.example"),)]),
    subject=texts.map(lambda text: text.replace("\n", " ")),
    text=texts,
    date=dates,
    received=dates,
    encrypted=st.booleans(),
)
LETTERS = sorted((Path(__file__).parent.parent / "letters").glob("*.eml"))


@settings(deadline=None, max_examples=200)
@given(messages)
def test_reading_never_raises_and_registers_only_in_a_registration(message: Message) -> None:
    request = read(message, Verdict(), DESK)
    assert (request.intent is Intent.REGISTRATION) == bool(request.registrants)
    assert not request.withdrawn or request.intent in {Intent.REGISTRATION, Intent.CANCELLATION}
    assert request.intent is not Intent.UNCLEAR or request.events == ()


@settings(deadline=None, max_examples=30)
@given(messages)
def test_the_same_mail_is_read_the_same_way_twice(message: Message) -> None:
    assert read(message, Verdict(), DESK) == read(message, Verdict(), DESK)


@settings(deadline=None, max_examples=50)
@given(messages)
def test_a_desk_without_events_reads_without_raising(message: Message) -> None:
    empty = Desk(DESK.addresses, (), DESK.contact)
    assert read(message, Verdict(), empty).events == ()


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(LETTERS), st.data())
def test_a_damaged_letter_is_read_without_raising(path: Path, data: st.DataObject) -> None:
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    message = parse(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    read(message, screen(message, DESK), DESK)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "ich " * 50_000,
        "statt " * 30_000,
        "am 24. " * 20_000,
        "sein platz " * 20_000,
        "1." * 60_000,
        "Anna Berg, " * 15_000,
        "\n" * 100_000,
        "nicht melde mich " * 15_000,
    ],
)
def test_no_text_takes_long_to_read(text: str) -> None:
    started = time.perf_counter()
    read(Message(text=text, date=datetime(2022, 11, 17, tzinfo=UTC)), Verdict(), DESK)
    assert time.perf_counter() - started < 5
