"""The heartbeat: one small file that says when the last pass was completed. `health` reads it.

Written beside the journal on purpose: a disk that takes no journal entry takes no heartbeat either.

DIAGNOSTICS
    A heartbeat that can't be written is logged, never raised: its age tells.
"""

import json
import logging
import os
from datetime import datetime
from pathlib import Path

log = logging.getLogger(__name__)


class Heartbeat:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def beat(self, at: datetime) -> None:
        """A pass was completed at `at` (aware)."""
        fresh = self.path.with_name(self.path.name + ".new")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode=0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o600)  # whatever the umask
                json.dump({"pass_completed": at.isoformat()}, file)
            fresh.replace(self.path)  # a reader sees the old one or the new one, never half of it
        except OSError as error:
            log.warning("heartbeat: can't write %s: %s", self.path, error.strerror)

    def last(self) -> datetime | None:
        """When the last pass was completed; None when there was none, or the file can't be read."""
        try:
            return datetime.fromisoformat(json.loads(self.path.read_text("utf-8"))["pass_completed"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
