"""The composition root: settings become adapters and a Worker; clock, scheduler, signals, heartbeat, shutdown.

The only module that reads the clock and that names concrete adapters. Decides nothing about mails.

DIAGNOSTICS
    A failed pass is logged and tried again, at first after one poll, then less and less often; the heartbeat stands
    still meanwhile, so that `health` turns red. It is red as well while no answer can leave.
    A damaged or replaced journal ends the daemon (JournalError): a person must look.
    SIGTERM and SIGINT end it within ten seconds; what was not delivered by then stays owed.
"""

import asyncio
import fcntl
import hashlib
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from apscheduler.events import (  # type: ignore[import-untyped]  # the library has no type hints
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from inbox_worker.adapters.heartbeat import Heartbeat, since_boot
from inbox_worker.adapters.imap import ImapMailbox
from inbox_worker.adapters.journal_file import JournalFile, make_private, open_private
from inbox_worker.adapters.mime import parse
from inbox_worker.adapters.smtp import SmtpTransport
from inbox_worker.adapters.understanding.process import UnderstandingProcess
from inbox_worker.config import Settings
from inbox_worker.config.templates import load_templates
from inbox_worker.core import backoff
from inbox_worker.core.decision import Answer
from inbox_worker.core.delivery import Reply
from inbox_worker.core.digest import DigestPlan
from inbox_worker.core.entries import Entry
from inbox_worker.core.filing import FilingPlan
from inbox_worker.core.holdings import OwedDigest
from inbox_worker.core.journey import understand_letter
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.narrative import narrate
from inbox_worker.core.notices import Mailing, Occasion
from inbox_worker.core.outbox import RetryPolicy
from inbox_worker.core.personal import Links
from inbox_worker.core.registration import Event
from inbox_worker.core.reply import Moment, compose, compose_digest
from inbox_worker.errors import (
    JournalError,
    JournalUnwritable,
    MailboxAuthError,
    MailboxError,
    UnderstandingError,
    WorkerRunning,
)
from inbox_worker.worker import Plan, Tools, Worker
from inbox_worker.worker.backfill import Backfill, OldMail
from inbox_worker.worker.delivery import Closed
from inbox_worker.worker.notify import Notifying

log = logging.getLogger(__name__)

DRAIN = 6.0
"""Seconds that a running pass has to reach a safe point after SIGTERM; then it is cancelled."""

LAST_MINUTE_POLL = timedelta(seconds=5)
"""Between passes shortly before and behind the start of an event."""

LONGEST_PAUSE = timedelta(minutes=2)
"""Between two tries while the mailbox is unreachable or the journal unwritable."""

LONGEST_AFTER_REFUSAL = timedelta(minutes=15)
"""Between two tries while the login is refused: servers lock out who tries too often, and only a person can mend it."""

LONGEST_PASS = timedelta(minutes=30)
"""Everything inside a pass has a time-out of its own; this one is for what nobody thought of."""

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, aware."""
    return datetime.now(UTC)


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
        worker=Worker(_plan(settings), tools),
        mailbox=mailbox,
        transport=transport,
        journal=journal,
        understanding=understanding,
        heartbeat=heartbeat(settings),
        clock=clock,
        poll=timedelta(seconds=settings.schedule.poll),
    )


def heartbeat(settings: Settings, uptime: Callable[[], tuple[str, float]] = since_boot) -> Heartbeat:
    """This worker's own: one of several that hangs must not be covered by the others."""
    return Heartbeat(_beside(settings, "heartbeat"), uptime)


def _beside(settings: Settings, what: str) -> Path:
    """This worker's own file of this kind, beside the journal."""
    return settings.journal.path.with_suffix(f".{settings.journal.worker}.{what}")


def _told(closed: Closed) -> str:
    return f"{closed.since:%Y-%m-%d %H:%M} UTC: {closed.words}"


def narrator(settings: Settings) -> Callable[[Entry], str]:
    """Tells journal entries with the events' titles, in the desk's time zone."""
    titles, zone = {event.id: event.title for event in settings.events}, time_zone(settings)
    return lambda entry: narrate(entry, titles, zone)


def time_zone(settings: Settings) -> ZoneInfo:
    """The desk's zone: for what the press office reads."""
    return ZoneInfo(str(settings.office.time_zone or "Europe/Berlin"))


def _plan(settings: Settings) -> Plan:
    imap, schedule = settings.imap, settings.schedule
    since = None if imap.since == "now" else datetime.combine(imap.since, time(), time_zone(settings)).astimezone(UTC)
    return Plan(
        name=settings.journal.worker,
        desk=settings.desk(),
        mode=settings.mode,
        since=since,
        batch=imap.batch,
        max_bytes=imap.max_bytes,
        sent=r"\Sent" if imap.sent == "auto" else imap.sent,
        drafts=r"\Drafts" if imap.drafts == "auto" else imap.drafts,
        filing=FilingPlan(
            keyword=imap.keyword or None,
            done=imap.done_folder or None,
            held=imap.held_folder or None,
            automatic=imap.automatic_folder or None,
        ),
        retry=RetryPolicy(
            base=timedelta(seconds=schedule.retry_base),
            longest=timedelta(seconds=schedule.retry_max),
            give_up=timedelta(seconds=schedule.give_up),
        ),
        digest=_digest_plan(settings),
    )


def _digest_plan(settings: Settings) -> DigestPlan:
    """The digest is for us alone, so it leaves in every mode; where there is no way out, none is owed."""
    plan = settings.digest.plan(settings.office.contact.email, time_zone(settings))
    return plan if settings.smtp.host else replace(plan, to=())


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Be the only worker of this name on this journal: that is what makes our own old claims safe to take up again.

    Raises JournalError when another one runs, JournalUnwritable when the directory can't be written.
    """
    path = _beside(settings, "lock")
    try:
        make_private(path.parent)
        descriptor = open_private(path)
    except OSError as error:
        raise JournalUnwritable(f"{path}: {error.strerror}: make the journal's directory writable") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _leave_fingerprint(descriptor, settings)
        yield
    except BlockingIOError:
        raise WorkerRunning(
            f"{path}: a worker of this name is running on this journal: stop it first, or give this one another "
            "name (key journal.worker)"
        ) from None
    finally:
        os.close(descriptor)


def _fingerprint(settings: Settings) -> bytes:
    """What two processes have in common that write the same mails: events, contacts, our name."""
    own = [(event.token_secret, event.links) for event in settings.events]
    return hashlib.sha256(repr((settings.desk(), settings.sender, own)).encode()).hexdigest().encode()


def _leave_fingerprint(descriptor: int, settings: Settings) -> None:
    """For commands that come while we run: with which configuration."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _fingerprint(settings), 0)
    except OSError as error:  # a full disk: the journal tells, and such a command is refused
        log.warning("%s: %s", _beside(settings, "lock"), error.strerror)


def _fingerprint_of_the_other(settings: Settings) -> bytes:
    try:
        return _beside(settings, "lock").read_bytes()
    except OSError:
        return b""


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
            if _fingerprint_of_the_other(settings) != _fingerprint(settings):
                raise WorkerRunning(
                    f"the daemon that is running has read another configuration than {settings.directory} holds now "
                    "and would send that: start it anew, then give this command again"
                ) from error
        return *await notifying.run(event, occasion, text, record=True), False
    finally:
        await office.close()


async def run(settings: Settings, clock: Clock = system_clock) -> None:
    """Passes on a schedule, and at once when mail arrives, until SIGTERM or SIGINT. Raises as `once`."""
    office = build(settings, clock)
    with alone(settings):
        await _Daemon(office).run()


class _Daemon:
    """The ticking: APScheduler starts passes, IDLE pulls the next one forward, a signal ends it all."""

    def __init__(self, office: Office) -> None:
        self._office, self._poll = office, office.poll.total_seconds()
        self._end = asyncio.Event()
        self._fatal: JournalError | None = None
        self._at_work = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, signal.Signals(number).name)
        self._scheduler.add_listener(_report, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_job(
            self._tick, IntervalTrigger(seconds=self._poll), id="pass", next_run_time=system_clock()
        )
        self._scheduler.start()
        plan = self._office.worker.plan
        log.info("started: mode=%s poll=%gs worker=%s", plan.mode, self._poll, plan.name)
        try:
            with suppress(UnderstandingError):  # the first mail tells
                await self._office.understanding.start()
            await self._end.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN):
                    await self._at_work.acquire()  # a running pass reaches its safe point
        finally:
            self._stop_listening()
            self._scheduler.shutdown(wait=False)
            await self._office.close()
            log.info("stopped")
        if self._fatal:
            raise self._fatal

    async def _tick(self) -> None:
        self._stop_listening()
        async with self._at_work:
            if self._end.is_set():
                return
            try:
                completed = await self._office.run_pass()
            except JournalError as error:
                self._fatal = error
                self._stop("a journal that a person must look at")
                return
        if self._end.is_set():
            return
        pause = self._office.rhythm if completed else self._office.pause
        if pause != self._office.poll:
            self._scheduler.modify_job("pass", next_run_time=system_clock() + pause)
        if completed:
            self._listening = asyncio.create_task(self._listen(), name="listening")

    async def _listen(self) -> None:
        """Mail that arrives between two ticks is treated at once."""
        try:
            if await self._office.mailbox.wait(self._poll):
                self._scheduler.modify_job("pass", next_run_time=system_clock())
        except MailboxError as error:
            log.info("listening: %s", error)  # the next tick connects anew

    def _stop_listening(self) -> None:
        if self._listening:
            self._listening.cancel()
            self._listening = None

    def _stop(self, why: str) -> None:
        log.info("stopping: %s", why)
        self._office.worker.stopping.set()
        self._end.set()


def _report(event: JobEvent) -> None:
    """What APScheduler would otherwise keep to itself."""
    if event.code == EVENT_JOB_ERROR and isinstance(event.exception, asyncio.CancelledError):
        log.warning("pass: ended before it reached a safe point; what it has not recorded comes again")
    elif event.code == EVENT_JOB_ERROR:
        log.error("pass: failed in our own code", exc_info=event.exception)
    else:
        log.warning("pass: the one before is still running, or this one is late (event %d)", event.code)


def healthy(
    settings: Settings, now: datetime, uptime: Callable[[], tuple[str, float]] = since_boot
) -> tuple[bool, str]:
    """Whether the last completed pass is young enough and answers can leave; in words, how old it is and why not."""
    last = heartbeat(settings, uptime).last(now)
    if last is None:
        return False, "no pass was ever completed"
    second = timedelta(seconds=1)
    limit = max(timedelta(minutes=5), 5 * timedelta(seconds=settings.schedule.poll))
    told = f"the last pass was completed {last.age // second} s ago (limit {limit // second} s)"
    if last.age < timedelta():
        return False, "the last pass lies in the future: the clock was set back; the next pass settles it"
    if last.trouble:
        return False, f"{told}; {last.trouble}"
    return last.age <= limit, told
