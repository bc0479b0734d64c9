"""The composition root: settings become adapters and a Worker; clock, scheduler, signals, heartbeat, shutdown.

The only package that reads the clock and that names concrete adapters. Decides nothing about mails.

    clock     the time
    plan      what the settings mean for the worker
    office    everything that runs, wired from adapters
    lock      one worker of a name on a journal, and with which configuration
    commands  one pass, old mail, a mail to everybody
    running   the daemon: passes on a schedule and when mail arrives, until a signal
    health    whether it lives

DIAGNOSTICS
    A failed pass is logged and tried again, at first after one poll, then less and less often; the heartbeat stands
    still meanwhile, so that `health` turns red. It is red as well while no answer can leave.
    A damaged or replaced journal ends the daemon (JournalError): a person must look.
    SIGTERM and SIGINT end it within ten seconds; what was not delivered by then stays owed.
"""

from inbox_worker.daemon.clock import Clock, system_clock
from inbox_worker.daemon.commands import backfill, notify, once
from inbox_worker.daemon.health import healthy, heartbeat
from inbox_worker.daemon.lock import alone
from inbox_worker.daemon.office import Office, build
from inbox_worker.daemon.plan import narrator, time_zone
from inbox_worker.daemon.running import run

__all__ = [
    "Clock",
    "Office",
    "alone",
    "backfill",
    "build",
    "healthy",
    "heartbeat",
    "narrator",
    "notify",
    "once",
    "run",
    "system_clock",
    "time_zone",
]
