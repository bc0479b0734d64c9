"""The small parts under the reader: phrases, sentences, spelling, and the learned model."""

import json
from importlib.resources import files

import pytest

from inbox_worker.core.reading.intent import evidence
from inbox_worker.core.reading.learning import LABELS, MODEL, judge
from inbox_worker.core.reading.phrases import Phrases
from inbox_worker.core.reading.sentences import sentences, words_of
from inbox_worker.core.reading.spelling import Spelling
from inbox_worker.core.reading.training import digest, examples


@pytest.mark.parametrize(
    ("phrase", "text", "fits"),
    [
        ("melde mich .. an", "Hiermit melde ich mich an", False),
        ("melde ?ich mich .. an", "Hiermit melde ich mich gern an", True),
        ("melde mich .. an", "Ich melde mich nicht an", False),
        ("*meldung", "Meine Anmeldung", True),
        ("^ dabei $", "dabei", True),
        ("^ dabei $", "bin dabei", False),
        ("<me> an", "uns an", True),
        ("teil|dabei", "ich bin dabei", True),
    ],
)
def test_a_phrase_fits_words_and_never_reaches_across_a_negation(phrase: str, text: str, fits: bool) -> None:
    phrases = Phrases({"act": {1.0: [phrase]}}, {"me": ["mich", "uns"]}, ["nicht"])
    assert bool(phrases.find(words_of(text))) is fits


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Am 24. November bin ich dabei. Danke!", 2),
        ("Am 24.11. tagt der Rat.", 1),
        ("Herr Dr. Maier kommt z. B. gern.", 1),
        ("eine lange Zeile, die das Mailprogramm vor dem letzten Wort der Zeile\numgebrochen hat", 1),
        ("- Anna\n- Berta", 2),
        ("Kommt jemand? Ich schon.", 2),
    ],
)
def test_sentences_end_where_people_end_them(text: str, count: int) -> None:
    assert len(sentences(text, "text")) == count


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anmledung", "anmeldung"),
        ("anmeldunng", "anmeldung"),
        ("melden", "melden"),
        ("xyz", "xyz"),
        ("direkte", "direkte"),
    ],
)
def test_a_mistyped_word_is_put_right_and_a_known_one_is_left_alone(typed: str, meant: str) -> None:
    assert Spelling(["anmeldung", "melden", "meldet", "kredite"]).mended(typed) == meant


def test_the_model_knows_its_own_examples() -> None:
    seen = examples()[::7]
    right = sum(max(found := MODEL.judge(features), key=found.__getitem__) == LABELS[label] for features, label in seen)
    assert right / len(seen) > 0.97


def test_the_model_was_trained_on_the_examples_that_lie_beside_it() -> None:
    model = json.loads(files("inbox_worker.core.reading").joinpath("data/model.json").read_text("utf-8"))
    assert model["examples"] == digest(), "python -m inbox_worker.core.reading.training, and commit the model"


def test_likeness_adds_up_to_one_before_the_phrases_add_theirs() -> None:
    assert sum(MODEL.judge(["unknown words"]).values()) == pytest.approx(1)


def test_an_unknown_wording_is_told_by_its_likeness() -> None:
    (sentence,) = sentences("Halten Sie mir doch bitte ein Eckchen in Ihrer Runde frei.", "text")
    likely = judge(evidence(sentence))
    assert max(likely, key=likely.__getitem__) == "comes"
