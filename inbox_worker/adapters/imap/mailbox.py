r"""The worker's mailbox over IMAP: one folder of one account, through one connection at a time.

Never reads or sets \Seen, never deletes, never looks at what a mail says. Nothing is remembered that the server
would not tell again: after any trouble the connection is thrown away and the next `open` starts anew.

DIAGNOSTICS
    MailboxError      the server is unreachable, slow, gone, or said no; try again at the next pass.
    MailboxAuthError  it refused the login; trying again helps only after a person mended the credentials.
    Both discard the connection. An open connection that turns out to be dead when `open` is called is replaced once,
    silently: servers close idle connections, and that is no trouble. A mail over which the server stumbles three
    times, while it hands over others, comes as a letter without bytes.
"""

import asyncio
import imaplib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker.adapters.imap import filing, idling, reading
from inbox_worker.adapters.imap.connection import Connection
from inbox_worker.config import ImapSettings
from inbox_worker.core.mailbox import Filing, MailboxState, Seen
from inbox_worker.core.message import Letter, Ref
from inbox_worker.errors import MailboxError

T = TypeVar("T")

log = logging.getLogger(__name__)

PATIENCE = 3
"""Calls of `fetch` that a mail may spoil before it is given up."""

LENIENCE = 10
"""How many times as many, as long as the server hands over no other mail either: then it is not the mail's fault."""


