"""What a person decides about held mails: released once, with all that was withheld, or taken off the list."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.cli import main
from inbox_worker.core.caps import Caps
from inbox_worker.core.entries import Entry, MailRecorded, Recorded
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.recording import settled
from tests.builders import SIGNED, a_desk, a_mail
from tests.office import FakeOffice

NAMES = ["Abel", "Brandt", "Conrad"]
FORGED = "Authentication-Results: mx.ours.example; dmarc=fail (p=reject) header.from=teutoburger-bote.example\r\n"


async def held(*mails: bytes, **limits: int) -> FakeOffice:
    """A desk that believes mx.ours.example, after these mails."""
    office = FakeOffice()
    desk = replace(a_desk(), authserv_id="mx.ours.example", caps=replace(Caps(), **limits))
    worker = await office.started(desk=desk)
    for mail in mails:
        office.mailbox.put(mail)
    await worker.run_pass()
    return office


def ledger_of(office: FakeOffice) -> Ledger:
    return Ledger().fold(office.journal.entries)


async def settle(office: FakeOffice, *, release: bool) -> None:
    """A person settles everything that is held; then the worker has its next pass."""
    ledger = ledger_of(office)
    entries: list[Entry] = []
    for mail in ledger.held.values():
        entries += settled(mail, ledger.offered.get(mail.entry.ref), release=release)
    await office.journal.append(entries, after=ledger.seq, at=office.clock())
    await office.worker().run_pass()


async def test_a_forged_sender_gets_no_link_until_a_person_releases_it() -> None:
    office = await held(a_mail(SIGNED.format("Anna Schmitt"), headers=FORGED))
    assert office.receivers() == []
    assert [one.registrant.name for one in ledger_of(office).roster()] == ["Anna Schmitt"], "registered all the same"
    await settle(office, release=True)
    assert office.receivers() == ["a1@teutoburger-bote.example"]
    assert b"https://meet.example/zwk-fachdiskurs-22" in office.transport.sent[0].content
    assert not ledger_of(office).held
    await office.worker().run_pass()
    assert len(office.transport.sent) == 1


async def test_a_forged_cancellation_takes_nobody_off_until_a_person_releases_it() -> None:
    goodbye = "Guten Tag,\n\nich muss meine Teilnahme am Fachdiskurs leider absagen.\n\nAnna Schmitt\n"
    office = await held(
        a_mail(SIGNED.format("Anna Schmitt")),
        a_mail(goodbye, headers=FORGED).replace(b"<mail-1@", b"<mail-2@"),
    )
    assert len(ledger_of(office).roster()) == 1
    await settle(office, release=True)
    assert ledger_of(office).roster() == []
    assert len(office.transport.sent) == 2


async def test_what_went_over_a_cap_is_registered_and_answered_when_it_is_released() -> None:
    written = (a_mail(SIGNED.format(f"Anna {name}")) for name in NAMES)
    mails = [mail.replace(b"<mail-1@", b"<mail-1-%d@" % number) for number, mail in enumerate(written)]
    office = await held(*mails, thread=1)
    assert len(ledger_of(office).roster()) == 1
    await settle(office, release=True)
    assert len(ledger_of(office).roster()) == 3
    assert len(office.transport.sent) == 3


async def test_what_a_person_settles_is_off_the_list_and_gets_no_answer() -> None:
    office = await held(a_mail(SIGNED.format("Anna Schmitt"), headers=FORGED))
    await settle(office, release=False)
    assert office.receivers() == []
    assert not ledger_of(office).held
    assert not ledger_of(office).offered


@pytest.fixture
async def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The held mails' numbers in a journal file: one to be released, one question."""
    path = tmp_path / "journal.jsonl"
    monkeypatch.setenv("INBOX_WORKER_JOURNAL__PATH", str(path))
    office = await held(
        a_mail(SIGNED.format("Anna Schmitt"), headers=FORGED),
        a_mail("Wird das Podium aufgezeichnet?\n\nGruß\nUwe Lang\n", number=2, name="Uwe Lang"),
    )
    file = JournalFile(path, lambda entry: entry.WHAT)
    await file.append([one.entry for one in office.journal.entries], after=0, at=office.clock())
    await file.close()
    return [one.seq for one in office.journal.entries if isinstance(one.entry, MailRecorded)]


async def read(path: Path) -> list[Recorded]:
    file = JournalFile(path, lambda entry: entry.WHAT)
    try:
        return await file.read(0)
    finally:
        await file.close()


async def test_a_number_from_the_list_is_released_and_leaves_the_list(
    numbers: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*arguments: str) -> tuple[int, str]:
        status = main(arguments)
        told = capsys.readouterr()
        return status, told.out + told.err

    def story() -> None:
        status, out = said("held")
        assert (status, "Bestätigung mit Zugangslink" in out) == (0, True)
        assert re.search(rf"^{numbers[0]} +10\.11\.", out, flags=re.MULTILINE)
        assert said("release", str(numbers[0])) == (
            0,
            f"{numbers[0]}: released: a1@teutoburger-bote.example, Fachdiskurs\n",
        )
        assert said("release", str(numbers[0]))[0] == 2, "once"
        status, out = said("release", str(numbers[1]))
        assert (status, "inbox-worker settle" in out) == (2, True)
        assert said("settle", "--from", "A2@teutoburger-bote.example")[0] == 0
        assert "0 Mails warten auf Sie" in said("held")[1]
        assert said("settle", "4711") == (
            2,
            "inbox-worker: no held mail has the number 4711; see 'inbox-worker held'\n",
        )
        assert said("settle")[0] == 2

    await asyncio.to_thread(story)
    ledger = Ledger().fold(await read(tmp_path / "journal.jsonl"))
    assert [reply.receiver for reply in ledger.outbox.values()] == ["a1@teutoburger-bote.example"]
