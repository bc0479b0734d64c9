"""A process of its own that appends to a journal: `python -m tests.journal_process PATH COUNT NAME`.

It begins when it reads a line, goes through the contract (append, Conflict, catch up), and tells each batch's number as
soon as the batch is durable, so that whoever kills it knows what must be there.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.core.entries import Entry, ReplySent
from inbox_worker.errors import Conflict
from tests.builders import NOW

SIZE = 6
"""Entries of a batch, which is longer than a page: a kill or a copy may well fall into its middle."""
ROOT = Path(__file__).resolve().parent.parent


def batch(name: str, number: int) -> list[Entry]:
    """What the process `name` appends as its batch `number`."""
    return [ReplySent(f"{name}-{number}-{place}", response="2.0.0 Ok " * 40) for place in range(SIZE)]


def start(path: Path, count: int, *names: str) -> "list[subprocess.Popen[str]]":
    """A process for each name, all of them ready before any begins; they tell numbers on their standard output."""
    command = [sys.executable, "-m", "tests.journal_process", str(path), str(count)]
    pipe = subprocess.PIPE
    started = [subprocess.Popen([*command, name], cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for name in names]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("begin\n")
        process.stdin.flush()
    return started


async def _append(path: Path, count: int, name: str) -> None:
    print("ready", flush=True)  # noqa: T201 - that is what it is for
    sys.stdin.readline()
    journal, seq = JournalFile(path, lambda entry: f"Es geschah: {entry.WHAT}"), 0
    for number in range(1, count + 1):
        while True:
            try:
                seq = (await journal.append(batch(name, number), after=seq, at=NOW))[-1].seq
            except Conflict:
                while new := await journal.read(seq):
                    seq = new[-1].seq
            else:
                break
        print(number, flush=True)  # noqa: T201 - as above
    await journal.close()


if __name__ == "__main__":
    asyncio.run(_append(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
