"""How much is answered at most: what stops a loop whose partner hides every sign of being a machine, and a flood.

Mails are counted by whom and what they come from: one subject of one address, the address, its text, its domain (a
partner who changes the address each time meets these two), and all that get an answer. What goes over a cap is held,
not lost, and counts for that cap and narrower ones only: a flood from one address must not close the desk to everybody.
While it goes on, the cap stays closed; it opens when the day has become quiet.

Sources: RFC 3834 §2 (limit the rate of answers to one address), RFC 5230 §4.2, and FIELD's loops. Pure.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inbox_worker.core.freemail import is_shared_domain
from inbox_worker.core.message import Address
from inbox_worker.core.naming import fold_name

WINDOW = timedelta(days=1)
HOUR = timedelta(hours=1)
MOST = 2000
"""How many times are remembered for one key: more than any cap."""

COUNTED = frozenset({"done", "held"})
"""Outcomes of the mails that count: those of people, as far as we can tell."""

_PREFIX = re.compile(r"^\s*(?:[a-zäöüá]{1,8}\s?(?:\[\d{1,3}\])?:\s*|\[[^\]]{1,60}\]\s*)", re.IGNORECASE)
_SHORT = 80
"""Letters below which two people may well write the same: 'Hiermit melde ich mich an.'"""
_SHARED = 5
"""So many times more than from one house may come from a domain where anybody can have an address."""


class Cap(StrEnum):
    """What is counted, from narrow to wide; a mail over one of them does not count for the wider ones."""

    THREAD = "thread"
    ADDRESS = "address"
    TEXT = "text"
    DOMAIN = "domain"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Caps:
    """How many mails count as usual: in a day, `all` in an hour."""

    thread: int = 6
    address: int = 12
    text: int = 10
    domain: int = 60
    all: int = 600


Key = tuple[Cap, str]
Tallies = Mapping[Key, tuple[datetime, ...]]


@dataclass(frozen=True, slots=True)
class Over:
    """A cap that is reached: `whom` it is about, and how many are usual in how many hours."""

    cap: Cap
    whom: str
    limit: int
    hours: int


def keys(sender: Address, subject: str, text: str, *, answered: bool) -> Iterator[Key]:
    """What a mail counts for; `text` is a `text_digest`, '' for none."""
    address = f"{sender.local.casefold().partition('+')[0]}@{sender.domain}"
    yield Cap.THREAD, f"{address} {_core(subject)}"
    yield Cap.ADDRESS, address
    if text:
        yield Cap.TEXT, text
    yield Cap.DOMAIN, sender.domain
    if answered:
        yield Cap.ALL, ""


def text_digest(text: str) -> str:
    """What two mails have in common that say the same: quotes, numbers, case and spaces aside; '' for few words."""
    own = " ".join(line for line in text[:20_000].splitlines() if not line.startswith(">"))
    words = re.sub(r"[\W\d_]+", " ", own.casefold()).strip()
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16] if len(words) >= _SHORT else ""


def exceeded(caps: Caps, tallies: Tallies, about: Iterator[Key], sender: Address, now: datetime) -> Over | None:
    """The first cap that one more mail, which counts for `about`, would go over; None when all is usual.

    Times ahead of `now` count as well: the clock may have been set back in between.
    """
    for cap, key in about:
        span = HOUR if cap is Cap.ALL else WINDOW
        limit = int(getattr(caps, cap))
        if cap is Cap.DOMAIN and is_shared_domain(key):
            limit *= _SHARED
        if sum(at > now - span for at in tallies.get((cap, key), ())) >= limit:
            whom = {Cap.DOMAIN: key, Cap.ALL: "", Cap.TEXT: ""}.get(cap, sender.addr_spec)
            return Over(cap, whom, limit, int(span / HOUR))
    return None


def counted(times: tuple[datetime, ...], at: datetime) -> tuple[datetime, ...]:
    """`times` with one more, and without those that no cap asks for any more."""
    if times and times[0] <= at - WINDOW:
        times = tuple(earlier for earlier in times if earlier > at - WINDOW)
    return (*times, at)[-MOST:]


def _core(subject: str) -> str:
    """'AW: Re: [Ticket#2022-17] Anmeldung 3' and 'Anmeldung' are one subject."""
    while (shorter := _PREFIX.sub("", subject, count=1)) != subject:
        subject = shorter
    return re.sub(r"[\d#]+", "", fold_name(subject[:200])).strip()
