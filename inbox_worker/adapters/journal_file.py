"""The journal as one append-only file of JSON lines.

An append takes the file's lock (flock), makes sure that nobody else appended meanwhile, writes the batch with one
write, and fsyncs; when any of this fails, the file is cut back to where it was. A reader takes only whole batches, so
copying the file at any time gives a valid backup. Never edits a line; cuts nothing but what was never finished.

DIAGNOSTICS
    Conflict            somebody else appended first; nothing was written.
    JournalUnwritable   disk full, read-only, permission: nothing of the batch counts. Try again later.
    JournalDamaged      a line is not what was written; names it and what to do. The daemon refuses to go on.
    A torn tail (the process or machine died while appending) is put aside in FILE.torn, then cut off.

BUGS
    flock does nothing on some network file systems: keep the journal on a local disk.
"""

import asyncio
import fcntl
import logging
import os
import secrets
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from inbox_worker.core import lines
from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.errors import Conflict, JournalDamaged, JournalError, JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)


class JournalFile:
    """A journal in the file at `path`, which is created (0600, its directory 0700) when missing.

    `narrate` tells an entry in one sentence. One instance belongs to one task at a time.
    """

    def __init__(self, path: Path, narrate: lines.Narrator) -> None:
        self.path = path
        self._narrate = narrate
        self._file: IO[bytes] | None = None
        self._head = lines.Head()
        self._offset = 0

    async def read(self, after: int) -> list[Recorded]:
        """All entries behind the one numbered `after`. Raises JournalDamaged, JournalUnwritable."""
        return await asyncio.to_thread(self._read, after)

    async def append(self, entries: Sequence[Entry], *, after: int, at: datetime) -> list[Recorded]:
        """Make `entries` durable as one batch, right behind the entry numbered `after`, or not at all.

        Returns them with their numbers. Raises Conflict, JournalUnwritable, JournalDamaged.
        """
        return await asyncio.to_thread(self._append, entries, after, at)

    async def close(self) -> None:
        """Give the file back."""
        if self._file:
            self._file.close()
            self._file = None

    def _read(self, after: int) -> list[Recorded]:
        with self._locked():
            if after < self._head.seq:
                self._head, self._offset = lines.Head(), 0
            return [recorded for recorded in self._catch_up() if recorded.seq > after]

    def _append(self, entries: Sequence[Entry], after: int, at: datetime) -> list[Recorded]:
        with self._locked() as file:
            self._catch_up()
            if self._head.seq != after:
                msg = f"the journal goes to {self._head.seq}, not to {after}: somebody else appended first"
                raise Conflict(msg)
            salts = (secrets.token_hex(8) for _ in entries)
            content, head, recorded = lines.write(entries, head=self._head, at=at, salts=salts, narrate=self._narrate)
            try:
                _write_durably(file, content)
            except OSError as error:
                self._cut_back(file)
                raise JournalUnwritable(f"{self.path}: {error.strerror}: nothing was recorded") from error
            self._head, self._offset = head, self._offset + len(content)
            return recorded

    def _catch_up(self) -> list[Recorded]:
        """Everything behind what was read last; cuts off a torn tail. The lock is held."""
        file = self._open()
        file.seek(self._offset)
        tail = file.read()
        found, head, end = whole_batches(tail, self._head, self.path)
        if end < len(tail):
            self._put_aside(tail[end:])
            file.truncate(self._offset + end)
            os.fsync(file.fileno())
        self._head, self._offset = head, self._offset + end
        return [line.recorded for line in found]

    def _put_aside(self, torn: bytes) -> None:
        aside = self.path.with_name(self.path.name + ".torn")
        with _open_private(aside) as file:
            file.write(torn + b"\n")
        log.warning(
            "journal: cut off a torn tail of %d bytes behind entry %d, kept in %s", len(torn), self._head.seq, aside
        )

    def _cut_back(self, file: IO[bytes]) -> None:
        try:
            file.truncate(self._offset)
        except OSError:  # then the next one who opens cuts the torn tail off
            log.warning("journal: could not cut back %s after a failed append", self.path)

    @contextmanager
    def _locked(self) -> "Iterator[IO[bytes]]":
        file = self._open()
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            if not self._still_there(file):
                msg = (
                    f"{self.path} was replaced or removed while it was open: restart to read the one that is there now"
                )
                raise JournalError(msg)
            yield file
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def _still_there(self, file: IO[bytes]) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self.path.stat())
        except FileNotFoundError:
            return False

    def _open(self) -> IO[bytes]:
        if self._file is None:
            try:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = _open_private(self.path)
            except OSError as error:
                raise JournalUnwritable(
                    f"{self.path}: {error.strerror}: make the journal's directory writable for this user"
                ) from error
        return self._file


def read_only(path: Path) -> tuple[list[lines.Line], int]:
    """All finished batches of the file at `path`, and how many bytes of an unfinished one follow; changes nothing.

    Raises JournalDamaged as above, JournalError when the file can't be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}: give the path of a journal (key journal.path)") from error
    found, _, end = whole_batches(content, lines.Head(), path)
    return found, len(content) - end


def whole_batches(content: bytes, head: lines.Head, path: Path) -> tuple[list[lines.Line], lines.Head, int]:
    """The lines of all finished batches in `content`, the head behind them, and where in `content` they end.

    Raises JournalDamaged where a finished line is not what was written.
    """
    found: list[lines.Line] = []
    whole, whole_head, end, position = 0, head, 0, 0
    while (newline := content.find(b"\n", position)) >= 0:
        raw = content[position : newline + 1]
        try:
            line = lines.read(raw, head)
        except lines.BrokenLine as error:
            if not content[position:].strip(b"\0"):
                break  # zeros: space that a dying machine had allocated, never written
            raise JournalDamaged(
                f"{path}: line {head.seq + 1} is damaged: {error}. Put the file aside and restore the last backup "
                "(README, 'Backup and restore'); 'inbox-worker journal verify' shows the state of a file"
            ) from error
        found.append(line)
        head, position = lines.Head(line.recorded.seq, line.chain), newline + 1
        if line.left == 0:
            whole, whole_head, end = len(found), head, position
    return found[:whole], whole_head, end


def _write_durably(file: IO[bytes], content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def _open_private(path: Path) -> IO[bytes]:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, mode=0o600)
    return os.fdopen(descriptor, "a+b", buffering=0)  # unbuffered: one write of ours is one write of the kernel's
