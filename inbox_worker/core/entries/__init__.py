"""The journal's entries: what happened, as values, and how a value becomes the parts of a line and back.

An entry is never changed once it stands in a journal, so its fields are only ever added, with a default: old
journals open for ever. `PERSONAL` names the fields that hold personal data. They live in a part of the line of their
own which can be erased (DSGVO Art. 17), so each of them has a default, too.

`mails`, `people`, `replies` and `events` hold the values, `codec` takes them apart into a line and back.
"""

from dataclasses import dataclass
from datetime import datetime

from inbox_worker.core.entries.events import EventCancelled, EventTold, LinkGiven, LinkMissing
from inbox_worker.core.entries.mails import (
    Asked,
    Baseline,
    CapReached,
    Filed,
    FilingTaken,
    MailRecorded,
    Offered,
    Settled,
)
from inbox_worker.core.entries.people import Corrected, Promoted, Registered, Withdrawn
from inbox_worker.core.entries.replies import (
    NO_MAIL,
    DigestOwed,
    DigestSkipped,
    ReplyClaimed,
    ReplyDeferred,
    ReplyDropped,
    ReplyFailed,
    ReplyInDoubt,
    ReplyOwed,
    ReplyReleased,
    ReplySent,
    Undeliverable,
)

__all__ = [
    "NO_MAIL",
    "Asked",
    "Baseline",
    "CapReached",
    "Corrected",
    "DigestOwed",
    "DigestSkipped",
    "Entry",
    "EventCancelled",
    "EventTold",
    "Filed",
    "FilingTaken",
    "LinkGiven",
    "LinkMissing",
    "MailRecorded",
    "Offered",
    "Promoted",
    "Recorded",
    "Registered",
    "ReplyClaimed",
    "ReplyDeferred",
    "ReplyDropped",
    "ReplyFailed",
    "ReplyInDoubt",
    "ReplyOwed",
    "ReplyReleased",
    "ReplySent",
    "Settled",
    "Undeliverable",
    "Withdrawn",
]

Entry = (
    Baseline
    | MailRecorded
    | Registered
    | Promoted
    | Withdrawn
    | Corrected
    | ReplyOwed
    | ReplyClaimed
    | ReplyReleased
    | ReplySent
    | ReplyDeferred
    | ReplyInDoubt
    | ReplyFailed
    | ReplyDropped
    | Offered
    | Asked
    | Settled
    | Undeliverable
    | CapReached
    | FilingTaken
    | Filed
    | EventTold
    | EventCancelled
    | LinkGiven
    | LinkMissing
    | DigestOwed
    | DigestSkipped
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry with its place in the journal: `seq` counts from 1 without gaps, `at` is aware UTC."""

    seq: int
    at: datetime
    entry: Entry
