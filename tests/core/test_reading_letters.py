"""Every letter in tests/letters is read as its JSON file says, in every field."""

import json
from pathlib import Path
from typing import Any

import pytest

from inbox_worker.adapters.mime import parse
from inbox_worker.core.naming import fold_name
from inbox_worker.core.reading import read
from inbox_worker.core.registration import Intent, Registrant
from inbox_worker.core.request import Request
from inbox_worker.core.screening import screen
from tests.core.reading_desk import DESK

LETTERS = Path(__file__).parent.parent / "letters"
NAMES = sorted(path.stem for path in LETTERS.glob("*.eml"))
FIELDS = ("given_name", "family_name", "title", "organisation", "role", "phone", "email")

# Letters that are still misread, and why. A letter that starts to be read rightly must leave this table.
MISREAD = {
    "x079-im-urlaub-und-trotzdem-angemeldet": "reads so much like an absence note that a person must look",
    "z006-drei-aus-dem-kreishaus": "'Personalentwicklerin' is in no list of roles, so it is taken for a house",
    "z012-webmail-html-ortsverein": "the paper is named inside a sentence ('gebe die Dorfzeitung … heraus')",
    "z023-english-two-researchers": "'(that's me)' in a list of two takes the other one off",
    "z028-svenska-kommunikator": "a Swedish role",
}
NEVER_ANSWERED = {Intent.AUTO_REPLY, Intent.BOUNCE, Intent.BULK}


def as_read(name: str) -> Request:
    message = parse((LETTERS / f"{name}.eml").read_bytes())
    return read(message, screen(message, DESK), DESK)


def told(person: Registrant | dict[str, Any], sender: str) -> dict[str, str | None]:
    said = person if isinstance(person, dict) else {field: getattr(person, field) for field in FIELDS}
    plain = {field: said[field] for field in FIELDS}
    for field in ("given_name", "family_name", "organisation"):
        plain[field] = fold_name(plain[field] or "") or None
    if fold_name(plain["email"] or "") == fold_name(sender):
        plain["email"] = None  # the sender's own address, said once more
    return plain


def in_order(people: Any, sender: str) -> list[dict[str, str | None]]:
    return sorted((told(person, sender) for person in people), key=str)


def differences(name: str) -> list[str]:
    wanted = json.loads((LETTERS / f"{name}.json").read_text("utf-8"))
    message = parse((LETTERS / f"{name}.eml").read_bytes())
    sender = message.sender.addr_spec if message.sender else ""
    request = read(message, screen(message, DESK), DESK)
    sends_link = (
        request.intent in {Intent.REGISTRATION, Intent.LINK_REQUEST} and bool(request.events) and not request.obstacles
    )
    found = {
        "intent": request.intent.value,
        "language": request.language,
        "events": list(request.events),
        "registrants": in_order(request.registrants, sender),
        "withdrawn": in_order(request.withdrawn, sender),
        "needs_human": request.needs_human,
        "sends_link": sends_link,
    }
    for people in ("registrants", "withdrawn"):
        wanted[people] = in_order(wanted[people], sender)
    if request.intent in NEVER_ANSWERED:
        found.pop("language")  # of a mail that nobody answers it has no effect
    return [f"{key}: {found[key]!r}, wanted {wanted[key]!r}" for key in found if found[key] != wanted[key]]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MISREAD])
def test_a_letter_is_read_as_a_careful_press_officer_reads_it(name: str) -> None:
    assert differences(name) == []


def test_a_letter_that_is_read_rightly_by_now_has_left_the_table_of_misread_ones() -> None:
    assert set(MISREAD) <= set(NAMES)
    assert [name for name in MISREAD if not differences(name)] == []


def test_there_are_at_least_sixty_letters_and_each_has_its_expected_reading() -> None:
    assert len(NAMES) >= 60
    assert sorted(path.stem for path in LETTERS.glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_request_says_why(name: str) -> None:
    request = as_read(name)
    assert request.because or request.concerns
