"""The life of what leaves: owed, claimed, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from inbox_worker.core.decision import Answer
from inbox_worker.core.entries.personal import NOBODY
from inbox_worker.core.message import Ref

NO_MAIL = Ref("", "", 0, 0)
"""What answers nothing has this for the mail that it answers."""


@dataclass(frozen=True, slots=True)
class ReplyOwed:
    """We promised an answer: from here on the Outbox owes it, whatever dies. Its Message-ID follows from `reply`.

    `ref` is the mail that it answers, NO_MAIL where nobody wrote (a reminder).
    """

    WHAT: ClassVar[str] = "reply-owed"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"answer"})
    reply: str
    ref: Ref
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class ReplyClaimed:
    """`worker` is about to hand the reply to a server; nobody else may, before `until`."""

    WHAT: ClassVar[str] = "reply-claimed"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to"})
    reply: str
    worker: str
    until: datetime
    to: str = ""


@dataclass(frozen=True, slots=True)
class ReplyReleased:
    """A claim was given back untouched: the transport failed before the reply's turn. Not an attempt."""

    WHAT: ClassVar[str] = "reply-released"
    PERSONAL: ClassVar[frozenset[str]] = NOBODY
    reply: str


@dataclass(frozen=True, slots=True)
class ReplySent:
    """The server took the reply (or it was found in the Sent folder). `draft`: it lies in Drafts instead."""

    WHAT: ClassVar[str] = "reply-sent"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to", "response"})
    reply: str
    draft: bool = False
    to: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class ReplyDeferred:
    """The server asked to come back (4yz): next attempt not before `until`."""

    WHAT: ClassVar[str] = "reply-deferred"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to", "response"})
    reply: str
    until: datetime
    code: int = 0
    to: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class ReplyInDoubt:
    """The connection died after DATA: perhaps delivered. Not before `until` we look in Sent, then send once more."""

    WHAT: ClassVar[str] = "reply-in-doubt"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to", "response"})
    reply: str
    until: datetime
    to: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """We stopped trying; a person must look. `code` 0: no server said so, we gave up by ourselves."""

    WHAT: ClassVar[str] = "reply-failed"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to", "response"})
    reply: str
    code: int = 0
    to: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class ReplyDropped:
    """A reply that nobody needs any more; nobody must look. `why` is a sentence for the press office."""

    WHAT: ClassVar[str] = "reply-dropped"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to"})
    reply: str
    why: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """A mail of ours came back: nothing more goes to this address by itself. `reply` is '' where only it was named."""

    WHAT: ClassVar[str] = "undeliverable"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"address", "response"})
    reply: str = ""
    address: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class DigestOwed:
    """The press office gets a digest: an Outbox's mail like any other, composed when it is delivered.

    `digest` says which one it is, the same for all its receivers. One about an `event` is the one before its start;
    the others tell what happened after the entry `since`, which is where the one of `after` ended.
    """

    WHAT: ClassVar[str] = "digest-owed"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to"})
    reply: str
    digest: str
    since: int
    after: datetime | None = None
    event: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class DigestSkipped:
    """A digest whose time came and that nobody gets: nothing happened, or (`first`) there was no one to follow on.

    `off`: there is no digest any more, so that from here on nothing is kept for the next one.
    """

    WHAT: ClassVar[str] = "digest-skipped"
    PERSONAL: ClassVar[frozenset[str]] = NOBODY
    digest: str
    first: bool = False
    off: bool = False
