"""When an answer of ours comes back: told to a person, and nothing more is sent to that address."""

from dataclasses import dataclass

import pytest

from inbox_worker.adapters.mime import parse
from inbox_worker.core import bounces, outbox
from inbox_worker.core.delivery import Reply, Stage, Trouble
from inbox_worker.core.entries import MailRecorded, Undeliverable
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.registration import Intent
from inbox_worker.worker import Worker
from tests.builders import NOW, OFFICE, SIGNED, a_desk, a_mail
from tests.office import FakeOffice

ANNAS = "a1@teutoburger-bote.example"

_HEAD = """Return-Path: <>
From: MAILER-DAEMON@mx.bote.example (Mail Delivery System)
To: {to}
Subject: {subject}
Date: Thu, 10 Nov 2022 09:05:00 +0100
Message-ID: <bounce-1@mx.bote.example>
MIME-Version: 1.0
"""
_DSN = """Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.bote.example.
I'm sorry to have to inform you about your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.bote.example

Final-Recipient: rfc822; {failed}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status_line}

--b
Content-Type: text/rfc822-headers

From: veranstaltungen@zukunftswerkstatt-kommunen.de
Message-ID: {message_id}
Subject: Re: Fachdiskurs

--b--
"""


def a_dsn(
    message_id: str = "<unknown@elsewhere.example>",
    *,
    to: str = OFFICE,
    failed: str = ANNAS,
    action: str = "failed",
    status_line: str = "550 5.1.1 <a1> User unknown",
) -> bytes:
    """A report as Postfix writes it (RFC 3464)."""
    subject = "Undelivered Mail Returned to Sender" if action == "failed" else "Delayed Mail (still being retried)"
    status = "5.1.1" if action == "failed" else "4.4.1"
    values = {"failed": failed, "action": action, "status": status, "status_line": status_line}
    text = _HEAD.format(to=to, subject=subject) + _DSN.format(message_id=message_id, **values)
    return text.replace("\n", "\r\n").encode()


def in_words(message_id: str, *, subject: str = "Mail delivery failed: returning message to sender") -> bytes:
    """What exim and many an appliance writes: no structure at all."""
    text = (
        _HEAD.format(to=OFFICE, subject=subject)
        + "Content-Type: text/plain; charset=us-ascii\n\n"
        + "A message that you sent could not be delivered to one or more of its recipients.\n\n"
        + f"  {ANNAS}\n    550 mailbox is full\n\n"
        + f"------ This is a copy of the message, including all the headers. ------\n\nMessage-ID: {message_id}\n"
    )
    return text.replace("\n", "\r\n").encode()


@dataclass(frozen=True)
class Answered:
    """A desk that has sent one answer."""

    office: FakeOffice
    worker: Worker

    @property
    def reply(self) -> Reply:
        return self.office.transport.sent[0]

    @property
    def name(self) -> str:
        return self.reply.message_id.strip("<>").partition("@")[0]

    async def gets(self, *mails: bytes) -> list[Undeliverable]:
        """What the journal says of addresses after these mails."""
        for mail in mails:
            self.office.mailbox.put(mail)
        await self.worker.run_pass()
        return [one.entry for one in self.office.journal.entries if isinstance(one.entry, Undeliverable)]

    @property
    def last(self) -> MailRecorded:
        """The last mail in the journal."""
        return [one.entry for one in self.office.journal.entries if isinstance(one.entry, MailRecorded)][-1]


@pytest.fixture
async def answered() -> Answered:
    office = FakeOffice()
    worker = await office.started()
    office.mailbox.put(a_mail(SIGNED.format("Anna Schmitt")))
    await worker.run_pass()
    assert office.receivers() == [ANNAS]
    return Answered(office, worker)


async def test_a_report_that_holds_our_message_id_names_the_answer_and_the_servers_words(answered: Answered) -> None:
    (back,) = await answered.gets(a_dsn(answered.reply.message_id))
    assert back == Undeliverable(answered.name, ANNAS, "550 5.1.1 <a1> User unknown")
    assert (answered.last.intent, answered.last.outcome) == (Intent.BOUNCE, "held")
    assert [reason.what for reason in answered.last.concerns] == ["a mail of ours came back"]
    assert answered.office.receivers() == [ANNAS], "a bounce is never answered"


