"""Learn data/model.json from the example sentences in data/examples: `python -m inbox_worker.core.reading.training`.

Not used while mails are read. Run it after adding examples; it takes about a minute and gives the same model each time.
"""

import hashlib
import json
import math
import random
from collections import Counter
from pathlib import Path

from inbox_worker.core.reading.intent import evidence
from inbox_worker.core.reading.learning import LABELS, features
from inbox_worker.core.reading.people import mentions
from inbox_worker.core.reading.sentences import sentences
from inbox_worker.core.registration import Contact, Desk

_DATA = Path(__file__).parent / "data"
NOBODY = Desk((), (), Contact("", ""))
TOPIC = frozenset({"fachdiskurs", "diskurs", "pressegespraech", "demografiestrategien", "krisenmodus"})
_EPOCHS = 15
_RATE = 0.5
_DECAY = 2e-5
_RARE = 2
_SEED = 5
_COPIES = 2
_FILLER = 9
_BEFORE = 0.6
_LINKS = (", ", " und ", ", daher ", ", deshalb ", ": ")
_COMMON = 3


def examples() -> list[tuple[list[str], int]]:
    """Every example sentence as its features and its label's number, alone and inside a longer sentence."""
    lines = {label: _lines(label) for label in LABELS}
    fillers = [line for line in lines["neutral"] if 3 <= len(line.split()) <= _FILLER and line[-1] not in ".?!"]
    chance = random.Random(_SEED)  # noqa: S311 - the choice of fillers, not a secret
    found: list[tuple[list[str], int]] = []
    for number, label in enumerate(LABELS):
        for line in lines[label]:
            found.extend((one, number) for one in _features(line))
            for _ in range(0 if label == "neutral" else _COPIES):
                longer = _features(_embedded(line, chance.choice(fillers), chance))
                found.extend((one, number) for one in longer[:1] if len(longer) == 1)
    return found


def digest() -> str:
    """Of all example sentences, their labels and order: the model tells with it which examples it was trained on."""
    lines = [f"{label}: {line}" for label in LABELS for line in _lines(label)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _lines(label: str) -> list[str]:
    lines = (_DATA / "examples" / f"{label}.txt").read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _embedded(line: str, filler: str, chance: random.Random) -> str:
    """People seldom write one bare clause: an example once more, beside words that mean nothing."""
    if chance.random() < _BEFORE:
        return f"{filler}{chance.choice(_LINKS)}{line}"
    return f"{line.rstrip('?!.')}, {filler}"


def _features(line: str) -> list[list[str]]:
    named = [(mention.start, mention.end) for mention in mentions(line, NOBODY)]
    return [features(evidence(one), named, TOPIC) for one in sentences(line, "example")]


def train(data: list[tuple[list[str], int]], seed: int = 1) -> dict[str, object]:
    """Multinomial logistic regression by AdaGrad; weights in hundredths, rare features left out."""
    counts = Counter(feature for found, _ in data for feature in found)
    known = {feature for feature, count in counts.items() if count >= _RARE}
    rows = [
        ([feature for feature in found if feature in known], 1 / math.sqrt(len(found) or 1), label)
        for found, label in data
    ]
    weights = {feature: [0.0] * len(LABELS) for feature in sorted(known)}
    pasts = {feature: [1e-3] * len(LABELS) for feature in weights}
    bias = [0.0] * len(LABELS)
    shuffled = random.Random(seed)  # noqa: S311 - the order of training, not a secret
    for epoch in range(_EPOCHS):
        shuffled.shuffle(rows)
        for found, size, label in rows:
            sums = list(bias)
            for feature in found:
                for number, weight in enumerate(weights[feature]):
                    sums[number] += weight * size
            top = max(sums)
            powers = [math.exp(value - top) for value in sums]
            total = sum(powers)
            slopes = [power / total - (number == label) for number, power in enumerate(powers)]
            for number, slope in enumerate(slopes):
                bias[number] -= 0.02 * slope / (1 + epoch)
            for feature in found:
                row, past = weights[feature], pasts[feature]
                for number, slope in enumerate(slopes):
                    change = slope * size + _DECAY * row[number] * 10
                    past[number] += change * change
                    row[number] -= _RATE * change / math.sqrt(past[number])
    hundredths = {feature: [round(value * 100) for value in row] for feature, row in weights.items()}
    return {
        "labels": list(LABELS),
        "words": sorted(
            word for word, count in counts.items() if count >= _COMMON and word.isalpha() and len(word) > 2
        ),
        "bias": [round(value * 100) for value in bias],
        "weights": {
            feature: " ".join(map(str, row))
            for feature, row in hundredths.items()
            if any(abs(value) > 3 for value in row)
        },
    }


def main() -> None:
    """Train on all examples and write the model."""
    model = {"examples": digest(), **train(examples())}
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":")).replace('","', '",\n"')
    (_DATA / "model.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
