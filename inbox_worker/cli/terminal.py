"""What may reach a terminal: nothing that could move the cursor, colour the screen or turn the reading direction."""

import json
import unicodedata
from typing import Any

from inbox_worker.core.printable import UNFIT, one_line, printable

__all__ = ["json_text", "one_line", "printable", "printable_json"]


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON in UTF-8 that loses nothing; what must not reach a terminal is an escape in it."""
    return printable_json(json.dumps(value, ensure_ascii=False, indent=indent))


def printable_json(text: str) -> str:
    """The same JSON with every unfit character inside of it as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if c != "\n" and unicodedata.category(c) in UNFIT else c for c in text)
