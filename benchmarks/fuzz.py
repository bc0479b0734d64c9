"""Damaged mails by the hundred thousand through the whole understanding: nothing may raise, nothing may take long.

    python benchmarks/fuzz.py [--mails 100000] [--seed 1] [FOLDER …]      (default: tests/letters and the demo's mails)

Each mail is mutated one to eight times: bytes flipped, removed, doubled, spliced in from another mail, lines shuffled,
line ends lost, charsets renamed. The same seed gives the same mails. Exit code 1 when one raised or took over 1 s.
"""

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from inbox_worker.adapters.mime import parse  # noqa: E402 - the path is set above
from inbox_worker.config import load_for_reading, packaged_dir  # noqa: E402
from inbox_worker.core.journey import understand  # noqa: E402
from inbox_worker.core.ledger import Ledger  # noqa: E402

FOLDERS = (ROOT / "tests" / "letters", ROOT / "inbox_worker" / "demo" / "mails")
LONGEST = 1.0
"""Seconds that one mail may take."""

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]

_STRANGE = (
    *(b"\0", b"\r", b"\n\n", b"\xff\xfe", b"=?utf-8?q?=0D=0ABcc:_x?=", "\u202e\u200b".encode(), b"=", b"--\r\n", b'"'),
    *(
        b"<" * 40,
        b">" * 40,
        b"(" * 40,
        b" " * 500,
        b"0" * 300,
        b"A" * 3000,
        b"\t" * 99,
        b"://" * 50,
        b"@" * 50,
        b"-" * 200,
    ),
)
_RENAMED = (
    *(b"utf-8", b"iso-8859-1", b"base64", b"quoted-printable", b"7bit"),
    *(b"multipart/mixed", b"message/rfc822", b"text/html"),
)


def _flip(rng: random.Random, mail: bytes, others: Sequence[bytes]) -> bytes:
    del others
    damaged = bytearray(mail)
    for _ in range(rng.randint(1, 20)):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def _cut(rng: random.Random, mail: bytes, others: Sequence[bytes]) -> bytes:
    del others
    start = rng.randrange(len(mail))
    return mail[:start] + mail[start + rng.randint(1, 400) :]


def _double(rng: random.Random, mail: bytes, others: Sequence[bytes]) -> bytes:
    del others
    start = rng.randrange(len(mail))
    return mail[:start] + mail[start : start + rng.randint(1, 400)] * rng.randint(2, 4) + mail[start:]


def _splice(rng: random.Random, mail: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return mail[: rng.randrange(len(mail))] + other[rng.randrange(len(other)) :]


def _insert(rng: random.Random, mail: bytes, others: Sequence[bytes]) -> bytes:
    del others
    start = rng.randrange(len(mail))
    return mail[:start] + rng.choice(_STRANGE) + mail[start:]


def _rename(rng: random.Random, mail: bytes, others: Sequence[bytes]) -> bytes:
    del others
    return mail.replace(rng.choice(_RENAMED), rng.choice(_RENAMED))


def _lines(rng: random.Random, mail: bytes, others: Sequence[bytes]) -> bytes:
    del others
    lines = mail.split(b"\r\n")
    rng.shuffle(part := lines[: rng.randint(2, 30)])
    return rng.choice((b"\r\n", b"\n", b"\r")).join(part + lines[len(part) :])


MUTATIONS: tuple[Mutation, ...] = (_flip, _cut, _double, _splice, _insert, _rename, _lines)


def main() -> int:
    """Mutate, understand, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=FOLDERS)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311 - repeatable, not secret
    mails = [path.read_bytes() for folder in options.folders for path in sorted(folder.rglob("*.eml"))]
    desk = load_for_reading(packaged_dir("config"), {}).desk()
    now, ledger = datetime(2022, 11, 10, tzinfo=UTC), Ledger()
    failed, slow, worst = 0, 0, 0.0
    for number in range(options.mails):
        mail = rng.choice(mails)
        for _ in range(rng.randint(1, 8)):
            mail = rng.choice(MUTATIONS)(rng, mail, mails) or b"\n"
        start = time.process_time()
        try:
            understand(parse(mail), desk).decide(ledger, desk, now)
        except Exception as error:  # noqa: BLE001 - counting them is what this is for
            failed += 1
            Path(f"fuzz-{options.seed}-{number}.eml").write_bytes(mail)
            print(f"mail {number}: {type(error).__name__}: {error}; kept as fuzz-{options.seed}-{number}.eml")
        taken = time.process_time() - start
        worst = max(worst, taken)
        slow += taken > LONGEST
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.mails} mutated mails: {failed} raised, {slow} took over {LONGEST} s")
    print(f"the slowest took {worst:.2f} s; the process had {memory:.0f} MB at most")
    return 1 if failed or slow else 0


if __name__ == "__main__":
    sys.exit(main())
