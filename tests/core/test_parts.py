"""Who wrote which lines of a mail, and when."""

import time
from datetime import UTC, datetime

import pytest

from inbox_worker.core.message import Address, Message
from inbox_worker.core.reading.parts import Parts, split
from tests.builders import OFFICE

KARLA = Address("Karla Voss", "voss@blatt.example")


def parts(text: str, subject: str = "", *attached: Message) -> Parts:
    return split(Message(senders=(KARLA,), to=(Address("", OFFICE),), subject=subject, text=text, attached=attached))


@pytest.mark.parametrize(
    "seam",
    [
        "Am 3.11.2022 um 9:00 schrieb Presse <p@desk.example>:\n> Bitte melden",
        "Am Do., 3. Nov. 2022 um 09:00 Uhr schrieb Presse <\np@desk.example>:\n\n> Bitte melden",
        "On 3 Nov 2022, at 09:00, Presse <p@desk.example> wrote:\n\n> Bitte melden",
        "Le 3 nov. 2022 à 09:00, Presse <p@desk.example> a écrit :\n> Bitte melden",
        "Op 3 nov. 2022 om 09:00 schreef Presse <p@desk.example>:\n> Bitte melden",
        "Von: Presse <p@desk.example>\nGesendet: Donnerstag, 3. November 2022 09:00\nAn: K\nBetreff: E\n\nBitte melden",
        "*From:* Presse <p@desk.example>\n*Sent:* Thursday, November 3, 2022 9:00 AM\n*Subject:* E\n\nBitte melden",
        "-----Ursprüngliche Nachricht-----\nVon: Presse\nGesendet: 3.11.2022\nBetreff: E\n\nBitte melden",
        "-----Original-Nachricht-----\nBetreff: E\nDatum: 2022-11-03T09:00+0100\nVon: P <p@x.example>\n\nBitte melden",
        "________________\nVon: Presse <p@desk.example>\nGesendet: 3. November 2022\nAn: K\n\nBitte melden",
        "Gesendet: 3. November 2022 um 09:00 Uhr\nVon: P <p@desk.example>\nAn: k@b.example\nBetreff: E\nBitte melden",
        "> Bitte melden",
    ],
)
def test_a_quote_of_any_program_is_no_new_text(seam: str) -> None:
    found = parts(f"Bin dabei.\n\nViele Grüße\nKarla Voss\n\n{seam}\n")
    assert found.new == "Bin dabei."
    assert found.signature == "Viele Grüße\nKarla Voss"
    assert "Bitte melden" in "".join(found.quotes)


def test_answers_between_quoted_lines_are_new_text() -> None:
    found = parts(
        "Am 3.11.2022 schrieb P <p@desk.example>:\n> Name?\n\nKarla Voss\n\n> Medium?\n\nDas Blatt\n\n> Danke"
    )
    assert found.new == "Karla Voss\n\nDas Blatt"
    assert found.answers
    assert found.quotes == ("Name?", "Medium?", "Danke")


@pytest.mark.parametrize(
    "closing",
    [
        "Mit freundlichen Grüßen",
        "Schöne Grüße aus Lübeck",
        "LG",
        "Danke und Gruß",
        "Best regards,",
        "Met vriendelijke groet,",
        "Cordialement",
        "Hochachtungsvoll",
        "--",
        "Herzlichst Ihre",
        "Ganz die Ihre",
    ],
)
def test_the_signature_begins_at_the_closing_line(closing: str) -> None:
    found = parts(f"Guten Tag,\n\nich komme am Montag.\n\n{closing}\nKarla Voss\nDas Blatt\n")
    assert found.new == "Guten Tag,\n\nich komme am Montag."
    assert found.signature == f"{closing}\nKarla Voss\nDas Blatt"


def test_a_contact_block_without_closing_is_the_signature() -> None:
    found = parts("Ich komme am Montag.\n\nKarla Voss\nfreie Autorin\nTel. 0451 1234\n")
    assert found.signature == "Karla Voss\nfreie Autorin\nTel. 0451 1234"


def test_a_list_of_labels_is_text_and_no_signature() -> None:
    text = "Name: Karla Voss\nMedium: Das Blatt\nTelefon: 0451 1234"
    assert parts(text).new == text


@pytest.mark.parametrize(
    "greeting", ["Grüß Gott,", "Danke für die Einladung.", "Servus beinand,", "Thanks for the invitation."]
)
def test_a_greeting_or_thanks_at_the_top_closes_nothing(greeting: str) -> None:
    text = f"{greeting}\n\nich melde mich hiermit gern für den Termin an."
    assert parts(text).new == text


def test_a_postscript_is_new_text() -> None:
    found = parts("Ich komme.\n\nViele Grüße\nKarla Voss\n\nPS: Gibt es Parkplätze?\n")
    assert found.new == "Ich komme.\n\nPS: Gibt es Parkplätze?"
    assert found.signature == "Viele Grüße\nKarla Voss"


