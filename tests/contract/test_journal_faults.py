"""The journal's file among real faults: full and read-only disks, other users, killed and competing processes."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from inbox_worker import daemon
from inbox_worker.adapters import journal_file
from inbox_worker.adapters.heartbeat import Heartbeat
from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.config import load_for_reading, packaged_dir
from inbox_worker.core import lines
from inbox_worker.core.delivery import Outcome, Reply
from inbox_worker.core.entries import Entry, Recorded, ReplySent
from inbox_worker.core.filing import FilingPlan
from inbox_worker.core.ledger import Ledger
from inbox_worker.errors import Conflict, JournalUnwritable
from inbox_worker.worker import Journal, Mailbox, Transport, Worker
from tests import journal_process
from tests.builders import NOW, SIGNED, a_batch, a_mail
from tests.fakes import FakeTransport
from tests.office import FakeOffice
from tests.servers import ground

COMMAND = Path(sys.executable).with_name("inbox-worker")
NOBODY = 65534
Opener = Callable[[Path], JournalFile]


@pytest.fixture
async def opened() -> AsyncIterator[Opener]:
    journals: list[JournalFile] = []

    def one_more(path: Path) -> JournalFile:
        journals.append(JournalFile(path, lambda entry: f"Es geschah: {entry.WHAT}"))
        return journals[-1]

    yield one_more
    for journal in journals:
        await journal.close()


async def everything(journal: Journal) -> list[Recorded]:
    found: list[Recorded] = []
    while new := await journal.read(len(found)):
        found += new
    return found


# -- disks ----------------------------------------------------------------------------------------------------------


class SmallDisk:
    """A real file system of 256 kB, mounted for one test."""

    def __init__(self) -> None:
        if os.geteuid() != 0:
            raise ground.MissingServerError("only root can mount the small disk that this test needs: run it as root")
        self.path = ground.directory("disk")
        self.journal = self.path / "journal.jsonl"
        self._filler = self.path / "filler"
        self._mount("-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs")

    def fill(self, *, pages: int = 0) -> None:
        """Nothing is left but so many pages, and the rest of those that files have already."""
        with self._filler.open("ab", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError as error:
                assert error.strerror == "No space left on device"  # noqa: PT017 - that is how it ends
            file.truncate(file.tell() - pages * 4096)

    def free(self) -> None:
        """Somebody makes room."""
        self._filler.unlink()

    def make_read_only(self) -> None:
        """As a kernel does that has met an error."""
        self._mount("-o", "remount,ro")

    def away(self) -> None:
        """Unmount, also when a failed test still holds a file."""
        subprocess.run(["umount", "--lazy", self.path], check=True)
        self.path.rmdir()

    def _mount(self, *arguments: str) -> None:
        subprocess.run(["mount", *arguments, self.path], check=True)


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    small = SmallDisk()
    try:
        yield small
    finally:
        small.away()


async def test_a_full_disk_takes_no_part_of_a_batch_and_it_goes_on_when_there_is_room(
    disk: SmallDisk, opened: Opener
) -> None:
    journal = opened(disk.journal)
    written = await journal.append(a_batch(1), after=0, at=NOW)
    disk.fill()
    before = disk.journal.read_bytes()
    for _ in range(3):
        with pytest.raises(JournalUnwritable, match=r"journal\.jsonl: No space left on device: nothing was recorded"):
            await journal.append([entry for number in range(2, 12) for entry in a_batch(number)], after=3, at=NOW)
        assert disk.journal.read_bytes() == before
    assert await everything(opened(disk.journal)) == written
    disk.free()
    written += await journal.append(a_batch(2), after=3, at=NOW)
    assert await everything(opened(disk.journal)) == written
    assert not disk.journal.with_name("journal.jsonl.torn").exists()


async def test_a_torn_tail_on_a_full_disk_stays_until_it_can_be_put_aside(disk: SmallDisk, opened: Opener) -> None:
    written = await opened(disk.journal).append(a_batch(1), after=0, at=NOW)
    torn = b'{"seq":4,' + b"x" * 10_000
    with disk.journal.open("ab") as file:
        file.write(torn)
    disk.fill(pages=1)  # the first piece of it can be put aside, the rest can't
    journal, aside = opened(disk.journal), disk.journal.with_name("journal.jsonl.torn")
    for _ in range(3):
        with pytest.raises(JournalUnwritable, match="No space left"):
            await journal.append(a_batch(2), after=3, at=NOW)
        assert not aside.exists() or aside.stat().st_size == 0
    disk.free()
    written += await journal.append(a_batch(2), after=3, at=NOW)
    assert await everything(opened(disk.journal)) == written
    assert aside.read_bytes() == torn + b"\n"


def on(journal: Journal, transport: Transport) -> Callable[..., tuple[Mailbox, Transport, Journal]]:
    """A fake office's tools, but with these two."""
    return lambda mailbox, *_: (mailbox, transport, journal)


