"""Values that a sentence opposes or states: 'Schmidt statt Schmitt', 'nicht NDR, sondern WDR', 'richtig ist: Weber'.

Knows words and their places only; what a value is one of is decided elsewhere.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple

_DATA = tomllib.loads(files(__package__).joinpath("data/values.toml").read_text("utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(_DATA[name].split())


_PARTICLES, _LINKS, _SKIPPED, _STOPS = map(_words, ("particles", "links", "skipped", "stops"))
_INSTEAD, _INTO, _IN, _SHOULD, _STATED, _NOT, _SPELLING = (
    re.compile(_DATA["between"][name], re.IGNORECASE)
    for name in ("instead", "into", "in", "should", "stated", "not", "spelling")
)
_PAIRS = tuple(re.compile(one, re.IGNORECASE) for one in _DATA["between"]["pairs"])
_LABEL_BEHIND = re.compile(_DATA["between"]["label_behind"], re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<quoted>[„“”\"»«‚‘](?P<inner>[^„“”\"»«‚‘’\n]{1,80})[“”\"»«‘’])|(?P<mail>\S+@\S+\w)|(?P<arrow>->|=>|→|➔)"
    r"|(?P<word>[^\W\d_](?:[\w'’&.\-]*\w)?\.?|\d[\w.\-]*)|(?P<mark>[^\s\w])"
)
_ABBREVIATION = 4
_MOST_SKIPPED = 8


class Value(NamedTuple):
    """Words at `start`..`end` of the sentence. `new`: so it is right, else so it was. `linked`: behind 'bei' or 'für'.

    `label` is the word behind it that says what it is ('Georg ist der Nachname'), `quoted` whether it stands in marks,
    `opposed` whether it is set against another one ('statt', 'sondern').
    """

    text: str
    start: int
    end: int
    new: bool
    linked: bool = False
    label: str = ""
    quoted: bool = False
    opposed: bool = False


class Spelling(NamedTuple):
    """How a name is spelled: with these letters ('mit dt', 'Doppel-s'), told at `start` of the sentence."""

    letters: str
    start: int


class _Token(NamedTuple):
    text: str
    start: int
    end: int
    kind: str

    @property
    def low(self) -> str:
        return self.text.casefold()


def spellings(sentence: str) -> tuple[Spelling, ...]:
    """What is said of the letters of a name."""
    found = []
    for match in _SPELLING.finditer(sentence):
        letters = (match["letters"] or match["twice"] * 2).lower().replace("-", "").replace("scharfem s", "ß")
        found.append(Spelling({"eszett": "ß", "s-zett": "ß"}.get(letters, letters), match.start()))
    return tuple(found)


def values(sentence: str) -> tuple[Value, ...]:
    """The values in `sentence`, new and old, those that are told most plainly first; none twice."""
    tokens = [
        _Token(m["inner"] or m[0], m.start(), m.end(), "quoted" if m["inner"] else m.lastgroup or "")
        for m in _TOKEN.finditer(sentence)
    ]
    found: list[Value] = []
    for value in _told(sentence, tokens):
        if value is not None and not any(value.start < other.end and other.start < value.end for other in found):
            found.append(value)
    return tuple(found)


def _told(sentence: str, tokens: Sequence[_Token]) -> Iterator[Value | None]:
    for match in _LABEL_BEHIND.finditer(sentence):
        value = _before(tokens, match.start())
        yield value._replace(label=match["label"]) if value else None
    yield from (value._replace(opposed=True) if value else None for value in _opposed(sentence, tokens))
    if _INTO.search(sentence):
        for match in _IN.finditer(sentence):
            if new := _behind(tokens, match.end()):
                yield from (_before(tokens, match.start(), new=False), new)
    for match in _SHOULD.finditer(sentence):
        yield from (_before(tokens, match.start(), new=False), _behind(tokens, match.end()))
    for match in _STATED.finditer(sentence):
        yield _behind(tokens, match.end())


def _opposed(sentence: str, tokens: Sequence[_Token]) -> Iterator[Value | None]:
    """'Nicht A, sondern B', 'B mit dt', 'B statt A', 'A -> B', 'B, nicht A'."""
    for match in (match for pair in _PAIRS for match in pair.finditer(sentence)):
        yield _behind(tokens, match.start("old"), new=False, until=match.end("old"))
        yield _behind(tokens, match.end())
    for match in _SPELLING.finditer(sentence):
        yield _before(tokens, match.start())
    for match in _INSTEAD.finditer(sentence):
        old = _behind(tokens, match.end(), new=False)
        yield from (old, _before(tokens, match.start()) or (_behind(tokens, old.end) if old else None))
    for token in (token for token in tokens if token.kind == "arrow"):
        yield from (_before(tokens, token.start, new=False), _behind(tokens, token.end))
    for match in _NOT.finditer(sentence):
        yield from (_behind(tokens, match.end(), new=False), _before(tokens, match.start()))


def _may_be(token: _Token) -> bool:
    if token.kind == "quoted":
        return True
    stops = token.low in _STOPS or token.low.rstrip(".") in _STOPS
    return token.kind == "word" and token.text[:1].isupper() and not stops


def _behind(tokens: Sequence[_Token], at: int, *, new: bool = True, until: int = 10_000) -> Value | None:
    """The value that begins at or soon behind `at`, with nothing but small words between; all of it before `until`."""
    near = [token for token in tokens if at <= token.start < until]
    first = _first(near)
    if first is None:
        return None
    last = first
    while near[first].kind != "quoted" and last + 1 < len(near):
        if not (_may_be(near[last + 1]) or (near[last + 1].low in _PARTICLES and _goes_on(near, last + 1))):
            break
        last += 1
    linked = any(token.low in _LINKS for token in near[:first])
    return _value(near[first : last + 1], new=new, linked=linked)


def _first(tokens: Sequence[_Token]) -> int | None:
    """Where a value begins, behind a few small words; None when something else comes first."""
    for place, token in enumerate(tokens[:_MOST_SKIPPED]):
        if token.low in _SKIPPED or token.low in _LINKS:
            continue
        begins = _may_be(token) or (token.low in _PARTICLES and _goes_on(tokens, place))
        return place if begins else None
    return None


def _goes_on(tokens: Sequence[_Token], number: int) -> bool:
    """Whether particles ('von der') lead to a further word of a value."""
    while number < len(tokens) and tokens[number].low in _PARTICLES:
        number += 1
    return number < len(tokens) and _may_be(tokens[number])


def _before(tokens: Sequence[_Token], at: int, *, new: bool = True) -> Value | None:
    """The value that ends right before `at`, with a comma or a small word between."""
    place = max((number for number, token in enumerate(tokens) if token.end <= at), default=-1)
    while place >= 0 and tokens[place].low in {",", "(", "bitte", ":", "-", "–", "please", "also", "und", "and"}:
        place -= 1
    if place < 0 or not _may_be(tokens[place]):
        return None
    first = place
    if tokens[place].kind != "quoted":
        for number in range(place - 1, -1, -1):
            if _may_be(tokens[number]) and tokens[number].kind == "word":
                first = number
            elif not (tokens[number].low in _PARTICLES and number and _may_be(tokens[number - 1])):
                break
    linked = first > 0 and tokens[first - 1].low in _LINKS
    return _value(tokens[first : place + 1], new=new, linked=linked)


def _value(tokens: Sequence[_Token], *, new: bool, linked: bool) -> Value:
    text = " ".join(token.text for token in tokens)
    if len(text.split()[-1]) > _ABBREVIATION:
        text = text.rstrip(".")
    return Value(text, tokens[0].start, tokens[-1].end, new, linked, quoted=tokens[0].kind == "quoted")
