"""`inbox-worker journal`: what happened, line by line, and whether the journal still is what was written."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from inbox_worker.adapters import journal_file
from inbox_worker.cli.terminal import one_line, printable_json
from inbox_worker.config import load_for_reading
from inbox_worker.core.lines import ERASED, Head, Line, as_written
from inbox_worker.daemon import time_zone
from inbox_worker.errors import JournalDamaged, JournalError

_LOOK_AGAIN = 0.5
"""Seconds between two looks at a followed file."""


def show(config: Path | None, file: Path | None, *, as_json: bool, follow: bool) -> int:
    """Prints every entry's time and text (or the lines as they are), and with `follow` goes on until interrupted."""
    settings = load_for_reading(config, os.environ)
    zone, to_person = time_zone(settings), sys.stdout.isatty()
    for line in _lines(file or settings.journal.path, follow=follow):
        if as_json:
            raw = line.raw.decode("utf-8")
            sys.stdout.write(printable_json(raw) if to_person else raw)
        else:
            at = line.recorded.at.astimezone(zone).strftime("%d.%m.%Y %H:%M:%S")
            print(f"{line.recorded.seq:>6}  {at}  {one_line(line.text)}")
        if follow:
            sys.stdout.flush()
    return 0


def verify(config: Path | None, file: Path | None, *, expected: str | None = None) -> int:
    """Says whether the journal is whole and byte for byte what was written; 1 and the first bad line when it is not.

    `expected` is a chain that was noted before: that everything up to it is still there can be told by it alone.
    """
    path = file or load_for_reading(config, os.environ).journal.path
    last, erased, expectation = None, 0, None
    try:
        with journal_file.opened(path) as reading:
            for batch in reading.batches():
                for line in batch:
                    if not as_written(line):
                        raise JournalDamaged(
                            f"{path}: line {line.recorded.seq} was rewritten: it still says the same, but not byte for "
                            "byte (white space, escapes, order of keys, keys added or doubled). Only inbox-worker may "
                            "write into a journal: compare it with the last backup"
                        )
                    last, erased = line, erased + (line.text == ERASED)
                    expectation = line if line.chain == expected else expectation
            rest = reading.torn
    except JournalError as error:
        print(error)
        return 1
    print(f"{path}: {last.recorded.seq if last else 0} entries, unbroken{f', {erased} of them erased' * bool(erased)}")
    if last:
        print(f"last entry {last.recorded.seq} of {last.recorded.at.isoformat()}, chain {last.chain}")
    if rest:
        print(f"behind it {rest} bytes of an append that was never finished: cut off at the next start")
    if expected is None:
        return 0
    if expectation is None:
        print(f"no entry has the chain {expected}: entries are missing at the end, or it is another journal")
        return 1
    print(f"the chain that was noted is that of entry {expectation.recorded.seq}: everything up to it is still there")
    return 0


def _lines(path: Path, *, follow: bool) -> Iterator[Line]:
    head, offset = Head(), 0
    while True:
        with journal_file.opened(path, head, offset) as reading:
            for batch in reading.batches():
                yield from batch
            head, offset = reading.head, reading.offset
        if not follow:
            return
        time.sleep(_LOOK_AGAIN)
