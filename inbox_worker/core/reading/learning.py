"""What a sentence does, judged by likeness to the example sentences in data/examples: a small linear model.

A phrase that nobody wrote down is still recognised when its words are those of known sentences. The model is trained by
`python -m inbox_worker.core.reading.training`; here it is only applied. Never decides alone: `verdicts` does.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from inbox_worker.core.reading.intent import Evidence

LABELS = ("comes", "withdraws", "link", "already", "asks", "open", "doubt", "thanks", "neutral", "strange", "away")
_GRAM = 4


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of every feature for every label, in hundredths."""

    bias: Sequence[float]
    weights: Mapping[str, Sequence[float]]

    def judge(self, features: Sequence[str]) -> dict[str, float]:
        """How likely each label is, given a sentence's features; adds up to 1."""
        sums = list(self.bias)
        size = 1 / math.sqrt(len(features) or 1)
        for feature in features:
            row = self.weights.get(feature)
            if row is not None:
                for number, weight in enumerate(row):
                    sums[number] += weight * size
        top = max(sums)
        powers = [math.exp(value - top) for value in sums]
        total = sum(powers)
        return {label: power / total for label, power in zip(LABELS, powers, strict=True)}


def features(evidence: Evidence) -> list[str]:
    """What the model sees of a sentence: words, pairs, pieces of words, and the phrases found."""
    return list(dict.fromkeys(_features(evidence)))


def _features(evidence: Evidence) -> Iterator[str]:
    words = ["0" if any(c.isdigit() for c in word.folded) else word.folded for word in evidence.sentence.words[:40]]
    previous = "^"
    for word in words:
        yield word
        yield f"{previous} {word}"
        previous = word
        if len(word) > _GRAM:
            padded = f"<{word}>"
            for at in range(min(len(padded) - _GRAM + 1, 16)):
                yield f"~{padded[at : at + _GRAM]}"
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


def _load() -> Model:
    data = json.loads(files(__package__).joinpath("data/model.json").read_text("utf-8"))
    weights = {feature: [value / 100 for value in row] for feature, row in data["weights"].items()}
    return Model([value / 100 for value in data["bias"]], weights)


MODEL = _load()


def judge(evidence: Evidence) -> dict[str, float]:
    """How likely it is that a sentence registers ('comes'), withdraws, asks, thanks …"""
    return MODEL.judge(features(evidence))
