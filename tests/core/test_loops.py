"""Machines that write to each other stop at once; nothing that we send is ever answered by one of us."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from inbox_worker.worker import Worker
from tests.builders import OFFICE, SIGNED, a_desk, a_mail
from tests.office import FakeOffice

OTHER = "anmeldung@andere-stelle.example"


async def bring(one: FakeOffice, other: FakeOffice, brought: int) -> int:
    """Carry what `one` has sent since it had sent `brought` into the other's mailbox, as a server would."""
    for reply in one.transport.sent[brought:]:
        other.mailbox.put(f"Return-Path: <{reply.envelope_from}>\r\n".encode() + reply.content)
    return len(one.transport.sent)


async def test_two_inbox_workers_that_write_to_each_other_stop_at_once() -> None:
    ours, theirs = FakeOffice(), FakeOffice()
    desk = replace(a_desk(), addresses=(OTHER,))
    our_worker = await ours.started()
    their_worker: Worker = await theirs.started(desk=desk)
    # Somebody forges the first mail: it asks us in their name.
    ours.mailbox.put(a_mail(SIGNED.format("Anna Schmitt")).replace(b"a1@teutoburger-bote.example", OTHER.encode()))
    brought = back = 0
    for _ in range(5):
        await our_worker.run_pass()
        brought = await bring(ours, theirs, brought)
        await their_worker.run_pass()
        back = await bring(theirs, ours, back)
    assert len(ours.transport.sent) == 1
    assert theirs.transport.sent == []
    assert [entry.entry.WHAT for entry in theirs.journal.entries] == [
        *("event-told", "event-told", "baseline", "mail", "filed")
    ]


async def test_our_own_answers_forwarded_to_ourselves_with_all_headers_stripped_get_no_answer() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.mailbox.put(a_mail(SIGNED.format("Anna Schmitt")))
    await worker.run_pass()
    (reply,) = office.transport.sent
    assert b"text/calendar" in reply.content
    head, _, body = reply.content.partition(b"\r\n\r\n")
    telling = (b"Auto-Submitted:", b"X-Auto-Response-Suppress:")
    kept = [line for line in head.split(b"\r\n") if not line.startswith(telling)]
    office.mailbox.put(b"\r\n".join(kept) + b"\r\n\r\n" + body)
    office.mailbox.put((b"\r\n".join(kept) + b"\r\n\r\n" + body).replace(b"Message-ID: <", b"Message-ID: <x"))
    await worker.run_pass()
    assert len(office.transport.sent) == 1


async def test_an_answer_to_our_answer_with_all_of_it_quoted_and_its_calendar_attached_is_read_by_its_own_words() -> (
    None
):
    office = FakeOffice()
    worker = await office.started()
    office.mailbox.put(a_mail(SIGNED.format("Anna Schmitt")))
    await worker.run_pass()
    (reply,) = office.transport.sent
    ours = message_from_bytes(reply.content, policy=policy.default)
    assert isinstance(ours, EmailMessage)
    body, (file,) = ours.get_body(("plain",)), ours.iter_attachments()
    assert body is not None
    quoted = "".join(f"> {line}\n" for line in body.get_content().splitlines())
    for number, (words, answers) in enumerate(
        {"Vielen Dank, ist angekommen!": 1, "Leider muss ich absagen.": 2}.items()
    ):
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"], mail["To"] = "Anna Schmitt <a1@teutoburger-bote.example>", OFFICE
        mail["Subject"], mail["Message-ID"] = f"AW: {ours['Subject']}", f"<again-{number}@teutoburger-bote.example>"
        mail["In-Reply-To"] = mail["References"] = reply.message_id
        mail["Date"] = "Thu, 10 Nov 2022 10:00:00 +0100"
        mail.set_content(f"{words}\n\nAm 10.11.2022 um 09:30 schrieb Zukunftswerkstatt Kommunen:\n{quoted}")
        mail.add_attachment(
            file.get_payload(decode=True), maintype="text", subtype="calendar", filename=file.get_filename()
        )
        office.mailbox.put(mail.as_bytes())
        await worker.run_pass()
        assert len(office.transport.sent) == answers, words
    last = message_from_bytes(office.transport.sent[-1].content, policy=policy.default)
    assert isinstance(last, EmailMessage)
    assert [part.get_filename() for part in last.iter_attachments()] == ["Absage.ics"]
    assert [entry.entry.WHAT for entry in office.journal.entries].count("registered") == 1
