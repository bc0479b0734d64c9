"""What people are told of an event, whose way in is which, and its end."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from inbox_worker.core.entries.personal import NOBODY
from inbox_worker.core.registration import Registrant


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


@dataclass(frozen=True, slots=True)
class LinkGiven:
    """A registration has this link of its own from now on, and nobody else ever gets it; `link` is a digest of it."""

    WHAT: ClassVar[str] = "link-given"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "address"})
    registration: str
    event: str
    link: str
    registrant: Registrant = field(default_factory=Registrant)
    address: str = ""


@dataclass(frozen=True, slots=True)
class LinkMissing:
    """Somebody with a place has no link of their own: none was left, or (`gone`) theirs stands in the file no more."""

    WHAT: ClassVar[str] = "link-missing"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "address"})
    registration: str
    event: str
    gone: bool = False
    registrant: Registrant = field(default_factory=Registrant)
    address: str = ""
