"""The clock: read here and nowhere else. Everybody else is told what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, aware."""
    return datetime.now(UTC)
