"""Which mail of ours came back: a bounce becomes the address that nothing more is sent to.

What tells it, in this order: the envelope sender that was made for one reply (VERP), our Message-ID somewhere in the
bounce, and failing these the address that failed, when we wrote to it lately. A stranger who invents a bounce must
know one of these; what it leads to is seen by a person and changes nothing else. Pure.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from inbox_worker.core.decision import Returned
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Message
from inbox_worker.core.registration import Desk, Intent

LONGEST_BASE = 64 - 1 - 32
"""Letters before the @ to which a reply's name can be added (RFC 5321 §4.5.3.1.1)."""

LATELY = timedelta(days=14)
"""How long after our mail an address that failed is taken for an answer to it: no server tries for longer."""

_VERP = re.compile(r"\+([0-9a-f]{32})@")
_OUR_ID = re.compile(r"<([0-9a-f]{32})@[\w.-]{1,253}>")
_ENVELOPES = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "resent-to")
_DELAYED = re.compile(
    r"warning|delayed|verzögert|verzögerung|still (?:being )?(?:retr|try)|will (?:be retried|keep trying)|"
    r"weiter(?:hin)? versucht|do not need to resend|nicht erneut senden",
    re.IGNORECASE,
)


def envelope_sender(base: str, reply: str) -> str:
    """The reverse-path of one reply: `desk@…` becomes `desk+REPLY@…`."""
    local, _, domain = base.rpartition("@")
    return f"{local}+{reply}@{domain}"


def returned(message: Message, intent: Intent, ledger: Ledger, desk: Desk, now: datetime) -> tuple[Returned, ...]:
    """The mails of ours that `message`, which a machine wrote, sends back for good; none for a mere delay."""
    report = message.report
    if report and not report.failed and report.delayed:
        return ()
    named = [name for name in dict.fromkeys(_named(message)) if name in ledger.sent]
    if report is None or not report.failed:
        words = f"{message.subject}\n{message.text[:4000]}"
        if intent is not Intent.BOUNCE or _DELAYED.search(words):
            return ()
    response = report.response if report else ""
    if named:
        return tuple(Returned(ledger.sent[name].to, name, response) for name in named)
    failed = dict.fromkeys(address.casefold() for address in (report.failed if report else ()))
    return tuple(
        Returned(address, response=response)
        for address in failed
        if (last := ledger.last_sent.get(address)) and now - last <= LATELY and address not in desk.addresses
    )


def _named(message: Message) -> Iterator[str]:
    """The names of replies that the bounce may be about, the surest first."""
    for header in message.headers:
        if header.name.lower() in _ENVELOPES:
            yield from _VERP.findall(header.value.casefold())
    texts = [*message.in_reply_to, *message.references, *(one.message_id for one in message.attached)]
    texts += [part.text[:50_000] for part in message.parts]
    texts.append(message.text[:50_000])
    for text in texts:
        yield from _OUR_ID.findall(text)
