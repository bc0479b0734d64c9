"""The phrases of `data/*.toml` weighed against a mail: how strongly its words speak for which kind of machine.

Never looks at a header field other than the subject, and never decides: `screen` does.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from inbox_worker.core.registration import Reason

_LIMIT = 6000
"""Characters of text that are weighed: a machine says what it is at the beginning, or in the footer."""
_QUOTES = {"’": "'", "‘": "'", "´": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "\n": " ", "\t": " "}
_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|antw|wg|fwd?|sv|vs|tr|rif|odp|antwort|ha|vá)\s?(?:\[\d+\])?\s?:\s*|\[[^\]]{1,30}\]\s*)+",
    re.IGNORECASE,
)
_ANSWERS = re.compile(r"\b(?:re|aw|antw|sv|vs|rif|odp|antwort|ha|vá)\s?(?:\[\d+\])?\s?:", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_CALLED = "subject of an automatic reply"
_SPACES = re.compile(r" {2,}")


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One phrase: its pieces must all stand in the text before its pattern is made and tried, which is nearly never."""

    written: str
    pieces: tuple[str, ...]
    key: str
    """Its longest whole word; '' when it has none."""

    def starts(self, text: str) -> str:
        if text.startswith(self.pieces[0]):
            match = _pattern(self.written).match(text)
            return match[0] if match else ""
        return ""

    def find(self, text: str) -> str:
        if all(piece in text for piece in self.pieces):
            match = _pattern(self.written).search(text)
            return match[0] if match else ""
        return ""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a kind of machine says, in all the ways we know."""

    name: str
    where: str
    weight: int
    phrases: tuple[_Phrase, ...]
    by_people: bool = False
    """Whether somebody who wants something from us says this as well: that they are away, until when."""
    to_us: bool = False
    """Whether only a person says this, and only to us."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """How much spoke for one kind, and what it was.

    `subject` says that the subject calls itself automatic; `by_people` is what of the weight people say as well, and
    `to_us` whether a sign is among it that is directed at us.
    """

    weight: int = 0
    because: tuple[Reason, ...] = ()
    subject: bool = False
    by_people: int = 0
    to_us: bool = False


@dataclass(frozen=True, slots=True)
class Texts:
    """A mail's subject and text, made comparable once: lower case, one blank between words, plain quotes."""

    subject: str
    text: str
    words: frozenset[str]
    answers: bool = False
    """Whether the subject begins with Re: or AW:, so that the label behind it is that of the mail answered."""

    @classmethod
    def of(cls, subject: str, text: str) -> "Texts":
        """From a subject (its Re:, AW:, WG: are dropped) and the text that the writer did not quote."""
        if len(text) > _LIMIT:
            text = f"{text[: _LIMIT // 2]} {text[-_LIMIT // 2 :]}"
        prefix = _PREFIX.match(subject)
        answers = prefix is not None and _ANSWERS.search(prefix[0]) is not None
        subject, text = _plain(_PREFIX.sub("", subject)), _plain(text)
        return cls(subject, text, frozenset(_WORD.findall(f"{subject} {text}")), answers)


def _plain(text: str) -> str:
    text = text.lower()
    for mark, plain in _QUOTES.items():
        text = text.replace(mark, plain)  # ten times faster than str.translate, for a few characters
    return _SPACES.sub(" ", text).strip()


def _phrase(written: str) -> _Phrase:
    pieces = [piece for piece in re.split(r" … |\*", written) if piece.strip()]
    whole = re.sub(r"\w*\*\w*", " ", written)
    key = max(_WORD.findall(whole), key=len, default="")
    return _Phrase(written, tuple(piece.strip() for piece in pieces), key)


@lru_cache(maxsize=4096)
def _pattern(written: str) -> re.Pattern[str]:
    pattern = "".join(
        {" … ": r"\s(?:[^.!?]|(?<=\d)\.|\.(?=\w)){0,70}?\s?", "*": r"\S*"}.get(part, re.escape(part))
        for part in re.split(r"( … |\*)", written)
    )
    start = r"(?<!\w)" if written[0].isalnum() else ""
    end = r"(?!\w)" if written[-1].isalnum() else ""
    return re.compile(start + pattern + end)


def _load(name: str) -> tuple[Sign, ...]:
    path = Path(__file__).with_name("data") / f"{name}.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Sign(
            one["name"],
            one["where"],
            one["weight"],
            tuple(map(_phrase, one["phrases"])),
            one.get("by_people", False),
            one.get("to_us", False),
        )
        for one in data["sign"]
    )


SIGNS: dict[str, tuple[Sign, ...]] = {name: _load(name) for name in ("auto_reply", "bounce", "bulk", "fraud", "person")}


def _index() -> tuple[dict[str, tuple[int, ...]], tuple["_Row", ...]]:
    """Every phrase as a row, found by its longest whole word: a mail shows a handful of them, not all two thousand."""
    rows: list[_Row] = []
    index: dict[str, list[int]] = {}
    for kind, signs in SIGNS.items():
        for number, sign in enumerate(signs):
            for phrase in sign.phrases:
                index.setdefault(phrase.key, []).append(len(rows))
                rows.append(_Row(kind, number, sign.where, phrase))
    return {key: tuple(found) for key, found in index.items()}, tuple(rows)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    sign: int
    where: str
    phrase: _Phrase

    def find(self, texts: Texts) -> tuple[str, str]:
        """The mail's words that match, and where they stood."""
        if self.where == "start":
            return self.phrase.starts(texts.subject[:120]), "Subject"
        if self.where != "text" and (words := self.phrase.find(texts.subject)):
            return words, "Subject"
        return (self.phrase.find(texts.text), "text") if self.where != "subject" else ("", "")


_BY_WORD, _ROWS = _index()


def weigh(texts: Texts) -> dict[str, Weighed]:
    """For each kind (the keys of `SIGNS`) all signs that these texts show, each counted once."""
    candidates = {row for word in texts.words & _BY_WORD.keys() for row in _BY_WORD[word]}
    found: dict[tuple[str, int], Reason] = {}
    for number in sorted(candidates | set(_BY_WORD.get("", ()))):
        row = _ROWS[number]
        if (row.kind, row.sign) not in found:
            words, where = row.find(texts)
            if words:
                found[row.kind, row.sign] = Reason(SIGNS[row.kind][row.sign].name, words, where)
    return {
        kind: _weighed(signs, texts, {number: found[of, number] for of, number in sorted(found) if of == kind})
        for kind, signs in SIGNS.items()
    }


def _weighed(signs: tuple[Sign, ...], texts: Texts, found: dict[int, Reason]) -> Weighed:
    """`found` by the number of the sign. A label behind a Re: is the answered mail's: it hardly weighs."""
    weights = {
        number: 1 if texts.answers and signs[number].where == "start" else signs[number].weight for number in found
    }
    return Weighed(
        weight=sum(weights.values()),
        because=tuple(found.values()),
        subject=not texts.answers and any(reason.what == _CALLED for reason in found.values()),
        by_people=sum(weight for number, weight in weights.items() if signs[number].by_people),
        to_us=any(signs[number].to_us for number in found),
    )
