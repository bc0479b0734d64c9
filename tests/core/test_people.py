"""The people reader on signatures, sentences, lists and tables that people really write."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_worker.core.reading.people import mentions, signature_person, vcard_person, writer
from inbox_worker.core.registration import Registrant
from tests.core.people_desk import DESK, as_row, rows

_SIGNATURES = rows("people_signatures.toml", "signature")
_TEXTS = rows("people_sentences.toml", "text")
_WRITERS = rows("people_writers.toml", "mail")


def _wanted(row: dict[str, Any]) -> str:
    return as_row(
        Registrant(
            row.get("given"),
            row.get("family"),
            row.get("title"),
            row.get("organisation"),
            row.get("role"),
            row.get("phone"),
            row.get("email"),
        )
    )


@pytest.mark.parametrize("row", _SIGNATURES, ids=lambda row: row["display"] or "nobody")
def test_a_signature_is_read_as_a_careful_press_officer_reads_it(row: dict[str, Any]) -> None:
    """Every field of every signature in people_signatures.toml."""
    reading = signature_person(row["block"], display_name=row["display"], address=row["address"], desk=DESK)
    assert as_row(reading.person or Registrant()).casefold() == _wanted(row).casefold(), reading.because


@pytest.mark.parametrize("row", _TEXTS, ids=lambda row: row["text"][:40])
def test_everybody_named_in_a_text_is_found_and_nobody_else(row: dict[str, Any]) -> None:
    """People, salutations, colleagues and self-introductions of people_sentences.toml."""
    found = mentions(row["text"], DESK)
    assert [as_row(mention.person) for mention in found if not mention.salutation] == row["people"]
    assert [m.person.family_name for m in found if m.salutation] == row.get("saluted", [])
    assert [m.person.family_name for m in found if m.colleague] == row.get("colleagues", [])
    assert [m.person.family_name for m in found if m.self_named] == row.get("self_named", [])


@pytest.mark.parametrize("row", _WRITERS, ids=lambda row: row["display"] or row["address"])
def test_the_writer_is_put_together_from_signature_and_text(row: dict[str, Any]) -> None:
    """Every field of every mail in people_writers.toml."""
    reading = writer(row["text"], row.get("block", ""), display_name=row["display"], address=row["address"], desk=DESK)
    assert as_row(reading.person or Registrant()).casefold() == _wanted(row).casefold(), reading.because


def test_the_offsets_of_a_mention_are_the_words_of_the_name() -> None:
    """`text[start:end]` is what the person is called there, courtesy and title included."""
    text = "Bitte melden Sie auch Frau Dr. Heidelinde Maaß und Jo-Ann Berger an."
    assert [text[m.start : m.end] for m in mentions(text, DESK)] == ["Frau Dr. Heidelinde Maaß", "Jo-Ann Berger"]


def test_our_own_people_are_never_mentions() -> None:
    """Speakers and contacts of the desk, in full or with courtesy, are not the sender's people."""
    text = "Frau Lindemuth sagte, dass Eliza Diekmann und Prof. Dr. Edelgard Thorn sprechen. Frau Thorn kenne ich."
    assert mentions(text, DESK) == ()


def test_our_own_number_is_never_the_writers() -> None:
    """The number of the invitation stands in many replies."""
    block = "Viele Grüße\nArmin Tolksdorf\nTel. Ihrer Pressestelle: 0521 9990 100"
    person = signature_person(block, display_name="", address="tolksdorf@x.example", desk=DESK).person
    assert person is not None
    assert person.phone is None


def test_somebody_who_signs_for_another_is_marked() -> None:
    """'i. A.' and assistants perhaps register somebody else."""
    reading = signature_person("i. A. Jutta Rehm\nStadt Brakel", display_name="", address="a@b.example", desk=DESK)
    assert reading.for_somebody
    plain = signature_person("Gruß\nJutta Rehm\nStadt Brakel", display_name="", address="a@b.example", desk=DESK)
    assert not plain.for_somebody


def test_every_field_has_its_evidence() -> None:
    """`because` tells where name, organisation, role and number stood."""
    block = "Gruß\nJutta Rehm\nRedakteurin\nBrakeler Bote\nTel. 05272 5550"
    reading = signature_person(block, display_name="", address="a@b.example", desk=DESK)
    assert [reason.what for reason in reading.because] == ["name", "organisation", "role", "phone"]
    assert {reason.where for reason in reading.because} == {"signature"}


