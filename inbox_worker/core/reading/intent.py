"""From sentences to evidence: what each sentence does (register, withdraw, ask, thank …).

Never decides alone what a mail wants: `verdicts.py` weighs the evidence of all sentences, `who.py` finds the people.
"""

import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from importlib.resources import files

from inbox_worker.core.reading.phrases import Hit, Phrases
from inbox_worker.core.reading.sentences import Sentence
from inbox_worker.core.reading.spelling import Spelling

STRONG, WEAK = 1.0, 0.5
_COMING = frozenset({"self", "other", "any"})
_GOING = frozenset({"decline_self", "decline_other"})
_VOIDABLE = _COMING | _GOING | {"ask"}
_SHORTEST = 3
_QUESTION_WORDS = frozenset(
    [
        "wie",
        "wann",
        "wo",
        "was",
        "welche",
        "welcher",
        "welches",
        "welchen",
        "warum",
        "wieso",
        "weshalb",
        "wer",
        "wem",
        "wohin",
        "woher",
        "worum",
        "wozu",
        "inwieweit",
        "inwiefern",
        "how",
        "when",
        "where",
        "what",
        "which",
        "why",
        "who",
        "whom",
        "whether",
    ]
)
_FIRST = frozenset(
    [
        "ich",
        "wir",
        "mich",
        "mir",
        "uns",
        "mein",
        "meine",
        "meinen",
        "meiner",
        "meinem",
        "unser",
        "unsere",
        "i",
        "we",
        "me",
        "us",
        "my",
        "our",
        "i'd",
        "i'm",
        "i'll",
        "we'd",
        "we'll",
        "we're",
        "i've",
        "myself",
    ]
)
_WRITER = frozenset(
    {"ich", "wir", "mich", "mir", "uns", "i", "we", "me", "us", "i'd", "i'm", "i'll", "i've", "we'd", "we'll", "we're"}
)
_NOUNS = ("zusage", "anmeldung", "teilnahme", "registrierung", "registration", "attendance", "participation")
_REACH = 8
_NOT_ONLY = frozenset({"nur", "only", "zuletzt", "entgehen", "verpassen", "fehlen", "just"})


def _load() -> Phrases:
    data = tomllib.loads(files(__package__).joinpath("data/intent.toml").read_text("utf-8"))
    acts = {name: {STRONG: lists["strong"], WEAK: lists["weak"]} for name, lists in data["acts"].items()}
    return Phrases(acts, data["classes"], data["negations"])


PHRASES = _load()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence and the acts found in it, each with its best hits."""

    sentence: Sentence
    hits: dict[str, tuple[Hit, ...]] = field(default_factory=dict)
    likely: dict[str, float] = field(default_factory=dict)
    """How likely each label of `learning` is."""

    def is_likely(self, *labels: str, least: float = 0.5) -> bool:
        """Whether the sentence is judged to do one of `labels`."""
        return sum([self.likely.get(label, 0.0) for label in labels]) >= least

    def does(self, *acts: str) -> bool:
        """Whether the sentence strongly does one of `acts`."""
        return self.hints(*acts) and any(hit.weight >= STRONG for act in acts for hit in self.hits.get(act, ()))

    def hints(self, *acts: str) -> bool:
        """Whether the sentence does one of `acts`, strongly or weakly."""
        return not self.hits.keys().isdisjoint(acts)

    def first(self, *acts: str) -> Hit | None:
        """The strongest, earliest hit of `acts`."""
        found = [hit for act in acts for hit in self.hits.get(act, ())]
        return min(found, key=lambda hit: (-hit.weight, hit.first), default=None)

    def words(self, *acts: str) -> str:
        """The mail's own words for `acts`."""
        hit = self.first(*acts)
        return self.sentence.said(hit.first, hit.last) if hit else self.sentence.text

    @property
    def personal(self) -> bool:
        """Whether the writer speaks of themselves."""
        return not _FIRST.isdisjoint(word.folded for word in self.sentence.words)

    @property
    def first_person(self) -> bool:
        """Whether the writer is in the sentence: 'meine Kollegin' is not yet the writer."""
        return any(word.folded in _WRITER for word in self.sentence.words)

    @property
    def asks(self) -> bool:
        """Whether it is a question that somebody must answer."""
        return self.sentence.asks

    @property
    def wonders(self) -> bool:
        """Whether it begins with a question word."""
        return bool(self.sentence.words) and any(word.folded in _QUESTION_WORDS for word in self.sentence.words[:2])


