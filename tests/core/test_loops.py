"""Machines that write to each other stop at once; nothing that we send is ever answered by one of us."""

from dataclasses import replace

from inbox_worker.worker import Worker
from tests.builders import SIGNED, a_desk, a_mail
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
    assert [entry.entry.WHAT for entry in theirs.journal.entries] == ["baseline", "mail", "filed"]


async def test_our_own_answers_forwarded_to_ourselves_with_all_headers_stripped_get_no_answer() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.mailbox.put(a_mail(SIGNED.format("Anna Schmitt")))
    await worker.run_pass()
    (reply,) = office.transport.sent
    head, _, body = reply.content.partition(b"\r\n\r\n")
    telling = (b"Auto-Submitted:", b"X-Auto-Response-Suppress:")
    kept = [line for line in head.split(b"\r\n") if not line.startswith(telling)]
    office.mailbox.put(b"\r\n".join(kept) + b"\r\n\r\n" + body)
    office.mailbox.put((b"\r\n".join(kept) + b"\r\n\r\n" + body).replace(b"Message-ID: <", b"Message-ID: <x"))
    await worker.run_pass()
    assert len(office.transport.sent) == 1
