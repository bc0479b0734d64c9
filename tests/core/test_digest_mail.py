"""What stands in a digest: all that the press office must know, nothing that can hurt it, and the right lists."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from jinja2 import DictLoader
from openpyxl import load_workbook

from inbox_worker.adapters.mime import parse
from inbox_worker.config import load_templates
from inbox_worker.core import lists
from inbox_worker.core.delivery import Reply
from inbox_worker.core.entries import (
    DigestOwed,
    DigestSkipped,
    Entry,
    MailRecorded,
    Promoted,
    Recorded,
    Registered,
    ReplyFailed,
    ReplyOwed,
    Settled,
    Undeliverable,
    Withdrawn,
)
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address
from inbox_worker.core.registration import MACHINES, Desk, Intent, Reason, Registrant, Status
from inbox_worker.core.reply import Moment, check_digests, compose_digest, digest_samples, render_digest
from inbox_worker.core.screening import screen
from tests.builders import ANNA, BERLIN, FACHDISKURS, OFFICE, PRESSE, a_desk, a_ref, an_answer, an_event
from tests.office import FakeOffice

PRESS = "haaf@zukunftswerkstatt-kommunen.de"
MORNING = datetime(2022, 11, 22, 8, 0, tzinfo=BERLIN)
BEN = Registrant("Ben", "Yilmaz", organisation="Radio Beispiel")
TO = "a.schmitt@teutoburger-bote.example"
SET = replace(an_event(), link="https://meet.kommunen.de/fachdiskurs", short_title="Fachdiskurs")
DESK = a_desk(SET)
EVIL = replace(ANNA, given_name='=HYPERLINK("http://x")', family_name="\x1b[31mRot\u202e", organisation="@SUM(A1)")


def a_held(uid: int = 1, **changes: object) -> MailRecorded:
    usual: dict[str, object] = {
        "sender": "weber@magazin.example",
        "name": "Max Weber",
        "subject": "Frage",
        "message_id": f"<m{uid}@magazin.example>",
        "concerns": (Reason("no event is named"),),
    }
    return MailRecorded(a_ref(uid), f"{uid}", Intent.UNCLEAR, "held", **(usual | changes))  # type: ignore[arg-type]


def digest_of(  # noqa: PLR0917 - what a digest depends on
    entries: Iterable[Entry],
    since: int = 0,
    event: str = "",
    desk: Desk = DESK,
    now: datetime = MORNING,
    later: Iterable[Entry] = (),
    looked: datetime | None = None,
    observing: bool = False,
) -> Reply:
    """The one that is owed behind `entries` and delivered behind `later`."""
    owed = DigestOwed("r", "x", since, MORNING - timedelta(days=1), event, PRESS)
    at = (now - timedelta(hours=1)).astimezone(UTC)
    before = DigestSkipped("before", first=True)
    ledger = Ledger().fold(Recorded(seq, at, entry) for seq, entry in enumerate([before, *entries, owed, *later]))
    digest = ledger.outbox["r"].digest
    assert digest is not None
    return compose_digest(
        digest,
        reply_id="r",
        ledger=ledger,
        desk=desk,
        sender=Address("Zukunftswerkstatt Kommunen", OFFICE),
        environment=load_templates(),
        moment=Moment(now, BERLIN, looked or now, observing=observing),
    )


def opened(reply: Reply) -> EmailMessage:
    mail = message_from_bytes(reply.content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def body(reply: Reply, kind: str = "plain") -> str:
    part = opened(reply).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").replace("\N{NO-BREAK SPACE}", " ")


def attached(reply: Reply) -> dict[str, bytes]:
    found = dict[str, bytes]()
    for part in opened(reply).iter_attachments():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(part.get_filename())] = content
    return found


def joined(number: int = 1, who: Registrant = ANNA, address: str = TO, **changes: object) -> Registered:
    return Registered(f"{number}-1", FACHDISKURS, "d", who, address, **changes)  # type: ignore[arg-type]


def test_it_tells_each_kind_of_news_by_name() -> None:
    entries: list[Entry] = [
        joined(1),
        joined(2, BEN, status=Status.WAITLISTED),
        joined(3, replace(BEN, given_name="Pia"), status=Status.PENDING),
        Promoted("2-1", FACHDISKURS, BEN, TO),
        Withdrawn("1-1", FACHDISKURS, "d", ANNA, TO),
        ReplyFailed("a", 550, "weg@bote.example", "no such person"),
        Undeliverable("", "voll@bote.example", "mailbox full"),
    ]
    told = body(digest_of(entries))
    assert (
        "das ist neu seit dem letzten Bericht (gestern, 8 Uhr): 1 Anmeldung, 1 Anmeldung zu bestätigen, "
        "1 Person neu auf der Warteliste, 1 Person nachgerückt, 1 Absage, 2 Antworten nicht angekommen."
    ) in told
    for heading, line in (
        ("Neu angemeldet (1)", "Anna Schmitt, Redakteurin, Teutoburger Bote"),
        ("Neu auf der Warteliste (1)", "Ben Yilmaz, Radio Beispiel"),
        ("Von Ihnen zu bestätigen (1)", "Pia Yilmaz, Radio Beispiel"),
        ("Nachgerückt (1)", "Ben Yilmaz, Radio Beispiel"),
        ("Abgesagt (1)", "Anna Schmitt, Redakteurin, Teutoburger Bote"),
        ("Nicht angekommen (2)", "weg@bote.example – nicht zugestellt: 550 no such person"),
    ):
        assert f"{heading}:\n– {line}\n" in told
    assert "– voll@bote.example – zurückgekommen: mailbox full\n" in told


def test_news_are_those_behind_the_last_digest_and_the_state_is_that_of_now() -> None:
    reply = digest_of([joined(1), joined(2, BEN)], since=1, later=[joined(3, replace(ANNA, given_name="Carla"))])
    told = body(reply)
    assert "Neu angemeldet (1):\n– Ben Yilmaz, Radio Beispiel\n" in told
    assert "Angemeldet: 3\n" in told
    assert len(attached(reply)) == 2


def test_it_is_a_mail_of_its_own_and_marked_as_made_by_a_machine() -> None:
    mail = opened(digest_of([joined()]))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["In-Reply-To"] is mail["References"] is None
    assert mail["To"] == PRESS
    assert mail["Message-ID"] == "<r@zukunftswerkstatt-kommunen.de>"
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mail.iter_parts()] == [
        "multipart/alternative",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "text/csv",
    ]
    assert not mail.defects


def test_a_held_mail_can_be_found_by_its_number_and_by_its_message_id_and_opened() -> None:
    reply = digest_of([a_held(1, message_id="<a+b/c?d=1%@magazin.example>")])
    told, page = body(reply), body(reply, "html")
    assert (
        "Nr. 1: „Frage“ – neu\n"
        "Von: Max Weber, weber@magazin.example\n"
        "Eingang: heute, 7 Uhr\n"
        "Grund: keine Veranstaltung zu erkennen\n"
        "Mail: mid:a%2Bb%2Fc%3Fd%3D1%25@magazin.example\n"
        "Message-ID: <a+b/c?d=1%@magazin.example>\n"
    ) in told
    assert 'href="mid:a%2Bb%2Fc%3Fd%3D1%25@magazin.example"' in page
    assert "im Mailprogramm öffnen</a>" in page
    assert "&lt;a+b/c?d=1%@magazin.example&gt;" in page


def test_mails_that_are_new_stand_first_and_settled_ones_nowhere() -> None:
    told = body(digest_of([a_held(1), a_held(2), a_held(3), Settled(a_ref(2))], since=2))
    assert "Nr. 2:" not in told
    assert told.index("Nr. 3: „Frage“ – neu\n") < told.index("Nr. 1: „Frage“\n")
    assert "2 Mails, die auf Sie warten" in told


def test_a_flood_of_mails_fills_a_line_and_a_long_list_is_counted() -> None:
    floods = [a_held(uid, over="address", concerns=(Reason("no event is named"),)) for uid in range(100, 400)]
    people = [joined(number, replace(ANNA, given_name=f"A{number}")) for number in range(200)]
    reply = digest_of([*floods, *(a_held(uid) for uid in range(1, 31)), *people])
    told = body(reply)
    assert "– 300 Mails ab Nr. 1: keine Veranstaltung zu erkennen\n" in told
    assert "– 18 ältere Mails\n" in told
    assert "– und 188 weitere\n" in told
    alternative = next(opened(reply).iter_parts())
    assert len(bytes(alternative)) < 40_000


def test_a_placeholder_full_places_and_who_was_not_reached_are_told_of_each_coming_event() -> None:
    events = (
        replace(SET, capacity=2, link="https://meet.example.org/x"),
        an_event(PRESSE, datetime(2023, 3, 14, 10, 30, tzinfo=BERLIN)),
        an_event("vorbei", datetime(2022, 11, 1, 10, tzinfo=BERLIN)),
    )
    entries: list[Entry] = [
        joined(1),
        joined(2, BEN, "b@radio.example"),
        joined(3, status=Status.WAITLISTED),
        joined(4, status=Status.PENDING),
        Undeliverable("", "b@radio.example"),
    ]
    told = body(digest_of(entries, desk=a_desk(*events)))
    assert (
        "Donnerstag, 24. November 2022, 13 bis 15 Uhr (MEZ) – übermorgen\n"
        "Angemeldet: 2 von 2 Plätzen, ausgebucht\n"
        "Warteliste: 1\n"
        "Zu bestätigen: 1\n"
        "Zugangslink: fehlt noch (Platzhalter)\n"
        "Nicht erreicht: b@radio.example\n"
    ) in told
    assert "Veranstaltung zwk-presse-23\n" in told
    assert "– in 112 Tagen\nAngemeldet: 0\n" in told
    assert "vorbei" not in told
    assert "– Anna Schmitt, Redakteurin, Teutoburger Bote (Fachdiskurs)\n" in told


@pytest.mark.parametrize(
    ("owed", "told"),
    [(1, "Eine Antwort wartet seit heute, 7 Uhr auf den Versand."), (2, "2 Antworten warten auf den Versand, die ")],
)
def test_answers_that_did_not_leave_and_a_mailbox_that_is_not_read_are_trouble(owed: int, told: str) -> None:
    entries = [ReplyOwed(f"{number}", a_ref(), an_answer()) for number in range(owed)]
    looked = MORNING - timedelta(minutes=11)
    text = body(digest_of(entries, looked=looked))
    assert told in text
    assert "Achtung: Das Postfach ist seit heute, 7:49 Uhr nicht zu erreichen." in text
    assert "Achtung" not in body(digest_of([joined()], looked=MORNING - timedelta(minutes=10)))


def test_while_observing_it_says_that_nobody_was_answered() -> None:
    text = body(digest_of([joined(), ReplyOwed("a", a_ref(), an_answer())], observing=True))
    assert "Hinweis: Im Modus „observe“ wird nur beobachtet. Keine der Mails wurde beantwortet." in text
    assert "wartet seit" not in text


NEAR = SET.start - timedelta(hours=1)


def test_before_an_event_all_is_ready_when_nothing_is_missing() -> None:
    entries = [joined(number, replace(ANNA, given_name=f"A{number}")) for number in range(37)]
    reply = digest_of(entries, event=FACHDISKURS, now=NEAR)
    assert str(opened(reply)["Subject"]).replace("\N{NO-BREAK SPACE}", " ") == "Alles bereit: Fachdiskurs, 13 Uhr"
    assert "Alles bereit: 37 Angemeldete, Link gesetzt, keine offenen Mails." in body(reply)


@pytest.mark.parametrize(
    ("entries", "changes", "told"),
    [
        ([], {"desk": a_desk(an_event())}, "Der Zugangslink ist noch ein Platzhalter."),
        ([a_held()], {}, "Eine Mail ist offen."),
        ([a_held(1), a_held(2, over="address")], {}, "2 Mails sind offen."),
        ([ReplyOwed("a", a_ref(), an_answer())], {}, "Eine Antwort ist noch nicht versandt."),
        ([], {"looked": NEAR - timedelta(hours=1)}, "Das Postfach ist nicht zu erreichen."),
        ([joined(), Undeliverable("", TO)], {}, "Eine angemeldete Person ist nicht zu erreichen."),
    ],
)
def test_before_an_event_whatever_is_missing_is_told(
    entries: list[Entry], changes: dict[str, object], told: str
) -> None:
    reply = digest_of(entries, event=FACHDISKURS, now=NEAR, **changes)  # type: ignore[arg-type]
    assert str(opened(reply)["Subject"]).startswith("Bitte ansehen: ")
    text = body(reply)
    assert f"Vorher ist noch etwas zu tun:\n– {told}\n\n" in text
    assert "Alles bereit" not in text


def test_before_an_event_only_its_own_list_is_attached() -> None:
    desk = a_desk(SET, an_event(PRESSE, SET.start + timedelta(hours=1)))
    entries = [joined(1), Registered("2-1", PRESSE, "d", BEN, "b@radio.example")]
    assert set(attached(digest_of(entries, event=FACHDISKURS, now=NEAR, desk=desk))) == {
        f"Anmeldungen-{FACHDISKURS}.xlsx",
        f"Anmeldungen-{FACHDISKURS}.csv",
    }
    assert len(attached(digest_of(entries, desk=desk))) == 4


# --- the lists ---


def test_the_workbook_and_the_csv_hold_the_same_cells_and_no_formula() -> None:
    entries: list[Entry] = [
        joined(1, replace(ANNA, title="Dr.", phone="+495211234567")),
        joined(2, EVIL, "+evil@bote.example"),
        joined(3, replace(BEN, role="-1+1"), "b@radio.example", status=Status.WAITLISTED),
        joined(4, BEN, "c@radio.example", status=Status.PENDING),
        Undeliverable("", "b@radio.example"),
    ]
    files = attached(digest_of(entries))
    book = load_workbook(io.BytesIO(files[f"Anmeldungen-{FACHDISKURS}.xlsx"]))
    (sheet,) = book.worksheets
    cells = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    assert all(cell.data_type in {"s", "n"} and not isinstance(cell.value, int) for row in sheet for cell in row)
    content = files[f"Anmeldungen-{FACHDISKURS}.csv"]
    text = content.decode()
    assert text.startswith("\ufeff")
    assert cells == list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";"))
    assert cells[0] == list(lists.COLUMNS)
    assert cells[1] == [
        *(FACHDISKURS, "Dr.", "Anna", "Schmitt", "Teutoburger Bote", "Redakteurin"),
        *("0049 521 1234567", TO, "22.11.2022 07:00", "", ""),
    ]
    assert cells[2][2:5] == ['\'=HYPERLINK("http://x")', "?[31mRot?", "'@SUM(A1)"]
    assert cells[3][5:] == ["'-1+1", "", "b@radio.example", "22.11.2022 07:00", "unzustellbar", "Warteliste"]
    assert cells[4][-1] == "wartet auf Freigabe"
    assert not any(str(cell).startswith(("=", "+", "-", "@")) for row in cells for cell in row)
    assert sheet.freeze_panes == "A2"


def test_the_same_list_makes_the_same_file() -> None:
    rows = [("e", "", "=1", *[""] * 8)]
    assert lists.xlsx(rows, MORNING) == lists.xlsx(rows, MORNING)
    assert lists.xlsx(rows, MORNING) != lists.xlsx([], MORNING)


# --- what others wrote, and what we wrote ---


def test_nothing_that_others_wrote_becomes_a_line_a_card_or_a_link() -> None:
    subject = "Frage\n\n-- \nKlein https://evil.example/ \u202e<b>"
    entries: list[Entry] = [
        a_held(1, subject=subject, name="=x\nNr. 9: y", message_id="<x@y>\r\nMessage-ID: <z@z>", sender="a@b.example"),
        joined(1, EVIL),
    ]
    reply = digest_of(entries)
    told, page = body(reply), body(reply, "html")
    assert "Nr. 1: „Frage -- Klein <b>“ – neu\nVon: =x Nr. 9: y, a@b.example\n" in told
    assert "mid:" not in told
    assert "evil.example" not in told + page
    assert "<b>" not in page
    assert not {"\x1b", "\u202e"} & set(told + page)


WISH = "Ich melde mich hiermit zum Fachdiskurs an, bitte schicken Sie mir den Zugangslink"


def stripped(reply: Reply) -> bytes:
    """As a gateway hands it on that takes the telling header fields away."""
    head, _, rest = reply.content.partition(b"\r\n\r\n")
    telling = (b"Auto-Submitted:", b"X-Auto-Response-Suppress:")
    return b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(telling)) + b"\r\n\r\n" + rest


def test_a_digest_that_comes_back_is_a_machines_mail_whoever_reads_it_and_whatever_it_quotes() -> None:
    """Also another desk that runs this software, and one that the digest was addressed to."""
    for reply in (
        digest_of([a_held(1, subject=WISH), joined()]),
        digest_of([]),
        digest_of([joined(), a_held(1, subject=WISH)], event=FACHDISKURS, now=NEAR),
    ):
        for addresses in (DESK.addresses, ("registration@elsewhere.example",), (PRESS,)):
            verdict = screen(parse(reply.content), replace(DESK, addresses=addresses))
            assert verdict.kind in MACHINES
            assert verdict.certain


def test_by_its_words_alone_it_is_a_machines_mail_unless_it_quotes_a_persons_wish() -> None:
    for reply in (digest_of([]), digest_of([joined()]), digest_of([joined()], event=FACHDISKURS, now=NEAR)):
        verdict = screen(parse(stripped(reply)), replace(DESK, addresses=(PRESS,)))
        assert verdict.kind in MACHINES
        assert verdict.certain


async def test_one_that_comes_back_by_whatever_way_is_answered_to_nobody_and_registers_nobody() -> None:
    office = FakeOffice()
    await office.started()
    reply = digest_of([a_held(1, subject=WISH), joined()])
    elsewhere = reply.content.replace(b"<%b>" % OFFICE.encode(), b"<%b>" % PRESS.encode(), 1)
    assert elsewhere != reply.content
    for content in (stripped(reply), elsewhere, reply.content):
        office.mailbox.put(content)
    await office.worker().run_pass()
    assert office.transport.attempts == []
    ledger = Ledger().fold(office.journal.entries)
    assert ledger.registrations == {}
    treated = [one.entry.outcome for one in office.journal.entries if isinstance(one.entry, MailRecorded)]
    assert treated == ["held", "automatic", "copy"]


def test_both_parts_say_the_same_and_the_letter_is_small() -> None:
    for sample in digest_samples(a_desk(), BERLIN):
        words, _ = render_digest(
            sample.digest, sample.ledger, sample.desk, Address("Wir", OFFICE), load_templates(), sample.moment
        )
        assert len(words.text.encode()) + len(words.html.encode()) < 40_000
        for line in filter(None, words.text.split("\n")):
            for part in line.removeprefix("– ").split(": "):
                assert part.startswith(("mid:", "--")) or part.split("<")[0].rstrip(":") in words.html, line


@pytest.mark.parametrize("name", ["mail/digest.de.txt", "mail/digest-event.de.txt", "mail/_digest.de.txt"])
def test_a_mistake_in_a_template_is_found_at_the_start(name: str) -> None:
    environment = load_templates()
    assert isinstance(environment.loader, DictLoader)
    assert check_digests(environment, a_desk()) == []
    environment.loader = DictLoader({**environment.loader.mapping, name: "Subject: {{ nonsense }}\n"})
    if environment.cache is not None:
        environment.cache.clear()
    assert check_digests(environment, a_desk())


def test_a_desk_without_events_has_nothing_to_try() -> None:
    assert check_digests(load_templates(), replace(a_desk(), events=())) == []