@pytest.mark.parametrize(
    "line",
    [
        "Von meinem iPhone gesendet",
        "Sent from my Galaxy",
        "Get Outlook for iOS",
        "Virenfrei. www.avast.com",
        "Bitte prüfen Sie, ob diese Mail ausgedruckt werden muss.",
        "Diese E-Mail enthält vertrauliche Informationen und ist nur für den Empfänger bestimmt.",
        "This message is confidential. If you are not the intended recipient, delete it.",
        "Blatt GmbH, Amtsgericht Lübeck, HRB 1234, Geschäftsführer: Max Muster",
    ],
)
def test_what_devices_and_lawyers_append_is_boilerplate(line: str) -> None:
    found = parts(f"Ich komme.\n\nViele Grüße\nKarla Voss\n\n{line}\n")
    assert found.boilerplate == line
    assert found.signature == "Viele Grüße\nKarla Voss"


@pytest.mark.parametrize(
    "text", ["This email is to confirm that I will attend.", "Diese Nachricht ist meine Anmeldung."]
)
def test_a_sentence_that_starts_like_a_notice_is_kept(text: str) -> None:
    assert parts(text).new == text


FORWARD = (
    "Von: Ole Bast <bast@blatt.example>\nGesendet: Mittwoch, 9. November 2022 14:02\nAn: Karla\nBetreff: Montag\n\n"
)


@pytest.mark.parametrize(
    ("subject", "seam"),
    [
        ("WG: Montag", FORWARD),
        ("Montag", "---------- Forwarded message ---------\n" + FORWARD),
        ("Fwd: Montag", "Anfang der weitergeleiteten Nachricht:\n\n" + FORWARD),
        ("Fwd: Montag", "Begin forwarded message:\n\n> " + FORWARD.replace("\n", "\n> ")),
    ],
)
def test_a_forwarded_mail_keeps_its_writer_and_date(subject: str, seam: str) -> None:
    found = parts(f"bitte eintragen\n\n{seam}Ich komme.\n", subject)
    (inner,) = found.forwarded
    assert found.new == "bitte eintragen"
    assert inner.sender == Address("Ole Bast", "bast@blatt.example")
    assert inner.date == datetime(2022, 11, 9, 13, 2, tzinfo=UTC)
    assert (inner.subject, inner.text) == ("Montag", "Ich komme.")


def test_our_own_mail_is_quoted_even_below_a_forwarding_subject() -> None:
    found = parts(
        f"Ich komme.\n\nVon: Presse <{OFFICE}>\nGesendet: 3.11.2022 9:00\nAn: K\nBetreff: E\n\nBitte", "WG: E"
    )
    assert found.forwarded == ()
    assert found.new == "Ich komme."


def test_an_attached_mail_is_forwarded() -> None:
    inner = Message(
        senders=(Address("Ole Bast", "bast@blatt.example"),), subject="Montag", text="Ich komme.\n\nGruß\nOle"
    )
    (found,) = parts("siehe Anlage", "", inner).forwarded
    assert (found.sender, found.text, found.signature) == (inner.sender, "Ich komme.", "Gruß\nOle")


def test_a_letter_head_that_a_person_typed_is_text() -> None:
    text = "Von: Karla Voss, Das Blatt\nAn: Pressestelle\nBetreff: Montag\n\nIch komme."
    assert parts(text).new == text


BLANKS = " " * 90_000
HOSTILE = [
    BLANKS,
    f"Von: {BLANKS}x",
    "--" + " -" * 45_000,
    f"--{BLANKS}x",
    "Name" + " :" * 45_000,
    "mail" * 20_000,
    "Gruß, " * 15_000,
    "> " * 45_000,
    "1 2 " * 20_000,
    ". " * 45_000,
    "am schrieb @ " * 6_000,
]


@pytest.mark.parametrize("line", HOSTILE, ids=lambda line: line[:12])
def test_no_line_is_slow_to_take_apart(line: str) -> None:
    start = time.process_time()
    parts(f"Hallo\n\n{line}\nGesendet: x\n{line}\nBetreff: y\n\n{line}")
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "mark",
    [
        '>>> "Zukunftswerkstatt Kommunen" <desk@desk.example> 17.11.2022 15:53 >>>',
        '>>> "Zukunftswerkstatt Kommunen"\n<desk@desk.example> 17.11.2022 15:53 >>>',
        ">>> Christina Haaf 11/17/22 3:53 PM >>>",
    ],
)
def test_what_stands_below_groupwise_s_mark_is_the_other_mail(mark: str) -> None:
    text = f"Frau Kern kommt leider nicht.\n\nGruß\nA. Tiemann\n\n{mark}\nGuten Tag,\n\nAngemeldet:\n– Eva Kern\n"
    found = parts(text)
    assert "Angemeldet" not in found.new + found.signature
    assert found.new.startswith("Frau Kern kommt")
    assert any("Angemeldet" in quote for quote in found.quotes)


def test_three_arrows_alone_are_a_quote_of_a_quote() -> None:
    assert parts("Ja, gern.\n\n>>> Kommen Sie am 24.11.?\n>> Vielleicht.\n").new == "Ja, gern."
