"""Frau and Herr: only where the mail says so of that very person, and never a reason to take one person for two."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from inbox_worker.core.entries import Registered
from inbox_worker.core.entries.codec import put_together, take_apart
from inbox_worker.core.lines import Head, as_written, read, write
from inbox_worker.core.reading import read as read_mail
from inbox_worker.core.reading.people import mentions, vcard_person, writer
from inbox_worker.core.reading.sameness import deduplicated
from inbox_worker.core.registration import Registrant, Salutation
from inbox_worker.core.screening import screen
from tests.builders import a_message
from tests.core.people_desk import DESK as PEOPLE_DESK
from tests.core.reading_desk import DESK

FRAU, HERR = Salutation.FRAU, Salutation.HERR
ANNA = Registrant("Anna", "Schmitt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Herr Tom Weber kommt mit.", {"Weber": HERR}),
        ("Bitte melden Sie Frau Dr. Schmitt und Herrn Weber an.", {"Schmitt": FRAU, "Weber": HERR}),
        ("Frau Ressortleiterin Dr. Eva Ott nimmt teil.", {"Ott": FRAU}),
        ("Please register Mr Tom Weber and Ms Anna Schmitt.", {"Weber": HERR, "Schmitt": FRAU}),
        ("Mrs. Anna Schmitt will attend.", {"Schmitt": FRAU}),
        ("Für die Redaktion kommen die Herren Sebald und Trautmann.", {"Sebald": HERR, "Trautmann": HERR}),
        ("Es kommt Tabea Krings. Frau Krings braucht den Link.", {"Krings": FRAU}),
        ("Es kommt Tabea Krings.", {"Krings": None}),
        ("Unsere Redakteurin Tabea Krings kommt.", {"Krings": None}),
        ("Meine Kollegin Anna Schmitt kommt, mein Kollege Tom Weber auch.", {"Schmitt": None, "Weber": None}),
        ("Herr/Frau Ott kommt.", {"Ott": None}),
        ("Es kommt Herr oder Frau Ott.", {"Ott": None}),
        ("Herr und Frau Ott kommen.", {"Ott": None}),
        ("Meine Frau Anna Ott kommt mit.", {"Ott": None}),
        ("Pater Anselm Ott kommt.", {"Ott": None}),
        ("Name: Frau Anna Schmitt\nMedium: Bote", {"Schmitt": FRAU}),
        ("Anrede: Frau\nVorname: Kim\nNachname: Le\nMedium: Bote", {"Le": FRAU}),
        ("Vorname: Kim\nNachname: Le\nMedium: Bote\nAnrede: Herr", {"Le": HERR}),
        ("Anrede: Herr/Frau\nVorname: Kim\nNachname: Le", {"Le": None}),
        ("Anrede: Divers\nVorname: Kim\nNachname: Le", {"Le": None}),
        ("Anrede/Titel: Frau Dr.\nVorname: Kim\nNachname: Le", {"Le": FRAU}),
        (
            "Anrede: Frau\nVorname: Eva\nNachname: Ott\n\nAnrede: Herr\nVorname: Tim\nNachname: Uhl",
            {"Ott": FRAU, "Uhl": HERR},
        ),
        ("Vorname: Eva\nNachname: Ott\n\nAnrede: Herr\nVorname: Tim\nNachname: Uhl", {"Ott": None, "Uhl": HERR}),
        ("Anrede | Vorname | Nachname\nFrau | Eva | Ott\nHerr | Tim | Uhl", {"Ott": FRAU, "Uhl": HERR}),
    ],
)
def test_a_text_says_frau_or_herr_of_those_before_whose_names_it_stands(
    text: str, said: dict[str, Salutation | None]
) -> None:
    found = mentions(text, PEOPLE_DESK)
    assert {one.person.family_name: one.person.salutation for one in found} == said


@pytest.mark.parametrize(
    ("display", "block", "said"),
    [
        ("Andrea Rossi", "Mit freundlichen Grüßen\n(Herr) Andrea Rossi\nAnsa", HERR),
        ("", "Mit freundlichen Grüßen\nHerr Andrea Rossi\nAnsa", HERR),
        ("Andrea Rossi", "Mit freundlichen Grüßen\nAndrea Rossi (Herr)\nAnsa", HERR),
        ("", "Best regards\nKim Novak (Ms)\nThe Moorland Times", FRAU),
        ("", "Mit freundlichen Grüßen\nFrau Dr. Schmitt\nBote", FRAU),
        ("", "Mit freundlichen Grüßen\nFrau Schmitt\nBote", FRAU),
        ("Frau Dr. Anna Schmitt", "", FRAU),
        ("Schmitt, Frau Anna", "", FRAU),
        ("Anna Schmitt", "Viele Grüße\nAnrede: Frau\nAnna Schmitt\nBote", FRAU),
        ("Anna Schmitt", "Viele Grüße\nAnna Schmitt\nRedakteurin", None),
        ("Herr Kim Le", "Viele Grüße\nFrau Kim Le", None),
    ],
)
def test_the_writer_is_frau_or_herr_where_signature_or_display_name_say_so(
    display: str, block: str, said: Salutation | None
) -> None:
    person = writer("", block, display_name=display, address="post@ansa.example", desk=PEOPLE_DESK).person
    assert person is not None
    assert person.family_name in {"Rossi", "Novak", "Schmitt", "Le"}
    assert person.organisation in {None, "Ansa", "Bote", "The Moorland Times"}
    assert person.salutation is said


def test_frau_ott_of_whom_tim_ott_writes_does_not_make_him_one() -> None:
    text = "Frau Ott aus dem Nachbarressort hat mir von Ihrer Einladung erzählt, ich bin gern dabei."
    person = writer(text, "Gruß\nTim Ott", display_name="Tim Ott", address="ott@bote.example", desk=PEOPLE_DESK).person
    assert person is not None
    assert (person.name, person.salutation) == ("Tim Ott", None)


@pytest.mark.parametrize(
    ("name", "title", "said"),
    [
        ("N:Schmitt;Anna;;Frau Dr.;", "Dr.", FRAU),
        ("N:Weber;Tom;;Mr.;", None, HERR),
        ("N:Weber;Tom;;Dr.;", "Dr.", None),
        ("N:Weber;Tom;;;", None, None),
        ("FN:Herr Tom Weber", None, HERR),
    ],
)
def test_a_cards_prefix_is_courtesy_and_title(name: str, title: str | None, said: Salutation | None) -> None:
    person = vcard_person(f"BEGIN:VCARD\nVERSION:3.0\n{name}\nEND:VCARD")
    assert person is not None
    assert (person.title, person.salutation) == (title, said)


def test_our_own_greeting_in_the_quotation_says_nothing_of_the_writer() -> None:
    text = (
        "Guten Tag Frau Haaf,\n\nhiermit melde ich mich zum Fachdiskurs an.\n\nKim Novak\n\n"
        "Am 02.11.2022 schrieb Zukunftswerkstatt Kommunen:\n> Guten Tag Frau Novak,\n> wir laden Sie herzlich ein.\n"
    )
    message = replace(a_message(), text=text)
    request = read_mail(message, screen(message, DESK), DESK)
    (person,) = request.registrants
    assert (person.family_name, person.salutation) == ("Novak", None)


def test_who_is_called_frau_in_one_place_and_nothing_in_another_is_one_person() -> None:
    frau = replace(ANNA, salutation=FRAU)
    assert {frau, ANNA} == {ANNA}
    (one,) = deduplicated([ANNA, frau])
    assert one.salutation is FRAU
    (torn,) = deduplicated([replace(ANNA, salutation=HERR), frau])
    assert torn.salutation is None


def test_the_journal_keeps_it_and_opens_without_it() -> None:
    entry = Registered("r-1", "talk", "d", replace(ANNA, salutation=FRAU), "a@bote.example")
    facts, personal = take_apart(entry)
    assert personal["registrant"] == {"given_name": "Anna", "family_name": "Schmitt", "salutation": "Frau"}
    again = put_together("registered", facts, personal)
    assert isinstance(again, Registered)
    assert again.registrant.salutation is FRAU
    del personal["registrant"]["salutation"]
    before = put_together("registered", facts, personal)
    assert isinstance(before, Registered)
    assert before.registrant.salutation is None
    assert "salutation" not in take_apart(before)[1]["registrant"]


def test_a_line_of_the_journal_with_it_is_as_it_was_written() -> None:
    entry = Registered("r-1", "talk", "d", replace(ANNA, salutation=HERR), "a@bote.example")
    raw, _, _ = write(
        [entry], head=Head(), at=datetime(2022, 11, 10, tzinfo=UTC), salts=["aa"], narrate=lambda _: "Angemeldet."
    )
    assert as_written(read(raw, Head()))
