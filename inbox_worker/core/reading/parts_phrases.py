"""The words of `data/parts.toml` as patterns: how mail programs and people mark the seams of a mail.

Never decides anything: `parts_seams` and `parts_signature` do.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

_DATA: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("data").joinpath("parts.toml").read_text(encoding="utf-8")
)


def words(*path: str) -> list[str]:
    """The list at this path of the data file."""
    found: Any = _DATA
    for name in path:
        found = found[name]
    return [str(word) for word in found]


def pattern(phrase: str) -> str:
    """One phrase as a regular expression: `*` ends a word freely, or is any rest after a blank; ` … ` some words."""
    out = []
    for piece in re.split(r"( … | \*$|\*)", phrase):
        match piece:
            case " … ":
                out.append(r"\s[^\n]{1,60}?\s?")
            case " *":
                out.append(r"\s.*")
            case "*":
                out.append(r"\w*")
            case _:
                out.append(re.escape(piece).replace(r"\ ", r"\s+"))
    end = "" if phrase.endswith(("*", ":")) or not phrase[-1].isalnum() else r"(?!\w)"
    return "".join(out) + end


def anyone(*phrases: str) -> str:
    """Alternatives, longest first, as one group."""
    return "(?:" + "|".join(pattern(phrase) for phrase in sorted(phrases, key=len, reverse=True)) + ")"


def line_start(*phrases: str) -> re.Pattern[str]:
    """Matches a line that starts with one of `phrases`, in any case."""
    return re.compile(rf"\s*{anyone(*phrases)}", re.IGNORECASE)
