"""How fast a large journal opens, against the least that reading its lines costs.

    python benchmarks/journal.py [--entries 200000] [--runs 3] [--profile] [--keep FILE]

The journal tells what became of real mails (`workload.py`), understood and decided by the real code and multiplied
with other names, digests and addresses: mail, registered, reply-owed, reply-claimed, reply-sent, filed. The **floor**
parses each line with orjson and hashes its bytes once; it checks nothing, builds nothing and keeps nothing. **Opening**
is what the worker does at its start: read, verify every line, fold into the Ledger. Each run is a process of its own,
the two take turns, medians are compared. The ratio is one of processor times, which still mean something on a busy
machine.
"""

import argparse
import asyncio
import cProfile
import hashlib
import json
import os
import pstats
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

RATIO, SECONDS, MEGABYTES = 6.0, 5.0, 150
"""The goals for 200,000 entries: times the floor; processor seconds; resident memory besides the program's own."""
MAILS = 100
"""Mails of a batch, as the worker treats them."""


def build(path: Path, count: int) -> None:
    """Write a journal of `count` entries."""
    from inbox_worker.config import load_for_reading, packaged_dir  # noqa: PLC0415 - no measured process's memory
    from inbox_worker.core import lines  # noqa: PLC0415
    from inbox_worker.daemon import narrator  # noqa: PLC0415

    narrate = narrator(load_for_reading(packaged_dir("config"), {}))
    head, at, told = lines.Head(), datetime(2022, 11, 3, 9, 0, tzinfo=UTC), _batches()
    with path.open("wb") as file:
        while head.seq < count:
            batch = list(islice(next(told), count - head.seq))
            at += timedelta(minutes=20)  # a busy desk: 600 mails a day
            salts = (f"{head.seq + place:016x}" for place in range(len(batch)))
            content, head, _ = lines.write(batch, head=head, at=at, salts=salts, narrate=narrate)
            file.write(content)


def _batches() -> Iterator[list[Any]]:
    """The entries of one append after the other, without end."""
    from benchmarks.workload import workload  # noqa: PLC0415 - as above
    from inbox_worker.adapters.mime import parse  # noqa: PLC0415
    from inbox_worker.config import load_for_reading, packaged_dir  # noqa: PLC0415
    from inbox_worker.core.entries import Baseline, Filed, ReplyClaimed, ReplyOwed, ReplySent  # noqa: PLC0415
    from inbox_worker.core.journey import understand  # noqa: PLC0415
    from inbox_worker.core.ledger import Ledger  # noqa: PLC0415
    from inbox_worker.core.message import Ref  # noqa: PLC0415
    from inbox_worker.core.recording import entries_of  # noqa: PLC0415

    desk = load_for_reading(packaged_dir("config"), {}).desk()
    now = datetime(2022, 11, 3, 9, 0, tzinfo=UTC)
    known = [understand(parse(raw), desk) for raw in workload(300, desk)]
    decided = [(one.message, one.decide(Ledger(), desk, now)) for one in known]
    number, folder = 0, ("presse@desk.example@imap.desk.example", "INBOX", 1667466000)
    yield [Baseline(*folder, 1, now)]
    while True:
        mails, owed = list[Any](), list[ReplyOwed]()
        for _ in range(MAILS):
            number += 1
            message, decision = decided[number % len(decided)]
            digest = hashlib.sha256(b"%d" % number).hexdigest()
            message = replace(message, digest=digest, message_id=f"<{number}.{message.message_id[1:]}")
            joining = tuple(
                replace(
                    one,
                    address=f"m{number}.{one.address}",
                    registrant=replace(one.registrant, family_name=f"{one.registrant.family_name}-{number}"),
                )
                for one in decision.joining
            )
            ref = Ref(*folder, number)
            entries = entries_of(ref, message, replace(decision, joining=joining), owe=True)
            mails += entries
            owed += [one for one in entries if isinstance(one, ReplyOwed)]
        yield mails
        for start in range(0, len(owed), 20):
            group = [(one.reply, one.answer.to.addr_spec if one.answer else "") for one in owed[start : start + 20]]
            yield [ReplyClaimed(reply, "worker", now + timedelta(minutes=10), to) for reply, to in group]
            yield [ReplySent(reply, to=to, response=f"2.0.0 Ok: queued as {reply[:11]}") for reply, to in group]
        uids = tuple(range(number - MAILS + 1, number + 1))
        yield [Filed(*folder, uids)]


# -- what is measured, each in a process of its own ---------------------------------------------------------------


def floor(path: Path) -> dict[str, float]:
    """Parse and hash every line, keep nothing."""
    start, cpu, count = time.perf_counter(), time.process_time(), 0
    with path.open("rb") as file:
        for raw in file:
            orjson.loads(raw)
            hashlib.sha256(raw).hexdigest()
            count += 1
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "entries": count}


