"""The journal's file: what is torn is cut off, what is damaged is refused, what is private stays so."""

import json
import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from inbox_worker.adapters import journal_file
from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.core.entries import Recorded, ReplySent
from inbox_worker.core.ledger import Ledger
from inbox_worker.errors import JournalDamaged, JournalError, JournalUnwritable
from tests.builders import NOW, a_batch

Opener = Callable[[Path], JournalFile]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "office" / "journal.jsonl"


@pytest.fixture
async def opened() -> AsyncIterator[Opener]:
    journals: list[JournalFile] = []

    def one_more(path: Path) -> JournalFile:
        journals.append(JournalFile(path, lambda entry: f"Es geschah: {entry.WHAT}, „{entry.WHAT}“."))
        return journals[-1]

    yield one_more
    for journal in journals:
        await journal.close()


async def filled(path: Path, opened: Opener, batches: int = 3) -> list[Recorded]:
    journal, written = opened(path), list[Recorded]()
    for number in range(1, batches + 1):
        written += await journal.append(a_batch(number), after=len(written), at=NOW)
    return written


async def test_every_byte_prefix_opens_and_loses_at_most_the_torn_batch(path: Path, opened: Opener) -> None:
    written = await filled(path, opened)
    whole = path.read_bytes()
    ends = [0]
    for line in whole.splitlines(keepends=True):
        ends.append(ends[-1] + len(line))
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        finished = sum(end <= length for end in ends[3::3])  # a batch has three lines
        journal = opened(path)
        assert await journal.read(0) == written[: finished * 3], f"prefix of {length} bytes"
        await journal.close()
        assert path.read_bytes() == whole[: ends[finished * 3]]


async def test_a_torn_tail_is_put_aside_not_thrown_away(path: Path, opened: Opener) -> None:
    await filled(path, opened)
    with path.open("ab") as file:
        file.write(b'{"seq":10,"at":"2022-')
    await opened(path).read(0)
    assert path.with_name("journal.jsonl.torn").read_bytes() == b'{"seq":10,"at":"2022-\n'


async def test_after_a_torn_tail_the_next_append_goes_on_with_the_right_number(path: Path, opened: Opener) -> None:
    await filled(path, opened, 1)
    with path.open("ab") as file:
        file.write(b"\0" * 4096)  # what a machine that lost its power leaves
    journal = opened(path)
    assert len(await journal.read(0)) == 3
    written = await journal.append(a_batch(2), after=3, at=NOW)
    assert [recorded.seq for recorded in written] == [4, 5, 6]
    assert len(await opened(path).read(0)) == 6


@pytest.mark.parametrize(("start", "end"), [(0, -1), (300, -1), (0, -20), (700, -150)])
async def test_pages_of_zeros_in_a_batch_that_was_never_finished_are_a_torn_tail(
    path: Path, opened: Opener, start: int, end: int
) -> None:
    written = await filled(path, opened)
    rows = path.read_bytes().splitlines(keepends=True)
    last = b"".join(rows[6:])
    torn = last[:start] + b"\0" * len(last[start:end]) + last[end:]
    path.write_bytes(b"".join(rows[:6]) + torn)
    assert await opened(path).read(0) == written[:6]
    assert path.read_bytes() == b"".join(rows[:6])
    assert path.with_name("journal.jsonl.torn").read_bytes() == torn + b"\n"


@pytest.mark.parametrize("number", [1, 4, 7, 8])
async def test_zeros_before_the_end_of_a_batch_are_damage(path: Path, opened: Opener, number: int) -> None:
    await filled(path, opened)
    rows = path.read_bytes().splitlines(keepends=True)
    rows[number - 1] = rows[number - 1][:20] + b"\0" * 50 + rows[number - 1][70:]
    path.write_bytes(b"".join(rows))
    with pytest.raises(JournalDamaged, match=f"line {number} is damaged"):
        await opened(path).read(0)
    assert path.read_bytes() == b"".join(rows)


