"""How fast the worker treats a full mailbox, against the least that any program would have to do there.

    python benchmarks/pass.py [--mails 2000] [--runs 3] [--smtp postfix|sink] [--folder 50000] [--profile]

A private Dovecot holds the mails; a private Postfix takes the answers (or smtp-sink, which costs next to nothing: then
only the client's own work is compared). The **floor** fetches in batches of 100,
parses with the standard library, sends one fixed reply each over one connection, flags in batches and fsyncs a line a
mail, and understands nothing. The **worker** is the real one, from `daemon.build`. Each run is a process of its own,
the two take turns, and medians are compared: the machine is the same for both, so ratios mean something where seconds
do not.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.workload import workload  # noqa: E402 - the path is set above
from inbox_worker.config import load_for_reading, packaged_dir  # noqa: E402
from tests.servers import ground  # noqa: E402
from tests.servers.dovecot import PASSWORD, Dovecot  # noqa: E402
from tests.servers.postfix import Postfix  # noqa: E402

RATIO, MEMORY = 0.5, 120
"""The goals: share of the floor's speed; resident memory in MB."""


@dataclass(slots=True)
class Bench:
    """The servers, and the mails that each run finds."""

    dovecot: Dovecot
    smtp: int
    mails: list[bytes]
    users: int = 0

    def run(self, subject: str, **options: Any) -> dict[str, Any]:
        """One process on a fresh mailbox with all mails; what it measured."""
        self.users += 1
        user = f"{subject}{self.users}@example.org"
        self.dovecot.fill(user, self.mails)
        return self.start(subject, user=user, mails=len(self.mails), **options)

    def start(self, subject: str, **options: Any) -> dict[str, Any]:
        """One process; its last line is what it measured."""
        work = ground.directory("bench")
        servers = {"imap": self.dovecot.imap, "smtp": self.smtp, "password": PASSWORD, "work": str(work)}
        command = [sys.executable, str(ROOT / "benchmarks" / "subjects.py"), subject, json.dumps(servers | options)]
        try:
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        finally:
            shutil.rmtree(work)
        *told, measured = done.stdout.splitlines()
        print("\n".join(told), end="\n" if told else "")
        result: dict[str, Any] = json.loads(measured)
        return result

    def lay_down(self, user: str, count: int) -> None:
        """Fill a mailbox with so many old mails, past IMAP: it would take minutes."""
        self.dovecot.fill(user, self.mails[:1])  # makes the mailbox, with the rights that Dovecot gives it
        current = self.dovecot.directory / "mail" / user / "Maildir" / "cur"
        for number in range(count - 1):
            mail = current / f"{1667466000 + number}.M{number}P1.bench:2,S"
            mail.write_bytes(self.mails[number % len(self.mails)])
            shutil.chown(mail, current.owner(), current.group())


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--smtp", choices=["postfix", "sink"], default="postfix", help="who takes the answers")
    parser.add_argument("--folder", type=int, default=50_000, help="mails in the large folder; 0 leaves this part out")
    parser.add_argument("--profile", action="store_true", help="the worker's dearest functions")
    options = parser.parse_args()
    where = ground.directory("certificate")
    certificate = ground.certificate(where)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, where)
        dovecot = Dovecot(certificate)
        stack.callback(dovecot.stop)
        smtp = _postfix(stack, certificate, dovecot) if options.smtp == "postfix" else _sink(stack)
        print(f"answers go to {options.smtp}")
        mails = list(workload(options.mails, load_for_reading(packaged_dir("config"), {}).desk()))
        bench = Bench(dovecot, smtp, mails)
        met = compare(bench, options.runs)
        shares(bench, profile=options.profile)
        if options.folder:
            met &= empty(bench, options.folder)
    return 0 if met else 1


def _postfix(stack: ExitStack, certificate: ground.Certificate, dovecot: Dovecot) -> int:
    """A real server, which fsyncs each mail into its queue before it says 250, and then throws it away."""
    postfix = Postfix(certificate, dovecot)
    stack.callback(postfix.stop)
    etc = str(postfix.directory / "etc")
    for change in (["-e", "virtual_transport = discard:"], ["-M", "discard/unix=discard unix - - n - - discard"]):
        subprocess.run([ground.program("postconf", "postfix"), "-c", etc, *change], check=True)
    subprocess.run([ground.program("postfix", "postfix"), "-c", etc, "reload"], check=True, capture_output=True)
    return postfix.smtp


