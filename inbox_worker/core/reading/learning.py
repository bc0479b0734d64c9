"""What a sentence does, judged by likeness to the example sentences in data/examples: a small linear model.

A phrase that nobody wrote down is still recognised when its words are those of known sentences. The model is trained by
`python -m inbox_worker.core.reading.training`; here it is only applied. Never decides alone: `verdicts` does.
"""

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from inbox_worker.core.reading.intent import Evidence
from inbox_worker.core.reading.sentences import Word
from inbox_worker.core.reading.spelling import Spelling

Spans = Sequence[tuple[int, int]]
LABELS = ("comes", "withdraws", "link", "already", "asks", "open", "doubt", "thanks", "neutral", "strange", "away")
_GRAM = 4
_MOST_WORDS = 48
_SIGNS = {
    "self": ("comes", 0.15),
    "decline_self": ("withdraws", 0.25),
    "decline_other": ("withdraws", 0.15),
    "trouble": ("link", 0.25),
    "ask": ("asks", 0.2),
    "registered": ("already", 0.3),
    "open": ("open", 0.2),
    "doubt": ("doubt", 0.1),
}
_DAYS = {
    name: mark
    for mark, names in (
        (
            "<weekday>",
            "montag dienstag mittwoch donnerstag freitag samstag sonntag monday tuesday wednesday thursday friday",
        ),
        (
            "<month>",
            (
                "januar februar maerz april mai juni juli august september oktober november dezember "
                "january february march may june july october december"
            ),
        ),
    )
    for name in names.split()
}


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of every feature for every label, in hundredths.

    A feature's weights are a text of numbers: read when a mail first shows the feature, which is true of few.
    """

    bias: Sequence[int]
    weights: Mapping[str, str]

    def judge(self, features: Sequence[str]) -> dict[str, float]:
        """How likely each label is, given a sentence's features; adds up to 1."""
        rows = [_numbers(row) for row in map(self.weights.get, features) if row is not None]
        size = 1 / math.sqrt(len(features) or 1)
        columns = zip(self.bias, zip(self.bias, *rows, strict=True), strict=True)
        sums = [(bias + (sum(column) - bias) * size) / 100 for bias, column in columns]
        top = max(sums)
        powers = [math.exp(value - top) for value in sums]
        total = sum(powers)
        return {label: power / total for label, power in zip(LABELS, powers, strict=True)}


@lru_cache(maxsize=16_384)
def _numbers(row: str) -> tuple[int, ...]:
    return tuple(map(int, row.split()))


def features(evidence: Evidence, named: Spans = (), topic: Collection[str] = ()) -> list[str]:
    """What the model sees of a sentence: words, pairs, pieces of words, and the phrases found.

    `named` are the places of people's names in the text, `topic` the words of the events' titles: both say nothing
    about what a sentence wants, so the model sees only that there was one.
    """
    return list(dict.fromkeys(_features(evidence, named, topic)))


def _shown(word: Word, named: Spans, topic: Collection[str]) -> str:
    folded = word.folded
    if named and any(start < word.end and word.start < end for start, end in named):
        return "<name>"
    if not folded.isalpha() and any(letter.isdigit() for letter in folded):
        return "0"
    if folded in topic:
        return "<event>"
    return _DAYS.get(folded, folded)


def _features(evidence: Evidence, named: Spans, topic: Collection[str]) -> Iterator[str]:
    shown = (_shown(word, named, topic) for word in evidence.sentence.words[:_MOST_WORDS])
    words = [word for word, again in groupby(shown)]
    previous = "^"
    for word in words:
        yield word
        yield f"{previous} {word}"
        previous = word
        if len(word) > _GRAM and word[0] != "<":
            yield from _pieces(word)
    yield f"{previous} $"
    for act, hits in evidence.hits.items():
        strong = any(hit.weight >= 1 for hit in hits)
        yield f"={act}" if strong else f"-{act}"
    if evidence.sentence.asks:
        yield "?"
    if evidence.wonders:
        yield "?wh"
    if evidence.personal:
        yield "?me"
    if len(words) <= 3:
        yield "?short"


@lru_cache(maxsize=4096)
def _pieces(word: str) -> tuple[str, ...]:
    padded = f"<{word}>"
    return tuple(f"~{padded[at : at + _GRAM]}" for at in range(min(len(padded) - _GRAM + 1, 16)))


def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath("data/model.json").read_text("utf-8"))
    return found


_LEARNED = _data()
MODEL = Model(_LEARNED["bias"], _LEARNED["weights"])
SPELLING = Spelling(_LEARNED.get("words", ()))


def judge(evidence: Evidence, named: Spans = (), topic: Collection[str] = ()) -> dict[str, float]:
    """How likely it is that a sentence registers ('comes'), withdraws, asks or thanks.

    Phrases that are sure signs add to the likeness, so the values add up to somewhat more than 1.
    """
    likely = MODEL.judge(features(evidence, named, topic))
    for act, (label, more) in _SIGNS.items():
        if evidence.does(act):
            likely[label] += more
    return likely
