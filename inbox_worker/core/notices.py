"""What the press office lets everybody know: a changed time or link, a cancelled event, its own words, the recording.

Pure functions of the Ledger and the desk. What people are told of an event stands in the journal (`EventTold`), each
change with a number; who was sent which one follows from the order of the lines. So a change reaches each person once:
also those who were answered while it happened, and whatever dies in between. Each mail's name is made of what it is
about, and one mail goes to each address, whoever is registered with it. Never decides to send: a person does.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from inbox_worker.core import personal, pool
from inbox_worker.core.courtesy import together
from inbox_worker.core.decision import WITHOUT_PLACE, Answer, AnswerKind, Waiting
from inbox_worker.core.entries import NO_MAIL, Entry, EventCancelled, EventTold, LinkGiven, Recorded, ReplyOwed
from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address
from inbox_worker.core.outbox import is_in_doubt
from inbox_worker.core.registration import Desk, Event


class Occasion(StrEnum):
    """Why everybody hears from the press office."""

    CHANGE = "change"
    CANCELLED = "cancelled"
    MESSAGE = "message"
    FOLLOWUP = "followup"


@dataclass(frozen=True, slots=True)
class Mailing:
    """What is to be recorded, all at once; whom nothing is sent since earlier mail came back.

    `barred` are those whose answer was withheld: they hear of it once a person releases that, or they are answered.
    """

    entries: tuple[Entry, ...] = ()
    unreachable: tuple[Registration, ...] = ()
    barred: tuple[Registration, ...] = ()

    @property
    def owed(self) -> list[tuple[ReplyOwed, Answer]]:
        """The mails."""
        return [(one, one.answer) for one in self.entries if isinstance(one, ReplyOwed) and one.answer]


def learned(ledger: Ledger, desk: Desk, now: datetime) -> list[Entry]:
    """What the configuration says of the events that are not over, where the journal does not know it yet."""
    news: list[Entry] = []
    for event in desk.events:
        if event.end <= now or event.id in ledger.cancelled:
            continue
        told, known = _facts(event), ledger.facts.get(event.id)
        if not known:
            news.append(told)
        elif changed := _differences(known[-1], told):
            last = known[-1]
            told = replace(told, revision=last.revision + 1, changed=changed, was_start=last.start, was_end=last.end)
            draft = ledger.fork()
            draft.apply(Recorded(draft.seq + 1, now, told))
            news.append(replace(told, outdated=len(outdated(draft, event.id))))
    return news


def outdated(ledger: Ledger, event: str) -> list[Registration]:
    """Who was last sent something that is no longer so; for whoever has no place yet only the time counts.

    A reminder does not count: it says nothing of a change, and brings no calendar file.
    """
    return [one for one in _outdated(ledger, event) if not ledger.is_barred(one)]


def _outdated(ledger: Ledger, event: str) -> list[Registration]:
    if not ledger.revision(event):
        return []
    coming = _on_their_way(ledger, event)
    return [
        one
        for one in _everybody(ledger, event)
        if (new := _new_to(ledger, one))
        and (one.placed or "time" in new)
        and (one.through.casefold(), one.placed) not in coming
    ]


def mailing(ledger: Ledger, event: Event, occasion: Occasion, text: str = "") -> Mailing:
    """The mails that are due on this occasion and were not owed before; `text` are the press office's own words."""
    before: tuple[Entry, ...] = ()
    exchanged: dict[str, LinkGiven] = {}
    match occasion:
        case Occasion.CHANGE:
            people = [] if event.id in ledger.cancelled else _outdated(ledger, event.id)
            duty = f"change {ledger.revision(event.id)}"
            exchanged = {} if event.id in ledger.cancelled else pool.exchanged(ledger, event)
            before = tuple(exchanged.values())
            coming = _on_their_way(ledger, event.id)
            people += [
                one
                for one in pool.gone(ledger, event)
                if one.id in exchanged and one not in people and (one.through.casefold(), True) not in coming
            ]
        case Occasion.CANCELLED:
            people = _everybody(ledger, event.id)
            duty = "cancelled"
            if event.id in ledger.cancelled:
                text = ledger.cancelled[event.id].text
            else:
                before = (EventCancelled(event.id, text),)
        case Occasion.MESSAGE:
            people = ledger.roster(event.id)
            duty = f"message {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
        case Occasion.FOLLOWUP:
            people = [] if event.id in ledger.cancelled else ledger.roster(event.id)
            duty = "followup"
    barred = tuple(one for one in people if ledger.is_barred(one))
    people = [one for one in people if one not in barred]
    reachable = [one for one in people if one.through and not ledger.is_undeliverable(one.through)]
    owed = []
    for group in _by_address(reachable):
        new = [exchanged[one.id].link for one in group if one.id in exchanged]
        owed.append(_owed(ledger, event, occasion, " ".join((duty, *new)), group, text, relinked=bool(new)))
    return Mailing(
        (*before, *(one for one in owed if one.reply not in ledger.owed)),
        tuple(one for one in people if one not in reachable),
        barred,
    )


