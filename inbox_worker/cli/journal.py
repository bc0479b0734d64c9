"""`inbox-worker journal`: what happened, line by line, and whether the journal still is what was written."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from inbox_worker.adapters import journal_file
from inbox_worker.cli.terminal import one_line
from inbox_worker.config import load_for_reading
from inbox_worker.core.lines import Head, Line
from inbox_worker.daemon import time_zone
from inbox_worker.errors import JournalError

_LOOK_AGAIN = 0.5
"""Seconds between two looks at a followed file."""


def show(config: Path | None, file: Path | None, *, as_json: bool, follow: bool) -> int:
    """Prints every entry's time and text (or the lines as they are), and with `follow` goes on until interrupted."""
    settings = load_for_reading(config, os.environ)
    zone = time_zone(settings)
    for raw, line in _lines(file or settings.journal.path, follow=follow):
        if as_json:
            sys.stdout.write(raw.decode("utf-8"))
        else:
            at = line.recorded.at.astimezone(zone).strftime("%d.%m.%Y %H:%M:%S")
            print(f"{line.recorded.seq:>6}  {at}  {one_line(line.text)}")
        sys.stdout.flush()
    return 0


def verify(config: Path | None, file: Path | None) -> int:
    """Says whether the journal is whole; 1 and the first bad line when it is not."""
    path = file or load_for_reading(config, os.environ).journal.path
    try:
        found, rest = journal_file.read_only(path)
    except JournalError as error:
        print(error)
        return 1
    print(f"{path}: {len(found)} entries, unbroken")
    if found:
        last = found[-1]
        print(f"last entry {last.recorded.seq} of {last.recorded.at.isoformat()}, chain {last.chain}")
    if rest:
        print(f"behind it {rest} bytes of an append that was never finished: cut off at the next start")
    return 0


def _lines(path: Path, *, follow: bool) -> Iterator[tuple[bytes, Line]]:
    head, offset = Head(), 0
    while True:
        try:
            with path.open("rb") as file:
                file.seek(offset)
                content = file.read()
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror}: no journal there yet? (key journal.path)") from error
        found, head, end = journal_file.whole_batches(content, head, path)
        yield from zip(content[:end].splitlines(keepends=True), found, strict=True)
        offset += end
        if not follow:
            return
        time.sleep(_LOOK_AGAIN)