def _sink(stack: ExitStack) -> int:
    """Postfix's own test server, which costs next to nothing: what is left is the client's work."""
    (port,) = ground.free_ports(1)
    user = ["-u", "postfix"] if os.geteuid() == 0 else []
    command = [ground.program("smtp-sink", "postfix"), *user, f"127.0.0.1:{port}", "100"]
    sink = subprocess.Popen(command, process_group=0)
    stack.callback(ground.end, sink)
    ground.await_port(port, lambda: sink.poll() is None, Path("no.log"))
    return port


def compare(bench: Bench, runs: int) -> bool:
    """The pass against the floor; whether speed and memory are as they should be."""
    count = len(bench.mails)
    print(f"{count} mails of {sum(map(len, bench.mails)) / count / 1000:.1f} kB, all to be answered; {runs} runs each")
    floors, workers = [], []
    for _ in range(runs):
        floors.append(bench.run("floor"))
        workers.append(bench.run("worker"))
    print(f"  {'':<10}{'mails/s':>9}{'ms a mail':>11}{'of it CPU':>11}")
    for name, measured in (("floor", floors), ("worker", workers)):
        seconds, cpu = (median(one[key] for one in measured) for key in ("seconds", "cpu"))
        print(f"  {name:<10}{count / seconds:9.0f}{seconds / count * 1000:11.2f}{cpu / count * 1000:11.2f}")
    ratio, on_cpu = (
        median(one[key] for one in floors) / median(one[key] for one in workers) for key in ("seconds", "cpu")
    )
    memory = max(one["megabytes"] for one in workers)
    pairs = ", ".join(f"{one['seconds'] / two['seconds']:.2f}" for one, two in zip(floors, workers, strict=True))
    print(f"  ratio   {ratio:7.2f}  (goal {RATIO}; pair by pair {pairs}; of CPU times {on_cpu:.2f})")
    print(f"  memory  {memory:7.0f} MB at most (goal {MEMORY}; {workers[0]['start_megabytes']:.0f} before the pass)")
    print(f"  child   {max(one['child_megabytes'] for one in workers):7.0f} MB at most: it understands the mails")
    print(f"  answers {workers[0]['answers']:7d}")
    return bool(ratio >= RATIO and memory < MEMORY)


def shares(bench: Bench, *, profile: bool) -> None:
    """Where the worker's time goes; with copies in Sent once more, since every copy is an IMAP command."""
    for title, options in (("as above", {}), ("with copies in Sent", {"sent": "auto"})):
        run = bench.run("worker", steps=True, **options)
        count = len(bench.mails)
        known = {key: sum(one[key] for one in run["steps"].values()) for key in ("seconds", "cpu")}
        steps = run["steps"] | {"everything else": {key: run[key] - value for key, value in known.items()}}
        print(f"shares, {title}: {count / run['seconds']:.0f} mails/s")
        print(f"  {'':<16}{'ms a mail':>10}{'':>7}{'of it CPU':>11}")
        for step, spent in sorted(steps.items(), key=lambda item: -item[1]["seconds"]):
            wall, cpu = (spent[key] / count * 1000 for key in ("seconds", "cpu"))
            print(f"  {step:<16}{wall:10.2f}{spent['seconds'] / run['seconds']:7.0%}{cpu:11.2f}")
    if profile:
        bench.start("reading", mails=500)


def empty(bench: Bench, many: int) -> bool:
    """A pass that finds nothing new, in a small folder and in a large one; whether they cost about the same."""
    passes = {}
    for count in (100, many):
        user = f"empty{count}@example.org"
        bench.lay_down(user, count)
        passes[count] = bench.start("empty", user=user)
    for count, run in passes.items():
        first, usual = run["first"] * 1000, run["pass"] * 1000
        print(f"empty pass, {count:>6} mails in the folder: {usual:6.2f} ms (first: {first:.0f} ms)")
    small, large = (run["pass"] for run in passes.values())
    print(f"  ratio {large / small:.2f}  (goal: about 1)")
    return bool(large < small * 1.5)


if __name__ == "__main__":
    sys.exit(main())
