"""What may reach a terminal: nothing that could move the cursor, colour the screen or turn the reading direction."""

import json
import unicodedata

_KEPT = {"\n", "\t"}
_NEVER_SHOWN = {"Cc", "Cf", "Cs"}
_BREAKS = {"Zl", "Zp"}


def printable(text: str) -> str:
    """`text` with every control (Cc), format (Cf: bidi tricks) and lone surrogate character made visible as ?."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("?" if c not in _KEPT and unicodedata.category(c) in _NEVER_SHOWN else c for c in text)


def one_line(text: str) -> str:
    """As `printable`, and no line break or tab either: what others wrote can't pass for a line of ours."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("?" if unicodedata.category(c) in _NEVER_SHOWN | _BREAKS else c for c in text)


def printable_json(line: str) -> str:
    """A line of JSON, which stays the same JSON, with every such character inside of it escaped."""
    return "".join(
        json.dumps(c)[1:-1] if c != "\n" and unicodedata.category(c) in _NEVER_SHOWN | _BREAKS else c for c in line
    )
