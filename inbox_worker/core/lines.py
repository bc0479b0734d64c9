"""The journal's line: an entry as one line of JSON, chained to the line before it.

    seq at text what v facts personal salt left sealed chain

- `text` tells a press officer what happened. It and `personal` are the part that can be erased; `sealed` is a
  salted digest of them, so that the digest tells nothing about what was erased.
- `chain` covers the line before it and everything but the erasable part: a line that is changed, removed or
  reordered breaks it; an erased one does not.
- `left` counts down to 0 within one append. A batch without its last line never happened.

Never touches a file and draws no salt: bytes and salts are arguments.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from inbox_worker.core.entries import Entry, Recorded, put_together, take_apart

VERSION = 1
GENESIS = "0" * 64

Narrator = Callable[[Entry], str]
"""Tells an entry in one sentence for the press office."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a journal goes: the last line's number and chain."""

    seq: int = 0
    chain: str = GENESIS


class BrokenLine(Exception):  # noqa: N818 - what it is, caught by the file's reader
    """A line is not what was written; the message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A read line: the entry, its text, and how many lines of its batch were still to come."""

    recorded: Recorded
    text: str
    left: int
    chain: str


def write(
    entries: Sequence[Entry], *, head: Head, at: datetime, salts: Iterable[str], narrate: Narrator
) -> tuple[bytes, Head, list[Recorded]]:
    """One batch as bytes, each line ending in LF, with the head after it and the entries with their places."""
    at = at.astimezone(UTC)
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)  # what is kept in memory is what the line says
    lines, recorded = [], []
    for left, entry, salt in zip(range(len(entries) - 1, -1, -1), entries, salts, strict=False):
        facts, personal = take_apart(entry)
        text = narrate(entry)
        line: dict[str, Any] = {
            "seq": head.seq + 1,
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "text": text,
            "what": entry.WHAT,
            "v": VERSION,
            "facts": facts,
            "personal": personal,
            "salt": salt,
            "left": left,
            "sealed": _seal(salt, text, personal),
        }
        line["chain"] = _link(head.chain, line)
        head = Head(line["seq"], line["chain"])
        lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        recorded.append(Recorded(head.seq, at, entry))
    return b"".join(lines), head, recorded


def read(raw: bytes, head: Head) -> Line:
    """The line that follows `head`. Raises BrokenLine when it is damaged, changed or out of order."""
    try:
        line = orjson.loads(raw)
        seq, text, left, chain = line["seq"], line["text"], line["left"], line["chain"]
        at = datetime.fromisoformat(line["at"])
        if seq != head.seq + 1:
            raise BrokenLine(f"it has seq {seq} where {head.seq + 1} must follow: a line was removed, added or moved")
        erased = line["salt"] is None
        if not erased and line["sealed"] != _seal(line["salt"], text, line["personal"]):
            raise BrokenLine("its text or personal data were changed")
        if chain != _link(head.chain, line):
            raise BrokenLine("it, or the line before it, was changed, removed or reordered")
        entry = put_together(line["what"], line["facts"], None if erased else line["personal"])
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenLine(f"it is not a journal line ({type(error).__name__}: {str(error).splitlines()[0]})") from error
    return Line(Recorded(seq, at, entry), text, left, chain)


def _seal(salt: str, text: str, personal: dict[str, Any]) -> str:
    content = orjson.dumps([text, personal], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(salt.encode() + content).hexdigest()


def _link(chain: str, line: dict[str, Any]) -> str:
    covered = [chain, *(line[key] for key in ("seq", "at", "what", "v", "facts", "left", "sealed"))]
    return hashlib.sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()
