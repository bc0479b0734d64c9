"""`inbox-worker notify` as a press officer types it: shown first, sent on a word, wrong words answered in one line."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from inbox_worker import daemon
from inbox_worker.adapters.journal_file import JournalFile, read_only
from inbox_worker.cli import main
from inbox_worker.cli.check import told_before
from inbox_worker.config import Settings, load, packaged_dir
from inbox_worker.core.entries import Entry, EventCancelled, EventTold, Registered, ReplyOwed, Undeliverable
from inbox_worker.core.registration import Status
from inbox_worker.daemon import commands
from tests.builders import ANNA, FACHDISKURS, NOW, PRESSE
from tests.fakes import FakeMailbox, FakeTransport

ENVIRON = {
    "INBOX_WORKER_MODE": "send",
    "INBOX_WORKER_IMAP__HOST": "127.0.0.1",
    "INBOX_WORKER_IMAP__PASSWORD": "secret",
    "INBOX_WORKER_SMTP__HOST": "127.0.0.1",
    "INBOX_WORKER_SMTP__PASSWORD": "secret",
}
PEOPLE: list[Entry] = [
    Registered("1", FACHDISKURS, "d1", ANNA, "anna@bote.example"),
    Registered("2", FACHDISKURS, "d2", replace(ANNA, given_name="Ben"), "ben@herald.example", language="en"),
    Registered("3", FACHDISKURS, "d3", replace(ANNA, given_name="Carla"), "carla@bote.example", Status.WAITLISTED),
    Registered("4", FACHDISKURS, "d4", replace(ANNA, given_name="Dora\x1b[31m"), "dora@bote.example"),
    Registered("5", PRESSE, "d5", ANNA, "eva@bote.example"),
    Undeliverable(address="dora@bote.example"),
]


class Office:
    """A configuration with events that stay ahead of every test run, its journal, and servers in memory."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.mailbox, self.transport = directory, FakeMailbox(), FakeTransport()
        self.environ = {**ENVIRON, "INBOX_WORKER_JOURNAL__PATH": str(directory / "journal.jsonl")}
        (directory / "events").mkdir()
        main_file = packaged_dir("config") / "inbox_worker.toml"
        (directory / "inbox_worker.toml").write_text(main_file.read_text("utf-8"), "utf-8")
        for path in packaged_dir("config").glob("events/*.toml"):
            coming = re.sub(r"\b202[23]-", "2099-", path.read_text("utf-8"))
            (directory / "events" / path.name).write_text(coming, "utf-8")
        self.edit("# capacity = 40", "capacity = 3")
        for name, value in self.environ.items():
            monkeypatch.setenv(name, value)
        real = daemon.build

        def build(settings: Settings, clock: Callable[[], datetime] = daemon.system_clock) -> daemon.Office:
            office = real(settings, clock)
            office.worker.tools.mailbox, office.worker.tools.transport = self.mailbox, self.transport
            return office

        monkeypatch.setattr(commands, "build", build)
        self.record(*PEOPLE)

    def edit(self, was: str, now: str) -> None:
        """Change the first event's file."""
        path = self.directory / "events" / f"{FACHDISKURS}.toml"
        assert was in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(was, now), "utf-8")

    def settings(self) -> Settings:
        return load(self.directory, self.environ)

    @property
    def entries(self) -> list[Entry]:
        lines, _ = read_only(self.directory / "journal.jsonl")
        return [line.recorded.entry for line in lines]

    def record(self, *entries: Entry) -> None:
        async def recorded() -> None:
            file = JournalFile(self.directory / "journal.jsonl", lambda entry: entry.WHAT)
            before = await file.read(0)
            await file.append(entries, after=len(before), at=NOW)
            await file.close()

        asyncio.run(recorded())

    def notify(self, *arguments: str) -> int:
        return main(["notify", FACHDISKURS, *arguments, "--config", str(self.directory)])

    def known(self) -> None:
        """What the configuration says is in the journal: the daemon has had a pass."""
        assert asyncio.run(daemon.once(self.settings()))

    def receivers(self) -> list[str]:
        return sorted(reply.recipients[0] for reply in self.transport.sent)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Office(tmp_path, monkeypatch)
    root.handlers[:] = handlers  # the command sets up a log of its own
    root.setLevel(level)