async def test_the_worker_answers_nothing_on_a_full_disk_and_everybody_once_when_there_is_room(
    disk: SmallDisk, opened: Opener
) -> None:
    office = FakeOffice()
    worker = office.worker(wrap=on(opened(disk.journal), office.transport))
    await worker.run_pass()
    disk.fill()
    numbers = range(1, 21)
    for number in numbers:
        office.mailbox.put(a_mail(SIGNED.format(f"Anna Schmitt-{'ABCDEFGHIJKLMNOPQRSTU'[number]}"), number=number))
    for _ in range(2):
        with pytest.raises(JournalUnwritable):
            await worker.run_pass()
        assert office.transport.attempts == []
        assert set(office.mailbox.flags()) == {frozenset()}
    disk.free()
    await worker.run_pass()
    await office.worker(wrap=on(opened(disk.journal), office.transport)).run_pass()
    assert sorted(office.receivers()) == sorted(f"a{number}@teutoburger-bote.example" for number in numbers)
    assert len(Ledger().fold(await everything(opened(disk.journal))).sent) == len(numbers)


class Filling(FakeTransport):
    """Delivers; and every time somebody fills up the disk before that can be recorded."""

    def __init__(self, disk: SmallDisk) -> None:
        super().__init__()
        self._disk = disk

    async def deliver(self, reply: Reply) -> Outcome:
        """The disk is full when this returns."""
        self._disk.fill()
        return await super().deliver(reply)


async def test_a_disk_that_fills_up_at_every_delivery_makes_none_of_them_twice(disk: SmallDisk, opened: Opener) -> None:
    office = FakeOffice()
    office.transport = Filling(disk)
    plan = office.plan(sent="")  # no copy tells what was sent: only what was noted in memory does
    worker = office.worker(plan, wrap=on(opened(disk.journal), office.transport))
    await worker.run_pass()
    numbers = range(1, 26)
    for number in numbers:
        office.mailbox.put(a_mail(SIGNED.format(f"Anna Schmitt-{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number]}"), number=number))
    refused = 0
    for _ in range(40):
        try:
            await worker.run_pass()
        except JournalUnwritable:
            refused += 1
            disk.free()
        else:
            break
    assert refused > 0
    assert sorted(office.receivers()) == sorted(f"a{number}@teutoburger-bote.example" for number in numbers)
    assert len(Ledger().fold(await everything(opened(disk.journal))).sent) == len(numbers)


async def test_a_read_only_disk_is_named_with_the_remedy_and_a_worker_waits_for_it(
    disk: SmallDisk, opened: Opener
) -> None:
    journal = opened(disk.journal)
    await journal.append(a_batch(1), after=0, at=NOW)
    await journal.close()
    disk.make_read_only()
    with pytest.raises(JournalUnwritable, match=r"journal\.jsonl: Read-only file system: make .* writable"):
        await journal.read(0)
    with pytest.raises(JournalUnwritable, match="writable"):
        await opened(disk.path / "below" / "journal.jsonl").append(a_batch(1), after=0, at=NOW)
    assert len(journal_file.read_only(disk.journal)[0]) == 3  # looking at it is always possible


# -- another user ---------------------------------------------------------------------------------------------------


