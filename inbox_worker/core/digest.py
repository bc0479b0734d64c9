"""When the press office gets a digest: on its working days, and an hour before each event. Pure, like `duties`.

Each has a name of its own, made of its day, or of the event and its start, so that a restart neither repeats nor skips
one. Of several that lie behind us because nobody was at work only the newest is sent; it tells what they would have.
Where nothing happened, the journal says why there is none. What stands in a digest is `reply.digest`'s business.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from urllib.parse import urlsplit

from inbox_worker.core.entries import DigestOwed, DigestSkipped, Entry, ReplyDropped
from inbox_worker.core.holdings import LastDigest, OwedReply
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.registration import Desk, Event

BEFORE = timedelta(hours=1)
"""So long before its start an event has a digest of its own."""

ABANDONED = timedelta(days=14)
"""After so long without a daily digest, which comes at least once a week, nobody wants one any more. Of several daemons
on one journal one may have no receivers: it does not switch off what another one sends."""

STRANGER = "Diese Adresse steht nicht mehr unter den Empfängern des Berichts."
SUPERSEDED = "Ein neuerer Bericht erzählt dasselbe."
BEGUN = "Die Veranstaltung hat schon begonnen, ist verlegt oder abgesagt."

_RESERVED = ("example", "invalid", "test", "localhost", "example.org", "example.com", "example.net")
"""Domains that nobody can have (RFC 2606, RFC 6761): a link there is one that is still to be written."""


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """Who gets a digest, and when: `at` so late on `days` (0 is Monday), on the clocks of `zone`; nobody for no `to`.

    `when_empty` sends it also when nothing has happened.
    """

    to: tuple[str, ...] = ()
    at: time = time(8)
    days: frozenset[int] = frozenset(range(5))
    before_event: bool = True
    when_empty: bool = False
    zone: tzinfo = UTC


def due(ledger: Ledger, desk: Desk, plan: DigestPlan, now: datetime) -> list[Entry]:
    """The entries of every digest that is due at `now` (aware) and was not before."""
    entries = list(_daily(ledger, plan, now) if plan.to and plan.days else _abandoned(ledger, now))
    if plan.to and plan.before_event:
        for event in desk.events:
            if event.id not in ledger.cancelled:
                entries += _before(ledger, plan, event, now)
    return entries


def pointless(reply: OwedReply, ledger: Ledger, desk: Desk, plan: DigestPlan, now: datetime) -> ReplyDropped | None:
    """The end of a digest that must not or need not be delivered any more; None for all other replies."""
    digest = reply.digest
    if digest is None:
        return None
    if digest.to not in plan.to:
        return ReplyDropped(reply.id, STRANGER, digest.to)
    if digest.event:
        event = desk.event(digest.event)
        takes_place = event is not None and digest.digest == _name(event) and event.id not in ledger.cancelled
        return None if takes_place and event and now < event.start else ReplyDropped(reply.id, BEGUN, digest.to)
    last = ledger.last_digest
    return ReplyDropped(reply.id, SUPERSEDED, digest.to) if last and last.digest != digest.digest else None


def is_placeholder(link: str) -> bool:
    """Whether a link leads nowhere yet."""
    host = (urlsplit(link).hostname or "localhost").rstrip(".").lower()
    return any(host == reserved or host.endswith(f".{reserved}") for reserved in _RESERVED)


def _daily(ledger: Ledger, plan: DigestPlan, now: datetime) -> Iterator[Entry]:
    last, day = ledger.last_digest, _newest(plan, now)
    if day is None or day.isoformat() in ledger.due_digests:
        return
    if last is None:  # whoever begins today need not hear of all that was before
        yield DigestSkipped(day.isoformat(), first=True)
        return
    if _moment(plan, day) <= last.at:  # the clock was set back
        return
    owed = [
        DigestOwed(_reply(day.isoformat(), to), day.isoformat(), since, after, to=to)
        for to in plan.to
        for since, after in [_untold(ledger, last, to)]
        if plan.when_empty or (ledger.news and ledger.news[-1].seq > since)
    ]
    if owed:
        yield from owed
    else:
        yield DigestSkipped(day.isoformat())


def _abandoned(ledger: Ledger, now: datetime) -> Iterator[Entry]:
    """Who wants none gets none; what happens then must not be kept for ever, so the journal says it."""
    last = ledger.last_digest
    if last and now - last.at >= ABANDONED:
        yield DigestSkipped(f"off {last.digest}", off=True)


def _newest(plan: DigestPlan, now: datetime) -> date | None:
    """The last day whose digest was due at `now`; None without days."""
    today = now.astimezone(plan.zone).date()
    past = (today - timedelta(days=back) for back in range(8))
    return next((day for day in past if day.weekday() in plan.days and _moment(plan, day) <= now), None)


def _moment(plan: DigestPlan, day: date) -> datetime:
    """In UTC, since times of one zone are compared as its clocks show them, also in the night they are put back."""
    return datetime.combine(day, plan.at, plan.zone).astimezone(UTC)


def _untold(ledger: Ledger, last: LastDigest, to: str) -> tuple[int, datetime | None]:
    """Behind which entry, and since when, this receiver was told nothing: the last digest may not have left yet."""
    waiting = [one.digest for one in ledger.outbox.values() if one.digest and one.digest.to == to]
    oldest = min((one for one in waiting if not one.event), key=lambda one: one.since, default=None)
    return (oldest.since, oldest.after) if oldest else (last.seq, last.at)


def _before(ledger: Ledger, plan: DigestPlan, event: Event, now: datetime) -> Iterator[Entry]:
    if event.start - BEFORE <= now < event.start and _name(event) not in ledger.due_digests:
        for to in plan.to:
            yield DigestOwed(_reply(_name(event), to), _name(event), ledger.seq, event=event.id, to=to)


def _name(event: Event) -> str:
    """An event that is put off has another one."""
    return f"{event.id} {event.start.isoformat()}"


def _reply(digest: str, to: str) -> str:
    return hashlib.sha256(f"digest\n{digest}\n{to}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
