"""What the worker needs of the outside (its Protocols), and how it is told to work (its Plan)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from inbox_worker.core.decision import Answer
from inbox_worker.core.delivery import Outcome, Reply
from inbox_worker.core.digest import DigestPlan
from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.core.filing import FilingPlan
from inbox_worker.core.holdings import OwedDigest
from inbox_worker.core.journey import Poison, Understood
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.mailbox import Filing, MailboxState, Seen
from inbox_worker.core.message import Letter, Ref
from inbox_worker.core.outbox import RetryPolicy
from inbox_worker.core.personal import Links
from inbox_worker.core.registration import Desk

Understand = Callable[[Sequence[Letter]], Awaitable[list[Understood | Poison]]]
"""Answers for the first letters, at least one, in their order; the caller asks again for the rest.

Whatever a mail does, its answer comes in bounded time. Raises UnderstandingError for trouble that is not a mail's.
"""


class Mailbox(Protocol):
    """An IMAP account. Every method raises MailboxError, and can be called again after it."""

    async def open(self) -> MailboxState:
        """Connect where needed and tell how the folder stands."""

    async def list_new(self, after_uid: int) -> list[Seen]:
        """All mails with a higher UID, ascending."""

    async def list_since(self, since: datetime) -> list[Seen]:
        """All mails received at `since` or later, ascending by UID."""

    async def fetch(self, refs: Sequence[Ref], *, max_bytes: int) -> list[Letter]:
        """Their bytes, in the same order; what vanished is left out; of larger ones only headers and text."""

    async def file(self, filings: Sequence[Filing]) -> None:
        """Set flags and move; what is not there any more is fine."""

    async def append(self, folder: str, content: bytes, *, flags: Sequence[str], at: datetime) -> None:
        r"""Put a message into `folder`: a draft (`\\Draft`) or a sent copy (`\\Seen`)."""

    async def find_message_id(self, folder: str, message_id: str) -> bool:
        """Whether `folder` holds a message with this Message-ID."""

    async def wait(self, seconds: float) -> bool:
        """True as soon as there is new mail, False after `seconds`; may be cancelled."""

    async def close(self) -> None:
        """Log out."""


class Transport(Protocol):
    """The way out. Whatever happens on it is an outcome, never an exception."""

    async def deliver(self, reply: Reply) -> Outcome:
        """Hand over one reply, or tell how far that got."""

    async def close(self) -> None:
        """Hang up."""


class Journal(Protocol):
    """The one durable thing; see DESIGN's contract in adapters/journal_file.py."""

    async def read(self, after: int) -> list[Recorded]:
        """The next entries behind the one numbered `after`, perhaps not all at once; [] when there are none."""

    async def append(self, entries: Sequence[Entry], *, after: int, at: datetime) -> list[Recorded]:
        """All or nothing, right behind `after`; raises Conflict when somebody else was first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How this worker works. `name` tells workers on one journal apart; `since` None means from the first pass on.

    A batch is at most `batch` mails, and no more than `batch_bytes` octets unless one mail alone is: two of them are
    held in memory. Of a mail larger than `max_bytes` only the beginning is loaded.

    `sent` and `drafts` are folders as the Mailbox knows them, '' for none.
    """

    name: str
    desk: Desk
    mode: Literal["observe", "draft", "send"] = "observe"
    since: datetime | None = None
    batch: int = 100
    max_bytes: int = 25 * 1024 * 1024
    batch_bytes: int = 64 * 1024 * 1024
    sent: str = ""
    drafts: str = ""
    filing: FilingPlan = field(default_factory=FilingPlan)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    digest: DigestPlan = field(default_factory=DigestPlan)


class ComposeDigest(Protocol):
    """Writes a digest as of `now`; `looked` is when the mailbox was last read, None for not since the start."""

    def __call__(
        self, reply: str, digest: OwedDigest, ledger: Ledger, *, looked: datetime | None, now: datetime
    ) -> Reply:
        """The mail, from what the Ledger tells."""


@dataclass(slots=True)
class Tools:
    """What the spine is given: adapters and functions; `clock` tells an aware time.

    `compose` makes a mail of a reply's name, its answer, the time, the events' revisions (`Ledger.revisions`) and the
    personal links that it brings (`personal.of_answer`).
    """

    mailbox: Mailbox
    transport: Transport
    journal: Journal
    understand: Understand
    compose: Callable[[str, Answer, datetime, Mapping[str, int], Links], Reply]
    compose_digest: ComposeDigest
    clock: Callable[[], datetime]
