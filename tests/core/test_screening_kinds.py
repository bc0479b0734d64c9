"""Persons who sound like machines, and machines that sound like persons: which kind, by general signs."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from inbox_worker.adapters.mime import parse
from inbox_worker.core.registration import Desk, Intent
from inbox_worker.core.request import Verdict
from inbox_worker.core.screening import screen
from tests.builders import OFFICE, a_contact

ROWS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("screening_kinds.toml").read_text(encoding="utf-8"))
DESK = Desk(addresses=(OFFICE,), events=(), contact=a_contact(), authserv_id="mx.desk.example")


def judged(row: dict[str, Any]) -> Verdict:
    head = [
        f"From: {row.get('from', 'Karla Voss <voss@blatt.example>')}",
        f"To: {OFFICE}",
        f"Subject: {row['subject']}",
        f"Content-Type: text/{row.get('type', 'plain')}; charset=utf-8",
        *row.get("fields", ()),
    ]
    return screen(parse(("\r\n".join(head) + "\r\n\r\n" + row["text"]).encode()), DESK)


def called(row: dict[str, Any]) -> str:
    return f"{row['subject']}: {row['text'][:30]}"


@pytest.mark.parametrize("row", ROWS["person"], ids=called)
def test_a_person_who_sounds_like_a_machine_is_neither_dropped_nor_held(row: dict[str, Any]) -> None:
    assert judged(row) == Verdict()


@pytest.mark.parametrize("row", ROWS["machine"], ids=called)
def test_a_machine_that_sounds_like_a_person_is_known_for_what_it_is(row: dict[str, Any]) -> None:
    verdict = judged(row)
    assert verdict.kind == row["kind"]
    assert verdict.because


@pytest.mark.parametrize("row", ROWS["bounce"], ids=called)
def test_a_bounce_of_any_mail_system_is_a_bounce(row: dict[str, Any]) -> None:
    verdict = judged(row)
    assert (verdict.kind, verdict.certain) == (Intent.BOUNCE, True)


def test_a_relays_field_stops_nobody_who_says_what_they_want_but_a_mailing_services_field_does() -> None:
    wish = {"subject": "Termin", "text": "Guten Tag, hiermit melde ich mich an.\n\nKarla Voss"}
    assert judged({**wish, "fields": ["Feedback-ID: i1:Postfach"]}) == Verdict()
    assert [one.what for one in judged({**wish, "fields": ["X-Mailchimp-Id: 1"]}).obstacles] == [
        "sent to many by a mailing service"
    ]
    click = {
        "text": "Guten Tag, bitte folgen Sie dem Link: https://x.example/anmeldung/77",
        "fields": ["Feedback-ID: 1"],
    }
    assert judged({**wish, **click}).obstacles
    assert judged({"subject": "Neues", "text": "Der Herbst ist da.", "fields": ["Feedback-ID: 1"]}).obstacles


def test_a_password_spoken_of_without_a_strange_link_is_no_fraud() -> None:
    text = (
        "Der Zugang erlischt in 24 Stunden, steht da, und will eine erneute Anmeldung mit meinem Passwort. Stimmt das?"
    )
    assert judged({"subject": "Zugang", "text": text}) == Verdict()