def test_a_preview_shows_receivers_both_languages_and_the_calendar_file_and_does_nothing(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.known()
    office.edit("2099-11-24T13:00:00", "2099-11-24T12:00:00")
    before = office.entries
    assert office.notify("--reason", "change") == 0
    out = capsys.readouterr().out
    rows = [line.split()[0] for line in out.splitlines() if "@" in line.split(" ")[0]]
    assert rows == ["anna@bote.example", "ben@herald.example", "carla@bote.example"]
    assert "3 mails about Zweiter Fachdiskurs" in out
    assert "2 x Nachricht über die Änderung mit Zugangslink" in out
    assert "left out, an earlier mail came back: dora@bote.example Dora?[31m" in out
    assert "Subject: Geändert: Fachdiskurs am 24. November, 12 Uhr" in out
    assert "Subject: Changed: Expert Dialogue on 24 November, 12:00 CET" in out
    assert "Guten Tag Anna Schmitt," in out
    assert "Dear Ben Schmitt," in out
    assert "Subject: Neue Zeit: " in out
    assert "Termin.ics (METHOD:PUBLISH, SEQUENCE:1)" in out
    assert "Calendar file: none" in out
    assert "Nothing was sent or written down" in out
    assert "\x1b" not in out
    assert office.entries == before
    assert office.transport.sent == []


def test_where_no_daemon_runs_the_command_delivers_and_a_second_time_there_is_nothing_to_do(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.known()
    office.edit("https://meet.example.org/zwk-fachdiskurs-22", "https://meet.example.org/neu")
    assert office.notify("--reason", "change", "--send") == 0
    assert "The mails were handed over" in capsys.readouterr().out
    assert office.receivers() == ["anna@bote.example", "ben@herald.example"]
    assert all(b"https://meet.example.org/neu" in reply.content for reply in office.transport.sent)
    assert office.notify("--reason", "change", "--send") == 0
    assert "0 mails" in capsys.readouterr().out
    assert len(office.transport.sent) == 2


def test_a_daemon_that_runs_delivers_what_the_command_owes(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    (office.directory / "words.txt").write_text("\ufeffBitte kommen Sie pünktlich.\r\n", "utf-8")
    arguments = ("--reason", "message", "--text", str(office.directory / "words.txt"), "--send")
    with daemon.alone(office.settings()):
        assert office.notify(*arguments) == 0
    assert "A daemon is running" in capsys.readouterr().out
    owed = [entry.answer for entry in office.entries if isinstance(entry, ReplyOwed)]
    assert [answer and answer.text for answer in owed] == ["Bitte kommen Sie pünktlich."] * 2
    assert office.transport.sent == []
    office.known()
    assert office.receivers() == ["anna@bote.example", "ben@herald.example"]


def test_a_daemon_with_another_configuration_must_be_started_anew_first(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.known()
    with daemon.alone(office.settings()):
        office.edit("https://meet.example.org/zwk-fachdiskurs-22", "https://meet.example.org/neu")
        before = office.entries
        assert office.notify("--reason", "change") == 0, "it can be looked at"
        assert office.notify("--reason", "change", "--send") == 2
        assert office.entries == before
    (line,) = capsys.readouterr().err.splitlines()
    assert "start it anew" in line


def test_a_cancelled_event_is_written_down_with_its_mails_in_one_batch(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    with daemon.alone(office.settings()):
        assert office.notify("--reason", "cancelled", "--send") == 0
    out = capsys.readouterr().out
    assert "counts as cancelled from now on" in out
    assert "Absage.ics (METHOD:CANCEL, SEQUENCE:1)" in out
    new = [entry for entry in office.entries[len(PEOPLE) :] if not isinstance(entry, EventTold)]
    assert [entry.WHAT for entry in new] == ["event-cancelled", *["reply-owed"] * 3]
    lines, _ = read_only(office.directory / "journal.jsonl")
    assert len({line.recorded.at for line in lines[len(PEOPLE) :]}) == 1
    assert office.notify("--reason", "cancelled", "--send") == 0
    assert "is cancelled already" in capsys.readouterr().out
    assert office.receivers() == ["anna@bote.example", "ben@herald.example", "carla@bote.example"]
    assert sum(isinstance(entry, EventCancelled) for entry in office.entries) == 1


def test_after_the_event_it_says_when_there_is_no_recording(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.edit("2099-", "2022-")
    assert office.notify("--reason", "followup") == 0
    assert "No recording is configured" in capsys.readouterr().out
    office.edit('# recording = "', 'recording = "')
    assert office.notify("--reason", "followup", "--send") == 0
    out = capsys.readouterr().out
    assert "Aufzeichnung: https://www.example.org/recording" in out
    assert "No recording" not in out
    assert office.receivers() == ["anna@bote.example", "ben@herald.example"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gone", "--reason", "change"], "EVENT: 'gone' is not configured; there are: zwk-"),
        ([FACHDISKURS, "--reason", "why"], "--reason: there is no 'why'; choose one of change, cancelled, message, fo"),
        ([FACHDISKURS, "--reason", "message"], "--text: a message needs a file with its words"),
        ([FACHDISKURS, "--reason", "message", "--text", "{}/gone"], "--text: {}/gone: No such file or directory"),
        ([FACHDISKURS, "--reason", "message", "--text", "{}"], "--text: {}: Is a directory"),
        ([FACHDISKURS, "--reason", "message", "--text", "{}/empty"], "--text: {}/empty: is empty"),
        ([FACHDISKURS, "--reason", "message", "--text", "{}/latin"], "--text: {}/latin: is not UTF-8"),
        ([FACHDISKURS, "--reason", "change", "--text", "{}/long"], "--text: {}/long: has 9000 characters"),
        ([FACHDISKURS, "--reason", "followup"], "--reason followup: zwk-fachdiskurs-22 is not over yet (ends 2099-"),
    ],
)
@pytest.mark.parametrize("send", [[], ["--send"]])
def test_what_is_wrong_is_told_in_one_line_and_nothing_happens(
    office: Office, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str, send: list[str]
) -> None:
    (office.directory / "empty").write_text("\ufeff \n", "utf-8")
    (office.directory / "latin").write_bytes("Grüße".encode("latin-1"))
    (office.directory / "long").write_text("Wort. " * 1500 + "x", "utf-8")
    place = str(office.directory)
    called = [argument.replace("{}", place) for argument in arguments]
    assert main(["notify", *called, *send, "--config", place]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(told.replace("{}", place).replace("9000", "9001"))
    assert office.entries == PEOPLE
    assert office.transport.sent == []


@pytest.mark.parametrize("reason", ["change", "cancelled"])
def test_what_is_over_is_neither_changed_nor_cancelled(
    office: Office, capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    office.edit("2099-", "2022-")
    assert office.notify("--reason", reason, "--send") == 2
    assert capsys.readouterr().err == f"--reason {reason}: {FACHDISKURS} is over\n"


def test_while_only_observing_nothing_can_be_sent(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_WORKER_MODE", "observe")
    assert office.notify("--reason", "cancelled") == 0
    assert office.notify("--reason", "cancelled", "--send") == 2
    assert "set mode to draft or send" in capsys.readouterr().err
    assert office.entries == PEOPLE


def test_without_a_journal_there_is_nobody_to_tell(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_WORKER_JOURNAL__PATH", str(office.directory / "other.jsonl"))
    assert office.notify("--reason", "cancelled") == 2
    assert "no journal there yet" in capsys.readouterr().err
    assert not (office.directory / "other.jsonl").exists()


def test_check_says_when_people_have_old_facts_also_before_the_daemon_knows(office: Office) -> None:
    office.known()
    now = daemon.system_clock()
    assert told_before(office.settings(), now) == []
    office.edit("2099-11-24T13:00:00", "2099-11-24T12:00:00")
    note = (
        f"NOTE  {FACHDISKURS}: 4 people have the old time, link or dial-in: "
        f"inbox-worker notify {FACHDISKURS} --reason change"
    )
    assert told_before(office.settings(), now) == [note]
    office.known()
    assert told_before(office.settings(), now) == [note]
