"""The daemon: passes on a schedule, and at once when mail arrives, until a signal ends it."""

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import UTC

from apscheduler.events import (  # type: ignore[import-untyped]  # the library has no type hints
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from inbox_worker.config import Settings
from inbox_worker.daemon.clock import Clock, system_clock
from inbox_worker.daemon.lock import alone
from inbox_worker.daemon.office import Office, build
from inbox_worker.errors import JournalError, MailboxError, UnderstandingError

log = logging.getLogger(__name__)

DRAIN = 6.0
"""Seconds that a running pass has to reach a safe point after SIGTERM; then it is cancelled."""


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
