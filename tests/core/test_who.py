"""Who registers and who withdraws."""

import pytest

from inbox_worker.core.reading import read
from inbox_worker.core.registration import Intent, Reason, Registrant, Salutation
from inbox_worker.core.request import Verdict
from tests.core.reading_desk import DESK, mail, reading


def names(people: tuple[Registrant, ...]) -> list[str]:
    return sorted(person.name for person in people)


@pytest.mark.parametrize(
    ("text", "coming", "leaving"),
    [
        ("Ich nehme am Fachdiskurs teil.", ["Anna Berg"], []),
        ("Meine Kollegin Jutta Reimann und ich nehmen teil.", ["Anna Berg", "Jutta Reimann"], []),
        ("Hiermit melde ich unseren Redakteur Klaus Wirtz an.", ["Klaus Wirtz"], []),
        ("Statt meiner wird Frau Silke Hansen teilnehmen.", ["Silke Hansen"], ["Anna Berg"]),
        ("Für den Fachdiskurs melde ich an:\n\n- Klaus Wirtz\n- Silke Hansen", ["Klaus Wirtz", "Silke Hansen"], []),
        ("Ich melde mich an, Frau Haaf kennt mich schon.", ["Anna Berg"], []),
        ("Für den Fachdiskurs melde ich an:\n\n- Klaus Wirtz\n- und ich selbst", ["Anna Berg", "Klaus Wirtz"], []),
        ("Dabei sind beim Fachdiskurs:\n\n- Silke Hansen\n- ich", ["Anna Berg", "Silke Hansen"], []),
        (
            "Wir melden zum Fachdiskurs an:\n\n- Klaus Wirtz\n- Silke Hansen, bitte Link zusenden",
            ["Klaus Wirtz", "Silke Hansen"],
            [],
        ),
        ("Im Namen unserer Chefredakteurin Silke Hansen sage ich zum Fachdiskurs zu.", ["Silke Hansen"], []),
        ("On behalf of our editor, Silke Hansen, I would like to confirm her attendance.", ["Silke Hansen"], []),
        ("I would like to register my editor Silke Hansen for the event.", ["Silke Hansen"], []),
        (
            "Meine Bestätigung ist da, danke. Bitte ergänzen Sie: Es kommt noch unser Praktikant Klaus Wirtz dazu.",
            ["Klaus Wirtz"],
            [],
        ),
        ("Ich bin schon angemeldet. Unser Volontär Klaus Wirtz kommt auch noch.", ["Klaus Wirtz"], []),
        (
            "Die Anmeldungen von Klaus Wirtz und Silke Hansen zum Fachdiskurs ziehe ich zurück, meine eigene ebenso.",
            [],
            ["Anna Berg", "Klaus Wirtz", "Silke Hansen"],
        ),
        ("Bitte streichen Sie Klaus Wirtz und auch meine eigene Anmeldung.", [], ["Anna Berg", "Klaus Wirtz"]),
    ],
)
def test_those_register_of_whom_the_mail_says_so(text: str, coming: list[str], leaving: list[str]) -> None:
    request = reading(text)
    assert (names(request.registrants), names(request.withdrawn)) == (coming, leaving)


def test_only_the_colleague_withdraws_when_the_writer_stays() -> None:
    request = reading("Unser Fotograf Klaus Wirtz fällt leider aus. Ich selbst bleibe angemeldet.")
    assert (request.intent, names(request.withdrawn)) == (Intent.CANCELLATION, ["Klaus Wirtz"])


def test_a_colleague_takes_the_writers_organisation() -> None:
    text = "Meine Kollegin Jutta Reimann und ich nehmen teil.\n\nMit freundlichen Grüßen\nAnna Berg\nStadt Lindau"
    assert {person.organisation for person in reading(text).registrants} == {"Stadt Lindau"}


def test_our_own_speakers_never_register() -> None:
    request = reading("Ich nehme teil und freue mich auf Rike Pätzold und Eliza Diekmann.")
    assert names(request.registrants) == ["Anna Berg"]


