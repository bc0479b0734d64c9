"""Stop the spine after its n-th effect, for every n, and start again: nothing lost, nothing twice.

An effect is whatever outlives the process: an append to the journal, a mail handed over, a copy in Sent, a flag.
Each is stopped on both sides: just before it happens, and just after it did.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from inbox_worker.core.filing import FilingPlan
from inbox_worker.core.ledger import Ledger
from inbox_worker.worker import Journal, Mailbox, Transport
from tests.builders import OUT_OF_OFFICE, SIGNED, a_mail
from tests.office import FakeOffice

EFFECTS = frozenset({"append", "deliver", "file"})
FILING = FilingPlan(keyword="InboxWorker", done="Erledigt", held="Zu prüfen", automatic="Automatisch")
MAILS = (
    a_mail(SIGNED.format("Anna Schmitt"), number=1),
    a_mail(OUT_OF_OFFICE, number=2, headers="Auto-Submitted: auto-replied\r\n"),
    a_mail("Wird das Podium aufgezeichnet?\n\nGruß\nUwe Lang\n", number=3, name="Uwe Lang"),
    a_mail(SIGNED.format("Ben Yilmaz"), number=4, name="Ben Yilmaz"),
)


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Bomb:
    """Counts effects and dies at number `at`, before or after it happens."""

    at: int
    before: bool
    count: int = 0
    died_at: list[str] = field(default_factory=list)

    def around(self, kind: str, effect: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def guarded(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count != self.at:
                return await effect(*args, **kwargs)
            self.died_at.append(kind)
            if not self.before:
                await effect(*args, **kwargs)
            raise Crash

        return guarded

    def wrap(self, *tools: Any) -> tuple[Mailbox, Transport, Journal]:
        mailbox, transport, journal = (_Wired(tool, self) for tool in tools)
        return mailbox, transport, journal


class _Wired:
    """A tool whose effects go through the bomb."""

    def __init__(self, tool: Any, bomb: Bomb) -> None:
        self._tool, self._bomb = tool, bomb

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._tool, name)
        return self._bomb.around(f"{type(self._tool).__name__}.{name}", found) if name in EFFECTS else found


async def lived_through(bomb: Bomb) -> FakeOffice:
    """Four mails, a crash somewhere, a restart."""
    office = FakeOffice()
    plan = office.plan(filing=FILING)
    await office.worker(plan).run_pass()
    for mail in MAILS:
        office.mailbox.put(mail)
    try:
        await office.worker(plan, wrap=bomb.wrap).run_pass()
    except Crash:
        office.clock.goes_on(seconds=5)
        await office.worker(plan).run_pass()
    await office.worker(plan).run_pass()
    return office


def story(office: FakeOffice) -> tuple[object, ...]:
    """Everything that must be the same, however often it was interrupted."""
    ledger = Ledger().fold(office.journal.entries)
    return (
        [(one.event, one.registrant, one.address) for one in ledger.roster()],
        [mail.entry.ref for mail in ledger.held.values()],
        list(ledger.outbox),
        set(ledger.sent),
        ledger.failed,
        ledger.unfiled,
        {folder: len(office.mailbox.mails(folder)) for folder in ("INBOX", "Erledigt", "Zu prüfen", "Automatisch")},
    )


async def test_stopped_after_any_effect_it_ends_the_same_and_answers_once() -> None:
    undisturbed = Bomb(at=-1, before=True)
    right = await lived_through(undisturbed)
    assert len(right.transport.sent) == 3
    assert undisturbed.count >= 12
    for at in range(1, undisturbed.count + 1):
        for before in (True, False):
            bomb = Bomb(at, before)
            office = await lived_through(bomb)
            where = f"{'before' if before else 'after'} effect {at}, {bomb.died_at}"
            assert story(office) == story(right), where
            ids = [reply.message_id for reply in office.transport.sent]
            # the one window: handed over, and not yet recorded (nor copied to Sent)
            again = 1 if bomb.died_at == ["FakeTransport.deliver"] and not before else 0
            if bomb.died_at == ["FakeMailbox.append"] and before:
                again = 1
            assert len(ids) - len(set(ids)) == again, where


@pytest.mark.parametrize("before", [True, False])
async def test_a_crash_after_the_crash_changes_nothing_either(before: bool) -> None:
    for at in range(1, 8):
        office = FakeOffice()
        plan = office.plan(filing=FILING)
        await office.worker(plan).run_pass()
        for mail in MAILS:
            office.mailbox.put(mail)
        for crash in (at, 2, 1):
            try:
                await office.worker(plan, wrap=Bomb(crash, before).wrap).run_pass()
            except Crash:
                continue
        await office.worker(plan).run_pass()
        ledger = Ledger().fold(office.journal.entries)
        assert len(ledger.roster()) == 2
        assert not ledger.outbox
        assert len({reply.message_id for reply in office.transport.sent}) == 3
