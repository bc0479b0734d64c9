"""Everything that runs, wired from concrete adapters; how a pass ends, and how long to wait for the next one."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from inbox_worker.adapters.heartbeat import Heartbeat
from inbox_worker.adapters.imap import ImapMailbox
from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.adapters.mime import parse
from inbox_worker.adapters.smtp import SmtpTransport
from inbox_worker.adapters.understanding.process import UnderstandingProcess
from inbox_worker.config import Settings
from inbox_worker.config.templates import load_templates
from inbox_worker.core import backoff
from inbox_worker.core.decision import Answer
from inbox_worker.core.delivery import Reply
from inbox_worker.core.holdings import OwedDigest
from inbox_worker.core.journey import understand_letter
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.personal import Links
from inbox_worker.core.reply import Moment, compose, compose_digest
from inbox_worker.daemon.clock import Clock, system_clock
from inbox_worker.daemon.health import heartbeat
from inbox_worker.daemon.plan import narrator, time_zone, worker_plan
from inbox_worker.errors import JournalUnwritable, MailboxAuthError, MailboxError, UnderstandingError
from inbox_worker.worker import Tools, Worker
from inbox_worker.worker.delivery import Closed

log = logging.getLogger(__name__)

LAST_MINUTE_POLL = timedelta(seconds=5)
"""Between passes shortly before and behind the start of an event."""

LONGEST_PAUSE = timedelta(minutes=2)
"""Between two tries while the mailbox is unreachable or the journal unwritable."""

LONGEST_AFTER_REFUSAL = timedelta(minutes=15)
"""Between two tries while the login is refused: servers lock out who tries too often, and only a person can mend it."""

LONGEST_PASS = timedelta(minutes=30)
"""Everything inside a pass has a time-out of its own; this one is for what nobody thought of."""


@dataclass(slots=True)
class Office:
    """Everything that runs, built from settings."""

    worker: Worker
    mailbox: ImapMailbox
    transport: SmtpTransport
    journal: JournalFile
    understanding: UnderstandingProcess
    heartbeat: Heartbeat
    clock: Clock
    poll: timedelta
    failures: int = 0
    refused: bool = False

    @property
    def rhythm(self) -> timedelta:
        """How long to wait after a pass that was completed: seconds only, while people are about to come in."""
        now = self.clock()
        imminent = any(event.is_imminent(now) for event in self.worker.plan.desk.events)
        return min(self.poll, LAST_MINUTE_POLL) if imminent else self.poll

    @property
    def pause(self) -> timedelta:
        """How long to wait after a pass that failed."""
        longest = LONGEST_AFTER_REFUSAL if self.refused else LONGEST_PAUSE
        return backoff.pause(self.failures or 1, base=self.poll, longest=max(longest, self.poll))

    async def run_pass(self) -> bool:
        """One pass; whether it was completed. Trouble that passes by itself is logged; JournalError is not."""
        completed = await self._completed()
        self.failures = 0 if completed else self.failures + 1
        return completed

    async def _completed(self) -> bool:
        self.refused = False
        try:
            async with asyncio.timeout(LONGEST_PASS.total_seconds()):
                await self.worker.run_pass()
        except TimeoutError:
            log.exception("pass: given up after %s", LONGEST_PASS)
        except (MailboxError, UnderstandingError) as error:
            self.refused = isinstance(error, MailboxAuthError)
            log.error("pass: %s", error)  # noqa: TRY400 - the server's words; a traceback adds nothing
        except JournalUnwritable as error:
            log.error("pass: nothing is answered that can't be recorded: %s", error)  # noqa: TRY400 - as above
        else:
            closed = self.worker.delivery.closed
            self.heartbeat.beat(self.clock(), f"no answer can leave since {_told(closed)}" if closed else "")
            return True
        return False

    async def close(self) -> None:
        """Log out everywhere, briefly."""
        for closing in (
            self.understanding.close(),
            self.transport.close(),
            self.mailbox.close(),
            self.journal.close(),
        ):
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await closing


def _told(closed: Closed) -> str:
    return f"{closed.since:%Y-%m-%d %H:%M} UTC: {closed.words}"


def build(settings: Settings, clock: Clock = system_clock) -> Office:
    """Wire everything; connects to nothing."""
    desk, templates = settings.desk(), load_templates(settings.templates)

    def composed(reply: str, answer: Answer, now: datetime, revisions: Mapping[str, int], links: Links) -> Reply:
        return compose(
            answer,
            reply_id=reply,
            desk=desk,
            sender=settings.sender,
            environment=templates,
            now=now,
            envelope_from=settings.envelope_from(reply),
            revisions=revisions,
            links=links,
        )

    def digested(reply: str, digest: OwedDigest, ledger: Ledger, *, looked: datetime | None, now: datetime) -> Reply:
        return compose_digest(
            digest,
            reply_id=reply,
            ledger=ledger,
            desk=desk,
            sender=settings.sender,
            environment=templates,
            moment=Moment(now, time_zone(settings), looked, observing=settings.mode == "observe"),
            envelope_from=settings.envelope_from(reply),
        )

    mailbox, transport = ImapMailbox(settings.imap), SmtpTransport(settings.smtp)
    journal = JournalFile(settings.journal.path, narrator(settings))
    understanding = UnderstandingProcess(partial(understand_letter, parse=parse, desk=desk.for_reading()))
    tools = Tools(
        mailbox,
        transport,
        journal,
        understand=understanding,
        compose=composed,
        compose_digest=digested,
        clock=clock,
    )
    return Office(
        worker=Worker(worker_plan(settings), tools),
        mailbox=mailbox,
        transport=transport,
        journal=journal,
        understanding=understanding,
        heartbeat=heartbeat(settings),
        clock=clock,
        poll=timedelta(seconds=settings.schedule.poll),
    )
