"""What happened to mails and in the mailbox."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from inbox_worker.core.decision import Withheld
from inbox_worker.core.entries.personal import NOBODY
from inbox_worker.core.message import Ref
from inbox_worker.core.registration import Intent, Reason, Registrant


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
class Asked:
    """We asked back which of `events` the mail `ref` means; `reply` is the name of the question.

    `address` and `message_id` are the mail's, by which the answer is known; the rest is what it wanted.
    """

    WHAT: ClassVar[str] = "asked"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"address", "message_id", "registrants", "withdrawn", "writer"})
    ref: Ref
    events: tuple[str, ...]
    intent: Intent
    reply: str
    address: str = ""
    message_id: str = ""
    registrants: tuple[Registrant, ...] = ()
    withdrawn: tuple[Registrant, ...] = ()
    writer: Registrant | None = None
