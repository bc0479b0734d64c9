"""Text that stays where it is put: nothing in it moves a cursor, colours a screen or turns the reading direction."""

import unicodedata

_KEPT = {"\n", "\t"}
UNFIT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what is not shown but does something."""


def printable(text: str) -> str:
    """`text` with every control (Cc), format (Cf: bidi tricks), separator and surrogate character as a visible ?."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("?" if c not in _KEPT and unicodedata.category(c) in UNFIT else c for c in text)


def one_line(text: str) -> str:
    """`printable` on one line: what somebody else wrote can't begin a line, a row or a column of its own."""
    return printable(" ".join(text.split()) if not text.isprintable() else text)
