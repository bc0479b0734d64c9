"""The phrases of `data/*.toml` weighed against a mail: how strongly its words speak for which kind of machine.

Never looks at a header field other than the subject, and never decides: `screen` does.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inbox_worker.core.registration import Reason

_LIMIT = 6000
"""Characters of text that are weighed: a machine says what it is at the beginning, or in the footer."""
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "´": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "\n": " ", "\t": " "}
)
_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|antw|wg|fwd?|sv|vs|tr|rif|odp|antwort|ha|vá)\s?(?:\[\d+\])?\s?:\s*|\[[^\]]{1,30}\]\s*)+",
    re.IGNORECASE,
)
_SPACES = re.compile(r" {2,}")


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One phrase: its pieces must all stand in the text before the pattern is tried, which is nearly never."""

    pieces: tuple[str, ...]
    pattern: re.Pattern[str]

    def find(self, text: str) -> str:
        if all(piece in text for piece in self.pieces):
            match = self.pattern.search(text)
            return match[0] if match else ""
        return ""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a kind of machine says, in all the ways we know."""

    name: str
    where: str
    weight: int
    phrases: tuple[_Phrase, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """How much spoke for one kind, and what it was. `subject` says that the subject calls itself automatic."""

    weight: int = 0
    because: tuple[Reason, ...] = ()
    subject: bool = False


@dataclass(frozen=True, slots=True)
class Texts:
    """A mail's subject and text, made comparable once: lower case, one blank between words, plain quotes."""

    subject: str
    text: str

    @classmethod
    def of(cls, subject: str, text: str) -> "Texts":
        """From a subject (its Re:, AW:, WG: are dropped) and the text that the writer did not quote."""
        if len(text) > _LIMIT:
            text = f"{text[: _LIMIT // 2]} {text[-_LIMIT // 2 :]}"
        return cls(_plain(_PREFIX.sub("", subject)), _plain(text))


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text.lower().translate(_QUOTES)).strip()


def _phrase(written: str) -> _Phrase:
    pieces = [piece for piece in re.split(r" … |\*", written) if piece.strip()]
    pattern = "".join(
        {" … ": r"\s[^.!?]{0,70}?\s?", "*": r"\S*"}.get(part, re.escape(part))
        for part in re.split(r"( … |\*)", written)
    )
    start = r"(?<!\w)" if written[0].isalnum() else ""
    end = r"(?!\w)" if written[-1].isalnum() else ""
    return _Phrase(tuple(piece.strip() for piece in pieces), re.compile(start + pattern + end))


def _load(name: str) -> tuple[Sign, ...]:
    path = Path(__file__).with_name("data") / f"{name}.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Sign(one["name"], one["where"], one["weight"], tuple(map(_phrase, one["phrases"]))) for one in data["sign"]
    )


SIGNS: dict[str, tuple[Sign, ...]] = {name: _load(name) for name in ("auto_reply", "bounce", "bulk", "person")}


def weigh(kind: str, texts: Texts) -> Weighed:
    """All signs of `kind` ('auto_reply', 'bounce', 'bulk' or 'person') that these texts show, each once."""
    weight, reasons, subject = 0, [], False
    for sign in SIGNS[kind]:
        words, where = _found(sign, texts)
        if words:
            weight += sign.weight
            subject = subject or sign.name == "subject of an automatic reply"
            reasons.append(Reason(sign.name, words, where))
    return Weighed(weight, tuple(reasons), subject)


def _found(sign: Sign, texts: Texts) -> tuple[str, str]:
    if sign.where == "start":
        return _first(
            phrase.find(texts.subject[:120]) for phrase in sign.phrases if texts.subject.startswith(phrase.pieces[0])
        ), "Subject"
    if sign.where in {"subject", "any"} and (words := _first(phrase.find(texts.subject) for phrase in sign.phrases)):
        return words, "Subject"
    if sign.where in {"text", "any"}:
        return _first(phrase.find(texts.text) for phrase in sign.phrases), "text"
    return "", ""


def _first(found: Iterable[str]) -> str:
    return next((words for words in found if words), "")
