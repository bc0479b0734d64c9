"""The heartbeat: one small file that says when the last pass was completed, and what is in the way. `health` reads it.

Written beside the journal on purpose: a disk that takes no journal entry takes no heartbeat either. The age is told by
the machine's clock since its start, which nobody sets back, as long as writer and reader share that start.

DIAGNOSTICS
    A heartbeat that can't be written is logged, never raised: its age tells.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

log = logging.getLogger(__name__)

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Beat:
    """How long ago the last pass was completed, and what was in the way of answers then; '' for nothing."""

    age: timedelta
    trouble: str = ""


def since_boot() -> tuple[str, float]:
    """Which start of the machine this is, and the seconds since then; ('', 0) where the system does not tell."""
    try:
        return _BOOT.read_text("ascii").strip(), time.clock_gettime(time.CLOCK_BOOTTIME)
    except (OSError, AttributeError):
        return "", 0.0


class Heartbeat:
    """The file at `path`; `uptime` is `since_boot`."""

    def __init__(self, path: Path, uptime: Callable[[], tuple[str, float]] = since_boot) -> None:
        self.path = path
        self._uptime = uptime

    def beat(self, at: datetime, trouble: str = "") -> None:
        """A pass was completed at `at` (aware); `trouble` kept answers from leaving."""
        boot, seconds = self._uptime()
        told = {"pass_completed": at.isoformat(), "boot": boot, "uptime": seconds, "trouble": trouble}
        fresh = self.path.with_name(self.path.name + ".new")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode=0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o600)  # whatever the umask
                json.dump(told, file)
            fresh.replace(self.path)  # a reader sees the old one or the new one, never half of it
        except OSError as error:
            log.warning("heartbeat: can't write %s: %s", self.path, error.strerror)

    def last(self, now: datetime) -> Beat | None:
        """The last one, seen at `now` (aware); None when there was none, or the file can't be read."""
        try:
            told = json.loads(self.path.read_text("utf-8"))
            completed, trouble = datetime.fromisoformat(told["pass_completed"]), str(told.get("trouble", ""))
            boot, seconds = self._uptime()
            if boot and told.get("boot") == boot:
                return Beat(timedelta(seconds=seconds - float(told["uptime"])), trouble)
            return Beat(now - completed, trouble)
        except (OSError, ValueError, KeyError, TypeError):
            return None
