"""How much is answered at most: what stops a loop whose partner hides every sign of being a machine, and a flood.

Mails are counted by whom and what they come from: one subject of one address, the address, its text, its domain (a
partner who changes the address each time meets these two), and all that get an answer. What goes over a cap is held,
not lost, and counts for that cap and narrower ones only: a flood from one address must not close the desk to everybody.
While it goes on, the cap stays closed; it opens when the day has become quiet.

Sources: RFC 3834 §2 (limit the rate of answers to one address), RFC 5230 §4.2, and FIELD's loops. Pure.
"""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from inbox_worker.core.freemail import is_shared_domain
from inbox_worker.core.message import Address

WINDOW = timedelta(days=1)
HOUR = timedelta(hours=1)
MOST = 100_000
"""More than anybody gets in a day: as good as no cap."""

_LONGEST = 10_000
"""Mails that wait to be counted: then those of earlier days are dropped, and the others counted."""
_BUCKET = 300
"""Seconds that are counted together."""
_BUCKETS = int(WINDOW.total_seconds()) // _BUCKET
"""What a day of a busy key is remembered in."""

COUNTED = frozenset({"done", "held"})
"""Outcomes of the mails that count: those of people, as far as we can tell."""

_PREFIX = re.compile(r"^\s*(?:[a-zäöüá]{1,8}\s?(?:\[\d{1,3}\])?:\s*|\[[^\]]{1,60}\]\s*)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
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
Tally = tuple[tuple[int, int], ...]
"""How many mails came in which five minutes (seconds since 1970 divided by 300), oldest first."""


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


def counted(tally: Tally, at: datetime) -> Tally:
    """`tally` with one more, and without what no cap asks for any more."""
    bucket = int(at.timestamp()) // _BUCKET
    if tally and tally[-1][0] == bucket:
        return (*tally[:-1], (bucket, tally[-1][1] + 1))
    kept = bisect_left(tally, (bucket - _BUCKETS, 0)) if tally and tally[0][0] < bucket - _BUCKETS else 0
    return (*tally[kept:], (bucket, 1))


@dataclass(frozen=True, slots=True)
class Counted:
    """A mail that counts, and the cap that it went over ('' for none): the wider ones it does not count for."""

    at: datetime
    sender: str
    subject: str
    text: str
    answered: bool
    over: str


@dataclass(slots=True, eq=False)
class Tallies:
    """The mails of the last day, counted only when somebody asks: most of a long journal is older by then."""

    _by_key: dict[Key, Tally] = field(default_factory=dict)
    _uncounted: list[Counted] = field(default_factory=list)

    def add(self, mail: Counted) -> None:
        """One more mail; `at` may go back when the clock was set back."""
        self._uncounted.append(mail)
        if len(self._uncounted) >= _LONGEST:
            self._uncounted = [each for each in self._uncounted if each.at > mail.at - WINDOW]
            self._count()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tallies):
            return NotImplemented
        self._count()
        other._count()
        return self._by_key == other._by_key

    __hash__ = None  # type: ignore[assignment]  # it changes

    def fork(self) -> "Tallies":
        """A copy that can be added to without changing this one."""
        self._count()
        return Tallies(dict(self._by_key))

    def since(self, key: Key, moment: datetime) -> int:
        """How many mails counted for `key` from `moment` (aware) on, to within five minutes."""
        self._count()
        first = moment.timestamp() / _BUCKET
        return sum(count for bucket, count in self._by_key.get(key, ()) if bucket > first)

    def _count(self) -> None:
        for mail in self._uncounted:
            for key in keys(Address("", mail.sender), mail.subject, mail.text, answered=mail.answered):
                self._by_key[key] = counted(self._by_key.get(key, ()), mail.at)
                if key[0] == mail.over:
                    break
        self._uncounted = []


def exceeded(caps: Caps, tallies: Tallies, about: Iterator[Key], sender: Address, now: datetime) -> Over | None:
    """The first cap that one more mail, which counts for `about`, would go over; None when all is usual.

    What lies ahead of `now` counts as well: the clock may have been set back in between.
    """
    for cap, key in about:
        span = HOUR if cap is Cap.ALL else WINDOW
        limit = int(getattr(caps, cap))
        if cap is Cap.DOMAIN and is_shared_domain(key):
            limit *= _SHARED
        if tallies.since((cap, key), now - span) >= limit:
            whom = {Cap.DOMAIN: key, Cap.ALL: "", Cap.TEXT: ""}.get(cap, sender.addr_spec)
            return Over(cap, whom, limit, int(span / HOUR))
    return None


def _core(subject: str) -> str:
    """'AW: Re: [Ticket#2022-17] Anmeldung 3' and 'Anmeldung' are one subject."""
    while prefix := _PREFIX.match(subject):
        subject = subject[prefix.end() :]
    return " ".join(_LETTERS.findall(subject[:200].casefold()))
