"""The people reader's parts: names, display names, numbers, organisations."""

import pytest

from inbox_worker.core.reading.people.display import read_display_name
from inbox_worker.core.reading.people.names import PersonName, parse_name
from inbox_worker.core.reading.people.organisations import kind_gender, nominative
from inbox_worker.core.reading.people.phones import direct_phone, find_phones, region_of
from inbox_worker.core.reading.people.roles import split_role_and_organisation

_NAMES = {
    "Anna Schmitt": ("Anna", "Schmitt", None),
    "Schmitt, Anna": ("Anna", "Schmitt", None),
    "Frau Dr. Özdemir": (None, "Özdemir", "Dr."),
    "Prof. Dr. rer. nat. habil. Imke von der Heydt": ("Imke", "von der Heydt", "Prof. Dr. rer. nat. habil."),
    "DUPONT Marie-Claire": ("Marie-Claire", "Dupont", None),
    "Marie-Claire DUPONT": ("Marie-Claire", "Dupont", None),
    "HEINZ KRÜGER": ("Heinz", "Krüger", None),
    "Ahmad al-Sayed": ("Ahmad", "al-Sayed", None),
    "Juan Carlos García Lorca": ("Juan Carlos", "García Lorca", None),
    "K.-P. Wolff": ("K.-P.", "Wolff", None),
    "Tomás Ó Súilleabháin": ("Tomás", "Ó Súilleabháin", None),
    "Karla Berg, M.A.": ("Karla", "Berg", None),
    "von Ahn, Dr. Götz": ("Götz", "von Ahn", "Dr."),
    "Ahn, Götz von": ("Götz", "von Ahn", None),
    "Swetlana Iwanowna Koslowa": ("Swetlana Iwanowna", "Koslowa", None),
    "Graf, Steffen": ("Steffen", "Graf", None),
    "Alexandra Gräfin von Stetten": ("Alexandra", "Gräfin von Stetten", None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), _NAMES.items())
def test_a_name_is_taken_apart(text: str, wanted: tuple[str | None, str | None, str | None]) -> None:
    """Given name, family name, title."""
    name = parse_name(text)
    assert name is not None
    assert (name.given, name.family, name.title) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "Sehr geehrte Damen", "Tel. 0521 123", "www.zeitung.example", "Mit freundlichen Grüßen", "Kommt!", "von der"],
)
def test_what_is_no_name_is_none(text: str) -> None:
    """Closing lines, numbers and addresses."""
    assert parse_name(text) is None


_SHOWN = {
    "Anna Schmitt | Moselbote": ("Anna", "Schmitt", "Moselbote"),
    "Schmitt Anna": ("Anna", "Schmitt", None),
    "Anna Schmitt (Stadt Trier)": ("Anna", "Schmitt", "Stadt Trier"),
    "Moselbote - Anna Schmitt": ("Anna", "Schmitt", "Moselbote"),
    "Redaktion Moselbote": (None, None, "Moselbote"),
    "anna.schmitt@moselbote.example": (None, None, None),
    "Anna Schmitt via Formular": ("Anna", "Schmitt", None),
    "Dr. Schmitt": (None, "Schmitt", None),
    "Sekretariat": (None, None, None),
    "": (None, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("shown", "wanted"), _SHOWN.items())
def test_a_display_name_is_taken_apart(shown: str, wanted: tuple[str | None, str | None, str | None]) -> None:
    """Person and house; an address is no name."""
    told = read_display_name(shown, "anna.schmitt@moselbote.example")
    name = told.name or PersonName()
    assert (name.given, name.family, told.organisation) == wanted


_NUMBERS = {
    "Tel. 0521 / 123-45": "+4952112345",
    "Fon: +49 (0)30 555 01 77": "+49305550177",
    "0049 30 5550177": "+49305550177",
    "(0 52 1) 12 34 56": "+49521123456",
    "Telefonnr. 0521 123456": "+49521123456",
    "Fax 0521 123 99, Tel. 0521 123 45": "+4952112345",
    "Zentrale 0521 123-0, Durchwahl -45": "+4952112345",
    "Tel. 0521 123-0 (Zentrale)": None,
    "Sekretariat: Tel. 0521 12345": None,
    "Telefax: 0521 12399": None,
    "Tel. 123456": None,
    "am 02.11.2022 um 13:00 Uhr": None,
    "IBAN DE02 0521 1234 5678 90": None,
    "HRB 012345": None,
    "01069 Dresden": None,
    "Mobil 0171/5550123": "+491715550123",
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), _NUMBERS.items())
def test_the_number_of_a_person_is_found_in_e164(text: str, wanted: str | None) -> None:
    """Never a fax, a switchboard, a date or a bank account; never without an area code."""
    assert direct_phone(text) == wanted


def test_an_international_spelling_tells_what_the_national_one_was() -> None:
    """A French number written both ways is one number."""
    text = "01 99 00 43 18 (depuis l'étranger : +33 1 99 00 43 18)"
    assert [phone.e164 for phone in find_phones(text)] == ["+33199004318"]


@pytest.mark.parametrize(
    ("text", "address", "region"),
    [
        ("Hauptplatz 1, A-8010 Graz", "x@y.example", "AT"),
        ("8001 Zürich", "x@y.example", "CH"),
        ("Wir vergleichen uns mit Österreich und der Schweiz.", "x@y.example", "DE"),
        ("Im Herbst 2022 Wien besucht", "x@y.example", "DE"),
        ("Gruß", "x@zeitung.at", "AT"),
        ("Weserstr. 3\n31785 Hameln", "x@y.example", "DE"),
    ],
)
def test_the_country_of_a_number_follows_the_postal_address(text: str, address: str, region: str) -> None:
    """A country that is only talked about changes nothing."""
    assert region_of(text, address) == region


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("der Bergischen Allgemeinen Post", "Bergische Allgemeine Post"),
        ("des Wesertal-Kuriers", "Wesertal-Kurier"),
        ("dem Neuen Anzeiger", "Neuer Anzeiger"),
        ("beim Freien Radio", "Freies Radio"),
        ("vom Heideboten", "Heidebote"),
        ("die Lahnpost", "Lahnpost"),
    ],
)
def test_a_house_in_another_case_is_put_into_the_nominative(phrase: str, name: str) -> None:
    """By the gender of the kind of thing it is."""
    assert nominative(phrase.partition(" ")[2], phrase) == name


@pytest.mark.parametrize(
    ("text", "role", "house"),
    [
        ("1. Bürgermeister Markt Obersteinach", "1. Bürgermeister", "Markt Obersteinach"),
        ("Leiterin der Lokalredaktion", "Leiterin der Lokalredaktion", None),
        ("Pressesprecherin des Landkreises Nordheide", "Pressesprecherin", "Landkreis Nordheide"),
        ("Professorin für Kommunalpolitik", "Professorin für Kommunalpolitik", None),
        ('Redakteur "Der Wecker"', "Redakteur", "Der Wecker"),
    ],
)
def test_role_and_house_in_one_line_are_parted(text: str, role: str, house: str | None) -> None:
    """A department is part of the role, a proper name is not."""
    assert split_role_and_organisation(text) == (role, house)


@pytest.mark.parametrize(
    ("word", "gender"), [("Sonntagskurier", "m"), ("Rhön-Presse", "f"), ("Bürgerradio", "n"), ("Apfel", None)]
)
def test_a_kind_of_house_has_a_gender(word: str, gender: str | None) -> None:
    """Compounds take the gender of their last part."""
    assert kind_gender(word) == gender
