"""A desk whose daemon is tormented: letters go in through Postfix, the process is killed at chosen moments."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inbox_worker.adapters import journal_file
from inbox_worker.core.entries import MailRecorded
from inbox_worker.core.ledger import Ledger
from tests.e2e.command import COMMAND, Office
from tests.servers.dovecot import SENT, Dovecot
from tests.servers.postfix import Postfix
from tests.torture.journalists import Kind, Mail, Writer

LIMIT = 240.0
"""Seconds to wait for what takes a few: a loaded machine must not turn a guarantee red."""

HELD, AUTOMATIC, DONE = "Zu prüfen", "Automatisch", "Erledigt & geprüft"


def await_that(holds: Callable[[], object], what: str, *, limit: float = LIMIT, pause: float = 0.02) -> None:
    """Return as soon as it holds; fail with `what` after `limit` seconds."""
    end = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(pause)


class Tail:
    """What is appended to a file from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = path.stat().st_size if path.exists() else 0
        self.read = b""

    def has(self, words: bytes) -> bool:
        """Whether these words were appended meanwhile."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._from + len(self.read))
                self.read += file.read()
        return words in self.read


RUNNING: list["subprocess.Popen[bytes]"] = []
"""What a failed test leaves behind is ended by the fixture of `conftest`."""


class Daemon:
    """One `inbox-worker run` (or `once`); its log lies in a file, which never makes it wait."""

    def __init__(self, command: str, office: Office, log: Path, environ: Mapping[str, str]) -> None:
        self._log = log
        self.journal = Tail(office.journal)
        self._said = Tail(log)
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [COMMAND, command, "--config", str(office.directory)],
                env={**os.environ, **environ},
                stdout=said,
                stderr=said,
            )
        RUNNING.append(self.process)

    def log(self) -> str:
        """Everything that it said."""
        return self._log.read_text("utf-8")

    def has_started(self) -> bool:
        """Whether it says so; fails when it died."""
        assert self.process.poll() is None, f"died by itself:\n{self.log()}"
        return self._said.has(b" started: ")

    def kill(self) -> None:
        """SIGKILL; gone when this returns."""
        assert self.process.poll() is None, f"died by itself:\n{self.log()}"
        self.process.kill()
        self.process.wait(timeout=LIMIT)

    def stop(self) -> tuple[int, float]:
        """SIGTERM; its exit status, and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=LIMIT)
        return self.process.returncode, time.monotonic() - began


@dataclass(frozen=True, slots=True)
class State:
    """The journal at one moment, folded."""

    mails: tuple[MailRecorded, ...]
    ledger: Ledger

    @property
    def recorded(self) -> Counter[str]:
        """How many mails with this Message-ID were recorded."""
        return Counter(mail.message_id for mail in self.mails)

    def is_answered(self, mail: MailRecorded) -> bool:
        """Whether an answer to it was sent."""
        return any(reply in self.ledger.sent for reply in mail.answers)

    def claimed_by(self, worker: str) -> frozenset[str]:
        """The replies that it claimed and that have no outcome yet: each may be with the server, or not."""
        return frozenset(one.id for one in self.ledger.outbox.values() if one.claimed_by == worker)


