"""What is due without any mail: places that became free, personal links, reminders, word of a cancelled event.

A pure function of the Ledger, the desk and `now`. The scheduler only ticks. Each duty has a name of its own, made of
what it is about, so that a restart neither repeats nor skips one: what was owed once is in the Ledger for ever.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from inbox_worker.core import notices, personal, pool
from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.entries import NO_MAIL, Entry, Promoted, Recorded, ReplyOwed
from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address
from inbox_worker.core.notices import Occasion
from inbox_worker.core.registration import Desk, Event, Reminder

FRESH = timedelta(hours=1)
"""Who registered so shortly before a reminder has the link on top of the inbox."""


def due(ledger: Ledger, desk: Desk, now: datetime) -> list[Entry]:
    """The entries of everything that is due at `now` (aware) and was not done before, in the order of the events."""
    entries: list[Entry] = pool.given(ledger, desk, now)
    for event in desk.events:
        if event.id in ledger.cancelled:  # whoever came onto the list since then (a person let them) hears it, too
            entries += notices.mailing(ledger, event, Occasion.CANCELLED).entries if now < event.end else ()
        elif now < event.start:
            entries += _promotions(ledger, event)
            entries += _reminders(ledger, event, now)
    if any(event.has_pool for event in desk.events) and any(isinstance(one, Promoted) for one in entries):
        entries += pool.given(_after(ledger, entries, now), desk, now)
    return entries


def _after(ledger: Ledger, entries: list[Entry], now: datetime) -> Ledger:
    """The Ledger as these entries would leave it."""
    draft = ledger.fork()
    return draft.fold(Recorded(seq, now, entry) for seq, entry in enumerate(entries, start=draft.seq + 1))


def _promotions(ledger: Ledger, event: Event) -> Iterator[Entry]:
    """Those who wait get the places that are free, first come first; never after the start, nor without a link."""
    if not ledger.waits(event.id):
        return
    free = None if event.capacity is None else max(0, event.capacity - ledger.taken(event.id))
    if event.has_pool:
        left = pool.stock(ledger, event)
        free = left if free is None else min(free, left)
    waiting = [one for one in ledger.waiting(event.id) if not ledger.is_barred(one)]
    for one in waiting[:free]:
        yield Promoted(one.id, one.event, one.registrant, one.address)
        yield _owed(AnswerKind.PROMOTION, one, event, "promotion")


def _reminders(ledger: Ledger, event: Event, now: datetime) -> Iterator[Entry]:
    """The latest reminder whose time has come, to everybody who has a place and has not had it.

    One that is late because nobody was at work is sent until the next one is due; and so is that of somebody who has
    no link of their own yet.
    """
    come = [reminder for reminder in event.reminders if reminder.at <= now]
    if not come:
        return
    latest = max(come, key=lambda reminder: reminder.at)
    for one in ledger.roster(event.id):
        if one.since > latest.at - FRESH or ledger.is_undeliverable(one.through) or ledger.is_barred(one):
            continue
        if event.has_pool and not personal.link_of(ledger, event, one):
            continue
        entry = _owed(AnswerKind.REMINDER, one, event, _identity(event, latest))
        if entry.reply not in ledger.owed:
            yield entry


def _identity(event: Event, reminder: Reminder) -> str:
    """An event that is put off is reminded of anew."""
    return f"reminder {reminder.kind} {event.start.isoformat()}"


def _owed(kind: AnswerKind, one: Registration, event: Event, duty: str) -> ReplyOwed:
    name = hashlib.sha256(f"{event.id}\n{one.id}\n{duty}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    person = one.registrant
    answer = Answer(
        kind=kind,
        language=one.language,
        to=Address(person.name, one.through),
        events=(event.id,),
        greeted=person if person.given_name and person.family_name else None,
        registered=(person,),
        in_reply_to=one.message_id,
        references=(one.message_id,) if one.message_id else (),
        subject=one.subject,
        registration=one.id,
    )
    return ReplyOwed(name, NO_MAIL, answer)
