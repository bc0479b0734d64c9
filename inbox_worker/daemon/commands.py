"""What a command asks for once: a pass, mail from before the first start, a mail to everybody.

A daemon may be running meanwhile: what a command writes down then, that one delivers.
"""

from contextlib import suppress
from datetime import datetime

from inbox_worker.config import Settings
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.notices import Mailing, Occasion
from inbox_worker.core.registration import Event
from inbox_worker.daemon.clock import Clock, system_clock
from inbox_worker.daemon.lock import alone, is_of_the_same_mind
from inbox_worker.daemon.office import build
from inbox_worker.errors import WorkerRunning
from inbox_worker.worker.backfill import Backfill, OldMail
from inbox_worker.worker.notify import Notifying


async def once(settings: Settings, clock: Clock = system_clock) -> bool:
    """One pass; whether it was completed. Raises JournalError."""
    office = build(settings, clock)
    with alone(settings):
        try:
            return await office.run_pass()
        finally:
            await office.close()


async def backfill(
    settings: Settings, since: datetime, *, send: bool, clock: Clock = system_clock
) -> tuple[list[OldMail], bool]:
    """The untreated mail from before the baseline that arrived at `since` (aware) or later; with `send` it is treated.

    The bool says whether the answers were handed over: not while a daemon runs, which does it with its next pass.
    Raises MailboxError, UnderstandingError, JournalError.
    """
    office = build(settings, clock)
    try:
        found = await Backfill(office.worker.plan, office.worker.tools).run(since, record=send)
        delivered = False
        if send:
            with suppress(WorkerRunning), alone(settings):
                await office.run_pass()
                delivered = True
        return found, delivered
    finally:
        await office.close()


async def notify(  # noqa: PLR0913 - what, to whom, why
    settings: Settings, event: Event, occasion: Occasion, text: str, *, send: bool, clock: Clock = system_clock
) -> tuple[Mailing, Ledger, bool]:
    """The mails that everybody gets on this occasion, and the Ledger with them; with `send` they are owed.

    The bool says whether they were handed over: not while a daemon runs, which does it with its next pass. Raises
    JournalError; WorkerRunning when that daemon has read another configuration and would write something else.
    """
    office = build(settings, clock)
    notifying = Notifying(office.worker.plan, office.worker.tools)
    try:
        if not send:
            return *await notifying.run(event, occasion, text, record=False), False
        try:
            with alone(settings):
                done = await notifying.run(event, occasion, text, record=True)
                await office.run_pass()
                return *done, True
        except WorkerRunning as error:
            if not is_of_the_same_mind(settings):
                raise WorkerRunning(
                    f"the daemon that is running has read another configuration than {settings.directory} holds now "
                    "and would send that: start it anew, then give this command again"
                ) from error
        return *await notifying.run(event, occasion, text, record=True), False
    finally:
        await office.close()
