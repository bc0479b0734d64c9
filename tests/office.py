"""A whole registration desk on fakes: the real spine, the real reader, the real templates, and a clock that obeys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial

from jinja2 import Environment

from inbox_worker.adapters.mime import parse
from inbox_worker.config.templates import load_templates
from inbox_worker.core.decision import Answer
from inbox_worker.core.delivery import Reply
from inbox_worker.core.holdings import OwedDigest
from inbox_worker.core.journey import FAILED, Poison, Understood, understand_letter
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address, Letter
from inbox_worker.core.personal import Links
from inbox_worker.core.registration import Desk, Reason
from inbox_worker.core.reply import Moment, compose, compose_digest
from inbox_worker.worker import Journal, Mailbox, Plan, Tools, Transport, Worker
from tests.builders import BERLIN, NOW, OFFICE, a_desk
from tests.fakes import FakeMailbox, FakeTransport
from tests.memory_journal import MemoryJournal


@cache
def templates() -> Environment:
    """The packaged templates, loaded once."""
    return load_templates()


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, **duration: float) -> None:
        """By so many minutes, hours and so on."""
        self.now += timedelta(**duration)


def compose_reply(  # noqa: PLR0917 - as the worker calls it
    reply: str,
    answer: Answer,
    now: datetime,
    revisions: Mapping[str, int] | None = None,
    links: Links | None = None,
    desk: Desk | None = None,
) -> Reply:
    """With the packaged templates, from our address."""
    sender = Address("Zukunftswerkstatt Kommunen", OFFICE)
    return compose(
        answer,
        reply_id=reply,
        desk=desk or a_desk(),
        sender=sender,
        environment=templates(),
        now=now,
        revisions=revisions,
        links=links,
    )


def compose_the_digest(
    reply: str, digest: OwedDigest, ledger: Ledger, *, looked: datetime | None, now: datetime, desk: Desk | None = None
) -> Reply:
    """With the packaged templates, from our address, on the office's clock."""
    sender = Address("Zukunftswerkstatt Kommunen", OFFICE)
    return compose_digest(
        digest,
        reply_id=reply,
        ledger=ledger,
        desk=desk or a_desk(),
        sender=sender,
        environment=templates(),
        moment=Moment(now, BERLIN, looked),
    )


class UnderstandingHere:
    """The contract of `adapters/understanding` without its process; `understand` can be exchanged."""

    def __init__(self, understand: Callable[[Letter], Understood] | None = None) -> None:
        self.understand = understand or partial(understand_letter, parse=parse, desk=a_desk())

    async def __call__(self, letters: Sequence[Letter]) -> list[Understood | Poison]:
        done: list[Understood | Poison] = []
        for letter in letters:
            try:
                done.append(self.understand(letter))
            except Exception as error:  # noqa: BLE001 - the contract
                return [*done, Poison(Reason(FAILED, type(error).__name__))]
        return done


@dataclass
class FakeOffice:
    """What survives a crash (mailbox, server, journal), and workers that come and go."""

    mailbox: FakeMailbox = field(default_factory=FakeMailbox)
    transport: FakeTransport = field(default_factory=FakeTransport)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: Clock = field(default_factory=Clock)

    def plan(self, **changes: object) -> Plan:
        """Sending, with a copy in Sent."""
        usual: dict[str, object] = {"name": "worker", "desk": a_desk(), "mode": "send", "sent": "\\Sent"}
        return Plan(**(usual | {"drafts": "\\Drafts"} | changes))  # type: ignore[arg-type]

    def worker(
        self,
        plan: Plan | None = None,
        *,
        wrap: Callable[[Mailbox, Transport, Journal], tuple[Mailbox, Transport, Journal]] = lambda *tools: tools,
    ) -> Worker:
        """A worker as it starts: with nothing but what lies outside of it."""
        mailbox, transport, journal = wrap(self.mailbox, self.transport, self.journal)
        plan = plan or self.plan()
        here = UnderstandingHere(partial(understand_letter, parse=parse, desk=plan.desk))
        composed = partial(compose_reply, desk=plan.desk)
        digested = partial(compose_the_digest, desk=plan.desk)
        tools = Tools(
            mailbox,
            transport,
            journal,
            understand=here,
            compose=composed,
            compose_digest=digested,
            clock=self.clock,
        )
        return Worker(plan, tools)

    async def started(self, **changes: object) -> Worker:
        """A worker that has set its baseline, so that whatever arrives now is to be treated."""
        worker = self.worker(self.plan(**changes))
        await worker.run_pass()
        return worker

    def receivers(self) -> list[str]:
        """Whom replies were delivered to, in order."""
        return [reply.recipients[0] for reply in self.transport.sent]
