"""The demo's parts that need no server: its mails, its calendar, how it looks."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inbox_worker.demo.arrivals import OWN_MAIL, Arrival, examples, own
from inbox_worker.demo.stage import Calendar
from inbox_worker.demo.style import Style
from inbox_worker.errors import ConfigError

DESK = "veranstaltungen@zukunftswerkstatt-kommunen.de"
NAMES = [arrival.title for arrival in examples()]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(params=list(examples()), ids=NAMES)
def example(request: pytest.FixtureRequest) -> Arrival:
    made: Arrival = request.param
    return made


def test_the_examples_arrive_one_after_another_in_november() -> None:
    times = [arrival.at for arrival in examples()]
    assert times == sorted(times)
    assert datetime(2022, 11, 2, tzinfo=UTC) < times[0]
    assert times[-1] < OWN_MAIL
    assert len(times) == 21


def test_an_example_is_a_mail_to_the_desk(example: Arrival) -> None:
    assert [address.addr_spec for address in example.message.to] == [DESK]
    assert example.message.sender
    assert example.message.subject
    assert example.message.text.strip()
    assert example.raw.count(b"\n") == example.raw.count(b"\r\n")


def test_an_example_invents_everybody(example: Arrival) -> None:
    """Nobody real is written to or named: all addresses but the desk's are in reserved domains (RFC 2606)."""
    assert example.message.sender
    assert example.message.sender.domain.endswith(".example")


def test_no_two_examples_are_the_same_mail() -> None:
    assert len({arrival.message.digest for arrival in examples()}) == len(NAMES)


def test_a_mail_of_ones_own_arrives_behind_the_examples_however_old_it_is(tmp_path: Path) -> None:
    path = tmp_path / "alt.eml"
    saved = b"From: a@zeitung.example\nDate: Mon, 1 Jan 2001 10:00:00 +0100\nSubject: Da\n\nBin dabei.\n"
    path.write_bytes(saved)
    first, second = own([path, path])
    assert first.at == first.message.arrived == OWN_MAIL
    assert second.at == second.message.arrived == OWN_MAIL + timedelta(seconds=10)
    assert first.raw.endswith(b"\r\n" + saved.replace(b"\n", b"\r\n"))
    assert first.title == "Yours: alt.eml"


def test_a_mail_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--mail: .*fehlt\.eml: No such file or directory; name a mail"):
        list(own([tmp_path / "fehlt.eml"]))


def test_the_calendar_never_goes_back() -> None:
    start = datetime(2022, 11, 2, 9, 0, tzinfo=UTC)
    calendar = Calendar(start)
    first = calendar()
    calendar.put(start - timedelta(days=1))
    assert start < first < calendar()
    calendar.put(start + timedelta(days=1))
    assert start + timedelta(days=1) < calendar() < start + timedelta(days=1, seconds=1)


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Style.of(Terminal()).strong("da") == "\033[1mda\033[0m"
    assert Style.of(io.StringIO()).strong("da") == "da"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Style.of(Terminal()).strong("da") == "da"


@pytest.mark.parametrize(("columns", "width"), [(40, 80), (90, 90), (300, 100)])
def test_lines_fit_the_terminal_within_reason(monkeypatch: pytest.MonkeyPatch, columns: int, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    style = Style.of(Terminal())
    assert style.width == width
    assert len(Style(colour=False, width=width).rule("Kapitel", after="02 Nov")) == width


def test_what_is_too_long_for_a_line_is_cut_visibly() -> None:
    style = Style()
    assert style.shortened("Redaktion  Ems-Tageblatt\n", 24) == "Redaktion Ems-Tageblatt"
    assert style.shortened("Redaktion Ems-Tageblatt", 12) == "Redaktion E…"
    assert style.wrapped("eins zwei " * 40, 10, lines=2)[-1].endswith(" …")