def opening(path: Path, *, profile: bool = False) -> dict[str, float]:
    """What the worker's Books do at its start; then what its everyday work costs on such a state."""
    from inbox_worker import collector  # noqa: PLC0415 - not in the floor's memory
    from inbox_worker.adapters.journal_file import JournalFile  # noqa: PLC0415
    from inbox_worker.core.ledger import Ledger  # noqa: PLC0415

    before = _megabytes("VmRSS")
    told = {"seconds": 0.0, "reading": 0.0, "folding": 0.0}

    async def run() -> None:
        journal, ledger = JournalFile(path, lambda entry: entry.WHAT), Ledger()
        start, cpu = time.perf_counter(), time.process_time()
        with collector.paused():
            while True:
                begin = time.process_time()
                new = await journal.read(ledger.seq)
                read = time.process_time()
                if not new:
                    break
                ledger.fold(new)
                told["reading"] += read - begin
                told["folding"] += time.process_time() - read
        del new
        told["seconds"], told["cpu"] = time.perf_counter() - start, time.process_time() - cpu
        told["entries"] = ledger.seq
        told["megabytes"], told["peak"] = _megabytes("VmRSS") - before, _megabytes("VmHWM") - before
        if not profile:
            batch = next(islice(_batches(), 1, None))[:300]
            told["fork"] = _usual(ledger.fork)
            appends = []
            for _ in range(20):
                begin = time.perf_counter()
                ledger.fold(await journal.append(batch[:1], after=ledger.seq, at=datetime(2022, 11, 4, tzinfo=UTC)))
                appends.append(time.perf_counter() - begin)
            told["append"] = median(appends)
            begin = time.perf_counter()
            ledger.fold(await journal.append(batch, after=ledger.seq, at=datetime(2022, 11, 4, tzinfo=UTC)))
            told["batch"] = time.perf_counter() - begin
        await journal.close()

    if profile:
        measured = cProfile.Profile()
        measured.enable()
        asyncio.run(run())
        measured.disable()
        pstats.Stats(measured).sort_stats("tottime").print_stats(25)
    else:
        asyncio.run(run())
    return told


def _usual(step: Callable[[], object], times: int = 9) -> float:
    """The median of some runs, in seconds."""
    measured = []
    for _ in range(times):
        begin = time.perf_counter()
        step()
        measured.append(time.perf_counter() - begin)
    return median(measured)


def _megabytes(what: str) -> float:
    """This process's memory as the kernel counts it."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in status if line.startswith(f"{what}:"))


def _measured(subject: str, path: Path) -> dict[str, float]:
    """One process on a copy of its own, since it appends."""
    copy = path.with_name(f"{subject}.jsonl")
    shutil.copyfile(path, copy)
    copy.chmod(0o600)
    command = [sys.executable, __file__, "--subject", subject, "--keep", str(copy)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    copy.unlink()
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="opening's dearest functions (cProfile distorts)")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="build the journal here, or use the one that is there"
    )
    parser.add_argument("--subject", choices=["floor", "opening"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.subject:
        print(json.dumps(floor(options.keep) if options.subject == "floor" else opening(options.keep)))
        return 0
    from tests.servers import ground  # noqa: PLC0415 - no measured process's memory

    where = ground.directory("journal")
    try:
        path = options.keep or where / "journal.jsonl"
        if not path.exists():
            build(path, options.entries)
        if options.profile:
            opening(path, profile=True)
        work = where / "work.jsonl"
        shutil.copyfile(path, work)
        return compare(work, options.runs)
    finally:
        shutil.rmtree(where)


def compare(path: Path, runs: int) -> int:
    """Opening against the floor, and the everyday costs."""
    floors, openings = [], []
    for _ in range(runs):
        floors.append(_measured("floor", path))
        openings.append(_measured("opening", path))
    usual = {key: median(one[key] for one in openings) for key in openings[0]}
    least = {key: median(one[key] for one in floors) for key in floors[0]}
    count, size = usual["entries"], path.stat().st_size / 1e6
    ratio = median(two["cpu"] / one["cpu"] for one, two in zip(floors, openings, strict=True))
    print(f"a journal of {count:.0f} entries, {size:.0f} MB; {runs} runs each, medians")
    print(f"  {'':<14}{'seconds':>9}{'of it CPU':>11}{'us an entry':>13}")
    for name, seconds, cpu in (
        ("floor", f"{least['seconds']:.2f}", least["cpu"]),
        ("opening", f"{usual['seconds']:.2f}", usual["cpu"]),
        ("  read, verify", "", usual["reading"]),
        ("  fold", "", usual["folding"]),
    ):
        print(f"  {name:<14}{seconds:>9}{cpu:11.2f}{cpu / count * 1e6:13.1f}")
    print(f"  ratio   {ratio:.2f} (goal {RATIO}; and opening in {SECONDS:.0f} s of CPU)")
    kept, goal = usual["megabytes"], MEGABYTES
    print(f"  memory  {usual['peak']:.0f} MB at most besides the program, {kept:.0f} MB kept (goal {goal})")
    print(
        f"with it in memory: an append of 1 entry {usual['append'] * 1e3:.2f} ms, of 300 {usual['batch'] * 1e3:.1f} ms;"
    )
    print(f"  Ledger.fork() {usual['fork'] * 1e3:.2f} ms")
    return int(usual["cpu"] > SECONDS * max(1, count / 200_000) or ratio > RATIO or usual["peak"] > MEGABYTES)


if __name__ == "__main__":
    os.environ.pop("INBOX_WORKER_CONFIG", None)
    sys.exit(main())
