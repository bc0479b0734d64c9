"""Whether the daemon lives: the heartbeat that its passes leave, and what `inbox-worker health` makes of it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from inbox_worker.adapters.heartbeat import Heartbeat, since_boot
from inbox_worker.config import Settings
from inbox_worker.daemon.plan import beside


def heartbeat(settings: Settings, uptime: Callable[[], tuple[str, float]] = since_boot) -> Heartbeat:
    """This worker's own: one of several that hangs must not be covered by the others."""
    return Heartbeat(beside(settings, "heartbeat"), uptime)


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
