"""A small language for phrases, so that what people write is data and not code.

A phrase is a row of items between spaces, matched against folded words of one sentence:

    anmelden        this word                  a|b        one of these
    meld*  *meldung  *meld*                    words that begin, end with or contain it
    ..  ...         up to 3, up to 8 words between; never across a negation
    ?auch           may be missing             <me>       a class of words, from [classes]
    ^  $            beginning, end of the sentence

A word is looked up once and remembered: it yields the numbers of all items that it fits. Only phrases of which every
required item fits some word of the sentence are then matched, and only from where their first item fits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from inbox_worker.core.reading.sentences import Word, fold

_GAPS = {"..": 3, "...": 8}
_MARKS = frozenset("^$")
_REMEMBERED = 20_000


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
    """One item of a phrase; `number` tells what words it stands for, and is the same wherever these are the same."""

    number: int = -1
    optional: bool = False
    gap: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class _Phrase:
    act: str
    weight: float
    items: tuple[_Item, ...]
    required: frozenset[int]
    source: str


@dataclass(slots=True)
class _Vocabulary:
    """All words and beginnings, ends and middles of words that items stand for, with the numbers of those items."""

    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)
    exact: dict[str, set[int]] = field(default_factory=dict)
    starts: dict[str, set[int]] = field(default_factory=dict)
    ends: dict[str, set[int]] = field(default_factory=dict)
    inside: dict[str, set[int]] = field(default_factory=dict)

    def number(self, alternatives: tuple[str, ...]) -> int:
        """The number of the item that stands for these words."""
        if alternatives in self.numbers:
            return self.numbers[alternatives]
        number = self.numbers[alternatives] = len(self.numbers)
        for word in alternatives:
            before, behind = word.startswith("*"), word.endswith("*")
            table = {(False, False): self.exact, (False, True): self.starts, (True, False): self.ends}.get(
                (before, behind), self.inside
            )
            table.setdefault(word.strip("*"), set()).add(number)
        return number

    def fitted(self, word: str) -> frozenset[int]:
        """The numbers of all items that `word` fits."""
        found = set(self.exact.get(word, ()))
        for length in range(1, len(word) + 1):
            found.update(self.starts.get(word[:length], ()), self.ends.get(word[-length:], ()))
        for part, numbers in self.inside.items():
            if part in word:
                found.update(numbers)
        return frozenset(found)


class Phrases:
    """All phrases of a data file, ready to be found in sentences."""

    def __init__(
        self,
        acts: Mapping[str, Mapping[float, Iterable[str]]],
        classes: Mapping[str, Sequence[str]],
        negations: Sequence[str],
    ) -> None:
        self._classes = {name: tuple(fold(word) for word in words) for name, words in classes.items()}
        self._vocabulary = _Vocabulary()
        self._negation = self._item("|".join(negations)).number
        self._phrases = [
            self._phrase(act, weight, source)
            for act, graded in acts.items()
            for weight, phrases in graded.items()
            for source in phrases
        ]
        self._with_item: dict[int, list[int]] = {}
        users = Counter(number for phrase in self._phrases for number in phrase.required)
        for place, phrase in enumerate(self._phrases):
            if not phrase.required:
                msg = f"the phrase {phrase.source!r} needs no word at all: it would be found in every sentence"
                raise ValueError(msg)
            # looked up by the item that the fewest phrases share
            self._with_item.setdefault(min(phrase.required, key=users.__getitem__), []).append(place)
        self._keys = frozenset(self._with_item)
        self._fitted = lru_cache(_REMEMBERED)(self._vocabulary.fitted)

    def negates(self, word: str) -> bool:
        """Whether a folded word is a negation."""
        return self._negation in self._fitted(word)

    def find(self, words: Sequence[Word]) -> list[Hit]:
        """Every phrase that occurs in a sentence, at most once each, in the order of the data."""
        fits = [self._fitted(word.folded) for word in words]
        present = frozenset().union(*fits)
        places = sorted(
            place
            for number in present & self._keys
            for place in self._with_item[number]
            if self._phrases[place].required <= present
        )
        return [hit for place in places if (hit := self._hit(self._phrases[place], fits))]

    def _hit(self, phrase: _Phrase, fits: Sequence[frozenset[int]]) -> Hit | None:
        first = phrase.items[0]
        anywhere = first.optional or first.gap or first.mark
        for start in range(1 if first.mark == "^" else len(fits)):
            if anywhere or first.number in fits[start]:
                end = _match(phrase.items, 0, fits, self._negation, start)
                if end > start:
                    return Hit(phrase.act, phrase.weight, start, end - 1, phrase.source)
        return None

    def _phrase(self, act: str, weight: float, source: str) -> _Phrase:
        items = tuple(self._item(text) for text in source.split())
        required = frozenset(item.number for item in items if item.number >= 0 and not item.optional)
        return _Phrase(act, weight, items, required, source)

    def _item(self, text: str) -> _Item:
        if text in _GAPS:
            return _Item(optional=True, gap=_GAPS[text])
        if text in _MARKS:
            return _Item(mark=text)
        alternatives: list[str] = []
        for word in text.lstrip("?").split("|"):
            alternatives.extend(self._classes[word[1:-1]] if word.startswith("<") else (fold(word),))
        return _Item(self._vocabulary.number(tuple(alternatives)), optional=text.startswith("?"))


def _match(items: tuple[_Item, ...], place: int, fits: Sequence[frozenset[int]], negation: int, at: int) -> int:
    """The position behind the match of items[place:] at word `at`, or -1."""
    while place < len(items):
        item = items[place]
        if item.mark:
            if (item.mark == "^" and at != 0) or (item.mark == "$" and at != len(fits)):
                return -1
        elif item.gap:
            for skipped in range(item.gap + 1):
                end = _match(items, place + 1, fits, negation, at + skipped)
                if end >= 0:
                    return end
                if at + skipped >= len(fits) or negation in fits[at + skipped]:
                    return -1
            return -1
        elif at < len(fits) and item.number in fits[at]:
            at += 1
        elif not item.optional:
            return -1
        place += 1
    return at