@dataclass(slots=True)
class Tormented:
    """The desk, its journalists, and what was done to its daemon. `environ` is each daemon's."""

    office: Office
    environ: dict[str, str]
    copies: bool
    writers: list[Writer] = field(default_factory=list)
    submitted: Counter[str] = field(default_factory=Counter)
    claimed_at_kills: Counter[str] = field(default_factory=Counter)
    _started: int = 0

    @classmethod
    def settled(cls, directory: Path, dovecot: Dovecot, postfix: Postfix, *, copies: bool = True) -> "Tormented":
        """A desk that has set its baseline; with or without copies of its answers in Sent."""
        environ = {"INBOX_WORKER_IMAP__HELD_FOLDER": HELD, "INBOX_WORKER_IMAP__AUTOMATIC_FOLDER": AUTOMATIC}
        if not copies:
            environ["INBOX_WORKER_IMAP__SENT"] = ""
        desk = cls(Office(directory, dovecot, postfix), environ, copies)
        desk.one_pass()
        return desk

    def submit(self, mail: Mail) -> None:
        """Hand a mail to Postfix."""
        self.office.postfix.submit(mail.to(self.office.address), sender=mail.writer.address, to=self.office.address)
        self.submitted[mail.message_id] += 1

    def write(self, writer: Writer) -> None:
        """This journalist writes the first mail; whoever writes twice does so in the same second."""
        self.writers.append(writer)
        self.submit(writer.first)
        if writer.kind is Kind.TWICE:
            self.submit(writer.first)

    def cancel(self) -> None:
        """Whoever is to cancel and has the confirmation by now, does."""
        state = self.state()
        answered = {mail.message_id for mail in state.mails if state.is_answered(mail)}
        for writer in self.writers:
            to_write = writer.kind is Kind.CANCELLATION and writer.second.message_id not in self.submitted
            if to_write and writer.first.message_id in answered:
                self.submit(writer.second)

    def all_written(self) -> bool:
        """Whether nobody has anything left to write."""
        self.cancel()
        return all(
            writer.second.message_id in self.submitted for writer in self.writers if writer.kind is Kind.CANCELLATION
        )

    def start(self, command: str = "run", **environ: str) -> Daemon:
        """Start the daemon, or a single pass."""
        self._started += 1
        log = self.office.directory / f"daemon-{self._started}.log"
        return Daemon(command, self.office, log, {**self.environ, **environ})

    def one_pass(self) -> None:
        """One pass, to its end."""
        once = self.start("once")
        status = once.process.wait(timeout=LIMIT)
        assert status == 0, once.log()

    def await_started(self, daemon: Daemon) -> None:
        """Wait until it says so."""
        await_that(daemon.has_started, "the daemon has started", pause=0.005)

    def state(self) -> State:
        """What the journal says now."""
        lines, _ = journal_file.read_only(self.office.journal)
        recorded = [line.recorded for line in lines]
        mails = tuple(one.entry for one in recorded if isinstance(one.entry, MailRecorded))
        return State(mails, Ledger().fold(recorded))

    def work_left(self) -> str:
        """What the daemon has yet to do, by the first step that is missing; '' when all is settled."""
        state = self.state()
        if sum(self.submitted.values()) > len(state.mails):
            return "a mail not recorded"
        if any(one.claimed_by for one in state.ledger.outbox.values()):
            return "a reply claimed"
        if state.ledger.outbox:
            return "a reply owed"
        return "a mail not filed" if state.ledger.unfiled else ""

    def remember_claims(self, worker: str = "worker") -> None:
        """Right after this one was killed, before it starts again: the replies it had claimed are in doubt."""
        self.claimed_at_kills.update(self.state().claimed_by(worker))

    def await_settled(self, daemon: Daemon) -> None:
        """Wait until everybody has written and everything is done."""
        await_that(lambda: self.all_written() and not self.work_left(), "all is settled", pause=0.2)
        assert daemon.process.poll() is None, daemon.log()


@dataclass(slots=True)
class Moments:
    """Draws when to kill: half of the times anywhere in the work, half right behind an effect.

    How long the work takes depends on the machine, so `span` (seconds) learns it from what the kills hit.
    """

    dice: random.Random
    copies: bool
    span: float = 0.1

    def draw(self) -> "Moment":
        """The next one."""
        if self.dice.random() < 0.5:
            return Moment(None, self.dice.random() * self.span)
        signs = [
            ('"what":"mail"', 0.02),
            ('"what":"reply-claimed"', 0.05),
            ('"what":"reply-sent"', 0.01),
            (QUEUED, 0.01),
            (MOVED, 0.001),
            *([(COPIED, 0.005)] if self.copies else []),
        ]
        sign, longest = self.dice.choice(signs)
        return Moment(sign, self.dice.random() * longest)

    def learn(self, moment: "Moment", *, hit: bool) -> None:
        """Whether there was still work to do at that moment."""
        if moment.sign is None:
            self.span = max(0.02, self.span * (1.15 if hit else 0.7))


QUEUED, COPIED, MOVED = "Postfix has a reply", "a copy lies in Sent", "a mail was moved"


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: at a sign (None: the daemon's start) and a pause of so many seconds behind it."""

    sign: str | None
    pause: float

    def await_it(self, desk: Tormented, daemon: Daemon) -> None:
        """Return then, or when the sign does not come."""
        if self.sign is not None:
            queue, maildir = Tail(desk.office.postfix.log), desk.office.dovecot.maildir(desk.office.address)
            reply = f"from=<{desk.office.address.partition('@')[0]}".encode()  # our own, not what comes in
            glob = {COPIED: f".{SENT}/*/*", MOVED: ".Erledigt*/*/*"}.get(self.sign, "")
            before = len(list(maildir.glob(glob))) if glob else 0
            end = time.monotonic() + 2
            while time.monotonic() < end:
                if glob:
                    seen = len(list(maildir.glob(glob))) > before
                elif self.sign == QUEUED:
                    seen = queue.has(reply)
                else:
                    seen = daemon.journal.has(self.sign.encode())
                if seen:
                    break
                time.sleep(0.001)
        time.sleep(self.pause)
