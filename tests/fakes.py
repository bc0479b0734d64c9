"""A mailbox and a transport in memory. They behave, and pass the same contract as the real servers' adapters.

Trouble is ordered beforehand: what stands in `troubles` is raised by the next calls, one each.
"""

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from inbox_worker.core.delivery import Delivered, Outcome, Reply, Stage, Trouble
from inbox_worker.core.mailbox import Filing, MailboxState, Seen
from inbox_worker.core.message import Letter, Ref
from inbox_worker.errors import MailboxError

PREFIX = 256 * 1024  # bytes of an oversized mail that are loaded


@dataclass(frozen=True, slots=True)
class Stored:
    """One mail as it lies in a folder."""

    uid: int
    raw: bytes
    at: datetime
    flags: frozenset[str] = frozenset()


class FakeMailbox:
    """An account whose folders are lists; `special` names the folders of special uses."""

    def __init__(self, account: str = "desk@example.org", folder: str = "INBOX", *, keywords: bool = True) -> None:
        self.account = account
        self.folder = folder
        self.keywords = keywords
        self.uidvalidity = 1
        self.folders: dict[str, list[Stored]] = {folder: []}
        self.special = {"\\Drafts": "Entwürfe", "\\Sent": "Gesendet"}
        self.troubles: deque[MailboxError] = deque()
        self.calls: list[str] = []
        self._next_uid: dict[str, int] = {}
        self._known = 0
        self._news = asyncio.Event()

    def put(self, raw: bytes, *, at: datetime | None = None, folder: str | None = None) -> int:
        """A mail arrives; its UID."""
        stored = self._store(folder or self.folder, raw, at or datetime(2022, 11, 3, 9, 0, tzinfo=UTC), frozenset())
        self._news.set()
        return stored.uid

    def flag(self, uid: int, flag: str) -> None:
        """A person flags a mail."""
        here = self.folders[self.folder]
        self.folders[self.folder] = [
            replace(mail, flags=mail.flags | {flag}) if mail.uid == uid else mail for mail in here
        ]

    def remove(self, uid: int) -> None:
        """A person deletes a mail for good."""
        self.folders[self.folder] = [mail for mail in self.folders[self.folder] if mail.uid != uid]

    def mails(self, folder: str = "INBOX") -> list[bytes]:
        """The contents of a folder, oldest first."""
        return [mail.raw for mail in self.folders.get(folder, [])]

    def flags(self, folder: str = "INBOX") -> list[frozenset[str]]:
        """The flags of the mails of a folder, oldest first."""
        return [mail.flags for mail in self.folders.get(folder, [])]

    async def open(self) -> MailboxState:
        """How the folder stands."""
        self._called("open")
        uidnext = self._next_uid.get(self.folder, 1)
        self._known = self._known or uidnext - 1
        return MailboxState(self.account, self.folder, self.uidvalidity, uidnext, keywords=self.keywords, writable=True)

    async def list_new(self, after_uid: int) -> list[Seen]:
        """Mails with a higher UID."""
        self._called("list_new")
        found = [mail for mail in self.folders[self.folder] if mail.uid > after_uid]
        self._known = max(self._known, after_uid, *(mail.uid for mail in found))
        return [self._seen(mail) for mail in found]

    async def list_since(self, since: datetime) -> list[Seen]:
        """Mails that arrived at `since` or later."""
        self._called("list_since")
        found = [mail for mail in self.folders[self.folder] if mail.at >= since]
        self._known = max(self._known, 0, *(mail.uid for mail in found))
        return [self._seen(mail) for mail in found]

    async def fetch(self, refs: Sequence[Ref], *, max_bytes: int) -> list[Letter]:
        """Letters, oldest first; the vanished are left out, the oversized cut."""
        self._called("fetch")
        wanted = {ref.uid for ref in refs if self._mine(ref)}
        return [
            Letter(
                self._ref(mail.uid),
                mail.raw if len(mail.raw) <= max_bytes else mail.raw[: min(PREFIX, max_bytes)],
                len(mail.raw),
                mail.at,
                whole=len(mail.raw) <= max_bytes,
                answered="\\Answered" in mail.flags,
            )
            for mail in self.folders[self.folder]
            if mail.uid in wanted
        ]

    async def file(self, filings: Sequence[Filing]) -> None:
        """Flag and move what is there."""
        self._called("file")
        for filing in filings:
            here = self.folders[self.folder]
            for mail in [mail for mail in here if self._mine(filing.ref) and mail.uid == filing.ref.uid]:
                added = {"\\Answered"} if filing.answered else set()
                if filing.keyword and self.keywords:
                    added.add(filing.keyword)
                flagged = replace(mail, flags=mail.flags | added)
                here[here.index(mail)] = flagged
                if filing.folder not in (None, self.folder):
                    here.remove(flagged)
                    self._store(filing.folder, mail.raw, mail.at, flagged.flags)

    async def append(self, folder: str, content: bytes, *, flags: Sequence[str], at: datetime) -> None:
        """Put a message into a folder or into that of a special use."""
        self._called("append")
        self._store(self.special.get(folder, folder), content, at, frozenset(flags))

    async def find_message_id(self, folder: str, message_id: str) -> bool:
        """Whether the folder holds this Message-ID."""
        self._called("find_message_id")
        wanted = re.compile(rb"^Message-ID:\s*" + re.escape(message_id.encode()), re.IGNORECASE | re.MULTILINE)
        return any(wanted.search(mail.raw) for mail in self.folders.get(self.special.get(folder, folder), []))

    async def wait(self, seconds: float) -> bool:
        """True as soon as there is an unlisted mail."""
        self._called("wait")
        try:
            async with asyncio.timeout(seconds):
                while not any(mail.uid > self._known for mail in self.folders[self.folder]):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Nothing to leave behind."""
        self.calls.append("close")

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.troubles:
            raise self.troubles.popleft()

    def _store(self, folder: str, raw: bytes, at: datetime, flags: frozenset[str]) -> Stored:
        uid = self._next_uid.get(folder, 1)
        self._next_uid[folder] = uid + 1
        stored = Stored(uid, raw, at, flags)
        self.folders.setdefault(folder, []).append(stored)
        return stored

    def _ref(self, uid: int) -> Ref:
        return Ref(self.account, self.folder, self.uidvalidity, uid)

    def _mine(self, ref: Ref) -> bool:
        return ref == self._ref(ref.uid)

    def _seen(self, mail: Stored) -> Seen:
        return Seen(self._ref(mail.uid), len(mail.raw), mail.at, "\\Answered" in mail.flags)


class FakeTransport:
    """Accepts every reply and keeps it in `sent`, apart from the `outcomes` ordered beforehand.

    Like the tests' Postfix it refuses `niemand@…` with 550 and puts `spaeter@…` off with 450.
    """

    def __init__(self) -> None:
        self.sent: list[Reply] = []
        self.outcomes: deque[Outcome] = deque()
        self.attempts: list[Reply] = []
        self.closed = False

    async def deliver(self, reply: Reply) -> Outcome:
        """The ordered outcome, or 250."""
        self.attempts.append(reply)
        outcome = self.outcomes.popleft() if self.outcomes else self._judge(reply)
        if isinstance(outcome, Delivered):
            self.sent.append(reply)
        return outcome

    async def close(self) -> None:
        """Nothing to hang up."""
        self.closed = True

    def _judge(self, reply: Reply) -> Outcome:
        for recipient in reply.recipients:
            if "@" not in recipient or any(character.isspace() for character in recipient):
                return Trouble(Stage.RECIPIENT, 553, f"{recipient!r} is not an address")
            if recipient.startswith("niemand@"):
                return Trouble(Stage.RECIPIENT, 550, f"{recipient}: 5.1.1 no such person")
            if recipient.startswith("spaeter@"):
                return Trouble(Stage.RECIPIENT, 450, f"{recipient}: 4.2.0 come back later")
        return Delivered("2.0.0 queued")
