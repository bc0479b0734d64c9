"""One mail as we understand it: values only, made by `adapters/mime`, read by everything in the core.

Never holds raw bytes and never parses: by the time a Message exists, charsets, encodings and damage are dealt with.
Every string here is free of NUL and control characters other than newline and tab; header values hold no newline.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a letter lies: unique for ever in one account (RFC 3501 §2.3.1.1)."""

    account: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Letter:
    r"""A mail's bytes as the server gave them.

    `size` is the server's RFC822.SIZE; `raw` is shorter when only headers and text were loaded of an oversized mail
    (`whole` is then False). `received` is the server's INTERNALDATE, aware; `answered` its flag `\Answered`.
    """

    ref: Ref
    raw: bytes
    size: int
    received: datetime
    whole: bool = True
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """An RFC 5322 mailbox: display name (may be '') and a strict addr-spec with a lower-case domain."""

    name: str
    addr_spec: str

    @property
    def domain(self) -> str:
        """The part behind the last @."""
        return self.addr_spec.rpartition("@")[2]

    @property
    def local(self) -> str:
        """The part before the last @."""
        return self.addr_spec.rpartition("@")[0]

    @property
    def key(self) -> str:
        """What two spellings of one address have in common: case never tells people apart in practice."""
        return self.addr_spec.casefold()


@dataclass(frozen=True, slots=True)
class Header:
    """One header field, unfolded and decoded; `name` as written."""

    name: str
    value: str


CALENDAR_PRODUCT = "-//inbox_worker//registration desk//EN"
"""PRODID (RFC 5545 §3.7.3) of the calendar files that we send: so we know them again."""


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree outside of attached messages.

    `text` is the decoded content of textual parts (text/*, message/delivery-status, vCard, calendar; at most 1 MiB),
    else ''. `size` is the decoded size in bytes.
    """

    content_type: str
    filename: str = ""
    disposition: str = ""
    text: str = ""
    size: int = 0
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a mail system says of mails to these addresses: given up, or only late; `response` quotes a server."""

    failed: tuple[str, ...] = ()
    delayed: tuple[str, ...] = ()
    response: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed mail.

    `text` is what a person sees first: text/plain with format=flowed joined, or the HTML's visible text
    (`text_from_html`), quotes in blockquotes marked by '> '. `attached` are message/rfc822 parts, read by themselves.
    `senders` are all addresses of all From fields. `digest` identifies the content (hex SHA-256 over the fields and
    the body that the sender controls, not over trace fields), so a copy in another folder has the same one.
    `report` is there when it looks like a mail system's. `answered`: somebody has answered it already.
    """

    senders: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    received: datetime | None = None
    return_path: str | None = None
    headers: tuple[Header, ...] = ()
    content_type: str = "text/plain"
    text: str = ""
    html: str = ""
    text_from_html: bool = False
    parts: tuple[Part, ...] = ()
    attached: tuple["Message", ...] = ()
    defects: tuple[str, ...] = ()
    encrypted: bool = False
    whole: bool = True
    digest: str = ""
    report: DeliveryReport | None = None
    answered: bool = False

    @property
    def sender(self) -> Address | None:
        """The first valid From address; None when there is none that could be answered."""
        return self.senders[0] if self.senders else None

    @property
    def arrived(self) -> datetime | None:
        """When the mail reached us: the topmost Received, else Date; aware."""
        return self.received or self.date

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the header field `name` (any case), topmost first."""
        wanted = name.lower()
        return tuple(header.value for header in self.headers if header.name.lower() == wanted)

    def first(self, name: str) -> str:
        """The topmost value of the header field `name`, or ''."""
        return next(iter(self.all(name)), "")
