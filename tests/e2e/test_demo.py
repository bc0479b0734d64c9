"""The demo as somebody sees it who has just installed the package: one process, nothing else needed."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from inbox_worker.adapters import journal_file
from inbox_worker.adapters.mime import parse
from inbox_worker.core.entries import MailRecorded, ReplySent
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Message
from inbox_worker.demo.arrivals import EXAMPLES

_LINK = "https://meet.example.org/zwk-fachdiskurs-22"
_OWN = """From: Wiebke Harms <harms@inselbote.example>
To: veranstaltungen@zukunftswerkstatt-kommunen.de
Subject: Anmeldung
Date: Mon, 5 Feb 2024 10:00:00 +0100
Message-ID: <own@inselbote.example>
Content-Type: text/plain; charset=utf-8

Guten Tag,

hiermit melde ich mich zum Fachdiskurs an.

Wiebke Harms
"""


@dataclass(frozen=True, slots=True)
class Played:
    """A demo that was run: what it printed, and what it left."""

    told: str
    output: Path
    mails: tuple[MailRecorded, ...]
    sent: int
    ledger: Ledger

    def replies(self, number: int) -> list[Message]:
        """The answers to the example of this number."""
        return [parse(path.read_bytes()) for path in sorted(self.output.glob(f"replies/{number:02d}-*.eml"))]

    def mail(self, number: int) -> MailRecorded:
        """What the journal says of the example of this number."""
        return self.mails[number - 1]


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "inbox_worker", "demo", *map(str, arguments)],
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=100,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    directory = tmp_path_factory.mktemp("demo")
    own, output = directory / "own.eml", directory / "output"
    own.write_text(_OWN, encoding="utf-8")
    # an operator's own settings must not get into it
    done = run("--output", output, "--mail", own, INBOX_WORKER_MODE="observe", INBOX_WORKER_IMAP__HOST="mail.invalid")
    assert (done.returncode, done.stderr) == (0, "")
    lines, rest = journal_file.read_only(output / "journal.jsonl")
    assert rest == 0
    entries = [line.recorded.entry for line in lines]
    return Played(
        told=done.stdout,
        output=output,
        mails=tuple(entry for entry in entries if isinstance(entry, MailRecorded)),
        sent=sum(isinstance(entry, ReplySent) for entry in entries),
        ledger=Ledger().fold(line.recorded for line in lines),
    )


def test_every_mail_is_in_the_journal_and_nothing_is_left_to_do(played: Played) -> None:
    assert len(played.mails) == len(list(EXAMPLES.glob("*.eml"))) + 1
    assert not played.ledger.outbox
    assert not played.ledger.unfiled
    assert not played.ledger.failed


@pytest.mark.parametrize(
    ("number", "intent", "answered"),
    [
        (1, "registration", True),
        (2, "registration", True),
        (3, "registration", True),
        (4, "registration", True),
        (5, "bounce", False),
        (6, "auto_reply", False),
        (7, "registration", True),
        (8, "bulk", False),
        (9, "inquiry", True),
        (10, "registration", True),
        (11, "correction", True),
        (12, "registration", True),
        (13, "registration", True),
        (14, "cancellation", True),
        (15, "link_request", True),
        (16, "unclear", False),
        (17, "registration", False),
        (18, "unclear", False),
        (19, "registration", True),
        (20, "cancellation", True),
        (21, "unclear", False),
    ],
)
def test_each_example_shows_what_it_is_there_for(played: Played, number: int, intent: str, *, answered: bool) -> None:
    assert played.mail(number).intent == intent
    assert bool(played.replies(number)) is answered


def test_what_only_a_person_can_settle_waits_for_one(played: Played) -> None:
    held = {number for number, mail in enumerate(played.mails, start=1) if mail.outcome == "held"}
    assert held >= {9, 10, 16, 17, 18}
    assert not held & {1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 20, 21}


def test_only_registered_people_get_the_link(played: Played) -> None:
    with_link = {number for number in range(1, 22) if any(_LINK in reply.text for reply in played.replies(number))}
    assert with_link == {1, 2, 3, 4, 7, 10, 11, 13, 14, 15, 19}, "in the fourteenth it goes to who moves up"


def test_a_second_registration_makes_no_second_registrant(played: Played) -> None:
    names = [one.registrant.name for one in played.ledger.roster("zwk-fachdiskurs-22")]
    assert names.count("Frauke Ihmels") == 1
    assert "Tobias Wieland" not in names, "he cancelled"
    assert "Mareike Thöne" not in names, "somebody else comes in her place"


def test_an_answer_to_the_confirmation_corrects_the_list(played: Played) -> None:
    names = [one.registrant.name for one in played.ledger.roster("zwk-fachdiskurs-22")]
    assert "Janik Osterkamp" in names
    assert "Jannik Osterkamp" not in names
    assert "now: Janik Osterkamp" in played.told


def test_who_waited_moves_up_when_somebody_cancels(played: Played) -> None:
    assert not any(_LINK in reply.text for reply in played.replies(12))
    texts = {reply.to[0].addr_spec: reply.text for reply in played.replies(14)}
    assert _LINK in texts["w.rothenbach@weserkurier-sonntag.example"]
    assert "moves up: Wilma Rothenbach" in played.told


def test_a_mail_of_ones_own_is_treated_on_the_demos_day(played: Played) -> None:
    """It was written long after the event, and is answered all the same."""
    assert played.mails[-1].name == "Wiebke Harms"
    assert [_LINK in reply.text for reply in played.replies(len(played.mails))] == [True]
    assert "Yours: own.eml" in played.told


def test_each_answer_lies_as_a_mail_and_as_text(played: Played) -> None:
    mails = list(played.output.glob("replies/*.eml"))
    assert len(mails) == played.sent
    for mail in mails:
        message = parse(mail.read_bytes())
        text = mail.with_suffix(".txt").read_text(encoding="utf-8")
        assert text.startswith(f"To: {message.to[0].addr_spec}\nSubject: {message.subject}\n\n")


def test_the_story_names_every_mail_and_where_everything_lies(played: Played) -> None:
    headings = re.findall(r"^(\d+)/(\d+)  ", played.told, flags=re.MULTILINE)
    count = len(played.mails)
    assert headings == [(str(number), str(count)) for number in range(1, count + 1)]
    reminders = len(list(played.output.glob("replies/reminder-*.eml")))
    answers = f"{played.sent - reminders} answers and {reminders} reminders went out"
    assert reminders == 6, "not the one whose sender may be forged"
    assert f"{count} mails came, {answers}, 3 machines got none" in played.told
    assert "Subject: Erinnerung: Fachdiskurs am 24. November" in played.told
    assert str(played.output / "journal.jsonl") in played.told
    assert str(played.output / "replies") in played.told


def test_what_no_terminal_reads_has_no_colours_and_fits(played: Played) -> None:
    assert "\033" not in played.told
    assert max(map(len, played.told.splitlines())) <= 160, "only paths may be longer than a line"
    assert sum(len(line) > 100 for line in played.told.splitlines()) <= 2


def test_the_journal_of_a_demo_is_unbroken(played: Played) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "inbox_worker", "journal", "verify", "--file", str(played.output / "journal.jsonl")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "unbroken" in done.stdout) == (0, True), done.stdout + done.stderr


def test_without_its_servers_the_demo_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pymap.py").write_text("raise ModuleNotFoundError(name='pymap')\n", encoding="utf-8")
    done = run("--output", tmp_path / "output", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "inbox-worker: the demo needs its mail servers (pymap is not installed): pip install 'inbox-worker[demo]'\n"
    )


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text("the real one\n", encoding="utf-8")
    done = run("--output", tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"--output: {tmp_path} holds something that no demo made; name another directory\n"
    assert [path.name for path in tmp_path.iterdir()] == ["journal.jsonl"]
    assert journal.read_text(encoding="utf-8") == "the real one\n"
