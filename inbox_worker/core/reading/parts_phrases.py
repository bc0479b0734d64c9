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


class LineStarts:
    """Matches a line that starts with one of many phrases, in any case; found by the line's first two letters."""

    def __init__(self, *phrases: str, lead: str = "") -> None:
        """`lead`: characters that may stand before the phrase, besides blanks."""
        self._lead = f" \t{lead}"
        grouped: dict[str, list[str]] = {}
        for phrase in phrases:
            grouped.setdefault(phrase[:2].lower(), []).append(phrase)
        self._phrases = grouped
        self._patterns: dict[str, re.Pattern[str]] = {}

    def match(self, line: str) -> str:
        """The line up to the phrase's end, or '' when it starts with none."""
        bare = line.lstrip(self._lead)
        for text in (bare, line) if bare != line else (line,):
            key = text[:2].lower()
            if key in self._phrases and (match := self._pattern(key).match(text)):
                return line[: len(line) - len(text) + match.end()]
        return ""

    def _pattern(self, key: str) -> re.Pattern[str]:
        """Made when first needed: a mail begins its lines with few of all the phrases."""
        found = self._patterns.get(key)
        if found is None:
            found = self._patterns[key] = re.compile(anyone(*self._phrases[key]), re.IGNORECASE)
        return found
