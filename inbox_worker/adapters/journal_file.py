"""The journal as one append-only file of JSON lines.

An append takes the file's lock (flock), makes sure that nobody else appended meanwhile, writes the batch with one
write, and fsyncs; when any of this fails, the file is cut back to where it was. A reader takes only whole batches, so
copying the file at any time gives a valid backup; it never holds more than a piece of the file. Never edits a line;
cuts nothing but what was never finished; trusts no clock: an entry's time may lie before that of the one before it.

DIAGNOSTICS
    Conflict            somebody else appended first; nothing was written.
    JournalUnwritable   disk full, read-only, permission: nothing of the batch counts. Try again later.
    JournalDamaged      a line is not what was written; names it and what to do. The daemon refuses to go on.
    A torn tail (the process or machine died while appending) is put aside in FILE.torn, then cut off.
    A journal that others on this machine may read, too (restored with a wide umask), is told in the log, not refused.

BUGS
    flock does nothing on some network file systems: keep the journal on a local disk.
"""

import asyncio
import fcntl
import logging
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from inbox_worker import collector
from inbox_worker.core import lines
from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.errors import Conflict, JournalDamaged, JournalError, JournalUnwritable

log = logging.getLogger(__name__)

PIECE = 1000
"""Entries, about, that one reading hands out at most (a batch is never divided)."""
_BLOCK = 1 << 18
"""Bytes that are in memory at a time, besides one batch."""
_START = lines.Head()


