"""The language of the answer."""

import pytest

from inbox_worker.core.reading.language import answer_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ich melde mich gern an.", "de"),
        ("Bin dabei", "de"),
        ("", "de"),
        ("Name: Eva Roth", "de"),
        ("Please register me for the event.", "en"),
        ("Je souhaite participer à la discussion.", "en"),
        ("Graag meld ik mij aan voor de bijeenkomst.", "en"),
        ("Vorrei partecipare alla discussione, grazie.", "en"),
        ("I would like to attend the Fachdiskurs „Arbeiten im Krisenmodus“.", "en"),
    ],
)
def test_german_is_answered_in_german_and_all_else_in_english(text: str, language: str) -> None:
    assert answer_language(text)[0] == language


def test_the_first_text_with_telling_words_decides() -> None:
    assert answer_language("+++", "Registration for the event")[0] == "en"
