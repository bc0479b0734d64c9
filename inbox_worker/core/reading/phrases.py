"""A small language for phrases, so that what people write is data and not code.

A phrase is a row of items between spaces, matched against folded words of one sentence:

    anmelden        this word                  a|b        one of these
    meld*  *meldung  *meld*                    words that begin, end with or contain it
    ..  ...         up to 3, up to 8 words between; never across a negation
    ?auch           may be missing             <me>       a class of words, from [classes]
    ^  $            beginning, end of the sentence

Matching is linear in the sentence for each phrase, and only phrases of which a word occurs are tried.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inbox_worker.core.reading.sentences import Word, fold

_KEY = 4
_GAPS = {"..": 3, "...": 8}
_MARKS = frozenset("^$")


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: its act, its strength, and the first and last word's number."""

    act: str
    weight: float
    first: int
    last: int
    phrase: str


@dataclass(frozen=True, slots=True)
class _Item:
    exact: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    inside: tuple[str, ...]
    optional: bool
    gap: int
    mark: str

    def fits(self, word: str) -> bool:
        return (
            word in self.exact
            or (bool(self.starts) and word.startswith(self.starts))
            or (bool(self.ends) and word.endswith(self.ends))
            or any(part in word for part in self.inside)
        )


@dataclass(frozen=True, slots=True)
class _Phrase:
    act: str
    weight: float
    items: tuple[_Item, ...]
    source: str


class Phrases:
    """All phrases of a data file, ready to be found in sentences."""

    def __init__(
        self, acts: Mapping[str, Mapping[float, Iterable[str]]], classes: Mapping[str, Sequence[str]], negations: Sequence[str]
    ) -> None:
        self._classes = {name: tuple(fold(word) for word in words) for name, words in classes.items()}
        self._negation = self._item("|".join(negations))
        self._by_key: dict[str, list[int]] = {}
        self._always: list[int] = []
        self._phrases: list[_Phrase] = []
        for act, graded in acts.items():
            for weight, phrases in graded.items():
                for source in phrases:
                    self._add(act, weight, source)

    def negates(self, word: str) -> bool:
        """Whether a folded word is a negation."""
        return self._negation.fits(word)

    def find(self, words: Sequence[Word]) -> list[Hit]:
        """Every phrase that occurs in a sentence, at most once each, in the order of the data."""
        folded = [word.folded for word in words]
        negative = [self._negation.fits(word) for word in folded]
        numbers = set(self._always)
        for word in set(folded):
            for length in range(1, min(_KEY, len(word)) + 1):
                numbers.update(self._by_key.get(word[:length], ()))
        hits: list[Hit] = []
        for number in sorted(numbers):
            phrase = self._phrases[number]
            for start in range(len(folded)):
                end = _match(phrase.items, 0, folded, negative, start)
                if end > start:
                    hits.append(Hit(phrase.act, phrase.weight, start, end - 1, phrase.source))
                    break
                if phrase.items[0].mark == "^":
                    break
        return hits

    def _add(self, act: str, weight: float, source: str) -> None:
        items = tuple(self._item(text) for text in source.split())
        number = len(self._phrases)
        self._phrases.append(_Phrase(act, weight, items, source))
        keys = min((keys for keys in map(_keys, items) if keys), key=_dearness, default=None)
        if keys is None:
            self._always.append(number)
        else:
            for key in keys:
                self._by_key.setdefault(key, []).append(number)

    def _item(self, text: str) -> _Item:
        if text in _GAPS:
            return _Item(frozenset(), (), (), (), optional=True, gap=_GAPS[text], mark="")
        if text in _MARKS:
            return _Item(frozenset(), (), (), (), optional=False, gap=0, mark=text)
        optional = text.startswith("?")
        alternatives: list[str] = []
        for word in text.lstrip("?").split("|"):
            alternatives.extend(self._classes[word[1:-1]] if word.startswith("<") else (fold(word),))
        return _Item(
            frozenset(word for word in alternatives if "*" not in word),
            tuple(word[:-1] for word in alternatives if word.endswith("*") and not word.startswith("*")),
            tuple(word[1:] for word in alternatives if word.startswith("*") and not word.endswith("*")),
            tuple(word[1:-1] for word in alternatives if word.startswith("*") and word.endswith("*")),
            optional=optional,
            gap=0,
            mark="",
        )


def _keys(item: _Item) -> frozenset[str]:
    """Beginnings of words of which one must occur for `item` to fit; empty when that can't be told."""
    if item.optional or item.gap or item.mark or item.ends or item.inside:
        return frozenset()
    return frozenset(word[:_KEY] for word in (*item.exact, *item.starts))


def _dearness(keys: frozenset[str]) -> tuple[int, int]:
    """Few and long keys are rare in mails, so they are looked up."""
    return (-min(len(key) for key in keys), len(keys))


def _match(items: tuple[_Item, ...], number: int, words: list[str], negative: list[bool], at: int) -> int:  # noqa: C901
    """The position behind the match of items[number:] at word `at`, or -1."""
    while number < len(items):
        item = items[number]
        if item.mark:
            if (item.mark == "^" and at != 0) or (item.mark == "$" and at != len(words)):
                return -1
        elif item.gap:
            for skipped in range(item.gap + 1):
                end = _match(items, number + 1, words, negative, at + skipped)
                if end >= 0:
                    return end
                if at + skipped >= len(words) or negative[at + skipped]:
                    return -1
            return -1
        elif at < len(words) and item.fits(words[at]):
            at += 1
        elif not item.optional:
            return -1
        number += 1
    return at