@contextmanager
def unprivileged() -> Iterator[None]:
    """This process as a user who may nothing; the kernel then asks for permissions like of anybody."""
    if os.geteuid() != 0:
        raise ground.MissingServerError("only root can become somebody else, which this test needs: run it as root")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("mode", [0o000, 0o444])
async def test_a_journal_that_this_user_may_not_write_is_named_with_the_remedy(opened: Opener, mode: int) -> None:
    where = ground.directory("other")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, where)
        path = where / "journal.jsonl"
        await opened(path).append(a_batch(1), after=0, at=NOW)
        path.chmod(mode)
        other, beside = opened(path), opened(where / "new.jsonl")
        with unprivileged():
            for journal in (other, beside):
                with pytest.raises(
                    JournalUnwritable, match=r"\.jsonl: Permission denied: make .* writable for this user"
                ):
                    await journal.read(0)
        assert len(await everything(other)) == 3  # by itself, as soon as it may


# -- permissions ----------------------------------------------------------------------------------------------------


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277, 0o777])
async def test_every_file_is_0600_and_every_directory_0700_whatever_the_umask(
    tmp_path: Path, opened: Opener, mask: int
) -> None:
    where = tmp_path / "var" / "lib" / "desk"
    path = where / "journal.jsonl"
    environ = {"INBOX_WORKER_JOURNAL__PATH": str(path)}
    with umask(mask):
        await opened(path).append(a_batch(1), after=0, at=NOW)
        with path.open("ab") as file:
            file.write(b"torn")
        await opened(path).read(0)
        Heartbeat(path.with_suffix(".heartbeat")).beat(NOW)
        with daemon.alone(load_for_reading(packaged_dir("config"), environ)):
            pass
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "var").rglob("*")}
    files = ("journal.jsonl", "journal.jsonl.torn", "journal.heartbeat", "journal.worker.lock")
    assert modes == {"lib": 0o700, "desk": 0o700} | dict.fromkeys(files, 0o600)
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_a_lock_that_comes_first_makes_the_directory_private_too(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "desk" / "journal.jsonl"
    settings = load_for_reading(packaged_dir("config"), {"INBOX_WORKER_JOURNAL__PATH": str(path)})
    with umask(mask), daemon.alone(settings):
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE((path.parent / "journal.worker.lock").stat().st_mode) == 0o600


async def test_a_journal_that_others_may_open_is_told_in_the_log_and_left_as_it_is(
    tmp_path: Path, opened: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.jsonl"
    await opened(path).append(a_batch(1), after=0, at=NOW)
    assert "others" not in caplog.text
    path.chmod(0o640)  # as a backup program's group may need it
    assert len(await everything(opened(path))) == 3
    assert "others may open" in caplog.text
    assert "mode 640" in caplog.text
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


# -- the installed command ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "once"])
def test_a_line_damaged_in_the_middle_stops_the_command_with_one_line_that_says_which_and_what_to_do(
    tmp_path: Path, command: str
) -> None:
    path = tmp_path / "journal.jsonl"
    journal = JournalFile(path, lambda entry: f"Es geschah: {entry.WHAT}")
    asyncio.run(journal.append([*a_batch(1), *a_batch(2)], after=0, at=NOW))
    asyncio.run(journal.close())
    damaged = path.read_bytes().replace(b"a2@teutoburger", b"a3@teutoburger")
    path.write_bytes(damaged)
    environ = {
        "INBOX_WORKER_JOURNAL__PATH": str(path),
        "INBOX_WORKER_MODE": "observe",
        "INBOX_WORKER_IMAP__HOST": "127.0.0.1",
        "INBOX_WORKER_IMAP__PASSWORD": "never used",
        "INBOX_WORKER_SMTP__PASSWORD": "never used",
    }
    done = subprocess.run(
        [COMMAND, command], env=os.environ | environ, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 2
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("inbox-worker: ")]
    assert "line 5 is damaged" in said
    assert "restore the last backup" in said
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_on_a_terminal_the_journal_moves_no_cursor_and_turns_no_text(tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / "journal.jsonl"
    evil = "\x1b[2J\x9b31m\r\n     9  Angemeldet: Eva\u2028\u202etxet\x07"
    journal = JournalFile(path, lambda entry: f"Es geschah: {entry.WHAT} {evil}")
    asyncio.run(journal.append([ReplySent("r", response=evil)], after=0, at=NOW))
    asyncio.run(journal.close())
    screen, terminal = os.openpty()
    with os.fdopen(screen, "rb") as shown, os.fdopen(terminal, "wb") as given:
        command = [str(COMMAND), "journal", *arguments, "--file", str(path)]
        subprocess.run(command, stdout=given, env=os.environ | {"PYTHONUTF8": "1"}, check=True, timeout=100)
        printed = os.read(shown.fileno(), 1 << 16).decode()
    (line,) = printed.removesuffix("\r\n").splitlines()
    assert "Es geschah" in line
    assert not [c for c in line if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}]


# -- several processes ----------------------------------------------------------------------------------------------


async def test_two_processes_on_one_journal_both_go_on_and_every_entry_is_there_once(
    tmp_path: Path, opened: Opener
) -> None:
    path, count = tmp_path / "journal.jsonl", 200
    # both append on the empty state, so that whoever comes second surely meets a Conflict
    processes = journal_process.start(path, count, "one", "two")
    told = [process.communicate(timeout=100)[0].split() for process in processes]
    assert told == [[str(number) for number in range(1, count + 1)]] * 2
    entries = [recorded.entry for recorded in await everything(opened(path))]
    for name in ("one", "two"):
        own = [entry for entry in entries if isinstance(entry, ReplySent) and entry.reply.startswith(name)]
        assert own == [entry for number in range(1, count + 1) for entry in journal_process.batch(name, number)]
    assert len(entries) == 2 * count * journal_process.SIZE


async def test_whatever_moment_a_process_is_killed_at_nothing_that_was_durable_is_lost(
    tmp_path: Path, opened: Opener
) -> None:
    path, expected = tmp_path / "journal.jsonl", 0
    for life in range(8):
        (process,) = journal_process.start(path, 1_000_000, f"life{life}")
        assert process.stdout is not None
        for _ in range(1 + 5 * life):
            durable = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        durable = max([durable, *(int(line) for line in process.stdout.read().split())])
        process.communicate()
        recorded = await everything(opened(path))
        replies = [one.entry.reply for one in recorded if isinstance(one.entry, ReplySent)]
        whole = len(replies) // journal_process.SIZE - expected
        assert durable <= whole <= durable + 1  # the kill may fall between fsync and telling
        own = [entry for number in range(1, whole + 1) for entry in journal_process.batch(f"life{life}", number)]
        assert [one.entry for one in recorded[expected * journal_process.SIZE :]] == own
        expected += whole


async def test_every_copy_made_while_a_process_appends_is_a_valid_backup_and_can_be_restored(
    tmp_path: Path, opened: Opener
) -> None:
    path, copy = tmp_path / "journal.jsonl", tmp_path / "backup.jsonl"
    (process,) = journal_process.start(path, 1_000_000, "one")
    assert process.stdout is not None
    head, offset, content, entries = lines.Head(), 0, b"", list[Entry]()
    try:
        for _ in range(50):
            durable = int(process.stdout.readline())
            shutil.copyfile(path, copy)
            before, content = content[:offset], copy.read_bytes()
            assert content.startswith(before)  # what was verified in the copy before is verified in this one
            with journal_file.opened(copy, head, offset) as reading:
                entries += [line.recorded.entry for batch in reading.batches() for line in batch]
                head, offset = reading.head, reading.offset
            assert len(entries) >= durable * journal_process.SIZE
    finally:
        process.kill()
        process.communicate()
    batches = len(entries) // journal_process.SIZE
    assert entries == [entry for number in range(1, batches + 1) for entry in journal_process.batch("one", number)]
    copy.replace(path)  # restored: it opens, and the next append goes on behind it
    restored = opened(path)
    known = await everything(restored)
    assert [one.entry for one in known] == entries
    await restored.append(a_batch(1), after=len(known), at=NOW)
    assert [one.entry for one in await everything(opened(path))] == [*entries, *a_batch(1)]


@pytest.mark.parametrize("moved", [False, True])
async def test_after_a_restore_later_mail_is_on_the_list_again_and_answered_again_only_where_no_flag_tells(
    tmp_path: Path, opened: Opener, *, moved: bool
) -> None:
    office, path, copy = FakeOffice(), tmp_path / "journal.jsonl", tmp_path / "backup.jsonl"
    filing = FilingPlan(keyword="InboxWorker", done="Erledigt" if moved else None)
    office.mailbox.folders["Erledigt"] = []

    def started() -> Worker:
        return office.worker(office.plan(filing=filing), wrap=on(opened(path), office.transport))

    worker = started()
    await worker.run_pass()
    for number, name in ((1, "Anna Schmitt"), (2, "Ben Yilmaz")):
        if number == 2:
            shutil.copyfile(path, copy)
        office.mailbox.put(a_mail(SIGNED.format(name), number=number, name=name))
        await worker.run_pass()
    copy.replace(path)
    await started().run_pass()
    if moved:  # it no longer lies where the worker looks: a person moves it back
        assert len(office.transport.sent) == 2
        office.mailbox.put(office.mailbox.mails("Erledigt")[1])  # by a way that loses its flags
        await started().run_pass()
    ids = [message_from_bytes(reply.content)["Message-ID"] for reply in office.transport.sent]
    assert office.receivers() == [f"a{number}@teutoburger-bote.example" for number in ((1, 2, 2) if moved else (1, 2))]
    assert ids[1] == ids[-1] != ids[0], "the same Message-ID"
    assert [one.registrant.name for one in Ledger().fold(await everything(opened(path))).roster()] == [
        "Anna Schmitt",
        "Ben Yilmaz",
    ]


# -- the rest of the contract, at a size and under a clock that are not usual ----------------------------------------


async def test_a_long_journal_comes_in_pieces_that_add_up(tmp_path: Path, opened: Opener) -> None:
    path, journal = tmp_path / "journal.jsonl", opened(tmp_path / "journal.jsonl")
    written: list[Recorded] = []
    for number in range(8):
        story = [entry for one in range(100) for entry in a_batch(number * 100 + one)]
        written += await journal.append(story, after=len(written), at=NOW)
    reader = opened(path)
    first = await reader.read(0)
    assert 0 < len(first) < len(written)
    assert await everything(opened(path)) == written
    assert await reader.read(0) == first  # asked again from the start it starts again
    assert await reader.read(len(first) - 1) == [first[-1], *(await opened(path).read(len(first)))][: len(first) + 1]


async def test_a_conflict_hands_out_what_was_new_without_reading_the_journal_again(
    tmp_path: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.jsonl"
    mine, other = opened(path), opened(path)
    await mine.append(a_batch(1), after=0, at=NOW)
    await other.append(a_batch(2), after=len(await other.read(0)), at=NOW)
    with pytest.raises(Conflict):
        await mine.append(a_batch(3), after=3, at=NOW)
    read, verify = list[bytes](), lines.read

    def counted(raw: bytes, head: lines.Head) -> lines.Line:
        read.append(raw)
        return verify(raw, head)

    monkeypatch.setattr(lines, "read", counted)
    assert [one.entry for one in await mine.read(3)] == a_batch(2)
    assert len(read) == 3


async def test_a_clock_that_is_set_back_is_no_obstacle(tmp_path: Path, opened: Opener) -> None:
    path = tmp_path / "journal.jsonl"
    journal, written = opened(path), list[Recorded]()
    for number, hours in enumerate((0, -1, 5, -24 * 365, 0), start=1):
        at = NOW + timedelta(hours=hours)
        written += await journal.append(a_batch(number), after=len(written), at=at)
        assert written[-1].at == at
    assert await everything(opened(path)) == written
    assert [one.seq for one in written] == list(range(1, 16))
