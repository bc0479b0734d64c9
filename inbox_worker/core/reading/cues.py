"""Which sentences speak of something that is wrong on our list, how firmly, and of which facts.

Never looks for values: that is `corrections`. The words are data (`data/corrections.toml`).
"""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from inbox_worker.core.reading.intent import Evidence
from inbox_worker.core.reading.people import lexicon
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.names import is_given
from inbox_worker.core.reading.people.ours import ours_of
from inbox_worker.core.registration import Desk

_DATA = tomllib.loads(files(__package__).joinpath("data/corrections.toml").read_text("utf-8"))


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in _DATA[name]), re.IGNORECASE)


FIRM, PLAIN, _LACKING, _STATES, VOID, UNSURE = map(_pattern, ("firm", "plain", "lacking", "states", "void", "unsure"))
ELSEWHERE, SWAPPED, REMOVES, HAS_NONE, _CALLED = map(
    _pattern, ("elsewhere", "swapped", "removes", "has_none", "called")
)
FIELDS = {name: re.compile(words, re.IGNORECASE) for name, words in _DATA["fields"].items()}

_SALUTATION = re.compile(
    r"\s*(?:(?:sehr|hoch|viel)\s*)?(?:"
    + "|".join(sorted(map(re.escape, lexicon.SALUTATIONS), key=len, reverse=True))
    + r"|beste|geachte|cher|chère|grüezi|servus|moin|tach)\b[^.!?\n,;:]{0,60}(?:[,!\n]+|$)",
    re.IGNORECASE,
)
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with a cue: how firm it is, which facts it names, and which the one before it did."""

    text: str
    start: int
    firm: bool
    about: tuple[str, ...]
    carried: tuple[str, ...]


def speaking(one: Evidence, before: tuple[str, ...], *, corrects: bool) -> Sentence | None:
    """The sentence if it speaks of a correction, as all may in a mail that `corrects` something.

    What it is about is carried on from the one `before`.
    """
    saluted = _SALUTATION.match(one.sentence.text)
    at = saluted.end() if saluted else 0
    text = one.sentence.text[at : at + _LONGEST]
    text = _with_capitals(text)
    about = tuple(name for name, words in FIELDS.items() if words.search(text))
    about = about or (("name",) if _CALLED.search(text) else ())
    lacking = bool(about or before) and _LACKING.search(text) is not None
    firm = (lacking or FIRM.search(text) is not None) and not VOID.search(text)
    if one.wonders or not (firm or corrects or _STATES.search(text) or before):
        return None
    if ELSEWHERE.search(text) and not about and "@" not in text:
        return None
    return Sentence(text, one.sentence.start + at, firm, about, before)


def _with_capitals(text: str) -> str:
    """'auf der liste bitte antonia und nicht toni': in a mail without capitals, given names get theirs."""
    if not text.islower():
        return text
    return re.sub(r"[^\W\d_]{3,}", lambda match: match[0].capitalize() if is_given(match[0]) else match[0], text)


def is_of_ours(sentence: Sentence, desk: Desk) -> bool:
    """Whether one of our own people is named: what is wrong with them is no fact of our list."""
    ours = ours_of(desk).families
    return any(fold(word) in ours for word in re.findall(r"[^\W\d_][\w-]+", sentence.text) if word[0].isupper())