class ImapMailbox:
    """One IMAP folder. Methods may be called one after the other only; `close` at any time."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings
        self._connection: Connection | None = None
        self._state: MailboxState | None = None
        self._known = 0  # the highest UID that was listed or counted: a mail above it is news
        self._special: dict[str, str | None] = {}
        self._made: dict[str, str] = {}
        self._refused: Counter[Ref] = Counter()
        self._copied: dict[int, set[int]] = {}  # by UIDVALIDITY, see `filing`
        self._writable = True  # as far as was told: of a read-only folder the log hears once, not at every connection

    async def open(self) -> MailboxState:
        """Connect, log in and select the folder, as far as needed; the state is the server's of this moment.

        A folder that is open already is not selected again: servers count all its mails then.
        """
        state = self._state
        if state is None or self._current().selected != self._settings.folder:
            return await self._select()
        last = state.uidnext - 1
        try:
            uids = await self._run("looking for new mail", lambda client: reading.newer(client, last))
        except MailboxError:
            return await self._select()
        self._state = replace(state, uidnext=max([last, *uids]) + 1)
        return self._state

    async def list_new(self, after_uid: int) -> list[Seen]:
        """The mails with a UID above `after_uid`, ascending. Costs the same however many lie below."""
        state = await self._selected()
        uids = await self._run("looking for new mail", lambda client: reading.newer(client, after_uid))
        self._known = max(self._known, after_uid, *uids)
        return await self._run("listing", lambda client: reading.listed(client, state, uids)) if uids else []

    async def list_since(self, since: datetime) -> list[Seen]:
        """The mails that arrived at `since` (aware) or later, by INTERNALDATE; ascending UIDs."""
        state = await self._selected()
        uids = await self._run("looking for mail by date", lambda client: reading.since(client, since))
        self._known = max(self._known, *uids, 0)
        found = await self._run("listing", lambda client: reading.listed(client, state, uids)) if uids else []
        return [mail for mail in found if mail.received >= since]

    async def fetch(self, refs: Sequence[Ref], *, max_bytes: int) -> list[Letter]:
        """These letters, oldest (lowest UID) first; vanished ones are left out.

        A mail that the server can't hand over raises twice and then comes without bytes, `whole` False; while it hands
        over no other mail either, that takes ten times as long.
        Of a mail larger than `max_bytes` only the beginning is loaded (`Letter.whole` is then False).
        """
        state = await self._selected()
        uids = sorted({ref.uid for ref in refs if _lies_in(ref, state)})
        mails = await self._run("asking for sizes", lambda client: reading.listed(client, state, uids))
        found: list[Letter] = []
        for chunk in reading.chunks(mails, max_bytes):
            try:
                found += await self._run("fetching", _letters(chunk, max_bytes))
            except MailboxError as error:
                found += await self._one_by_one(chunk, max_bytes, error)
        return found

    async def file(self, filings: Sequence[Filing]) -> None:
        """Flag, mark and move these mails; those that are no longer there are passed over. Repeating does no harm."""
        state = await self._selected()
        ours = [one for one in filings if _lies_in(one.ref, state)]
        if not ours:
            return
        if not state.writable:
            raise MailboxError(f"{self._settings.host}: the folder {state.folder} is read-only for us")
        copied = self._copied.setdefault(state.uidvalidity, set())
        await self._run("filing", lambda client: filing.file(client, state, ours, copied))

    async def append(self, folder: str, content: bytes, *, flags: Sequence[str], at: datetime) -> None:
        r"""Put `content` (CRLF line ends) into `folder` with these flags, dated `at` (aware).

        `folder` is a name, or a special use (RFC 6154): `\Sent` is the folder that the server calls so, else "Sent".
        It is made when it is missing. Never asks whether the message is there already: see `find_message_id`.
        """
        name = await self._named(folder)
        if name not in self._made:
            self._made[name] = await self._run(f"making {name}", lambda client: filing.made(client, name))
        place = self._made[name]
        await self._run(f"appending to {name}", lambda client: client.append(place, content, flags=flags, msg_time=at))

    async def find_message_id(self, folder: str, message_id: str) -> bool:
        """Whether a mail with this Message-ID (angle brackets included) lies in `folder`, named as for `append`."""
        name = await self._named(folder)
        self._current().selected = None
        return await self._run(f"searching {name}", lambda client: filing.holds(client, name, message_id))

    async def wait(self, seconds: float) -> bool:
        """True as soon as there is mail that was never listed; False after `seconds`.

        Where the server has no IDLE (or the settings want none) it only waits. Cancelling keeps the connection.
        """
        await self._selected()
        known = self._known
        if not (self._settings.idle and await self._run("asking", lambda client: client.has_capability("IDLE"))):
            if await self._run("looking for new mail", lambda client: bool(reading.newer(client, known))):
                return True
            await asyncio.sleep(seconds)
            return False
        alarm = idling.Alarm()
        limit = seconds + 2 * self._settings.read_timeout
        try:
            return await self._run("waiting", lambda client: idling.idle(client, known, seconds, alarm), deadline=limit)
        except asyncio.CancelledError:
            with suppress(OSError):  # it may have ended by itself
                alarm.ring()
            raise
        except MailboxError:
            alarm.close()
            raise

    async def check(self) -> list[str]:
        """What would go wrong with this folder, each in one sentence; raises when there is no getting in at all."""
        settings = self._settings
        state = await self.open()
        problems: list[str] = []
        if not state.writable:
            problems.append(f"the folder {state.folder} is read-only: no mail can be flagged or filed")
        for use, setting, key in (("\\Drafts", settings.drafts, "drafts"), ("\\Sent", settings.sent, "sent")):
            if setting == "auto" and await self._special_folder(use) is None:
                problems.append(
                    f"the server does not say which folder is {use[1:]}, so that it will be one of this name: "
                    f'write the right name, or "" for none, in imap.{key}'
                )
        return problems

    async def close(self) -> None:
        """Log out within two seconds, or else just hang up."""
        connection, self._connection, self._state = self._connection, None, None
        if connection is None:
            return
        if connection.opened:
            with suppress(MailboxError):
                await connection.run("logging out", lambda client: client.logout(), deadline=2)
        connection.discard()

    async def _one_by_one(self, chunk: Sequence[Seen], max_bytes: int, trouble: MailboxError) -> list[Letter]:
        """The letters of a chunk that could not be fetched at once: one mail's damage must not cost the others.

        A server that can't read a mail from its disk hangs up, at every try. Which mail it is shows when each is
        fetched alone; after `PATIENCE` calls it comes as a letter without bytes, so that a person gets to see it.
        A server whose store is down for a while must not make one mail after the other look like that.
        """
        found: list[Letter] = []
        for mail in chunk:
            if isinstance(trouble.__cause__, TimeoutError):
                raise trouble  # a slow server says nothing about a mail
            if not _lies_in(mail.ref, await self._select()):
                raise trouble
            try:
                found += await self._run("fetching", _letters([mail], max_bytes))
            except MailboxError as error:
                trouble = error
                self._refused[mail.ref] += LENIENCE if await self._another_comes(mail.ref.uid) else 1
                if self._refused[mail.ref] < PATIENCE * LENIENCE:
                    raise
                log.warning("mail uid=%d: the server can't hand it over: %s", mail.ref.uid, error)
                found.append(Letter(mail.ref, b"", mail.size, mail.received, whole=False))
        return found

    async def _another_comes(self, uid: int) -> bool:
        """Whether the server hands over at least the beginning of some other mail of the folder right now."""
        try:
            await self._select()
            return await self._run("fetching another mail", lambda client: reading.any_comes(client, uid))
        except MailboxError:
            return False

    def _current(self) -> Connection:
        if self._connection is None or self._connection.dead:
            self._connection = Connection(self._settings)
            self._special, self._made = {}, {}
        return self._connection

    async def _run(self, doing: str, work: Callable[[IMAPClient], T], *, deadline: float | None = None) -> T:
        return await self._current().run(doing, work, deadline=deadline)

    async def _selected(self) -> MailboxState:
        connection = self._current()
        if self._state is None or connection.selected != self._settings.folder:
            return await self._select()
        return self._state

    async def _select(self) -> MailboxState:
        connection, settings = self._current(), self._settings
        connection.selected = None
        before, now = self._state, await connection.run(f"selecting {settings.folder}", _selecting(settings))
        if before is None or before.uidvalidity != now.uidvalidity:
            self._known = now.uidnext - 1
        if not now.writable and self._writable:
            log.warning(
                "%s: the folder %s is read-only for us: mails are answered, but neither flagged nor filed",
                settings.host,
                now.folder,
            )
        self._writable = now.writable
        self._state, connection.selected = now, settings.folder
        return now

    async def _named(self, folder: str) -> str:
        """The folder's name; for a special use the one that the server gives it, else the one of the RFC's example."""
        if not folder.startswith("\\"):
            return folder
        return await self._special_folder(folder) or folder[1:]

    async def _special_folder(self, use: str) -> str | None:
        self._current()
        if use not in self._special:
            self._special[use] = await self._run("listing folders", lambda client: filing.special(client, use))
        return self._special[use]


def _selecting(settings: ImapSettings) -> Callable[[IMAPClient], MailboxState]:
    def work(client: IMAPClient) -> MailboxState:
        try:
            told = client.select_folder(settings.folder)
        except imaplib.IMAP4.readonly:
            told = client.select_folder(settings.folder, readonly=True)
        if b"UIDVALIDITY" not in told:
            raise MailboxError(f"{settings.host}: {settings.folder} has no UIDVALIDITY: its mails can't be told apart")
        last = max(client.search(["UID", "*"]), default=0) if b"UIDNEXT" not in told else 0
        return MailboxState(
            account=settings.account,
            folder=settings.folder,
            uidvalidity=told[b"UIDVALIDITY"],
            uidnext=told.get(b"UIDNEXT", last + 1),
            keywords=b"\\*" in told.get(b"PERMANENTFLAGS", ()),
            writable=b"READ-WRITE" in told,
        )

    return work


def _letters(chunk: Sequence[Seen], max_bytes: int) -> Callable[[IMAPClient], list[Letter]]:
    return lambda client: reading.letters(client, chunk, max_bytes)


def _lies_in(ref: Ref, state: MailboxState) -> bool:
    return (ref.account, ref.folder, ref.uidvalidity) == (state.account, state.folder, state.uidvalidity)
