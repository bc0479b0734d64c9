"""What may reach a terminal: nothing that could move the cursor, colour the screen or turn the reading direction."""

import unicodedata

_KEPT = {"\n", "\t"}


def printable(text: str) -> str:
    """`text` with every control (Cc), format (Cf: bidi tricks) and lone surrogate character made visible as ?."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("?" if c not in _KEPT and unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c for c in text)
