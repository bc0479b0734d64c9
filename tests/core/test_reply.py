"""The answer that leaves: threading, marks, wording, and what a template may not do."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from inbox_worker.config import load_templates
from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.delivery import Reply
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Contact, Desk, Event, Language, Registrant
from inbox_worker.core.reply import check_templates, compose, render, samples
from inbox_worker.core.reply.compose import Words
from inbox_worker.core.reply.layout import blocks, tidy
from inbox_worker.core.reply.samples import SAMPLES
from inbox_worker.core.reply.wire import thread
from inbox_worker.core.reply.wording import clean, when

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2022, 11, 8, 9, 30, tzinfo=UTC)
HAAF = Contact("Christina Haaf", "haaf@desk.example", "0521 1067328")
TALK = Event(
    id="talk",
    title="Fachdiskurs „Krise & Alltag“",
    title_en="Talk on Crisis & Routine",
    short_title="Fachdiskurs",
    short_title_en="Talk",
    start=datetime(2022, 11, 24, 13, 0, tzinfo=BERLIN),
    end=datetime(2022, 11, 24, 15, 0, tzinfo=BERLIN),
    link="https://meet.example/talk?a=1&b=2",
    programme="https://www.example/programme",
    contact=HAAF,
)
SUMMER = Event(
    id="summer",
    title="Pressegespräch",
    start=datetime(2023, 7, 4, 10, 30, tzinfo=BERLIN),
    end=datetime(2023, 7, 4, 11, 30, tzinfo=BERLIN),
    link="https://meet.example/summer",
    contact=HAAF,
)
DESK = Desk(("desk@desk.example",), (TALK, SUMMER), HAAF)
SENDER = Address("Zukunftswerkstatt Kommunen", "desk@desk.example")
ANKE = Registrant("Anke", "Terhorst", organisation="Neue Zeitung", role="Redakteurin", phone="+495211234567")
BASIL = Registrant("Basil", "Ohm", title="Dr.", email="basil@other.example")
ANSWER = Answer(
    AnswerKind.CONFIRMATION,
    "de",
    Address("Anke Terhorst", "terhorst@zeitung.example"),
    ("talk",),
    greeted=ANKE,
    registered=(ANKE,),
    in_reply_to="<parent@zeitung.example>",
    references=("<first@zeitung.example>",),
    subject="Anmeldung",
)
RECEIPT = replace(ANSWER, kind=AnswerKind.RECEIPT, registered=())
LANGUAGES: tuple[Language, ...] = ("de", "en")
TEMPLATES = load_templates()


def composed(answer: Answer, *, sender: Address = SENDER, reply_id: str = "r1") -> Reply:
    return compose(answer, reply_id=reply_id, desk=DESK, sender=sender, environment=TEMPLATES, now=NOW)


def parsed(reply: Reply) -> EmailMessage:
    message = message_from_bytes(reply.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def bodies(answer: Answer) -> tuple[str, str]:
    message = parsed(composed(answer))
    found = []
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        found.append(part.get_content().replace("\N{NO-BREAK SPACE}", " ").replace("\r\n", "\n"))
    return found[0], found[1]


def text(answer: Answer) -> str:
    return bodies(answer)[0]


# --- header fields ---


def test_what_nobody_has_just_asked_for_says_so_and_stays_in_the_conversation() -> None:
    message = parsed(composed(replace(ANSWER, kind=AnswerKind.REMINDER)))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["In-Reply-To"] == "<parent@zeitung.example>"
    assert message["References"] == "<first@zeitung.example> <parent@zeitung.example>"


def test_an_answer_is_threaded_and_marked_as_automatic() -> None:
    message = parsed(composed(ANSWER))
    assert dict(message.items()) | {"Content-Type": ""} == {
        "From": "Zukunftswerkstatt Kommunen <desk@desk.example>",
        "To": "Anke Terhorst <terhorst@zeitung.example>",
        "Subject": "Ihr Zugangslink: Fachdiskurs am 24. November, 13 Uhr",
        "Date": "Tue, 08 Nov 2022 09:30:00 +0000",
        "Message-ID": "<r1@desk.example>",
        "In-Reply-To": "<parent@zeitung.example>",
        "References": "<first@zeitung.example> <parent@zeitung.example>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": "de",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    assert [part.get_content_type() for part in parsed(composed(RECEIPT)).walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


def test_the_same_answer_is_the_same_mail_at_every_attempt() -> None:
    assert composed(ANSWER) == composed(ANSWER)
    assert composed(ANSWER).message_id == "<r1@desk.example>"
    assert composed(ANSWER, reply_id="r2").message_id == "<r2@desk.example>"


def test_bounces_go_to_the_desk_unless_another_address_is_named() -> None:
    assert composed(ANSWER).envelope_from == "desk@desk.example"
    other = compose(
        ANSWER,
        reply_id="r",
        desk=DESK,
        sender=SENDER,
        environment=TEMPLATES,
        now=NOW,
        envelope_from="bounce@desk.example",
    )
    assert other.envelope_from == "bounce@desk.example"
    assert composed(ANSWER).recipients == ("terhorst@zeitung.example",)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Anmeldung", "Re: Anmeldung"),
        ("AW: Re: RE: Anmeldung", "Re: Anmeldung"),
        ("Re[2]: AW(3): Antwort: Anmeldung", "Re: Anmeldung"),
        ("WG: Einladung", "Re: WG: Einladung"),
        ("Regen: kein Thema", "Re: Regen: kein Thema"),
        ("Anmeldung für Müller", "Re: Anmeldung für Müller"),
        ("Hallo\r\nBcc: victim@example.org", "Re: Hallo Bcc: victim@example.org"),
        ("=?utf-8?q?not_ours?=", "Re: =?utf-8?q?not_ours?="),
        ("", "Ihre Nachricht an Zukunftswerkstatt Kommunen"),
        ("  AW: ", "Ihre Nachricht an Zukunftswerkstatt Kommunen"),
    ],
)
def test_a_conversation_keeps_its_subject_and_a_missing_one_is_made(subject: str, expected: str) -> None:
    assert parsed(composed(replace(RECEIPT, subject=subject)))["Subject"] == expected


@pytest.mark.parametrize("kind", [AnswerKind.CONFIRMATION, AnswerKind.LINK])
@pytest.mark.parametrize(
    ("language", "events", "expected"),
    [
        ("de", ("talk",), "Ihr Zugangslink: Fachdiskurs am 24. November, 13 Uhr"),
        ("en", ("talk",), "Your access link: Talk on 24 November, 13:00 CET"),
        ("de", ("summer",), "Ihr Zugangslink: Pressegespräch am 4. Juli, 10:30 Uhr"),
        ("de", ("talk", "summer"), "Ihre Zugangslinks: Fachdiskurs am 24. November und Pressegespräch am 4. Juli"),
        ("en", ("talk", "summer"), "Your access links: Talk on 24 November and Pressegespräch on 4 July"),
    ],
)
def test_a_mail_with_the_link_tells_so_in_its_subject(
    kind: AnswerKind, language: Language, events: tuple[str, ...], expected: str
) -> None:
    answer = replace(ANSWER, kind=kind, language=language, events=events)
    message = parsed(composed(answer))
    assert message["Subject"] == expected
    assert message["In-Reply-To"] == "<parent@zeitung.example>"
    again = parsed(composed(replace(answer, subject=f"AW: {expected}")))
    assert again["Subject"] == f"Re: {expected}", "one conversation for all mails with this link, also in Gmail"


def test_an_endless_subject_is_cut() -> None:
    subject = parsed(composed(replace(RECEIPT, subject="ä" * 5000)))["Subject"]
    assert subject == f"Re: {'ä' * 249}…"


def test_long_references_survive_with_their_first_and_last() -> None:
    references = tuple(f"<{number}.{'x' * 60}@zeitung.example>" for number in range(300))
    reply = composed(replace(ANSWER, references=references))
    kept = parsed(reply)["References"].split()
    assert kept == [*references[:20], *references[-19:], "<parent@zeitung.example>"]
    assert b"=?" not in reply.content.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "broken", ["", "no brackets", "<a b@c>", "<a@b>\r\nBcc: <x@y>", "<ä@b>", "<>", f"<{'x' * 1000}@b>"]
)
def test_an_identifier_that_is_none_is_left_out(broken: str) -> None:
    assert thread(broken, (broken, "<good@a.example>")) == ("", ("<good@a.example>",))


def test_the_parent_stands_last_and_only_once() -> None:
    assert thread("<b@x>", ("<a@x>", "<b@x>", "<a@x>", "<c@x>")) == ("<b@x>", ("<a@x>", "<c@x>", "<b@x>"))


def test_no_name_can_begin_a_header_or_reverse_the_text() -> None:
    evil = Address("Eve\r\nBcc: victim@example.org\x00\u202egnp", "eve@zeitung.example")
    reply = composed(replace(ANSWER, to=evil))
    message = parsed(reply)
    assert message["To"].addresses[0].display_name == "Eve Bcc: victim@example.org gnp"
    assert "Bcc" not in message
    assert reply.recipients == ("eve@zeitung.example",)


@pytest.mark.parametrize(
    "addr_spec",
    ["", "nobody", "@b.example", "a@", "a b@c.example", "a@b.example>\r\nBcc: x@y", "a@b,c@d", '"a@b"@c', "a..b@c"],
)
def test_what_is_no_address_is_never_written_to(addr_spec: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        composed(replace(ANSWER, to=Address("", addr_spec)))


def test_an_umlaut_domain_is_written_in_ascii() -> None:
    reply = composed(replace(ANSWER, to=Address("Jörg Müller", "joerg@müller.example")))
    assert reply.recipients == ("joerg@xn--mller-kva.example",)
    assert reply.content.isascii()
    assert parsed(reply)["To"].addresses[0].display_name == "Jörg Müller"


def test_an_umlaut_before_the_at_is_kept_for_servers_that_can() -> None:
    reply = composed(replace(ANSWER, to=Address("", "jörg@zeitung.example")))
    assert reply.recipients == ("jörg@zeitung.example",)
    assert "\r\nTo: jörg@zeitung.example\r\n".encode() in reply.content


@pytest.mark.parametrize("reply_id", ["", "a b", "a@b", "a>\r\nX: y", "ä", ".a"])
def test_an_identifier_that_would_break_the_message_id_is_refused(reply_id: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        composed(ANSWER, reply_id=reply_id)


# --- what it says ---


def test_a_confirmation_says_everything_that_is_needed() -> None:
    assert text(ANSWER) == (
        "Guten Tag Anke Terhorst,\n\n"
        "schön, dass Sie dabei sind! Hier ist Ihr Zugangslink:\n\n"
        "Fachdiskurs „Krise & Alltag“\n"
        "Donnerstag, 24. November 2022, 13 bis 15 Uhr (MEZ)\n"
        "Zugangslink: https://meet.example/talk?a=1&b=2\n"
        "Programm: https://www.example/programme\n\n"
        "Für Ihren Kalender: Die Datei „Termin.ics“ im Anhang trägt den Termin mit dem Zugangslink ein.\n\n"
        "Bei Fragen hilft Ihnen Christina Haaf gern weiter: haaf@desk.example, Telefon 0521 1067328.\n\n"
        "Angemeldet: Anke Terhorst, Redakteurin, Neue Zeitung, +49 521 1234567\n\n"
        "Stimmt etwas nicht? Antworten Sie einfach auf diese Mail.\n\n"
        "Freundliche Grüße\nZukunftswerkstatt Kommunen\n\n"
        "-- \nDies ist eine automatische Antwort.\n"
    )


def test_an_english_answer_has_the_english_title_and_zone() -> None:
    found = text(replace(ANSWER, language="en"))
    assert found.startswith(
        "Dear Anke Terhorst,\n\n"
        "Thank you for registering – we look forward to having you with us. Here is your access link:\n\n"
    )
    assert "Talk on Crisis & Routine\nThursday, 24 November 2022, 13:00 to 15:00 (CET)\nAccess link: https" in found
    assert "Registered: Anke Terhorst" in found
    assert "haaf@desk.example, phone +49 521 1067328." in found, "whoever reads English may sit abroad"


def test_summer_time_is_named_as_such_and_a_missing_english_title_is_the_german_one() -> None:
    answer = replace(ANSWER, events=("summer",))
    assert "Pressegespräch\nDienstag, 4. Juli 2023, 10:30 bis 11:30 Uhr (MESZ)\n" in text(answer)
    assert "Pressegespräch\nTuesday, 4 July 2023, 10:30 to 11:30 (CEST)\n" in text(replace(answer, language="en"))


@pytest.mark.parametrize(
    ("greeted", "german", "english"),
    [
        (None, "Guten Tag,", "Hello,"),
        (BASIL, "Guten Tag Dr. Basil Ohm,", "Dear Dr. Basil Ohm,"),
        (Registrant(title="Dr.", family_name="Ohm"), "Guten Tag Dr. Ohm,", "Dear Dr. Ohm,"),
        (Registrant(family_name="Ohm"), "Guten Tag,", "Hello,"),
        (Registrant(given_name="Basil"), "Guten Tag,", "Hello,"),
        (
            Registrant("Basil", "Ohm\n\nRufen Sie an"),
            "Guten Tag Basil Ohm Rufen Sie an,",
            "Dear Basil Ohm Rufen Sie an,",
        ),
        (Registrant("Basil", "https://evil.example"), "Guten Tag,", "Hello,"),
    ],
)
def test_nobody_is_greeted_by_half_a_name(greeted: Registrant | None, german: str, english: str) -> None:
    assert text(replace(ANSWER, greeted=greeted)).split("\n")[0] == german
    assert text(replace(ANSWER, greeted=greeted, language="en")).split("\n")[0] == english


def test_several_people_events_and_requests_have_their_place_in_one_answer() -> None:
    found = text(
        replace(
            ANSWER,
            events=("talk", "summer"),
            registered=(ANKE, BASIL),
            withdrawn=(Registrant("Cem", "Kaya", phone="+495211234568"),),
            forward_to=(BASIL,),
            question_passed_on=True,
        )
    )
    assert "Hier sind die Zugangslinks:" in found
    assert found.count("Zugangslink: https://") == 2
    assert "Angemeldet:\n– Anke Terhorst, Redakteurin, Neue Zeitung, +49 521 1234567\n– Dr. Basil Ohm, " in found
    assert "– Dr. Basil Ohm, basil@other.example\n" in found
    assert "\n\nAbgemeldet: Cem Kaya\n\n" in found
    assert "Bitte leiten Sie diese Mail an Dr. Basil Ohm weiter." in found
    assert "Dazu bekommen Sie noch eine persönliche Antwort." in found
    assert "\n\n\n" not in found


@pytest.mark.parametrize("kind", [AnswerKind.CANCELLATION, AnswerKind.RECEIPT])
def test_an_answer_without_link_holds_none(kind: AnswerKind) -> None:
    for language in ("de", "en"):
        for body in bodies(replace(ANSWER, kind=kind, language=language, withdrawn=(ANKE,))):
            assert "meet.example" not in body


def test_a_receipt_names_the_press_contact() -> None:
    found = text(replace(ANSWER, kind=AnswerKind.RECEIPT, events=(), registered=()))
    assert "erreichen Sie Christina Haaf direkt: haaf@desk.example, Telefon 0521 1067328." in found


def test_an_answer_with_link_about_no_configured_event_is_refused() -> None:
    with pytest.raises(ValueError, match="no such event is configured: gone"):
        composed(replace(ANSWER, events=("gone",)))
    assert "Guten Tag" in text(replace(ANSWER, kind=AnswerKind.CANCELLATION, events=("gone",)))


def test_html_is_escaped_and_only_our_own_addresses_can_be_clicked() -> None:
    mallory = Registrant("<img src=x>", "</p><a href='https://evil.example'>x", organisation="www.evil.example & Co")
    plain, shown = bodies(replace(ANSWER, greeted=mallory, registered=(mallory,)))
    assert "<img" in plain
    assert "<img" not in shown
    assert "&lt;img src=x&gt;" in shown
    assert "evil" not in shown
    assert set(re.findall(r'href="([^"]*)"', shown)) == {
        "https://meet.example/talk?a=1&amp;b=2",
        "https://www.example/programme",
        "mailto:haaf@desk.example",
    }


def test_html_is_small_says_its_language_and_loads_nothing() -> None:
    shown = bodies(replace(ANSWER, language="en"))[1]
    assert '<html lang="en">' in shown
    assert len(shown.encode()) < 40_000
    assert not re.search(r"(?i)\bsrc=|<link|<script|url\(|@import|background=", shown)


def test_a_letter_becomes_paragraphs_a_list_a_card_and_small_print() -> None:
    letter = tidy("Hi,  \n\n\n\nTitle\nWhen: now\nLink: https://l\n\nWho:\n– a@b.example\n– c\n\n-- \nsmall\n")
    links = {"a@b.example": "mailto:a@b.example", "https://l": "https://l"}
    body, small = blocks(letter, ["Title"], links, {"https://l": "Come in"})
    assert [(block.kind, len(block.lines)) for block in body] == [
        ("paragraph", 1),
        ("event", 4),
        ("paragraph", 1),
        ("list", 2),
    ]
    assert body[1].lines[1][0] == ("When:", "", True)
    assert body[1].lines[2] == (("Come in", "https://l", True),), "the button stands above the address itself"
    assert body[1].lines[3][-1] == ("https://l", "https://l", False)
    assert body[2].lines == ((("Who:", "", True),),)
    assert body[3].lines[0] == (("a@b.example", "mailto:a@b.example", False),)
    assert small == ((("small", "", False),),)


def test_clean_text_is_one_line_of_harmless_characters() -> None:
    assert clean(" a\r\n\tb\x00c\u2028d\u202ee\ud800 ") == "a b c d e"
    assert clean("x" * 200) == "x" * 149 + "…"


DOOR = replace(TALK, dial_in="+49 69 1234 5678", meeting_id="987 6543", passcode="<geheim>&22")


def rendered(answer: Answer, *, event: Event = DOOR) -> Words:
    return render(answer, replace(DESK, events=(event,)), SENDER, TEMPLATES)


def test_whoever_gets_the_link_gets_everything_else_that_opens_the_door() -> None:
    for kind, language in product((AnswerKind.CONFIRMATION, AnswerKind.LINK), LANGUAGES):
        words = rendered(replace(ANSWER, kind=kind, language=language))
        for fact in ("+49 69 1234 5678", "987 6543", "<geheim>&22"):
            assert fact in words.text
            assert fact in html.unescape(words.html)
        assert "<geheim>" not in words.html
    found = rendered(ANSWER).text
    assert "\nEinwahl per Telefon: +49 69 1234 5678\nMeeting-ID: 987 6543\nKenncode: <geheim>&22\nProgramm: " in found


def test_nobody_else_gets_any_of_it() -> None:
    for kind, language in product((AnswerKind.CANCELLATION, AnswerKind.RECEIPT), LANGUAGES):
        words = rendered(replace(ANSWER, kind=kind, language=language, withdrawn=(ANKE,)))
        for fact in ("+49 69 1234 5678", "987 6543", "geheim"):
            assert fact not in words.text
            assert fact not in words.html


def test_the_link_stands_in_the_first_lines_and_on_a_button() -> None:
    for kind, language in product((AnswerKind.CONFIRMATION, AnswerKind.LINK), LANGUAGES):
        words = rendered(replace(ANSWER, kind=kind, language=language))
        assert DOOR.link in "\n".join(words.text.split("\n")[:7])
        targets = re.findall(r'href="https://meet.example/talk[^"]*"[^>]*>([^<]*)<', words.html)
        assert targets == [
            {"de": "Zur Veranstaltung", "en": "Join the event"}[language],
            "https://meet.example/talk?a=1&amp;b=2",
        ]


@pytest.mark.parametrize("kind", list(AnswerKind))
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_mail_previews_itself_and_says_how_to_correct_it(kind: AnswerKind, language: Language) -> None:
    for name, answer in samples(kind, language, DESK):
        words = render(answer, DESK, SENDER, TEMPLATES)
        preview = re.search(r'<div style="display:none[^>]*>([^<&]+)', words.html)
        assert preview is not None, name
        assert preview[1] not in words.text.split("\n")[0]
        assert {"de": "Antworten Sie einfach auf diese Mail.", "en": "imply reply to this e-mail."}[
            language
        ] in words.text
        assert not re.search(r" [,.?!:]|\.\.|\bNone\b|[\"']", words.text.replace("\N{NO-BREAK SPACE}", " ")), name


def test_every_kind_of_answer_has_samples_to_look_at() -> None:
    assert set(SAMPLES) == set(AnswerKind)
    for kind in AnswerKind:
        names = [name for name, _ in samples(kind, "de", DESK, "summer")]
        assert names[0] == kind.value
        assert len(set(names)) == len(names)
        (_, first), *_ = samples(kind, "de", DESK, "summer")
        assert first.events[0] == "summer"


@pytest.mark.parametrize(
    ("start", "end", "german", "english"),
    [
        (
            datetime(2022, 11, 24, 13, tzinfo=BERLIN),
            datetime(2022, 11, 24, 14, 30, tzinfo=BERLIN),
            "Donnerstag, 24. November 2022, 13 bis 14:30 Uhr (MEZ)",
            "Thursday, 24 November 2022, 13:00 to 14:30 (CET)",
        ),
        (
            datetime(2022, 11, 24, 9, 5, tzinfo=BERLIN),
            datetime(2022, 11, 25, 12, tzinfo=BERLIN),
            "Donnerstag, 24. November 2022, 9:05 Uhr, bis Freitag, 25. November 2022, 12 Uhr (MEZ)",
            "Thursday, 24 November 2022, 09:05, to Friday, 25 November 2022, 12:00 (CET)",
        ),
    ],
)
def test_a_time_is_told_as_the_reader_says_it(start: datetime, end: datetime, german: str, english: str) -> None:
    event = replace(TALK, start=start, end=end)
    assert when(event, "de").replace("\N{NO-BREAK SPACE}", " ") == german
    assert when(event, "en").replace("\N{NO-BREAK SPACE}", " ") == english


def test_a_time_is_never_broken_at_a_lines_end() -> None:
    assert "13\N{NO-BREAK SPACE}bis\N{NO-BREAK SPACE}15\N{NO-BREAK SPACE}Uhr\N{NO-BREAK SPACE}(MEZ)" in when(TALK, "de")


# --- trying the templates ---


def environment_with(**files: str) -> Environment:
    loader = TEMPLATES.loader
    assert isinstance(loader, DictLoader)
    changed = {re.sub("_(?=de|en|txt)", ".", f"mail/{name}"): source for name, source in files.items()}
    return SandboxedEnvironment(
        loader=DictLoader({**loader.mapping, **changed}),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def test_the_shipped_templates_pass_every_trial() -> None:
    assert check_templates(TEMPLATES, DESK) == []


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        (
            "receipt_de_txt",
            "Subject: x\n{{ nmae }}",
            "mail/receipt.de.txt or mail/layout.html: unknown variable: 'nmae'",
        ),
        ("receipt_de_txt", "Subject: x\n{% if %}", "mail/receipt.de.txt: line 2: "),
        ("receipt_de_txt", "", "mail/receipt.de.txt: the first line is empty"),
        (
            "receipt_de_txt",
            "Subject: x\n{{ name.__class__.mro() }}",
            "mail/receipt.de.txt: does what a template may not do",
        ),
        (
            "receipt_de_txt",
            "Subject: x\nhttps://meet.example/talk?a=1&b=2",
            "mail/receipt.de.txt: the access link is in it",
        ),
        (
            "cancellation_de_txt",
            "Subject: x\n{{ events[0].link }}",
            "mail/cancellation.de.txt or mail/layout.html: unknown variable",
        ),
        (
            "link_en_txt",
            "Subject: x\n{% for event in events %}{{ event.title }}{% endfor %}",
            "mail/link.en.txt: the link of an event",
        ),
        ("link_en_txt", "Subject: x\n{{ events[0].link }}", "mail/link.en.txt: the link of an event is not in it"),
        ("receipt_en_txt", "{% include 'mail/gone.txt' %}", "mail/gone.txt: is missing; write it"),
        ("receipt_en_txt", f"Subject: x\n{'y' * 50_000}", "mail/receipt.en.txt: text and HTML together are larger"),
    ],
)
def test_a_bad_template_is_named_with_its_remedy(name: str, source: str, expected: str) -> None:
    found = check_templates(environment_with(**{name: source}), DESK, "own")
    assert any(line.startswith(f"own/{expected}") for line in found), found


def test_a_template_that_forgets_the_date_or_the_title_is_found() -> None:
    source = "Subject: x\n{% for event in events %}{{ event.link }}\n{% endfor %}"
    found = check_templates(environment_with(confirmation_de_txt=source), DESK)
    assert [line.partition(";")[0] for line in found] == [
        "templates/mail/confirmation.de.txt: the title of an event is not in it",
        "templates/mail/confirmation.de.txt: the when of an event is not in it",
    ]


@pytest.mark.parametrize("fact", ["dial_in", "meeting_id", "passcode"])
def test_a_template_that_forgets_how_to_come_in_is_found(fact: str) -> None:
    assert check_templates(TEMPLATES, replace(DESK, events=(DOOR, SUMMER))) == []
    loader = TEMPLATES.loader
    assert isinstance(loader, DictLoader)
    forgotten = loader.mapping["mail/_parts.en.txt"].replace(f"{{{{ event.{fact} }}}}", "")
    found = check_templates(environment_with(_parts_en_txt=forgotten), replace(DESK, events=(DOOR, SUMMER)))
    assert found == [
        f"templates/mail/{kind}.en.txt: the {fact} of an event is not in it; write {{{{ event.{fact} }}}} for each"
        " event"
        for kind in ("confirmation", "link", "promotion", "reminder", "change", "correction")
    ]
    assert check_templates(environment_with(_parts_en_txt=forgotten), DESK) == [], "no event has one"


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("confirmation_de_txt", "{% if own %}{{ nmae }}{% endif %}"),
        ("cancellation_en_txt", "{% if files %}{{ nmae }}{% endif %}"),
        ("cancellation_en_txt", "{% if files | length > 1 %}{{ nmae }}{% endif %}"),
        ("link_de_txt", "{% for event in events %}{% if event.passcode %}{{ nmae }}{% endif %}{% endfor %}"),
        ("receipt_de_txt", "{% for event in events %}{% if event.programme %}{{ nmae }}{% endif %}{% endfor %}"),
    ],
)
def test_a_mistake_is_found_also_where_few_ever_come(name: str, mistake: str) -> None:
    loader = TEMPLATES.loader
    assert isinstance(loader, DictLoader)
    source = loader.mapping[f"mail/{name.replace('_', '.')}"] + mistake
    without = replace(DESK, events=(replace(TALK, programme=""), SUMMER))
    (found,) = check_templates(environment_with(**{name: source}), without)
    assert "unknown variable: 'nmae' is undefined" in found


def test_older_templates_with_a_subject_alone_still_do() -> None:
    """No preview then, and no button; the letter begins with its second line."""
    source = (
        "Subject: x\n{% for event in events %}{{ event.title }}\n{{ event.when }}\n{{ event.link }}\n\n{% endfor %}"
    )
    environment = environment_with(confirmation_de_txt=source)
    assert check_templates(environment, DESK) == []
    words = render(ANSWER, DESK, SENDER, environment)
    assert words.text.startswith("Fachdiskurs „Krise & Alltag“\n")
    assert "display:none" not in words.html
    assert words.html.count("meet.example/talk") == 2, "the address, and where it leads"


def test_a_reply_sent_in_another_zone_has_the_same_moment_as_date() -> None:
    there = NOW.astimezone(BERLIN)
    reply = compose(ANSWER, reply_id="r", desk=DESK, sender=SENDER, environment=TEMPLATES, now=there)
    assert parsed(reply)["Date"].datetime - NOW == timedelta(0)
