"""What a worker's books tell the journal when another worker writes into the same one."""

from inbox_worker.core.entries import Baseline, Filed
from inbox_worker.worker.books import Books
from tests.builders import NOW, a_batch
from tests.memory_journal import MemoryJournal


def filed(*uids: int) -> Filed:
    return Filed("desk", "INBOX", 1, uids)


async def test_what_two_workers_filed_at_the_same_time_is_told_once() -> None:
    journal = MemoryJournal()
    one, other = Books(journal, lambda: NOW), Books(journal, lambda: NOW)
    await one.record([Baseline("desk", "INBOX", 1, 1, NOW), *a_batch(1), *a_batch(2), *a_batch(3)])
    await other.catch_up()
    await one.record([filed(1, 2)])
    await other.record([filed(2, 3)])
    await other.record([filed(1, 2, 3)])
    told = [recorded.entry for recorded in await journal.read(0)]
    assert [entry for entry in told if isinstance(entry, Filed)] == [filed(1, 2), filed(3)]
    assert not other.ledger.unfiled
