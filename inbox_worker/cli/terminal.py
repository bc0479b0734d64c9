"""What may reach a terminal: nothing that could move the cursor, colour the screen or turn the reading direction."""

import json
import unicodedata
from typing import Any

_KEPT = {"\n", "\t"}
_UNFIT = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def printable(text: str) -> str:
    """`text` with every control (Cc), format (Cf: bidi tricks), separator and surrogate character as a visible ?."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("?" if c not in _KEPT and unicodedata.category(c) in _UNFIT else c for c in text)


def one_line(text: str) -> str:
    """`printable` on one line: what somebody else wrote can't begin a line, a row or a column of its own."""
    return printable(" ".join(text.split()) if not text.isprintable() else text)


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON in UTF-8 that loses nothing; what must not reach a terminal is an escape in it."""
    return printable_json(json.dumps(value, ensure_ascii=False, indent=indent))


def printable_json(text: str) -> str:
    """The same JSON with every unfit character inside of it as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if c != "\n" and unicodedata.category(c) in _UNFIT else c for c in text)
