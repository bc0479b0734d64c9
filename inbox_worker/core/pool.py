"""The pool of an event: a file of personal links, each of which is given once, and how many are left.

Which link a registration was given stands in the journal, as a digest (`LinkGiven`), before any answer brings it.
Nobody else ever gets it, whatever becomes of the registration. Who should have one while none is left is told to the
press office (`LinkMissing`). Pure functions of the Ledger and the desk.
"""

from collections.abc import Iterator
from datetime import datetime

from inbox_worker.core.entries import Entry, LinkGiven, LinkMissing
from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.personal import by_digest, concerned, link_of
from inbox_worker.core.registration import Desk, Event

_FEW, _FEW_OF = 5, 10
"""A stock is low with fewer links than five, or than a tenth of a long file, or than half of a short one."""


def stock(ledger: Ledger, event: Event) -> int:
    """How many links of the pool are left when all who have a place have got theirs."""
    return max(0, sum(1 for _ in _unused(ledger, event)) - len(_without(ledger, event)))


def is_low(ledger: Ledger, event: Event) -> bool:
    """Whether the stock runs out soon; never where there is one for every free place."""
    many = len(event.links)
    enough = min(max(_FEW, many // _FEW_OF), (many + 1) // 2)
    if event.capacity is not None:
        enough = min(enough, max(0, event.capacity - ledger.taken(event.id)))
    return stock(ledger, event) < enough


def unlinked(ledger: Ledger, event: Event) -> list[Registration]:
    """Who has a place, and for whom no link is left."""
    return _without(ledger, event)[sum(1 for _ in _unused(ledger, event)) :] if event.has_pool else []


def gone(ledger: Ledger, event: Event) -> list[Registration]:
    """Who has a place and was given a link that does not stand in the file any more."""
    if not event.has_pool:
        return []
    return [one for one in ledger.roster(event.id) if one.id in ledger.links and not link_of(ledger, event, one)]


def given(ledger: Ledger, desk: Desk, now: datetime) -> list[Entry]:
    """The next links for those who have a place and none, in the order of registering; or word that there is none."""
    entries: list[Entry] = []
    taken: set[str] = set()
    for event in desk.events:
        if not event.has_pool or event.id in ledger.cancelled or event.end <= now:
            continue
        unused = (link for link in _unused(ledger, event) if link not in taken)
        for one in _without(ledger, event):
            if link := next(unused, None):
                taken.add(link)
                entries.append(_gives(one, link))
            elif one.id not in ledger.unlinked:
                entries.append(_misses(one))
        entries += (_misses(one, gone=True) for one in gone(ledger, event) if one.id not in ledger.unlinked)
    return entries


def exchanged(ledger: Ledger, event: Event) -> dict[str, LinkGiven]:
    """New links for those whose link is gone, as far as the stock goes; by registration. Only a person wants that."""
    if not event.has_pool:
        return {}
    left = list(_unused(ledger, event))[len(_without(ledger, event)) :]
    return {one.id: _gives(one, link) for one, link in zip(gone(ledger, event), left, strict=False)}


def _unused(ledger: Ledger, event: Event) -> Iterator[str]:
    """The digests of the links that nobody was ever given, at whatever event."""
    return (link for link in by_digest(event.links) if link not in ledger.given)


def _without(ledger: Ledger, event: Event) -> list[Registration]:
    """Who should get a link: nobody whom a person has yet to release, unless an answer brings it to them already."""
    lacking = [one for one in ledger.roster(event.id) if one.id not in ledger.links]
    if not any(map(ledger.is_barred, lacking)):
        return lacking
    owed = (reply.answer for reply in ledger.outbox.values() if reply.answer and reply.answer.kind.carries_link)
    wanted = {one.id for answer in owed if event.id in answer.events for one in concerned(answer, event, ledger)}
    return [one for one in lacking if one.id in wanted or not ledger.is_barred(one)]


def _gives(one: Registration, link: str) -> LinkGiven:
    return LinkGiven(one.id, one.event, link, one.registrant, one.address)


def _misses(one: Registration, *, gone: bool = False) -> LinkMissing:
    return LinkMissing(one.id, one.event, gone, one.registrant, one.address)


def told(ledger: Ledger, event: Event) -> Iterator[tuple[bool, str]]:
    """How the stock is, in words for ops; whether that is as it should be."""
    left = f"{stock(ledger, event)} of {len(event.links)} personal links are left"
    low = is_low(ledger, event)
    yield not low, f"{left}: add more to its links_file, and start anew" if low else left
    if lacking := unlinked(ledger, event):
        yield False, f"{_people(len(lacking))} a place and no link: add more to its links_file, and start anew"
    if lost := gone(ledger, event):
        remedy = f"put it back, or give them new ones with inbox-worker notify {event.id} --reason change"
        yield False, f"{_people(len(lost))} a link that is not in its links_file any more: {remedy}"


def _people(count: int) -> str:
    return "one person has" if count == 1 else f"{count} people have"
