"""The journal's line: an entry as one line of JSON, chained to the line before it.

    seq at text what v facts personal salt left sealed chain

- `text` tells a press officer what happened. It and `personal` are the part that can be erased; `sealed` is a
  salted digest of them, so that the digest tells nothing about what was erased.
- `chain` covers the line before it and everything but the erasable part: a line that is changed, removed or
  reordered breaks it; an erased one does not.
- `left` counts down to 0 within one append. A batch without its last line never happened.

What a line says is verified at every reading. That it also stands there byte for byte as it was written (white space,
escapes, order of keys, doubled or added keys say nothing to a program, but may to a person) is asked by
`journal verify` only: `as_written`. What no chain can tell: whether whole batches are missing at the end, and whether
somebody wrote all of it anew. Whoever notes the last chain elsewhere can tell that, too.

Never touches a file and draws no salt: bytes and salts are arguments.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.core.entries.codec import put_together, take_apart

VERSION = 1
GENESIS = "0" * 64
ERASED = "(gelöscht)"
"""The text of a line whose erasable part is gone: nothing proves it any more, so it is always the same."""
KEYS = ("seq", "at", "text", "what", "v", "facts", "personal", "salt", "left", "sealed", "chain")

Narrator = Callable[[Entry], str]
"""Tells an entry in one sentence for the press office."""


class Head(NamedTuple):
    """How far a journal goes: the last line's number and chain."""  # a tuple, as Line: one is made for each line

    seq: int = 0
    chain: str = GENESIS


class BrokenLine(Exception):  # noqa: N818 - what it is, caught by the file's reader
    """A line is not what was written; the message says why."""


class Line(NamedTuple):
    """A read line: the entry, its text, how many lines of its batch were still to come, and its bytes with their LF."""

    recorded: Recorded
    text: str
    left: int
    chain: str
    raw: bytes


def write(
    entries: Sequence[Entry], *, head: Head, at: datetime, salts: Iterable[str], narrate: Narrator
) -> tuple[bytes, Head, list[Recorded]]:
    """One batch as bytes, each line ending in LF, with the head after it and the entries with their places."""
    at = at.astimezone(UTC)
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)  # what is kept in memory is what the line says
    lines, recorded = [], []
    for left, told, salt in zip(range(len(entries) - 1, -1, -1), entries, salts, strict=False):
        entry, text, facts, personal = _encodable(told, narrate)
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


def _encodable(entry: Entry, narrate: Narrator) -> tuple[Entry, str, dict[str, Any], dict[str, Any]]:
    """The entry with its text, facts and personal part, all of it such that UTF-8 can say it.

    A server that answers in Latin-1 leaves half characters (lone surrogates) in its response; they become question
    marks, since an outcome must be recorded whatever words came with it.
    """
    text, (facts, personal) = narrate(entry), take_apart(entry)
    try:
        orjson.dumps([text, facts, personal])
    except TypeError:
        entry = put_together(entry.WHAT, _without_halves(facts), _without_halves(personal))
        text, (facts, personal) = _without_halves(text), take_apart(entry)
    return entry, text, facts, personal


def _without_halves(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode("utf-8")
        case dict():
            return {key: _without_halves(one) for key, one in value.items()}
        case list():
            return [_without_halves(one) for one in value]
        case _:
            return value


def read(raw: bytes, head: Head) -> Line:
    """The line that follows `head`. Raises BrokenLine when it is damaged, changed or out of order."""
    try:
        line = orjson.loads(raw)
        seq, text, chain, salt, personal = line["seq"], line["text"], line["chain"], line["salt"], line["personal"]
        if seq != head.seq + 1:
            raise BrokenLine(f"it has seq {seq} where {head.seq + 1} must follow: a line was removed, added or moved")
        if line["v"] != VERSION:
            raise BrokenLine(f"it has version {line['v']}: written by a newer version?")
        if salt is None:
            if personal or text != ERASED:
                raise BrokenLine(f"it was erased, so it may say nothing but {ERASED!r}")
        elif line["sealed"] != _seal(salt, text, personal):
            raise BrokenLine("its text or personal data were changed")
        if chain != _link(head.chain, line):
            raise BrokenLine("it, or the line before it, was changed, removed or reordered")
        entry = put_together(line["what"], line["facts"], personal)
        return Line(Recorded(seq, _moment(line["at"]), entry), text, line["left"], chain, raw)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenLine(f"it is not a journal line ({type(error).__name__}: {str(error).splitlines()[0]})") from error


def as_written(line: Line) -> bool:
    """Whether a line that was read is byte for byte what a journal writes: there is one spelling for each meaning."""
    told = orjson.loads(line.raw)
    facts, personal = take_apart(line.recorded.entry)
    in_order = _in_order(told["facts"], facts) and _in_order(told["personal"], personal)
    return tuple(told) == KEYS and in_order and orjson.dumps(told) + b"\n" == line.raw


def _in_order(told: Any, model: Any) -> bool:
    """Whether all keys within `told` stand in the order of `model`; values are not compared."""
    if isinstance(told, dict) and isinstance(model, dict):
        return list(told) == list(model) and all(_in_order(told[key], model[key]) for key in told)
    if isinstance(told, list) and isinstance(model, list):
        return len(told) == len(model) and all(map(_in_order, told, model))
    return True


_moment = lru_cache(maxsize=8)(datetime.fromisoformat)
"""The lines of a batch share their time: read once, kept in memory once."""


def _seal(salt: str, text: str, personal: dict[str, Any]) -> str:
    content = orjson.dumps([text, personal], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(salt.encode() + content).hexdigest()


def _link(chain: str, line: dict[str, Any]) -> str:
    seq, at, what, v, facts = line["seq"], line["at"], line["what"], line["v"], line["facts"]
    covered = [chain, seq, at, what, v, facts, line["left"], line["sealed"]]
    return hashlib.sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()
