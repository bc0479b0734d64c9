"""The worker's books: the Ledger in memory and the journal that it is folded from, kept in step."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from inbox_worker import collector
from inbox_worker.core.entries import Entry, Filed
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Ref
from inbox_worker.errors import Conflict
from inbox_worker.worker.ports import Journal


class Books:
    """The Ledger as it stands; every change goes through the journal first."""

    def __init__(self, journal: Journal, clock: Callable[[], datetime]) -> None:
        self.ledger = Ledger()
        self._journal, self._clock = journal, clock
        self._unrecorded: list[Entry] = []

    async def catch_up(self) -> None:
        """Fold what others appended, and write down what happened while the journal could not be written."""
        await self._fold_new()
        await self.record([])

    async def decide_upon(self, entries: Sequence[Entry]) -> None:
        """Append what was decided upon the Ledger as it stands. Raises Conflict when it stands elsewhere by now."""
        self.ledger.fold(await self._journal.append(entries, after=self.ledger.seq, at=self._clock()))

    async def record(self, entries: Sequence[Entry]) -> None:
        """Append what has happened, whatever others appended; kept in memory until the journal can be written."""
        self.note(entries)
        await self.write_down()

    def note(self, entries: Sequence[Entry]) -> None:
        """Keep in memory what has happened until `write_down`; from here on this worker will not do it again."""
        self._unrecorded.extend(entries)

    async def write_down(self) -> None:
        """Append what was noted, but for what another worker told by now. What is noted meanwhile stays noted."""
        while untold := [left for entry in self._unrecorded if (left := self._untold(entry))]:
            self._unrecorded[:] = untold
            batch = tuple(self._unrecorded)
            try:
                await self.decide_upon(batch)
            except Conflict:
                await self._fold_new()
            else:
                del self._unrecorded[: len(batch)]
        self._unrecorded.clear()

    def _untold(self, entry: Entry) -> Entry | None:
        """The part of it that is news: two workers may file the same mail at the same time, the first one tells it."""
        if not isinstance(entry, Filed):
            return entry
        refs = {uid: Ref(entry.account, entry.folder, entry.uidvalidity, uid) for uid in entry.uids}
        uids = tuple(uid for uid, ref in refs.items() if ref in self.ledger.unfiled)
        return replace(entry, uids=uids) if uids else None

    async def _fold_new(self) -> None:
        with collector.paused():
            while new := await self._journal.read(self.ledger.seq):  # a long journal comes piece by piece
                self.ledger.fold(new)
