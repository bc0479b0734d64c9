"""Which events a wish is about, chosen from what was named in text, subject and quotation.

Never finds names or dates itself (that is `events` and `dates`). Nearer words win: the sentences that register or
withdraw, then the rest of the new text, the subject, our quoted invitation, and at last the next event.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from inbox_worker.core.reading.events import Calendar, Named, Spoken
from inbox_worker.core.reading.intent import PHRASES, Evidence
from inbox_worker.core.reading.sentences import words_of
from inbox_worker.core.reading.verdicts import Wish
from inbox_worker.core.registration import Intent, Reason

_CLAUSES = re.compile(r"[,;:]|\s[–-]\s|\b(?:und|aber|sondern|dafür|and|but)\b", re.IGNORECASE)
GENERIC = re.compile(
    r"\b(?:veranstaltung|termin|fachdiskurs|diskurs|diskussion|runde|austausch|event|session|discussion|webinar|"
    r"pressegespr|teilnahme|teilnehm|einwahl|zugang|attend|join|meeting)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where events may be named, and when: `today` is the day of writing, `arrived` when the mail reached us."""

    calendar: Calendar
    text: Sequence[Evidence]
    subject: str
    quotes: Sequence[str]
    today: date
    arrived: datetime | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Event ids in the order of the configuration, why, what a person should check, and what forbids a link.

    `between` are events of which any may be meant, where nothing tells.
    """

    events: tuple[str, ...] = ()
    because: tuple[Reason, ...] = ()
    concerns: tuple[Reason, ...] = ()
    obstacles: tuple[Reason, ...] = ()
    between: tuple[str, ...] = ()


def which(want: Wish, sources: Sources) -> Chosen:
    """The events that `want` is about; none for an unclear mail or a question that is not about an event."""
    if want.intent is Intent.UNCLEAR:
        return Chosen()
    order = [event.id for event in sources.calendar.desk.events]
    focus = [one for one in (*want.coming, *want.going) if one.sentence.where == "text"]
    spoken = {id(one): sources.calendar.spoken(one.sentence.text, sources.today) for one in sources.text}
    for one in focus:
        if len(spoken[id(one)].ids_or_hints) > 1:
            spoken[id(one)] = _meant(one, spoken[id(one)], want, sources)
    registering = [one for one in focus if any(one is other for other in want.coming)]
    said = [named for one in registering for named in spoken[id(one)].named]
    if want.intent is Intent.REGISTRATION and want.going and said:
        # The day on which somebody can't come is not the day they register for.
        focus = registering
        found = {named.event for named in said if named.sure} or {named.event for named in said}
        because = tuple(Reason("event", named.words, "text") for named in said if named.event in found)
    else:
        found, because = _named(want, sources, focus, spoken)
    if not found and want.intent is Intent.INQUIRY:
        whole = " ".join(one.sentence.text for one in sources.text)
        if not GENERIC.search(f"{whole} {sources.subject}"):
            return Chosen()
    between = _alike(found, because, sources) if len(found) > 1 else frozenset()
    if not found:
        following = sources.calendar.next(sources.arrived)
        if following is None:
            return Chosen()
        between = sources.calendar.soon_after(following)
        found, because = {following.id}, (Reason("event", "none named, so the next one"),)
    chosen = tuple(event_id for event_id in order if event_id in found)
    return Chosen(
        chosen,
        because,
        _wrong_day(focus, spoken, sources.today),
        _over(chosen, sources),
        tuple(event_id for event_id in order if event_id in between),
    )


def _alike(found: set[str], because: Sequence[Reason], sources: Sources) -> frozenset[str]:
    """The events that the same words name, all of them: a series has one name for several dates."""
    if any(reason.what == "events" for reason in because):
        return frozenset()
    names: dict[str, set[str]] = {}
    for event_id, phrase, _ in sources.calendar.phrases:
        names.setdefault(phrase, set()).add(event_id)
    shared = all(names.get(reason.words, set()) >= found for reason in because)
    return frozenset(found) if shared else frozenset()


def _named(
    want: Wish, sources: Sources, focus: Sequence[Evidence], spoken: dict[int, Spoken]
) -> tuple[set[str], tuple[Reason, ...]]:
    """The events named in the nearest place that names any: first surely, then by a hint."""
    calendar = sources.calendar
    for surely in (True, False):
        for where, group in _places(sources, focus, spoken):
            if where == "text" and any(one.both for one in group):
                return {event.id for event in calendar.desk.events}, (Reason("events", "both", where),)
            named = [one for said in group for one in said.named if one.sure or not surely]
            if want.intent is Intent.INQUIRY and where == "text" and _only_themes(named, calendar):
                continue
            if named:
                return {one.event for one in named}, tuple(Reason("event", one.words, where) for one in named)
    return set(), ()


def _places(
    sources: Sources, focus: Sequence[Evidence], spoken: dict[int, Spoken]
) -> Iterator[tuple[str, list[Spoken]]]:
    """From near to far, and each only read when the nearer ones were in vain: the quotation is our long invitation."""
    calendar, today = sources.calendar, sources.today
    yield "text", [spoken[id(one)] for one in focus if not one.does("skip") or len(focus) == 1]
    yield "text", [spoken[id(one)] for one in sources.text if not one.does("skip")]
    yield "text", [spoken[id(one)] for one in sources.text]
    yield "subject", [calendar.spoken(sources.subject, today)]
    yield "quote", [calendar.spoken(quote, today) for quote in sources.quotes[:1]]


def _meant(one: Evidence, whole: Spoken, want: Wish, sources: Sources) -> Spoken:
    """'Im März ja, im November nicht': of the events in one sentence those that the wish is about."""
    said: dict[bool, set[str]] = {True: set(), False: set()}
    for clause in _CLAUSES.split(one.sentence.text):
        negative = any(PHRASES.negates(word.folded) for word in words_of(clause))
        said[negative] |= sources.calendar.spoken(clause, sources.today).ids_or_hints
    meant = said[want.intent is Intent.CANCELLATION] - said[want.intent is not Intent.CANCELLATION]
    if not meant or not (said[True] and said[False]):
        return whole
    return replace(whole, named=tuple(named for named in whole.named if named.event in meant), both=False)


def _only_themes(named: Sequence[Named], calendar: Calendar) -> bool:
    """Who asks about a subject does not yet ask about the event on that subject."""
    return all(one.words in calendar.themes for one in named)


def _wrong_day(focus: Sequence[Evidence], spoken: dict[int, Spoken], today: date) -> tuple[Reason, ...]:
    """A future date in the registering words that is no event's, where none of them names an event's date."""
    said = [spoken[id(one)] for one in focus]
    other = [day for one in said for day in one.other_days if day.on and day.on >= today]
    if not other or any(one.ids and not one.other_days for one in said):
        return ()
    return (Reason("the date is not the event's", other[0].words, "text"),)


def _over(chosen: Sequence[str], sources: Sources) -> tuple[Reason, ...]:
    arrived = sources.arrived
    if arrived is None:
        return ()
    over = [event for event in sources.calendar.desk.events if event.id in chosen and event.end < arrived]
    return tuple(Reason("the event is over", event.title) for event in over)
