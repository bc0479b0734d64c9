"""The journal's entries: what happened, as values, and how a value becomes the parts of a line and back.

An entry is never changed once it stands in a journal, so its fields are only ever added, with a default: old
journals open for ever. `PERSONAL` names the fields that hold personal data. They live in a part of the line of their
own which can be erased (DSGVO Art. 17), so each of them has a default, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from pydantic import TypeAdapter

from inbox_worker.core.decision import Answer, Withheld
from inbox_worker.core.message import Ref
from inbox_worker.core.registration import Intent, Language, Reason, Registrant, Status

NO_MAIL = Ref("", "", 0, 0)

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Baseline:
    """From here on a folder's mail is ours to treat: UIDs of at least `uidnext`, received at `since` or later."""

    WHAT: ClassVar[str] = "baseline"
    PERSONAL: ClassVar[frozenset[str]] = NOBODY
    account: str
    folder: str
    uidvalidity: int
    uidnext: int
    since: datetime


@dataclass(frozen=True, slots=True)
class MailRecorded:
    """A mail was understood and decided upon. `outcome` is where it belongs: done, held, automatic or copy.

    `observed`: only looked at (mode observe); it will never be answered or filed. `text` is the digest by which the
    same text is known again (`caps.text_digest`), `over` the cap that kept it from being answered. `worker` is who
    will file it ('' in journals of before there were several).
    """

    WHAT: ClassVar[str] = "mail"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"sender", "name", "subject", "message_id", "because", "concerns"})
    ref: Ref
    digest: str
    intent: Intent
    outcome: str
    events: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    observed: bool = False
    text: str = ""
    over: str = ""
    worker: str = ""
    sender: str = ""
    name: str = ""
    subject: str = ""
    message_id: str = ""
    because: tuple[Reason, ...] = ()
    concerns: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """A person is on the list of an event from now on, or on its waiting list.

    `language`, `message_id` and `subject` are those of the mail, for the mails that follow in its thread.
    """

    WHAT: ClassVar[str] = "registered"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "address", "message_id", "subject"})
    registration: str
    event: str
    digest: str
    registrant: Registrant = field(default_factory=Registrant)
    address: str = ""
    status: Status = Status.REGISTERED
    language: Language = "de"
    message_id: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Promoted:
    """A place became free: from the waiting list onto the list."""

    WHAT: ClassVar[str] = "promoted"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "address"})
    registration: str
    event: str
    registrant: Registrant = field(default_factory=Registrant)
    address: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A registration ended. `registration` is '' when an invited person declined who was never on the list."""

    WHAT: ClassVar[str] = "withdrawn"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "address"})
    registration: str
    event: str
    digest: str
    registrant: Registrant = field(default_factory=Registrant)
    address: str = ""


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
class Offered:
    """What a held mail would lead to, if a person releases it; `digest` is the mail's."""

    WHAT: ClassVar[str] = "offered"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"withheld"})
    ref: Ref
    digest: str
    withheld: Withheld = field(default_factory=Withheld)


@dataclass(frozen=True, slots=True)
class Settled:
    """A person has dealt with a held mail: `released` what was withheld, or answered it themselves."""

    WHAT: ClassVar[str] = "settled"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"sender"})
    ref: Ref
    released: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """A mail of ours came back: nothing more goes to this address by itself. `reply` is '' where only it was named."""

    WHAT: ClassVar[str] = "undeliverable"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"address", "response"})
    reply: str = ""
    address: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class CapReached:
    """More mail than usual: what goes over the cap is held from now on. Told once a day for each cap and `whom`."""

    WHAT: ClassVar[str] = "cap-reached"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"whom"})
    cap: str
    limit: int
    hours: int
    whom: str = ""


@dataclass(frozen=True, slots=True)
class FilingTaken:
    """`worker` files these mails from now on: the one that recorded them has not, for longer than a claim lasts."""

    WHAT: ClassVar[str] = "filing-taken"
    PERSONAL: ClassVar[frozenset[str]] = NOBODY
    account: str
    folder: str
    uidvalidity: int
    uids: tuple[int, ...]
    worker: str


@dataclass(frozen=True, slots=True)
class Filed:
    """These mails got their flags and folder; nothing is left to do in the mailbox for them."""

    WHAT: ClassVar[str] = "filed"
    PERSONAL: ClassVar[frozenset[str]] = NOBODY
    account: str
    folder: str
    uidvalidity: int
    uids: tuple[int, ...]


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
    """A digest whose time came and that nobody gets: nothing happened, or (`first`) there was no one to follow on."""

    WHAT: ClassVar[str] = "digest-skipped"
    PERSONAL: ClassVar[frozenset[str]] = NOBODY
    digest: str
    first: bool = False


Entry = (
    Baseline
    | MailRecorded
    | Registered
    | Promoted
    | Withdrawn
    | ReplyOwed
    | ReplyClaimed
    | ReplyReleased
    | ReplySent
    | ReplyDeferred
    | ReplyInDoubt
    | ReplyFailed
    | ReplyDropped
    | Offered
    | Settled
    | Undeliverable
    | CapReached
    | FilingTaken
    | Filed
    | EventTold
    | EventCancelled
    | DigestOwed
    | DigestSkipped
)

_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind.WHAT: TypeAdapter(kind) for kind in Entry.__args__}
_VALIDATORS = {what: adapter.validator.validate_python for what, adapter in _ADAPTERS.items()}  # one call less a line


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry with its place in the journal: `seq` counts from 1 without gaps, `at` is aware UTC."""

    seq: int
    at: datetime
    entry: Entry


def take_apart(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entry as JSON-ready (facts, personal); fields that have their default value are left out."""
    facts = _ADAPTERS[entry.WHAT].dump_python(entry, mode="json", exclude_defaults=True)
    personal = {key: facts.pop(key) for key in sorted(entry.PERSONAL & facts.keys())}
    return facts, personal


def put_together(what: str, facts: Mapping[str, Any], personal: Mapping[str, Any] | None) -> Entry:
    """The entry of a line; `personal` is None once it was erased.

    Fields that a newer version added are left out. Raises ValueError for a kind that this version does not know,
    or for fields that do not fit.
    """
    validator = _VALIDATORS.get(what)
    if validator is None:
        msg = f"unknown kind of entry {what!r}: written by a newer version?"
        raise ValueError(msg)
    entry: Entry = validator({**facts, **personal} if personal else facts)
    return entry