async def test_a_link_may_lead_to_a_journal_that_is_not_there_yet(path: Path, opened: Opener, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    path.parent.mkdir()
    await opened(link).append(a_batch(1), after=0, at=NOW)
    assert len(await opened(path).read(0)) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_response_that_no_charset_explains_is_recorded_all_the_same(path: Path, opened: Opener) -> None:
    journal = JournalFile(path, lambda entry: f"Antwort: {entry.response}" if isinstance(entry, ReplySent) else "")
    sent = ReplySent("r", response="angenommen f\udcfcr Sie")  # Latin-1, as the SMTP client hands it on
    written = await journal.append([sent], after=0, at=NOW)
    await journal.close()
    assert [one.entry for one in written] == [ReplySent("r", response="angenommen f?r Sie")]
    assert await opened(path).read(0) == written
    assert json.loads(path.read_text("utf-8"))["text"] == "Antwort: angenommen f?r Sie"


@pytest.mark.parametrize(
    "changed",
    [{"text": "Angemeldet: Eva Eingeschlichen"}, {"personal": {"address": "eva@bote.example"}}],
)
async def test_an_erased_line_can_say_nothing_new(path: Path, opened: Opener, changed: dict[str, object]) -> None:
    await filled(path, opened, 1)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    lines[1] |= {"text": "(gelöscht)", "personal": {}, "salt": None} | changed
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    with pytest.raises(JournalDamaged, match="line 2 is damaged: it was erased"):
        journal_file.read_only(path)


async def test_a_line_of_a_newer_version_is_refused_and_says_so(path: Path, opened: Opener) -> None:
    await filled(path, opened, 1)
    path.write_bytes(path.read_bytes().replace(b'"v":1', b'"v":2', 1))
    with pytest.raises(JournalDamaged, match="line 1 is damaged: it has version 2: written by a newer version"):
        await opened(path).read(0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a2@teutoburger", b"a9@teutoburger"),  # personal data
        (b'"what":"registered"', b'"what":"withdrawn"'),
        (b"Es geschah", b"Es geschoh"),  # the text
        (b'"seq":5', b'"seq":6'),
        (b'"left":2', b'"left":1'),
        (b'{"seq":4', b'["seq":4'),
    ],
)
async def test_a_line_changed_in_the_middle_stops_the_start_and_is_named(
    path: Path, opened: Opener, old: bytes, new: bytes
) -> None:
    await filled(path, opened)
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = b"".join(lines[3:6]).replace(old, new)
    assert damaged != b"".join(lines[3:6])
    path.write_bytes(b"".join(lines[:3]) + damaged + b"".join(lines[6:]))
    with pytest.raises(JournalDamaged, match=r"line [456] is damaged.*[Rr]estore"):
        await opened(path).read(0)
    with pytest.raises(JournalDamaged):
        journal_file.read_only(path)


@pytest.mark.parametrize("order", [[0, 1, 2, 6, 7, 8], [3, 4, 5, 0, 1, 2, 6, 7, 8], [0, 1, 2, 3, 5, 4, 6, 7, 8]])
async def test_removed_or_reordered_lines_are_found(path: Path, opened: Opener, order: list[int]) -> None:
    await filled(path, opened)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[place] for place in order))
    with pytest.raises(JournalDamaged):
        await opened(path).read(0)


async def test_erased_personal_data_keeps_the_chain_whole(path: Path, opened: Opener) -> None:
    await filled(path, opened, 1)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    lines[1] |= {"text": "(gelöscht)", "personal": {}, "salt": None}
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    found, rest = journal_file.read_only(path)
    assert rest == 0
    ledger = Ledger().fold(line.recorded for line in found)
    assert [one.registrant.full_name for one in ledger.roster()] == [""]


async def test_lines_are_readable_in_any_editor(path: Path, opened: Opener) -> None:
    await filled(path, opened, 1)
    line = json.loads(path.read_text("utf-8").splitlines()[1])
    assert list(line)[:4] == ["seq", "at", "text", "what"]
    assert line["text"] == "Es geschah: registered, „registered“."
    assert line["at"] == "2022-11-10T09:00:00.000Z"


async def test_the_file_and_its_directory_are_for_their_owner_only(path: Path, opened: Opener) -> None:
    await filled(path, opened, 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_failed_write_counts_for_nothing_and_the_next_one_works(
    path: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(path, opened, 1)
    journal = opened(path)

    def no_space(descriptor: int) -> None:
        del descriptor
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        with pytest.raises(JournalUnwritable, match="No space left"):
            await journal.append(a_batch(2), after=3, at=NOW)
    assert len(await journal.read(0)) == 3
    await journal.append(a_batch(3), after=3, at=NOW)
    assert [recorded.entry for recorded in (await opened(path).read(0))[3:]] == a_batch(3)


async def test_a_journal_replaced_under_a_running_worker_is_noticed(path: Path, opened: Opener) -> None:
    journal = opened(path)
    await journal.append(a_batch(1), after=0, at=NOW)
    backup = path.with_suffix(".backup")
    backup.write_bytes(path.read_bytes())
    backup.replace(path)
    with pytest.raises(JournalError, match="replaced"):
        await journal.append(a_batch(2), after=3, at=NOW)


async def test_a_directory_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path, opened: Opener) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalUnwritable, match="writable"):
        await opened(tmp_path / "file" / "journal.jsonl").read(0)


async def test_a_copy_made_while_a_batch_is_half_written_is_a_valid_backup(path: Path, opened: Opener) -> None:
    written = await filled(path, opened, 2)
    lines = path.read_bytes().splitlines(keepends=True)
    copy = path.with_name("backup.jsonl")
    copy.write_bytes(b"".join(lines[:4]) + lines[4][:30])
    found, rest = journal_file.read_only(copy)
    assert [line.recorded for line in found] == written[:3]
    assert rest > 0
