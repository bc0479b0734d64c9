"""Attacks with letters that mean something elsewhere: line breaks in headers, markup, templates, formulas, escapes.

The attack goes in as a mail and is looked for in everything that comes out: envelope, header, both bodies of a reply,
the journal's sentence, the terminal, the spreadsheet and the log.
"""

import csv
import email
import io
import json
import logging
import re
import unicodedata
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from inbox_worker.adapters.journal_file import JournalFile, read_only
from inbox_worker.cli import main
from inbox_worker.cli.logs import _Json, _Text
from inbox_worker.core.entries import Entry, MailRecorded, Registered, ReplyFailed
from inbox_worker.core.narrative import narrate
from inbox_worker.core.registration import Intent, Reason, Registrant
from tests.attacks.desk import DESK, LINK, SENDER, SIGNED_BY, Treated, a_letter, treated
from tests.builders import BERLIN, FACHDISKURS, NOW, a_ref

FIELDS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
}  # fmt: skip
UNFIT = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def unfit(text: str, kept: str = "\n") -> set[str]:
    """The characters that would move a cursor, turn the text around, or hide something."""
    return {c for c in text if unicodedata.category(c) in UNFIT and c not in kept}


def only_reply(found: Treated) -> EmailMessage:
    """The one reply, to the sender alone, with no field that a reply does not have."""
    (reply,) = found.replies
    assert reply.recipients == (SENDER,)
    message = email.message_from_bytes(reply.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert set(message.keys()) <= FIELDS
    assert len(message.keys()) == len(set(message.keys()))
    (to,) = message["To"].addresses
    assert to.addr_spec == SENDER
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


# --- header fields ---

BREAKS = ["\\r\\n", "\\n", "\\r", "\\0", "\\x0b", "\\x0c", "\\x85", "\\u2028", "\\u2029"]


@pytest.mark.parametrize("written", BREAKS)
@pytest.mark.parametrize("place", ["sender", "subject"])
def test_no_encoded_line_break_begins_a_field_or_the_body(written: str, place: str) -> None:
    breaking = written.encode().decode("unicode_escape")
    encoded = "".join(f"={octet:02X}" for octet in f"Anna{breaking}Bcc: v@evil.example{breaking * 2}Neu".encode())
    word = f"=?utf-8?q?{encoded}?="
    raw = a_letter(sender=f"{word} <{SENDER}>") if place == "sender" else a_letter(subject=word)
    message = only_reply(treated(raw))
    assert "Bcc" not in message
    assert not unfit(str(message["Subject"]), kept="")
    assert not unfit(str(message["To"]), kept="")


@pytest.mark.parametrize(
    "field",
    [
        "References: <a@b.example>\r\n =?utf-8?q?=3Cx=40y=3E=0D=0ABcc=3A_v=40evil=2Eexample?=",
        "References: <a@b.example>\x0bBcc: v@evil.example",
        "In-Reply-To: <a@b.example\x00\x0cBcc: v@evil.example>",
        "Message-ID: <a@b.example>\r\n\tBcc: v@evil.example",
        "Message-ID: <a\u2028Bcc:v@evil.example>",
        "Message-ID: =?utf-8?q?=3Ca=0D=0ABcc=3A_v=40evil=2Eexample=3E?=",
        "Subject: x\r\n\tBcc: v@evil.example",
        "Reply-To: anna@bote.example\x0bBcc: v@evil.example",
    ],
)
def test_no_identifier_brings_a_field_of_its_own(field: str) -> None:
    for reply in treated(a_letter(field)).replies:
        message = email.message_from_bytes(reply.content, policy=policy.default)
        assert set(message.keys()) <= FIELDS
        assert reply.recipients == (SENDER,)


def test_no_parameter_of_a_part_brings_a_line_break() -> None:
    """RFC 2231: a file name in percent encoding."""
    raw = (
        f"From: {SENDER}\r\nTo: {DESK.addresses[0]}\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\n\r\n{SIGNED_BY.format('Anna Schmitt')}\r\n--b\r\nContent-Type: application/pdf\r\n"
        "Content-Disposition: attachment; filename*=utf-8''a%0D%0ABcc%3A%20v%40evil.example%E2%80%AEfdp.exe\r\n"
        "\r\nx\r\n--b--\r\n"
    )
    found = treated(raw.encode())
    assert not any(unfit(part.filename, kept="") for part in found.message.parts)
    only_reply(found)


# --- markup, templates and links in what people write of themselves ---


@pytest.mark.parametrize(
    "code",
    [
        "{{ 7*7 }}",
        "{% for x in y %}",
        "{# gone #}",
        "{{ events[0].link }}",
        "{{ ''.__class__.mro() }}",
        "${7*7}",
        "<%= 7 %>",
    ],
)
def test_a_template_in_a_name_is_only_letters(code: str) -> None:
    text = SIGNED_BY.format(f"Anna Schmitt\n{code} Verlag")
    message = only_reply(treated(a_letter(sender=f'"{code}" <{SENDER}>', subject=f"Termin {code}", text=text)))
    assert str(message["Subject"]) == f"Re: Termin {code}"
    assert "49" not in body(message, "plain").replace("0521 1067328", "").replace("24.", "")
    assert body(message, "plain").count("https://meet.example/") == 1


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='https://evil.example'>x</a>",
        "&lt;b&gt;<b>",
        '"><h1>',
    ],
)
def test_markup_in_a_name_is_escaped_in_the_html_part(markup: str) -> None:
    text = SIGNED_BY.format(f"Anna Schmitt\nVerlag {markup} GmbH")
    found = treated(a_letter(sender=f"Anna {markup} <{SENDER}>", subject=markup, text=text))
    for reply in found.replies:
        message = email.message_from_bytes(reply.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        html = body(message, "html")
        assert not re.search(r"<(script|img|h1)|onerror=\w+\(1\)>|href=.https?://(?!meet\.example)", html)


@pytest.mark.parametrize(
    "address", ["https://evil.example/x", "www.evil.example", "HTTPS://EVIL.example", "//evil.example"]
)
def test_a_web_address_for_a_name_or_subject_is_no_link_of_ours(address: str) -> None:
    text = SIGNED_BY.format(f"Anna Schmitt\nVerlag {address}")
    found = treated(a_letter(sender=f'"{address}" <{SENDER}>', subject=f"Termin {address}", text=text))
    for reply in found.replies:
        message = email.message_from_bytes(reply.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert "href" not in body(message, "plain")
        assert not re.search(r"href=\"[^\"]*evil", body(message, "html"), re.IGNORECASE)
        if "//evil" not in address.lower() or ":" in address:
            assert "evil" not in body(message, "plain").lower()
            assert "evil" not in str(message["Subject"]).lower()


def test_a_name_of_ten_thousand_letters_is_cut_everywhere() -> None:
    found = treated(a_letter(sender=f"Anna {'S' * 10_000} <{SENDER}>", subject="x" * 10_000))
    for reply in found.replies:
        assert len(reply.content) < 40_000
        assert max(map(len, reply.content.split(b"\r\n"))) <= 998


# --- letters that nobody sees ---

HIDDEN = (
    "\u202e\u202d\u2066\u2067\u2069\u200e\u200f\u061c\u200b\u200c\u2060\ufeff\u00ad\u180e\U000e0041"
    "\x1b[31m\x1b]0;x\x07\x9b2J\x7f\x08"
)


def test_hidden_letters_reach_neither_reply_nor_journal() -> None:
    text = SIGNED_BY.format(f"Anna Sch{HIDDEN[:14]}mitt\nVer{HIDDEN}lag GmbH")
    found = treated(a_letter(sender=f"Anna {HIDDEN}Schmitt <{SENDER}>", subject=f"Ter{HIDDEN}min", text=text))
    message = only_reply(found)
    for words in (str(message["Subject"]), str(message["To"]), *found.journal):
        assert not unfit(words, kept="")
    for kind in ("plain", "html"):
        assert not unfit(body(message, kind), kept="\r\n")


# --- the journal, the terminal, the spreadsheet, the log ---

FORGED = 'x"}\n{"seq":2,"at":"2022-11-10T09:00:00.000Z","text":"Angemeldet: Mallory","what":"registered"}\n'
EVIL = Registrant(
    given_name=f"An\x1b[2Jna{HIDDEN}",
    family_name="Schmitt\n2 angemeldet\r\nx",
    organisation='Bote";"x";\r\n"=1+1"\t|',
    role="\u2028Rolle\u2029\x85neu",
)


@pytest.fixture
async def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal into which hostile values got past everything that cleans them."""
    path = tmp_path / "journal.jsonl"
    monkeypatch.setenv("INBOX_WORKER_JOURNAL__PATH", str(path))
    file = JournalFile(path, lambda entry: narrate(entry, {}, BERLIN))
    entries: list[Entry] = [
        Registered("1", FACHDISKURS, "d", EVIL, SENDER),
        MailRecorded(
            a_ref(),
            "d",
            Intent.INQUIRY,
            "held",
            sender=SENDER,
            name=HIDDEN,
            subject=FORGED,
            concerns=(Reason(FORGED, HIDDEN),),
        ),
        ReplyFailed("r", 550, SENDER, f"5.1.1\r\n99 Mails warten auf Sie\n{HIDDEN}"),
    ]
    await file.append(entries, after=0, at=NOW)
    await file.close()
    return path


def test_no_value_forges_a_line_of_the_journal(journal: Path) -> None:
    assert len(journal.read_bytes().splitlines()) == 3
    found, rest = read_only(journal)
    assert [line.recorded.entry.WHAT for line in found] == ["registered", "mail", "reply-failed"]
    assert rest == 0
    assert found[1].recorded.entry == MailRecorded(
        a_ref(),
        "d",
        Intent.INQUIRY,
        "held",
        sender=SENDER,
        name=HIDDEN,
        subject=FORGED,
        concerns=(Reason(FORGED, HIDDEN),),
    )


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    ("command", "lines"),
    [(["registrants"], 5), (["held"], 8), (["journal"], 3), (["registrants", "--format", "csv"], 2)],
)
def test_no_value_moves_the_cursor_or_forges_a_row(
    command: list[str], lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 0
    out = capsys.readouterr().out.removeprefix("\ufeff")
    assert not unfit(out, kept="\n\r")
    assert len(out.replace("\r\n", "\n").splitlines()) == lines
    assert "\n2 angemeldet" not in out
    assert "\n99 Mails" not in out


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize("command", [["registrants", "--format", "json"], ["held", "--json"]])
def test_json_for_programs_moves_no_cursor_either_and_loses_nothing(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 0
    out = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\u202e", "\u2028", "\x7f"} & set(out)
    told = json.loads(out)
    if isinstance(told, list):
        assert told[0]["registrant"]["given_name"] == EVIL.given_name
    else:
        assert told["held"][0]["subject"] == FORGED


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1",
        "＝1＋1", "＋1", "－1", "＠SUM", "\u200b=1", "\ufeff=1",
        '=HYPERLINK("http://evil.example")', "=cmd|' /C calc'!A0", '";=1', "%0A=1",
    ],
)  # fmt: skip
async def test_no_cell_of_the_spreadsheet_is_a_formula_or_ends_early(
    formula: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "journal.jsonl"
    monkeypatch.setenv("INBOX_WORKER_JOURNAL__PATH", str(path))
    file = JournalFile(path, lambda entry: entry.WHAT)
    evil = Registrant(formula, formula, title=formula, organisation=formula, role=formula)
    await file.append([Registered("1", FACHDISKURS, "d", evil, f"{formula}@bote.example")], after=0, at=NOW)
    await file.close()
    assert main(["registrants", "--format", "csv"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out[1:], newline=""), delimiter=";"))
    assert [len(row) for row in rows] == [10, 10]
    for cell in rows[1]:
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


def test_explain_tells_a_hostile_mail_in_lines_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.eml"
    text = SIGNED_BY.format(f"Anna Schmitt\nVerlag{HIDDEN}\n  answer: none")
    path.write_bytes(a_letter(sender=f"Anna{HIDDEN} Schmitt <{SENDER}>", subject=f"x{HIDDEN}", text=text))
    assert main(["explain", str(path)]) == 0
    out = capsys.readouterr().out
    assert not unfit(out)
    assert len([line for line in out.splitlines() if line.startswith("  answer:")]) == 1
    assert main(["explain", "--json", str(path)]) == 0
    assert not unfit(capsys.readouterr().out)


def test_a_hostile_word_of_a_server_stays_one_line_of_the_log() -> None:
    try:
        raise ValueError(HIDDEN)  # noqa: TRY301 - a traceback is wanted
    except ValueError as error:
        trouble = (ValueError, error, error.__traceback__)
    said = f"550 no\r\n2022 info x: forged\x85\u2028{HIDDEN}"
    record = logging.LogRecord("inbox_worker", logging.ERROR, "x", 1, "server: %s", (said,), trouble)
    line = _Text().format(record)
    assert not unfit(line)
    assert "forged" in line.split("\n")[0]
    assert len(json.loads(_Json().format(record))["message"]) == len(f"server: {said}")
    assert not {"\x1b", "\x9b", "\u202e", "\n"} & set(_Json().format(record))


def test_the_link_is_in_no_answer_that_an_attack_should_not_get() -> None:
    """The attacks above are registrations but for their letters: a desk that answers none would be noticed here."""
    assert LINK in treated(a_letter()).replies[0].content
