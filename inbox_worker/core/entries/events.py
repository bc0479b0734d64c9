"""What people are told of an event, and its end."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from inbox_worker.core.entries.personal import NOBODY


@dataclass(frozen=True, slots=True)
class EventTold:
    """What people are told of an event from now on: its times (UTC), digests of what opens the door.

    `revision` counts the changes; 0 is what was known first. `changed` names what is new ("time", "link", "access"),
    `was_start` and `was_end` are the times before, `outdated` is how many people have what was told before.
    """

    WHAT: ClassVar[str] = "event-told"
    PERSONAL: ClassVar[frozenset[str]] = NOBODY
    event: str
    revision: int
    start: datetime
    end: datetime
    link: str = ""
    access: str = ""
    changed: tuple[str, ...] = ()
    was_start: datetime | None = None
    was_end: datetime | None = None
    outdated: int = 0


@dataclass(frozen=True, slots=True)
class EventCancelled:
    """The press office has cancelled an event; `text` is what it says about that besides, '' for nothing."""

    WHAT: ClassVar[str] = "event-cancelled"
    PERSONAL: ClassVar[frozenset[str]] = NOBODY
    event: str
    text: str = ""
