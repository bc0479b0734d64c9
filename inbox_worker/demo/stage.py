"""The demo's stage: embedded servers, settings that lead there, a clock of November 2022, and the real worker.

DIAGNOSTICS
    ServersMissingError  the libraries of the embedded servers are not installed.
    ConfigError          the output directory holds something that no demo made: nothing in it is touched.
"""

import re
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker import daemon
from inbox_worker.adapters import journal_file
from inbox_worker.adapters.mime import parse
from inbox_worker.config import Settings, load, packaged_dir
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.lines import Line
from inbox_worker.core.message import Message
from inbox_worker.core.registration import Desk, Reminder
from inbox_worker.demo.arrivals import Arrival
from inbox_worker.demo.servers import EmbeddedImap, EmbeddedSmtp, Posted
from inbox_worker.errors import ConfigError, InboxWorkerError

OPENING = datetime(2022, 11, 1, 8, 0, tzinfo=UTC)
"""When the worker is started, on an empty mailbox: from then on mail is answered."""

PLACES = 7
"""Of the Fachdiskurs."""

FOLDERS = {"DONE": "Erledigt", "HELD": "Zu prüfen", "AUTOMATIC": "Automatisch"}

_PASSWORD = "loopback-only"  # noqa: S105 - of a server that nobody else can reach and that ends with us
_MARK = ".made-by-inbox-worker-demo"
_STEP = timedelta(milliseconds=200)


class Calendar:
    """A clock that stands where it is put, and goes on a little each time somebody looks at it."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def put(self, now: datetime) -> None:
        """It is `now` (aware), unless it is later already: clocks do not go back."""
        self._now = max(self._now, now)

    def __call__(self) -> datetime:
        """What time it is (aware)."""
        self._now += _STEP
        return self._now


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as it left, what it says, and the file where it lies."""

    posted: Posted
    message: Message
    file: Path


@dataclass(frozen=True, slots=True)
class Act:
    """One mail of the story: what came, what the journal says of it, and what was sent."""

    number: int
    arrival: Arrival
    lines: tuple[Line, ...]
    sent: tuple[Sent, ...]


class Stage:
    """Everything that the demo needs, as a context manager; `output` is emptied of an earlier demo's files.

    The configuration is the packaged example with so few places that somebody has to wait for one.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.journal, self.replies = output / "journal.jsonl", output / "replies"
        self.config = output / "config"
        self.reminded: tuple[Sent, ...] = ()
        self._imap, self._smtp = EmbeddedImap(), EmbeddedSmtp()

    def __enter__(self) -> Self:
        _make_ready(self.output, self.replies, self.config)
        with ExitStack() as starting:
            starting.enter_context(self._imap)
            starting.enter_context(self._smtp)
            self.settings = self._settings()
            self.desk: Desk = self.settings.desk()
            self._imap.add_user(self.settings.imap.username, _PASSWORD)
            self._post = starting.enter_context(self._client())
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    async def play(self, arrivals: Iterable[Arrival]) -> AsyncIterator[Act]:
        """Let the mails arrive one by one, with one pass of the worker after each; then come the first reminders."""
        calendar = Calendar(OPENING)
        office = daemon.build(self.settings, calendar)
        try:
            await _pass(office)
            for number, arrival in enumerate(arrivals, start=1):
                told, posted = len(self.lines()), len(self._smtp.posted)
                self._post.append("INBOX", arrival.raw, msg_time=arrival.at)
                calendar.put(arrival.at + timedelta(seconds=2))
                await _pass(office)
                sent = tuple(self._kept(f"{number:02d}", one) for one in self._smtp.posted[posted:])
                yield Act(number, arrival, tuple(self.lines()[told:]), sent)
            posted = len(self._smtp.posted)
            calendar.put(self.reminder.at)
            await _pass(office)
            self.reminded = tuple(self._kept("reminder", one) for one in self._smtp.posted[posted:])
        finally:
            await office.close()

    @property
    def reminder(self) -> Reminder:
        """The first reminder of the first event."""
        return self.desk.events[0].reminders[0]

    def lines(self) -> list[Line]:
        """The journal as it stands in its file."""
        return journal_file.read_only(self.journal)[0]

    def ledger(self) -> Ledger:
        """What the journal's lines add up to."""
        return Ledger().fold(line.recorded for line in self.lines())

    def mailbox(self) -> dict[str, int]:
        """How many mails lie in each folder."""
        names = [name for _, _, name in self._post.list_folders()]
        return {name: int(self._post.folder_status(name, ["MESSAGES"])[b"MESSAGES"]) for name in names}

    def _client(self) -> IMAPClient:
        """A connection of ours beside the worker's: by it mail comes in."""
        client = IMAPClient(self._imap.host, self._imap.port, ssl=False, timeout=30)
        client.login(self.settings.imap.username, _PASSWORD)
        return client

    def _kept(self, scene: str, posted: Posted) -> Sent:
        """The answer in a file as it left, and beside it as a person reads it."""
        message = parse(posted.content)
        receiver = re.sub(r"[^A-Za-z0-9@._-]", "_", posted.recipients[0])
        file = self.replies / f"{scene}-{receiver}.eml"
        file.write_bytes(posted.content)
        to = ", ".join(posted.recipients)
        file.with_suffix(".txt").write_text(
            f"To: {to}\nSubject: {message.subject}\n\n{message.text}\n", encoding="utf-8"
        )
        return Sent(posted, message, file)

    def _settings(self) -> Settings:
        """The example, led to our servers by the variables that an operator would use."""
        values = {
            "MODE": "send",
            "IMAP__HOST": self._imap.host,
            "IMAP__PORT": str(self._imap.port),
            "IMAP__SECURITY": "none",
            "IMAP__PASSWORD": _PASSWORD,
            "IMAP__SENT": "Gesendet",
            "SMTP__HOST": self._smtp.host,
            "SMTP__PORT": str(self._smtp.port),
            "SMTP__SECURITY": "none",
            "SMTP__USERNAME": "",
            "SMTP__PASSWORD": _PASSWORD,
            "DIGEST__TO": "[]",
            "JOURNAL__PATH": str(self.journal.absolute()),
            **{f"IMAP__{use}_FOLDER": name for use, name in FOLDERS.items()},
        }
        return load(self.config, {f"INBOX_WORKER_{key}": value for key, value in values.items()})


async def _pass(office: daemon.Office) -> None:
    if not await office.run_pass():
        raise InboxWorkerError("the demo's worker could not complete its pass; the log above says why")


def _make_ready(output: Path, replies: Path, config: Path) -> None:
    """Makes the directory; what an earlier demo left is taken away, a directory of anybody else's is refused."""
    mark = output / _MARK
    try:
        if output.exists() and not mark.is_file() and (not output.is_dir() or any(output.iterdir())):
            raise ConfigError([f"--output: {output} holds something that no demo made; name another directory"])
        output.mkdir(parents=True, exist_ok=True)
        mark.touch()
        for left in output.glob("journal.*"):
            left.unlink()
        for directory in (replies, config):
            shutil.rmtree(directory, ignore_errors=True)
        replies.mkdir()
        shutil.copytree(packaged_dir("config"), config)
        event = config / "events" / "zwk-fachdiskurs-22.toml"
        event.write_text(re.sub(r"(?m)^# capacity = \d+", f"capacity = {PLACES}", event.read_text("utf-8")), "utf-8")
    except OSError as error:
        raise ConfigError([f"--output: {output}: {error.strerror}; name a directory that can be written"]) from error
