"""What understanding one mail costs, and which stage takes how much of it.

    python benchmarks/reading.py [FOLDER …]      (default: tests/letters and the demo's mails)

Process time, so that other work on the machine counts for little; the median over all mails of the best of five rounds.
Then a fresh process: how long `explain` takes from its start to the first answer, and its largest memory.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import mailparser  # type: ignore[import-untyped]  # noqa: E402 - the path is set above

from inbox_worker.adapters.mime import parse  # noqa: E402
from inbox_worker.config import load_for_reading, packaged_dir  # noqa: E402
from inbox_worker.core.journey import understand  # noqa: E402
from inbox_worker.core.reading import read  # noqa: E402
from inbox_worker.core.reading.parts import split  # noqa: E402
from inbox_worker.core.reading.people import mentions, writer  # noqa: E402
from inbox_worker.core.screening import screen  # noqa: E402

ROUNDS = 5
FOLDERS = (ROOT / "tests" / "letters", ROOT / "inbox_worker" / "demo" / "mails")


def cost(work: Callable[[], object]) -> float:
    """Milliseconds of process time, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        for remembering in (split, mentions):  # within one mail they are asked twice, and answer once
            getattr(remembering, "cache_clear", lambda: None)()
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1000


def stages(paths: list[Path]) -> None:
    """Print the median of each stage; 'people' and 'quoting' are parts of 'reading'."""
    desk = load_for_reading(packaged_dir("config"), {}).desk()
    costs: dict[str, list[float]] = {}
    for path in paths:
        raw = path.read_bytes()
        message = parse(raw)
        verdict, parts = screen(message, desk), split(message)
        sender = message.sender.addr_spec if message.sender else ""
        signing = partial(writer, parts.new, parts.signature, display_name="", address=sender, desk=desk)
        for stage, work in (
            ("mail-parser alone", partial(mailparser.parse_from_bytes, raw)),
            ("parsing (with it)", partial(parse, raw)),
            ("screening", partial(screen, message, desk)),
            ("reading", partial(read, message, verdict, desk)),
            ("  of it quoting", partial(split, message)),
            ("  of it people in the text", partial(mentions, parts.new, desk)),
            ("  of it who signs", signing),
            ("all but parsing", lambda: understand(message, desk)),  # noqa: B023 - called at once
        ):
            costs.setdefault(stage, []).append(cost(work))
    for stage, found in costs.items():
        print(f"{stage:28} median {median(found):6.2f} ms   slowest {max(found):7.2f} ms")


def fresh_process(path: Path) -> None:
    """Print what one `explain` costs as a whole."""
    start = time.monotonic()
    command = [str(Path(sys.executable).with_name("inbox-worker")), "explain", "--json", str(path)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ})
    seconds = time.monotonic() - start
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"one mail in a fresh process  {seconds:.2f} s (goal 1.5), {megabytes:.0f} MB (goal 200)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=FOLDERS)
    paths = sorted(path for folder in parser.parse_args().folders for path in folder.rglob("*.eml"))
    print(f"{len(paths)} mails")
    stages(paths)
    fresh_process(paths[0])


if __name__ == "__main__":
    main()
