"""What every journal promises, tried on the one in memory and on the file."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.errors import Conflict
from inbox_worker.worker import Journal
from tests.builders import NOW, a_batch
from tests.memory_journal import MemoryJournal

Opener = Callable[[], Journal]


@pytest.fixture(params=["memory", "file"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens one more reader and writer of the same journal."""
    memory, files = MemoryJournal(), list[JournalFile]()

    def one_more() -> Journal:
        if request.param == "memory":
            return memory
        files.append(JournalFile(tmp_path / "journal.jsonl", lambda entry: entry.WHAT))
        return files[-1]

    yield one_more
    for journal in files:
        await journal.close()


async def test_what_was_appended_is_read_back_equal_and_numbered_from_one(opened: Opener) -> None:
    journal = opened()
    written = await journal.append([*a_batch(1), *a_batch(2)], after=0, at=NOW)
    assert [recorded.seq for recorded in written] == [1, 2, 3, 4, 5, 6]
    assert [recorded.entry for recorded in written] == [*a_batch(1), *a_batch(2)]
    assert await opened().read(0) == written


async def test_a_reader_gets_only_what_is_behind_the_number_it_knows(opened: Opener) -> None:
    journal = opened()
    written = await journal.append(a_batch(), after=0, at=NOW)
    assert await opened().read(2) == written[2:]
    assert await opened().read(3) == []


async def test_an_append_on_an_old_state_is_a_conflict_and_changes_nothing(opened: Opener) -> None:
    first, second = opened(), opened()
    await first.read(0)
    await second.read(0)
    written = await first.append(a_batch(1), after=0, at=NOW)
    with pytest.raises(Conflict):
        await second.append(a_batch(2), after=0, at=NOW)
    assert await opened().read(0) == written


async def test_the_loser_of_a_conflict_catches_up_and_appends_behind(opened: Opener) -> None:
    first, second = opened(), opened()
    await first.append(a_batch(1), after=0, at=NOW)
    behind = await second.read(0)
    await second.append(a_batch(2), after=len(behind), at=NOW)
    assert [recorded.entry for recorded in await first.read(3)] == a_batch(2)


async def test_a_number_that_was_never_reached_is_a_conflict_too(opened: Opener) -> None:
    with pytest.raises(Conflict):
        await opened().append(a_batch(), after=7, at=NOW)