def _everybody(ledger: Ledger, event: str) -> list[Registration]:
    """With a place, waiting for one, or waiting to be approved."""
    return [*ledger.roster(event), *ledger.waiting(event), *ledger.pending(event)]


def _facts(event: Event) -> EventTold:
    access = f"{event.dial_in}\n{event.meeting_id}\n{event.passcode}".strip("\n")
    start, end = event.start.astimezone(UTC), event.end.astimezone(UTC)
    return EventTold(event.id, 0, start, end, personal.facts(event), personal.digest(access))


_WHAT = ("time", "link", "access")
"""What can be new, in the order in which it is told."""


def _differences(before: EventTold, now: EventTold) -> tuple[str, ...]:
    differs = {
        "time": (before.start, before.end) != (now.start, now.end),
        "link": before.link != now.link,
        "access": before.access != now.access,
    }
    return tuple(what for what, is_so in differs.items() if is_so)


def _on_their_way(ledger: Ledger, event: str) -> set[tuple[str, bool]]:
    """Addresses (and whether with the link) that a mail is owed to which will be written with what is so now."""
    coming = set()
    for reply in ledger.outbox.values():
        answer = reply.answer
        if answer and event in answer.events and not is_in_doubt(reply):
            if answer.kind.carries_link and answer.kind is not AnswerKind.REMINDER:
                coming |= {(reply.receiver.casefold(), True), (reply.receiver.casefold(), False)}
            elif answer.kind in WITHOUT_PLACE:
                coming.add((reply.receiver.casefold(), False))
    return coming


def _by_address(people: Iterable[Registration]) -> Iterator[list[Registration]]:
    """Those who share an address together, in the order of registering."""
    groups: dict[str, list[Registration]] = {}
    for one in people:
        groups.setdefault(one.through.casefold(), []).append(one)
    yield from groups.values()


def _owed(  # noqa: PLR0913, PLR0917 - what a mail is made of
    ledger: Ledger,
    event: Event,
    occasion: Occasion,
    duty: str,
    group: Sequence[Registration],
    text: str,
    *,
    relinked: bool,
) -> ReplyOwed:
    first = group[0]
    address, person = first.through.casefold(), first.registrant if len(group) == 1 else None
    greeted = together([one.registrant for one in group])
    identity = f"{event.id}\n{address}\nnotice {duty}"
    placed = tuple(one.registrant for one in group if one.placed)
    new = {*_new_to(ledger, *group), *(("link",) if relinked else ())} if occasion is Occasion.CHANGE else set[str]()
    answer = Answer(
        kind=_kind(occasion, placed=bool(placed)),
        language=first.language,
        to=Address(person.name if person else "", first.through),
        events=(event.id,),
        greeted=greeted[0] if greeted else None,
        greeted_too=greeted[1:],
        registered=placed,
        waiting=tuple(Waiting(event.id, one.registrant, one.status) for one in group if not one.placed),
        in_reply_to=first.message_id,
        references=(first.message_id,) if first.message_id else (),
        subject=first.subject,
        registration=first.id,
        changed=tuple(what for what in _WHAT if what in new),
        text=text,
    )
    return ReplyOwed(hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32], NO_MAIL, answer)


def _kind(occasion: Occasion, *, placed: bool) -> AnswerKind:
    match occasion:
        case Occasion.CHANGE:
            return AnswerKind.CHANGE if placed else AnswerKind.MOVED
        case Occasion.CANCELLED:
            return AnswerKind.CALLED_OFF
        case Occasion.MESSAGE:
            return AnswerKind.MESSAGE
        case Occasion.FOLLOWUP:
            return AnswerKind.FOLLOWUP


def _new_to(ledger: Ledger, *people: Registration) -> tuple[str, ...]:
    """What is new since these people of one event were last told; nothing that was changed back meanwhile."""
    facts = ledger.facts.get(people[0].event, ())
    known = min(map(ledger.informed, people))
    before = [one for one in facts if one.revision <= known]
    return _differences(before[-1], facts[-1]) if before else ()
