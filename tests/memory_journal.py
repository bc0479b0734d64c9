"""The journal's contract without a file; passes tests/contract/test_journal.py like the real one."""

from collections.abc import Sequence
from datetime import datetime

from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.errors import Conflict, JournalUnwritable


class MemoryJournal:
    """Entries in a list, shared by all who hold it. `full` makes every append fail as a full disk does."""

    def __init__(self) -> None:
        self.entries: list[Recorded] = []
        self.full = False

    async def read(self, after: int) -> list[Recorded]:
        """All entries behind `after`."""
        return self.entries[after:]

    async def append(self, entries: Sequence[Entry], *, after: int, at: datetime) -> list[Recorded]:
        """All or nothing."""
        if self.full:
            raise JournalUnwritable("memory: no space left")
        if after != len(self.entries):
            msg = f"the journal goes to {len(self.entries)}, not to {after}"
            raise Conflict(msg)
        recorded = [Recorded(after + place, at, entry) for place, entry in enumerate(entries, start=1)]
        self.entries += recorded
        return recorded

    def kinds(self) -> list[str]:
        """The story in one word an entry."""
        return [recorded.entry.WHAT for recorded in self.entries]