def evidence(sentence: Sentence, spelling: Spelling | None = None) -> Evidence:
    """Find all acts of a sentence; negated coming is going, and what is overruled in the same words is dropped."""
    if spelling is not None:
        mended = [spelling.mended(word.folded) for word in sentence.words]
        if mended != [word.folded for word in sentence.words]:
            words = tuple(replace(word, folded=right) for word, right in zip(sentence.words, mended, strict=True))
            sentence = replace(sentence, words=words)
    hits = [_turned(hit, sentence) for hit in PHRASES.find(sentence.words)]
    kept = [hit for hit in hits if hit is not None]
    going = [hit for hit in kept if hit.act in _GOING and hit.weight >= STRONG]
    settled = [hit for hit in kept if hit.act in {"trouble", "registered"} and hit.weight >= STRONG]
    void = [hit for hit in kept if hit.act == "void"]
    unsure = [hit for hit in kept if hit.act == "unsure"]
    by_act: dict[str, list[Hit]] = {}
    for hit in kept:
        if hit.act in _VOIDABLE and any(_overlap(hit, other) for other in void):
            continue
        if hit.act == "registered" and any(_overlap(hit, other) for other in unsure):
            continue
        if hit.act in _COMING and any(_overlap(hit, other) for other in going):
            continue
        if hit.act == "any" and any(_overlap(hit, other) for other in settled):
            continue
        by_act.setdefault(hit.act, []).append(hit)
    return Evidence(sentence, {act: tuple(found) for act, found in by_act.items()})


def parted(one: Evidence) -> list[Evidence]:
    """'Am 24. kann ich nicht, im März komme ich gern': a sentence that withdraws and registers in turn, as two."""
    if not one.does(*_GOING):
        return [one]
    for left, right in halves(one):
        for going, coming in ((left, right), (right, left)):
            apart = going.does(*_GOING) and not going.does("self") and not coming.does(*_GOING, "replace")
            missed = coming.does("missed") and not coming.does("stays")
            if apart and not missed and coming.does("self") and coming.first_person and not coming.asks:
                return [left, right]
    return [one]


def halves(
    one: Evidence, least: int = _SHORTEST, joined_by: Collection[str] = ()
) -> Iterator[tuple[Evidence, Evidence]]:
    """The sentence in two, cut where a clause ends or a word of `joined_by` follows; each has `least` words or more."""
    words, sentence = one.sentence.words, one.sentence
    for number in range(least, len(words) - least + 1):
        if words[number].clause == words[number - 1].clause and words[number].folded not in joined_by:
            continue
        at, text = words[number].start - sentence.start, sentence.text
        left = evidence(replace(sentence, text=text[:at].rstrip(), end=words[number - 1].end, words=words[:number]))
        yield left, evidence(replace(sentence, text=text[at:], start=words[number].start, words=words[number:]))


def takes_part(one: Evidence) -> bool:
    """Whether the writer says that they come, in words that cannot be meant for another: 'um Anmeldung' can."""
    own = [hit for hit in one.hits.get("self", ()) if hit.weight >= STRONG]
    words = one.sentence.words
    return (
        one.first_person and not one.does(*_GOING) and not all(words[hit.last].folded.endswith(_NOUNS) for hit in own)
    )


def _overlap(one: Hit, other: Hit) -> bool:
    return one.first <= other.last and other.first <= one.last


def _turned(hit: Hit, sentence: Sentence) -> Hit | None:
    """`hit` itself, its opposite when it is negated, or None when the negation only takes it away."""
    if hit.act not in _COMING | _GOING or not (_negated(hit, sentence) or _denied_later(hit, sentence)):
        return hit
    if hit.act == "self":
        return Hit("decline_self", WEAK if hit.weight < STRONG else STRONG, hit.first, hit.last, hit.phrase)
    if hit.act == "other":
        return Hit("decline_other", WEAK, hit.first, hit.last, hit.phrase)
    return None


def _denied_later(hit: Hit, sentence: Sentence) -> bool:
    """'Meine Zusage kann ich nicht einhalten': a noun alone registers nobody when the verb behind it is negated."""
    words = sentence.words
    if hit.act not in _COMING or not words[hit.last].folded.endswith(_NOUNS):
        return False
    behind = words[hit.last + 1 : hit.last + _REACH]
    return any(
        PHRASES.negates(word.folded) and (number + 1 >= len(behind) or behind[number + 1].folded not in _NOT_ONLY)
        for number, word in enumerate(behind)
        if word.clause == words[hit.last].clause
    )


def _negated(hit: Hit, sentence: Sentence) -> bool:
    words = sentence.words
    if any(PHRASES.negates(words[number].folded) for number in range(hit.first, hit.last + 1)):
        return False  # the phrase itself says so
    clause = words[hit.first].clause
    for number in range(hit.first - 1, max(-1, hit.first - 5), -1):
        word = words[number]
        if word.clause != clause:
            return False
        if PHRASES.negates(word.folded):
            following = words[number + 1].folded
            return following not in _NOT_ONLY and word.folded not in {"no", "ohne"}
    return False
