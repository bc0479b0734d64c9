"""A mail's text taken apart: what the writer wrote now, how they signed, what they quote and what they pass on.

Never decides what the words mean, and never drops a word that could be the writer's: what is no quote, no signature
and no known boilerplate is new text.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from inbox_worker.core.message import Address, Message


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail passed on inside this one: its own header block or attached message, text and signature.

    `sender`, `date` (aware, UTC) and `subject` are None, None and '' where the forwarded header block does not tell.
    """

    sender: Address | None = None
    date: datetime | None = None
    subject: str = ""
    text: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """A mail's text by who wrote it and when; every text has lines joined by newline and no trailing space.

    `new` is what the writer wrote now, inline answers and postscripts included, greeting included, signature not.
    `signature` starts at the closing formula ("Mit freundlichen Grüßen"), at '-- ', or at the trailing contact block,
    and keeps the closing line. `quotes` are quoted texts without their '> ', in order. `forwarded` are mails passed
    on, inline or attached. Disclaimers, advertisements of mail services and "Von meinem iPhone gesendet" are in none.
    """

    new: str = ""
    signature: str = ""
    quotes: tuple[str, ...] = ()
    forwarded: tuple[Forwarded, ...] = ()


_CUT = re.compile(r"^\s*(-{3,}.*-{3,}|_{10,}|(Am|On|Le|Op) .*(schrieb|wrote|écrit|schreef).*:)\s*$")
_BLOCK = re.compile(r"^\s*(Von|From|De|Van): .+")
_CLOSING = re.compile(
    r"^\s*(-- ?$|mit (freundlich|best|herzlich|kolleg)|(viele|beste|herzliche|freundliche|liebe|schöne) grüße|gruß"
    r"|(best|kind|warm) regards|regards|mfg|vg|lg|best,|cheers|sincerely)",
    re.IGNORECASE,
)


def split(message: Message) -> Parts:
    """Take `message.text` apart; attached messages become `forwarded`."""
    new: list[str] = []
    signature: list[str] = []
    quotes: list[str] = []
    lines = message.text.splitlines()
    quote: list[str] = []
    for number, line in enumerate(lines):
        if _CUT.match(line) or _BLOCK.match(line):
            quote.extend(lines[number + 1 :])
            break
        if line.startswith(">"):
            quote.append(line.lstrip("> "))
        elif signature or _CLOSING.match(line):
            signature.append(line.rstrip())
        else:
            new.append(line.rstrip())
    if quote:
        quotes.append("\n".join(quote).strip())
    forwarded = tuple(Forwarded(inner.sender, inner.date, inner.subject, inner.text, "") for inner in message.attached)
    return Parts("\n".join(new).strip(), "\n".join(signature).strip(), tuple(quotes), forwarded)
