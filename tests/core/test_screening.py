"""Whom we never answer, whom we must not drop, and why no link goes out by itself."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from inbox_worker.adapters.mime import parse
from inbox_worker.core.registration import Desk, Intent
from inbox_worker.core.request import Verdict
from inbox_worker.core.screening import screen
from tests.builders import OFFICE, a_contact

ROWS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("screening_words.toml").read_text(encoding="utf-8"))
DESK = Desk(addresses=(OFFICE,), events=(), contact=a_contact(), authserv_id="mx.desk.example")
PERSON = "Guten Tag,\n\nhiermit melde ich mich zum Termin am 24. November an.\n\nViele Grüße\nKarla Voss"


def judged(
    text: str = PERSON, *fields: str, sender: str = "Karla Voss <voss@blatt.example>", subject: str = "Termin"
) -> Verdict:
    head = (
        f"From: {sender}",
        f"To: {OFFICE}",
        f"Subject: {subject}",
        "Content-Type: text/plain; charset=utf-8",
        *fields,
    )
    return screen(parse(("\r\n".join(head) + "\r\n\r\n" + text).encode()), DESK)


def reported(kind: str, part: str) -> Verdict:
    raw = (
        f"From: x@mx.example\r\nTo: {OFFICE}\r\nContent-Type: multipart/report; report-type={kind}; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\nsiehe unten\r\n--b\r\nContent-Type: {part}\r\n\r\n"
        "Reporting-MTA: dns; x\r\n--b--\r\n"
    )
    return screen(parse(raw.encode()), DESK)


def test_a_person_is_no_machine_and_has_no_obstacle() -> None:
    assert judged() == Verdict()


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Auto-Submitted: auto-replied", Intent.AUTO_REPLY),
        ("Auto-Submitted: auto-generated (vacation)", Intent.AUTO_REPLY),
        ("X-Autoreply: yes", Intent.AUTO_REPLY),
        ("X-Autorespond: Abwesend", Intent.AUTO_REPLY),
        ("Precedence: auto_reply", Intent.AUTO_REPLY),
        ("X-MS-Exchange-Inbox-Rules-Loop: k@b.example", Intent.AUTO_REPLY),
        ("X-AMAZON-MAIL-RELAY-TYPE: NOTIFICATION", Intent.AUTO_REPLY),
        ("Return-Path: <>", Intent.AUTO_REPLY),
        ("X-Failed-Recipients: weg@blatt.example", Intent.BOUNCE),
    ],
)
def test_a_machines_own_header_is_proof_even_over_a_persons_words(field: str, kind: Intent) -> None:
    verdict = judged(PERSON, field)
    assert (verdict.kind, verdict.certain) == (kind, True)
    assert verdict.because[0].words


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: no (a person wrote this)",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: no",
        "X-Priority: 1",
        "Sender: voss@blatt.example",
    ],
)
def test_a_header_that_means_nothing_drops_nobody(field: str) -> None:
    assert judged(PERSON, field) == Verdict()


@pytest.mark.parametrize(
    ("local", "kind"),
    [
        ("no-reply", Intent.BULK),
        ("noreply", Intent.BULK),
        ("do-not-reply", Intent.BULK),
        ("events-noreply", Intent.BULK),
        ("mailer-daemon", Intent.BOUNCE),
        ("bounces+12", Intent.BOUNCE),
        ("owner-presse", Intent.BULK),
        ("presse-request", Intent.BULK),
        ("listserv", Intent.BULK),
        ("majordomo", Intent.BULK),
    ],
)
def test_an_address_nobody_reads_is_a_machine(local: str, kind: Intent) -> None:
    verdict = judged(sender=f"{local}@blatt.example")
    assert (verdict.kind, verdict.certain) == (kind, True)


@pytest.mark.parametrize(
    "local", ["beetroot", "redaktion", "newsdesk", "info", "postmaster", "n.replyer", "bouncer", "downer-x"]
)
def test_an_address_that_only_resembles_one_is_a_person(local: str) -> None:
    assert judged(sender=f"{local}@blatt.example") == Verdict()


def test_reports_are_told_apart() -> None:
    assert reported("delivery-status", "message/delivery-status").kind is Intent.BOUNCE
    assert reported("disposition-notification", "message/disposition-notification").kind is Intent.AUTO_REPLY
    assert reported("feedback-report", "message/feedback-report").kind is Intent.BULK


@pytest.mark.parametrize(("method", "kind"), [("REPLY", Intent.BULK), ("CANCEL", Intent.BULK), ("PUBLISH", None)])
def test_a_calendar_programs_answer_is_noise_and_an_attached_entry_is_not(method: str, kind: Intent | None) -> None:
    raw = (
        f"From: Karla <k@blatt.example>\r\nTo: {OFFICE}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\n\r\n{PERSON}\r\n"
        f"--b\r\nContent-Type: text/calendar; method={method}\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:{method}\r\n--b--\r\n"
    )
    assert screen(parse(raw.encode()), DESK).kind is kind


@pytest.mark.parametrize("row", ROWS["machine"], ids=lambda row: row["text"][:40])
def test_a_machine_without_any_header_is_known_by_its_words(row: dict[str, str]) -> None:
    verdict = judged(row["text"], subject=row["subject"])
    assert verdict.kind == row["kind"]
    assert verdict.because


@pytest.mark.parametrize("row", ROWS["person"], ids=lambda row: row["text"][:40])
def test_people_who_only_sound_like_machines_are_not_dropped(row: dict[str, str]) -> None:
    assert judged(row["text"], subject=row["subject"]).kind is None


def test_a_registration_under_an_automatic_subject_is_uncertain() -> None:
    verdict = judged(subject="Automatische Antwort: Einladung")
    assert (verdict.kind, verdict.certain) == (Intent.AUTO_REPLY, False)


def test_quoted_words_of_a_machine_do_not_make_a_machine() -> None:
    quote = "\n\nAm 3.11.2022 schrieb X <x@y.example>:\n> Diese E-Mail wurde automatisch erzeugt. Hier abmelden.\n"
    assert judged(PERSON + quote) == Verdict()


def test_a_newsletter_is_bulk_and_a_persons_mail_through_a_list_is_only_held() -> None:
    newsletter = judged(
        "Ausgabe 3. Sie erhalten diesen Newsletter, weil Sie ihn bestellt haben.",
        "List-Unsubscribe: <https://x.example>",
    )
    assert (newsletter.kind, newsletter.certain) == (Intent.BULK, True)
    for field in ("List-Id: <redaktion.blatt.example>", "Precedence: bulk", "Precedence: list"):
        held = judged(PERSON, field)
        assert held.kind is None
        assert [reason.what for reason in held.obstacles] == ["a mailing list"]


def results(*values: str) -> list[str]:
    verdict = judged(PERSON, *(f"Authentication-Results: {value}" for value in values))
    assert verdict.kind is None
    return [reason.what for reason in verdict.obstacles]


@pytest.mark.parametrize(
    ("values", "stands"),
    [
        (("mx.desk.example; dmarc=pass (p=reject) header.from=b.example",), False),
        (("mx.desk.example; dmarc=fail (p=none dis=none) header.from=b.example",), False),
        (("mx.desk.example; dmarc=fail (policy=quarantine) header.from=b.example",), True),
        (("mx.desk.example; spf=fail; dmarc=fail (p=reject) header.from=b.example",), True),
        (("mx.desk.example; dmarc=fail header.from=b.example",), True),
        (("mx.desk.example; dmarc=fail (p=reject) header.from=b.example", "mx.desk.example; dmarc=pass"), True),
        (
            ("evil.example; dmarc=fail (p=reject)", "mx.desk.example; dmarc=pass (p=reject) header.from=b.example"),
            False,
        ),
        (("evil.example; dmarc=pass", "mx.desk.example; dmarc=fail (p=reject) header.from=b.example"), True),
        (('mx.desk.example; spf=pass reason="x; dmarc=pass"; dmarc=fail (p=reject) header.from=b.example',), True),
        (("mx.desk.example; dmarc=fail " + "(" * 2000,), True),
        ((), False),
    ],
)
def test_only_our_own_servers_topmost_dmarc_result_counts(values: tuple[str, ...], stands: bool) -> None:
    assert ("DMARC failed" in results(*values)) is stands


@pytest.mark.parametrize(
    ("reply_to", "text", "stands"),
    [
        ("voss@b1att.example", PERSON, True),
        ("privat@post.example", PERSON, True),
        ("privat@post.example", PERSON + "\nAntworten bitte an privat@post.example", False),
        ("team@blatt.example", PERSON, False),
        ("team@mail.blatt.example", PERSON, False),
        (OFFICE, PERSON, True),
    ],
)
def test_a_reply_to_at_a_foreign_domain_needs_a_word_in_the_text(reply_to: str, text: str, stands: bool) -> None:
    assert bool(judged(text, f"Reply-To: <{reply_to}>").obstacles) is stands


def test_different_from_fields_our_own_address_and_foreign_recipients_are_obstacles() -> None:
    assert [one.what for one in judged(PERSON, "From: ole@anders.example").obstacles] == ["different From addresses"]
    assert [one.what for one in judged(sender=OFFICE).obstacles] == ["our own address as sender"]
    elsewhere = screen(parse(b"From: a@b.example\r\nTo: c@d.example\r\n\r\nIch komme"), DESK)
    redirected = screen(
        parse(f"Delivered-To: {OFFICE}\r\nFrom: a@b.example\r\nTo: c@d.example\r\n\r\nHallo".encode()), DESK
    )
    assert [one.what for one in elsewhere.obstacles] == ["not addressed to us"]
    assert (elsewhere.kind, elsewhere.certain) == (Intent.BULK, False)
    assert redirected.obstacles == ()


@pytest.mark.parametrize(
    ("target", "shown", "stands"),
    [
        ("https://evil.example/x", "https://mail.desk.example/anmeldung", True),
        ("https://www.blatt.example/", "https://blatt.example", False),
        ("https://eur01.safelinks.protection.outlook.com/?url=x", "https://blatt.example", False),
        ("https://blatt.example/team", "Unser Blatt", False),
    ],
)
def test_a_link_that_shows_another_address_is_an_obstacle(target: str, shown: str, stands: bool) -> None:
    raw = f'From: k@blatt.example\r\nTo: {OFFICE}\r\nContent-Type: text/html\r\n\r\n<a href="{target}">{shown}</a>'
    assert bool(screen(parse(raw.encode()), DESK).obstacles) is stands


@pytest.mark.parametrize("name", ["Return-Path", "Auto-Submitted", "Authentication-Results", "Precedence", "X-Loop"])
@pytest.mark.parametrize("value", ["= " * 20_000, "a " * 20_000, "mx.desk.example; dmarc=fail (p = " * 1_000])
def test_no_header_is_slow_to_judge(name: str, value: str) -> None:
    start = time.process_time()
    judged(PERSON, f"{name}: {value}")
    assert time.process_time() - start < 1
