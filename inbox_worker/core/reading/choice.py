"""Which of several events an answer to our question means: by name, half a name, date or place in our list.

Never decides what was asked: it reads what the answer says, and `asking` lays it beside the question.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.resources import files

from inbox_worker.core.reading.events import Calendar
from inbox_worker.core.reading.intent import PHRASES
from inbox_worker.core.reading.sentences import fold, words_of
from inbox_worker.core.registration import Event
from inbox_worker.core.request import Choice

_DATA = tomllib.loads(files(__package__).joinpath("data/choice.toml").read_text("utf-8"))
_EVERY, _NEITHER, _NEAREST, _LATEST, _ONLY, _AGAINST, _THANKS, _ASKS = (
    re.compile(_DATA[name], re.IGNORECASE)
    for name in ("every", "neither", "nearest", "latest", "only", "against", "thanks", "asks")
)
_WEEKDAYS = tuple(re.compile(rf"\b(?:{one})\b", re.IGNORECASE) for one in _DATA["weekdays"])
_PLACES = tuple(re.compile(one, re.IGNORECASE | re.MULTILINE) for one in _DATA["places"])
_SENTENCES = re.compile(r"[^!?\n]+[!?]?")
_CLAUSES = re.compile(r"[,;\n!?]|(?<=[a-zäöüß)])(?<!\bnr)\.\s|\s[–-]\s|\b(?:aber|sondern|dafür|but)\b", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_SHORTEST = 6


def choice(text: str, calendar: Calendar, today: date) -> Choice:
    """What `text` says about the events, seen from the day `today`; what it denies does not count."""
    events: dict[str, None] = {}
    places: dict[int, None] = {}
    every = False
    for clause in _clauses(text):
        if _NEITHER.search(clause):
            return Choice(tuple(events), tuple(places), every, neither=True)
        if _AGAINST.search(clause) or any(PHRASES.negates(word.folded) for word in words_of(clause)):
            continue
        named = calendar.spoken(clause, today).ids_or_hints
        named = named or _half_named(clause, calendar.desk.events) or _on_that_weekday(clause, calendar.desk.events)
        if named and _ONLY.search(clause):
            return Choice(tuple(sorted(named)))
        events |= dict.fromkeys(sorted(named))
        every = every or (_EVERY.search(clause) is not None and not _THANKS.search(clause))
        if not named:
            places |= dict.fromkeys(number for number, place in enumerate(_PLACES) if place.search(clause))
            places |= {0: None} if _NEAREST.search(clause) else {}
            places |= {-1: None} if _LATEST.search(clause) else {}
    return Choice(tuple(events), tuple(places), every)


def _clauses(text: str) -> Iterator[str]:
    """What `text` says, piece by piece; what it asks back is no choice."""
    for sentence in _SENTENCES.findall(text):
        if not (sentence.endswith("?") and _ASKS.search(sentence)):
            yield from filter(str.strip, _CLAUSES.split(sentence))


def _on_that_weekday(clause: str, events: Iterable[Event]) -> frozenset[str]:
    """'Am Donnerstag': the one event that is on a Thursday."""
    days = {number for number, day in enumerate(_WEEKDAYS) if day.search(clause)}
    found = [event.id for event in events if event.start.weekday() in days]
    return frozenset(found) if len(found) == 1 else frozenset()


def _half_named(clause: str, events: Iterable[Event]) -> frozenset[str]:
    """'Für den Diskurs': the one event in whose names the word stands as a part."""
    names = {event.id: fold(" ".join((event.title, event.title_en, *event.aliases))) for event in events}
    found = set()
    for word in _LETTERS.findall(fold(clause)):
        having = [event for event, name in names.items() if len(word) >= _SHORTEST and word in name]
        if len(having) == 1:
            found.add(having[0])
    return frozenset(found)