def test_who_is_quoted_never_registers() -> None:
    text = "Ich sage ab.\n\n> Am 2.11. schrieb Zukunftswerkstatt:\n> Bitte melden Sie sich an. Jörg Amann nimmt teil."
    request = reading(text)
    assert (request.intent, request.registrants) == (Intent.CANCELLATION, ())


def test_a_certain_machine_is_not_read() -> None:
    verdict = Verdict(Intent.AUTO_REPLY, certain=True, because=(Reason("Auto-Submitted", "auto-replied"),))
    request = read(mail("Ich melde mich zum Fachdiskurs an."), verdict, DESK)
    assert (request.intent, request.registrants, request.events) == (Intent.AUTO_REPLY, (), ())


def test_what_only_looks_like_a_machine_is_held_when_it_registers() -> None:
    verdict = Verdict(Intent.AUTO_REPLY, because=(Reason("subject", "Automatische Antwort"),))
    request = read(mail("Ich melde mich zum Fachdiskurs an."), verdict, DESK)
    assert (request.intent, bool(request.obstacles)) == (Intent.REGISTRATION, True)


def test_what_looks_like_a_machine_and_does_not_register_is_a_machine() -> None:
    verdict = Verdict(Intent.AUTO_REPLY, because=(Reason("subject", "Automatische Antwort"),))
    assert read(mail("Ich bin bis Montag nicht im Büro."), verdict, DESK).intent is Intent.AUTO_REPLY


def test_obstacles_of_screening_are_passed_on() -> None:
    verdict = Verdict(obstacles=(Reason("dmarc", "fail"),))
    assert Reason("dmarc", "fail") in read(mail("Ich nehme teil."), verdict, DESK).obstacles


def test_an_encrypted_mail_is_held() -> None:
    message = mail("")
    encrypted = type(message)(senders=message.senders, date=message.date, encrypted=True)
    request = read(encrypted, Verdict(), DESK)
    assert (request.intent, request.needs_human) == (Intent.UNCLEAR, True)


@pytest.mark.parametrize(
    ("text", "coming"),
    [
        ("Ich wäre gern dabei, außerdem kommt unser Volontär Klaus Wirtz.", ["Anna Berg", "Klaus Wirtz"]),
        ("Ich möchte teilnehmen und bitte auch Silke Hansen anmelden.", ["Anna Berg", "Silke Hansen"]),
        ("I will be there, and please add my colleague Silke Hansen.", ["Anna Berg", "Silke Hansen"]),
        ("Ich sage für den 24. zu, und zwar für Frau Silke Hansen.", ["Silke Hansen"]),
        ("Ich bitte um Anmeldung zum Fachdiskurs, es kommt Frau Silke Hansen.", ["Silke Hansen"]),
        ("Ich würde gern Frau Silke Hansen anmelden, sie möchte teilnehmen.", ["Silke Hansen"]),
        ("Ich bin die Assistentin von Silke Hansen, bitte melden Sie sie zum Fachdiskurs an.", ["Silke Hansen"]),
        ("Ich bin im Urlaub, deshalb nimmt meine Kollegin Silke Hansen teil.", ["Silke Hansen"]),
        ("Ich selbst kann nicht, es kommt meine Kollegin Silke Hansen.", ["Silke Hansen"]),
        ("Ich nehme an, dass noch Plätze frei sind, und melde Ihnen Frau Silke Hansen.", ["Silke Hansen"]),
    ],
)
def test_the_writer_comes_where_a_part_of_the_sentence_says_so_of_them(text: str, coming: list[str]) -> None:
    assert names(reading(text).registrants) == coming


def test_two_of_one_family_name_side_by_side_are_two_people() -> None:
    people = reading("Bitte melden Sie Tom Schmitt und Frau Schmitt zum Fachdiskurs an.").registrants
    assert [(one.given_name, one.family_name, one.salutation) for one in people] == [
        ("Tom", "Schmitt", None),
        (None, "Schmitt", Salutation.FRAU),
    ]
