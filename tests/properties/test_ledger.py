"""Laws of the Ledger and of the journal's lines, under any story that can be told."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from inbox_worker.core import lines
from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.core.entries.codec import put_together, take_apart
from inbox_worker.core.ledger import Ledger
from tests.builders import NOW
from tests.strategies import entries


def numbered(told: list[Entry]) -> list[Recorded]:
    return [Recorded(seq, NOW + timedelta(seconds=seq), entry) for seq, entry in enumerate(told, start=1)]


@given(st.lists(entries(), max_size=30), st.data())
def test_folding_in_two_parts_equals_folding_at_once(told: list[Entry], data: st.DataObject) -> None:
    story = numbered(told)
    cut = data.draw(st.integers(0, len(story)))
    assert Ledger().fold(story[:cut]).fold(story[cut:]) == Ledger().fold(story)


@given(st.lists(entries(), max_size=20), st.lists(entries(), max_size=20))
def test_what_happens_to_a_fork_does_not_happen_to_the_ledger(before: list[Entry], after: list[Entry]) -> None:
    story = numbered([*before, *after])
    ledger = Ledger().fold(story[: len(before)])
    ledger.fork().fold(story[len(before) :])
    assert ledger == Ledger().fold(story[: len(before)])


@given(entries())
def test_an_entry_taken_apart_and_put_together_is_the_same(entry: Entry) -> None:
    facts, personal = take_apart(entry)
    assert put_together(entry.WHAT, facts, personal) == entry


@given(entries())
def test_an_entry_without_its_personal_part_can_still_be_read(entry: Entry) -> None:
    facts, _ = take_apart(entry)
    assert type(put_together(entry.WHAT, facts, None)) is type(entry)


@given(entries())
def test_a_field_that_a_newer_version_added_is_no_obstacle(entry: Entry) -> None:
    facts, personal = take_apart(entry)
    assert put_together(entry.WHAT, facts | {"from_the_future": 1}, personal) == entry


@given(st.lists(entries(), min_size=1, max_size=10))
def test_every_batch_that_is_written_is_read_back_and_chained(told: list[Entry]) -> None:
    salts = (f"{number:016x}" for number in range(len(told)))
    content, head, recorded = lines.write(told, head=lines.Head(), at=NOW, salts=salts, narrate=lambda _: "Satz.")
    found, behind = [], lines.Head()
    for raw in content.splitlines(keepends=True):
        line = lines.read(raw, behind)
        behind = lines.Head(line.recorded.seq, line.chain)
        found.append(line.recorded)
    assert found == recorded
    assert behind == head