class JournalFile:
    """A journal in the file at `path`, which is created (0600, its directory 0700) when missing.

    `narrate` tells an entry in one sentence. One instance belongs to one task at a time.
    """

    def __init__(self, path: Path, narrate: lines.Narrator) -> None:
        self.path = path
        self._narrate = narrate
        self._file: IO[bytes] | None = None
        self._head = _START
        self._offset = 0

    async def read(self, after: int) -> list[Recorded]:
        """The next entries behind the one numbered `after`: a piece of them; [] when there are none.

        Raises JournalDamaged, JournalUnwritable.
        """
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
                self._head, self._offset = _START, 0
            found: list[Recorded] = []
            for batch in self._catch_up():
                found += [line.recorded for line in batch if line.recorded.seq > after]
                if len(found) >= PIECE:
                    break
            return found

    def _append(self, entries: Sequence[Entry], after: int, at: datetime) -> list[Recorded]:
        with self._locked() as file:
            known = self._head, self._offset
            for _ in self._catch_up():
                pass
            if self._head.seq != after:
                reached, (self._head, self._offset) = self._head.seq, known  # what is new was not handed out yet
                msg = f"the journal goes to {reached}, not to {after}: somebody else appended first"
                raise Conflict(msg)
            salts = (secrets.token_hex(8) for _ in entries)
            content, head, recorded = lines.write(entries, head=self._head, at=at, salts=salts, narrate=self._narrate)
            try:
                _write(file, content)
                os.fsync(file.fileno())
            except OSError as error:
                self._cut_back(file)
                raise JournalUnwritable(f"{self.path}: {error.strerror}: nothing was recorded") from error
            self._head, self._offset = head, self._offset + len(content)
            return recorded

    def _catch_up(self) -> Iterator[list[lines.Line]]:
        """The batches behind what was read last, one by one; at the end cuts off a torn tail. The lock is held."""
        file = self._open()
        reading = Reading(file.fileno(), self.path, self._head, self._offset)
        for batch in reading.batches():
            self._head, self._offset = reading.head, reading.offset
            yield batch
        if reading.torn:
            self._put_aside(os.pread(file.fileno(), reading.torn, self._offset))
            file.truncate(self._offset)
            os.fsync(file.fileno())

    def _put_aside(self, torn: bytes) -> None:
        aside = self.path.with_name(self.path.name + ".torn")
        with os.fdopen(open_private(aside, os.O_APPEND), "a+b", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                _write(file, torn + b"\n")
            except OSError:
                file.truncate(before)  # tried again when there is room
                raise
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
        except OSError as error:  # of the disk itself, or of what is put aside
            raise JournalUnwritable(f"{self.path}: {error.strerror}") from error
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
                make_private(self.path.parent)
                self._file = os.fdopen(open_private(self.path, os.O_APPEND), "a+b", buffering=0)
            except OSError as error:
                raise JournalUnwritable(
                    f"{self.path}: {error.strerror}: make the journal and its directory writable for this user"
                ) from error
            if (mode := stat.S_IMODE(os.fstat(self._file.fileno()).st_mode)) & 0o077:
                log.warning(
                    "journal: others may open %s (mode %o), and it holds personal data: chmod 600", self.path, mode
                )
        return self._file


class Reading:
    """Goes through an open file's whole batches. `head` and `offset` are behind the last one that was handed out.

    At the end `torn` is the number of bytes behind it: of a batch that is not finished, or never will be.
    """

    def __init__(self, descriptor: int, path: Path, head: lines.Head, offset: int) -> None:
        self.head, self.offset, self.torn = head, offset, 0
        self._descriptor, self._path = descriptor, path

    def batches(self) -> Iterator[list[lines.Line]]:
        """Verified line by line. Raises JournalDamaged where a finished line is not what was written."""
        head, offset, batch = self.head, self.offset, list[lines.Line]()
        for raw in self._raw():
            offset += len(raw)
            try:
                line = lines.read(raw, head) if raw.endswith(b"\n") else None
            except lines.BrokenLine as error:
                if not self._never_finished(raw, offset):
                    raise JournalDamaged(
                        f"{self._path}: line {head.seq + 1} is damaged: {error}. Put the file aside and restore the "
                        "last backup (README, 'Backup and restore'); 'inbox-worker journal verify' shows the state of "
                        "a file"
                    ) from error
                line = None
            if line is None:
                self.torn = os.fstat(self._descriptor).st_size - self.offset
                return
            head = lines.Head(line.recorded.seq, line.chain)
            batch.append(line)
            if line.left == 0:
                self.head, self.offset = head, offset
                yield batch
                batch = []
        self.torn = offset - self.offset

    def _raw(self) -> Iterator[bytes]:
        """The lines with their LF; the last one perhaps without."""
        with os.fdopen(os.dup(self._descriptor), "rb", buffering=_BLOCK) as file:
            file.seek(self.offset)
            yield from file

    def _never_finished(self, raw: bytes, offset: int) -> bool:
        """Whether a broken line belongs to an append that never came to its end, and to nobody's knowledge.

        A machine that loses its power in the middle of it may leave pages of zeros, which no line of ours holds; and
        no batch ends in them or behind them. Where one does, nobody can tell which: a person must look.
        """
        behind = max(os.fstat(self._descriptor).st_size - offset, 0)
        return b"\0" in raw and _ENDS_A_BATCH not in raw + os.pread(self._descriptor, behind, offset)


_ENDS_A_BATCH = b'"left":0,"sealed"'


@contextmanager
def opened(path: Path, head: lines.Head = _START, offset: int = 0) -> Iterator[Reading]:
    """The file at `path` for reading only: no lock, no change. Raises JournalError when it can't be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}: give the path of a journal (key journal.path)") from error
    try:
        with collector.paused():
            yield Reading(descriptor, path, head, offset)
    except IsADirectoryError as error:
        raise JournalError(f"{path}: {error.strerror}: give the path of a journal (key journal.path)") from error
    finally:
        os.close(descriptor)


def read_only(path: Path) -> tuple[list[lines.Line], int]:
    """All finished batches of the file at `path`, and how many bytes follow of one that is not. Raises as `opened`."""
    with opened(path) as reading:
        found = [line for batch in reading.batches() for line in batch]
        return found, reading.torn


def _write(file: IO[bytes], content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def make_private(directory: Path) -> None:
    """Make the directory and those above it that are missing, for their owner only, whatever the umask."""
    if directory.is_dir():
        return
    make_private(directory.parent)
    try:
        directory.mkdir()
    except FileExistsError:  # another process was first
        return
    directory.chmod(0o700)


def open_private(path: Path, flags: int = 0) -> int:
    """Open for reading and writing; created for its owner only, whatever the umask."""
    flags |= os.O_RDWR | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, mode=0o600)
    except FileExistsError:
        return os.open(path, flags | os.O_CREAT, mode=0o600)  # also where a link leads to a file that is not there yet
    os.fchmod(descriptor, 0o600)
    return descriptor
