"""Which event a mail is about, and which days it speaks of."""

from datetime import date, datetime

import pytest

from inbox_worker.core.reading.dates import days
from tests.core.reading_desk import BERLIN, MARCH, NOVEMBER, reading

THURSDAY = date(2022, 11, 17)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("am 24.11. um 13 Uhr", date(2022, 11, 24)),
        ("am 24. November", date(2022, 11, 24)),
        ("on November 24th", date(2022, 11, 24)),
        ("on 14 March 2023", date(2023, 3, 14)),
        ("am 14. März", date(2023, 3, 14)),
        ("2023-03-14", date(2023, 3, 14)),
        ("morgen bin ich dabei", date(2022, 11, 18)),
        ("übermorgen", date(2022, 11, 19)),
        ("nächsten Donnerstag", date(2022, 11, 17)),
        ("am Dienstag", date(2022, 11, 22)),
        ("am vierzehnten März", date(2023, 3, 14)),
    ],
)
def test_a_day_is_found_in_any_spelling(text: str, day: date) -> None:
    assert day in [found.on for found in days(text, THURSDAY)]


@pytest.mark.parametrize("text", ["Guten Morgen", "um 13.00 Uhr", "Tel. 0521 24-11", "Version 3.14.15.9", "am 45.17."])
def test_what_is_no_day_is_not_taken_for_one(text: str) -> None:
    assert days(text, THURSDAY) == ()


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("Hiermit melde ich mich an.", (NOVEMBER,)),
        ("Ich nehme am 14. März teil.", (MARCH,)),
        ("Für das Pressegespräch melde ich mich an.", (MARCH,)),
        ("Im März bin ich dabei, im November nicht.", (MARCH,)),
        ("Ich melde mich für beide Termine an.", (NOVEMBER, MARCH)),
        ("Ich nehme an „Arbeiten im Krisenmodus“ teil.", (NOVEMBER,)),
        ("Ich möchte am Fahcdiskurs teilnehmen.", (NOVEMBER,)),
        ("Ich nehme am Vierundzwanzigsten gern teil.", (NOVEMBER,)),
    ],
)
def test_the_event_is_known_by_title_motto_date_or_month(text: str, events: tuple[str, ...]) -> None:
    assert reading(text).events == events


def test_the_subject_names_the_event_when_the_text_does_not() -> None:
    assert reading("Ich bin gern dabei.", "Pressegespräch Demografiestrategien").events == (MARCH,)


def test_a_date_that_is_not_the_events_is_shown_to_a_person() -> None:
    request = reading("Ich melde mich für den Fachdiskurs am 25. November an.")
    assert request.events == (NOVEMBER,)
    assert [reason.what for reason in request.concerns] == ["the date is not the event's"]


def test_no_link_goes_out_for_an_event_that_is_over() -> None:
    after = datetime(2022, 11, 25, 9, tzinfo=BERLIN)
    request = reading("Hiermit melde ich mich für den Fachdiskurs am 24. November an.", at=after)
    assert request.obstacles
    assert reading("Hiermit melde ich mich an.", at=after).events == (MARCH,)


def test_a_question_about_a_subject_is_not_about_the_event_on_that_subject() -> None:
    assert reading("Wo finde ich Literatur zu Demografiestrategien kleiner Städte?").events == ()
