"""What the Ledger holds: registrations, replies, mails to be filed. Values; only `ledger` changes them."""

from dataclasses import dataclass
from datetime import datetime

from inbox_worker.core.decision import Answer
from inbox_worker.core.entries import MailRecorded
from inbox_worker.core.message import Ref
from inbox_worker.core.registration import Language, Registrant, Status


@dataclass(frozen=True, slots=True)
class Registration:
    """A person at an event, or on its waiting list. `address` is their own; `withdrawn` ones stay known.

    `language`, `message_id`, `subject` and `digest` are those of their mail, `through` is where mails about it go.
    `revision` is the event's at that time: what they are told first is at least that new.
    """

    id: str
    event: str
    registrant: Registrant
    address: str
    since: datetime
    status: Status = Status.REGISTERED
    withdrawn: bool = False
    language: Language = "de"
    message_id: str = ""
    subject: str = ""
    digest: str = ""
    revision: int = 0
    through: str = ""

    @property
    def placed(self) -> bool:
        """Whether this one has a place."""
        return self.status is Status.REGISTERED and not self.withdrawn


@dataclass(frozen=True, slots=True)
class OwedDigest:
    """What a digest for `to` tells: about one `event`, or what happened behind the entry `since` up to its own `seq`.

    `after` is when the digest before it was due, None where there was none.
    """

    digest: str
    to: str
    since: int
    seq: int
    after: datetime | None = None
    event: str = ""


@dataclass(frozen=True, slots=True)
class LastDigest:
    """The last daily digest that was owed or skipped: which one, and where and when."""

    digest: str
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class OwedReply:
    """A reply that the Outbox owes, or a `digest` for the press office.

    `due` is the earliest next attempt; `attempts` counts answers of a server, never trouble with a connection.
    `doubts` counts how often it was perhaps delivered. `claimed_by` is the worker that holds it until `claimed_until`.
    """

    id: str
    ref: Ref
    answer: Answer | None
    owed_since: datetime
    due: datetime
    attempts: int = 0
    doubts: int = 0
    in_doubt: bool = False
    claimed_by: str = ""
    claimed_until: datetime | None = None
    digest: OwedDigest | None = None

    def claimed(self, worker: str, until: datetime) -> "OwedReply":
        """The same, claimed. Spelled out since every reply goes through it, and `replace` takes five times as long."""
        kept = (self.id, self.ref, self.answer, self.owed_since, self.due, self.attempts, self.doubts, self.in_doubt)
        return OwedReply(*kept, worker, until, self.digest)

    @property
    def receiver(self) -> str:
        """The address it goes to; '' once that was erased."""
        if self.digest:
            return self.digest.to
        return self.answer.to.addr_spec if self.answer else ""


@dataclass(frozen=True, slots=True)
class TreatedMail:
    """A mail that is decided but not yet filed, or that waits for a person. `worker` is who files it, '' anybody."""

    seq: int
    at: datetime
    entry: MailRecorded
    worker: str = ""


@dataclass(frozen=True, slots=True)
class SentReply:
    """A reply that a server took, and where it went (folded case; '' once that was erased)."""

    to: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FolderMemory:
    """How far a folder is treated: every UID up to `treated` is; `since` is where our responsibility began."""

    uidvalidity: int
    treated: int
    since: datetime