def test_one_person_named_twice_is_one_person() -> None:
    """What is said at the second mention counts at the first, and the other way round."""
    text = "Tabea Krusche kommt mit. Frau Krusche (t.krusche@x.example) ist unsere Volontärin."
    assert {(m.person.given_name, m.person.email) for m in mentions(text, DESK)} == {("Tabea", "t.krusche@x.example")}


def test_two_people_of_one_family_stay_two() -> None:
    """A family name alone is not filled up when two given names would fit."""
    text = "Inge Maurer und Rolf Maurer kommen. Frau Maurer braucht einen eigenen Link."
    assert [mention.person.given_name for mention in mentions(text, DESK)] == ["Inge", "Rolf", None]


def test_a_vcard_gives_name_house_role_and_number() -> None:
    """A version 3.0 card with a fax number first, folded lines and escapes."""
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ehrlich;Tabea;Maria;Dr.;\r\nFN:Dr. Tabea Maria Ehrlich\r\n"
        "ORG:Saaletal\\, Land und\r\n  Leute;Redaktion\r\nTITLE:Ressortleiterin\r\n"
        "TEL;TYPE=WORK,FAX:03641 555 99\r\nTEL;TYPE=WORK,VOICE:03641 555 12\r\n"
        "EMAIL;TYPE=INTERNET:t.ehrlich@saaletal.example\r\nEND:VCARD\r\n"
    )
    assert vcard_person(card) == Registrant(
        "Tabea Maria",
        "Ehrlich",
        "Dr.",
        "Saaletal, Land und Leute",
        "Ressortleiterin",
        "+49364155512",
        "t.ehrlich@saaletal.example",
    )


def test_a_vcard_of_version_2_is_read_in_its_own_encoding() -> None:
    """Version 2.1 writes umlauts as quoted-printable with a charset."""
    card = (
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg\n"
        "TEL;CELL:0171 5550123\nEND:VCARD"
    )
    assert vcard_person(card) == Registrant("Jörg", "Müller", phone="+491715550123")


@pytest.mark.parametrize("text", ["", "BEGIN:VCARD\nEND:VCARD", "Guten Tag", "BEGIN:VCARD\nN:;;;\nFN:info\nEND"])
def test_what_is_no_card_is_nobody(text: str) -> None:
    """Calendar parts, empty cards and ordinary text."""
    assert vcard_person(text) is None


_HOSTILE = (
    "Anna Schmitt ", "Anna ", "0 ", "05/12-", "(0", "Frau ", "Dr. ", "Name: x\n", "a@b.", "Anna und ", "Liebe ",
    "- Anna Schmitt\n", "Anna;Schmitt;Zeitung\n", "Anna | Schmitt | x\n", "von ", "A. B. ", "Familienname ", " ", "\t",
    "\n", "i. A. ", "für ", "DW 1 ", "Ä", "Kollegin ", "ABC DEF ", "Anna Müller <a.mueller@x.de> ", "„", "-", "..",
)  # fmt: skip


@pytest.mark.parametrize("piece", _HOSTILE)
def test_a_hostile_text_takes_bounded_time(piece: str) -> None:
    """200,000 characters of anything are read within 2 s of processor time (0.4 s on the slowest machine tried)."""
    text = piece * (200_000 // len(piece))
    before = time.process_time()
    mentions(text, DESK)
    writer(text, text, display_name=text, address="a@b.example", desk=DESK)
    vcard_person("BEGIN:VCARD\n" + text)
    assert time.process_time() - before < 2


_ALPHABET = st.sampled_from(
    [
        *"aZä0.-,:;|/@()\n\t \u00a0\u200b\x00",
        "Frau ",
        "Dr. ",
        "Anna ",
        "von ",
        "Müller",
        "Tel. 0521 ",
        "Name: ",
        "Gruß\n",
    ]
)


@given(st.lists(_ALPHABET, max_size=60).map("".join), st.text(max_size=40))
def test_reading_people_never_raises(text: str, shown: str) -> None:
    """Whatever the text, the block and the display name, and offsets stay inside the text."""
    for mention in mentions(text, DESK):
        assert 0 <= mention.start < mention.end <= len(text)
    writer(text, text, display_name=shown, address="a.mueller@x.example", desk=DESK)
    writer(shown, shown, display_name=text, address="", desk=DESK)
    vcard_person(text + shown)