async def test_the_envelope_sender_of_one_answer_names_it_when_the_report_does_not(answered: Answered) -> None:
    verp = bounces.envelope_sender(OFFICE, answered.name)
    assert verp == f"veranstaltungen+{answered.name}@zukunftswerkstatt-kommunen.de"
    (back,) = await answered.gets(a_dsn(to=verp, failed="somebody-else@forwarded.example"))
    assert (back.reply, back.address) == (answered.name, ANNAS)


async def test_failing_all_else_the_address_that_failed_is_enough(answered: Answered) -> None:
    (back,) = await answered.gets(a_dsn())
    assert (back.reply, back.address) == ("", ANNAS)


async def test_an_address_that_we_wrote_to_long_ago_or_never_is_not_taken_from_a_report(answered: Answered) -> None:
    assert await answered.gets(a_dsn(failed="stranger@bote.example")) == []
    assert answered.last.outcome == "automatic"
    answered.office.clock.goes_on(days=15)
    assert await answered.gets(a_dsn("<another@elsewhere.example>")) == []


async def test_a_bounce_in_words_only_is_understood_as_well(answered: Answered) -> None:
    (back,) = await answered.gets(in_words(answered.reply.message_id))
    assert (back.reply, back.address) == (answered.name, ANNAS)
    assert back.response.startswith("550 mailbox is full")


async def test_a_warning_of_a_delay_changes_nothing(answered: Answered) -> None:
    late = a_dsn(answered.reply.message_id, action="delayed", status_line="connect: timed out")
    said = in_words(answered.reply.message_id, subject="Warning: message delayed 24 hours")
    assert await answered.gets(late, said) == []
    assert answered.last.outcome == "automatic"
    assert not answered.worker.ledger.held


async def test_nothing_more_goes_to_that_address_and_a_person_is_told_why(answered: Answered) -> None:
    await answered.gets(a_dsn(answered.reply.message_id))
    again = a_mail("Bitte schicken Sie mir den Link zum Fachdiskurs noch einmal.\n\nAnna Schmitt\n", number=1)
    await answered.gets(again.replace(b"<mail-1@", b"<mail-1-again@"))
    assert answered.office.receivers() == [ANNAS]
    assert answered.last.outcome == "held"
    assert "an earlier mail to this address came back" in [reason.what for reason in answered.last.concerns]


async def test_the_others_of_a_mail_are_still_answered(answered: Answered) -> None:
    await answered.gets(a_dsn(answered.reply.message_id))
    await answered.gets(a_mail(SIGNED.format("Ben Yilmaz"), number=2, name="Ben Yilmaz"))
    assert answered.office.receivers() == [ANNAS, "a2@teutoburger-bote.example"]


async def test_the_registration_stands_and_is_marked(answered: Answered) -> None:
    await answered.gets(a_dsn(answered.reply.message_id))
    (known,) = answered.worker.ledger.roster()
    assert answered.worker.ledger.is_undeliverable(known.address)


async def test_a_vacation_note_to_the_answer_is_no_bounce(answered: Answered) -> None:
    note = a_mail(
        "Ich bin bis zum 20.11. nicht im Büro.\n",
        headers=f"Auto-Submitted: auto-replied\r\nIn-Reply-To: {answered.reply.message_id}\r\n",
    )
    assert await answered.gets(note) == []
    assert answered.last.outcome == "automatic"


async def test_what_still_waits_for_that_address_is_not_sent_any_more(answered: Answered) -> None:
    answered.office.transport.outcomes.append(Trouble(Stage.RECIPIENT, 451, "greylisted"))
    again = a_mail("Bitte schicken Sie mir den Link zum Fachdiskurs noch einmal.\n\nAnna Schmitt\n", number=1)
    await answered.gets(again.replace(b"<mail-1@", b"<mail-1-again@"))
    await answered.gets(a_dsn(answered.reply.message_id))
    (owed,) = answered.worker.ledger.outbox
    answered.office.clock.goes_on(minutes=5)
    await answered.gets()
    assert len(answered.office.transport.attempts) == 2, "the first answer, and the one that was put off"
    assert answered.worker.ledger.failed[owed].response == outbox.UNREACHABLE


@pytest.mark.parametrize(
    "junk", [b"", b"\0" * 500, b"Return-Path: <>\r\n\r\n" + b"<a@b>: 550\r\n" * 5000, a_dsn()[:700]]
)
def test_a_damaged_report_is_no_report_and_no_error(junk: bytes) -> None:
    message = parse(junk)
    assert bounces.returned(message, Intent.BOUNCE, Ledger(), a_desk(), NOW) == ()
