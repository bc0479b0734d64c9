"""Which events a mail is about: by title, motto, alias, date, month, weekday or relative word, in text, subject, quote.

Never chooses by itself: it collects what was named where; `read` decides what a mail without any name means.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from inbox_worker.core.reading.dates import Day, days
from inbox_worker.core.reading.sentences import fold, words_of
from inbox_worker.core.reading.spelling import Spelling
from inbox_worker.core.registration import Desk, Event

_COMMON = frozenset(
    [
        "der",
        "die",
        "das",
        "und",
        "im",
        "in",
        "zum",
        "zur",
        "von",
        "für",
        "den",
        "dem",
        "des",
        "ein",
        "eine",
        "erster",
        "zweiter",
        "dritter",
        "vierter",
        "digital",
        "online",
        "the",
        "of",
        "and",
        "for",
        "a",
        "an",
        "to",
        "at",
        "mit",
        "bei",
        "auf",
        "aus",
        "kommunen",
        "kommune",
        "bilanz",
        "stadt",
        "städte",
    ]
)
_BOTH = re.compile(
    r"\b(beide[nrs]?|both|alle|saemtliche[n]?|all|jeweils|zwei|two)\s(?:\w+\s)?(termin\w*|"
    r"veranstaltung\w*|event\w*|session\w*|dates|of them|of these|gespraeche|online-\w+|"
    r"meetings|mal|tage[n]?|sitzungen|formate\w*)\b|\bbeiden malen?\b|\bboth\b(?= (?:please|"
    r"in|the|on|,|$))|\bfor both\b|\bbeides\b"
)


TOGETHER = timedelta(days=14)
"""A mail that names no event means the next one, unless another one begins within so much time."""

_OCCASION = re.compile(
    r"diskurs|gespraech|konferenz|veranstaltung|tagung|forum|kongress|termin|tag$|abend|"
    r"runde|talk|briefing|event|seminar|workshop|meeting"
)


@dataclass(frozen=True, slots=True)
class Named:
    """An event that was named: by what words, where in the text, and whether surely (a title, a date) or by a hint."""

    event: str
    words: str
    start: int
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a text says about events: the named ones, and dates that are no event's."""

    named: tuple[Named, ...] = ()
    other_days: tuple[Day, ...] = ()
    both: bool = False

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the events that were surely named."""
        return frozenset(named.event for named in self.named if named.sure)

    @property
    def ids_or_hints(self) -> frozenset[str]:
        """The ids of the events that were named at all."""
        return frozenset(named.event for named in self.named)


@dataclass(slots=True)
class Calendar:
    """The desk's events, prepared for being recognised in text."""

    desk: Desk
    phrases: list[tuple[str, str, bool]] = field(default_factory=list)
    themes: set[str] = field(default_factory=set)
    """Aliases that only name a subject: alone they don't mean the event when somebody asks about that subject."""
    spelling: Spelling = field(default_factory=lambda: Spelling(()))
    topic: frozenset[str] = frozenset()
    """The words of all titles and aliases: they tell of which event somebody writes, not what they want."""

    def __post_init__(self) -> None:
        told = " ".join(" ".join((event.title, event.title_en, *event.aliases)) for event in self.desk.events)
        self.topic = frozenset(word.folded for word in words_of(told) if len(word.folded) >= 8 or word.folded == "zwk")
        self.spelling = Spelling(self.topic)
        for event in self.desk.events:
            for alias in (event.title, event.title_en, *event.aliases):
                if alias and not re.fullmatch(r"[\d. ]+", alias):
                    self.phrases.append((event.id, _plain(alias), True))
                    if " " not in alias.strip() and not _OCCASION.search(fold(alias)):
                        self.themes.add(_plain(alias))
            for name in event.people:
                family = fold(name).split()[-1]
                if not any(
                    family in fold(" ".join(other.people)) for other in self.desk.events if other.id != event.id
                ):
                    self.phrases.append((event.id, family, False))
            titles = f"{event.title} {event.title_en}"
            for word in words_of(titles):
                others = " ".join(fold(other.title) for other in self.desk.events if other.id != event.id)
                if (
                    len(word.folded) >= 8
                    and word.folded not in _COMMON
                    and word.folded not in others
                    and "zukunftswerkstatt" not in word.folded
                ):
                    self.phrases.append((event.id, word.folded, False))

    def spoken(self, text: str, today: date) -> Spoken:
        """What `text` says about events, seen from the day `today`."""
        flat = " ".join(map(self.spelling.mended, _words(text)))
        named: list[Named] = []
        for event_id, phrase, sure in self.phrases:
            at = flat.find(phrase)
            if at >= 0:
                named.append(Named(event_id, phrase, min(at, len(text)), sure))
        other: list[Day] = []
        for day in days(text, today):
            matching = [event for event in self.desk.events if _means(day, event)]
            if len(matching) == 1 or (matching and day.on):
                named.extend(Named(event.id, day.words, day.start, sure=day.month is None) for event in matching)
            elif day.exact:
                other.append(day)
        return Spoken(tuple(named), tuple(other), bool(_BOTH.search(fold(text))))

    def next(self, now: datetime | None) -> Event | None:
        """The next event that is not over at `now`; the last one when all are over; None without events."""
        ordered = sorted(self.desk.events, key=lambda event: event.start)
        if now is None:
            return ordered[0] if ordered else None
        return next((event for event in ordered if event.end >= now), ordered[-1] if ordered else None)

    def soon_after(self, first: Event) -> frozenset[str]:
        """`first` and the events that begin so soon after it that one invitation may have told of all of them."""
        near = (event.id for event in self.desk.events if first.start <= event.start <= first.start + TOGETHER)
        return frozenset(near)


def _plain(text: str) -> str:
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[\w.]+", fold(text))


def _means(day: Day, event: Event) -> bool:
    on = event.start.date()
    if day.past:
        return False
    if day.on:
        return day.on == on
    return (day.month == on.month) if day.month else (day.day == on.day)
