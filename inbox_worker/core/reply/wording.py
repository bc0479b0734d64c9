"""What a template may know: an Answer and the desk's facts as clean words in the reader's language.

Everything that came from a mail is cleaned here, once, so that a name can never be a new line, a link, or text that
reads backwards. The access link exists only in answers that may carry it: a template of another kind that asks for it
finds an unknown variable. Where everybody has their own, it is that of the people whom the answer is about.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from babel.dates import format_date, format_time, get_timezone_name
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.message import Address
from inbox_worker.core.personal import Links
from inbox_worker.core.registration import Contact, Desk, Event, Language, OwnLink, Registrant, Status

DOOR = ("link", "dial_in", "meeting_id", "passcode")
"""What opens the door to an event: only in answers that carry the link."""

_AFTERWARDS = frozenset({AnswerKind.OVER, AnswerKind.FOLLOWUP})
"""What tells where one can watch the event."""

_LOCALES: dict[Language, str] = {"de": "de_DE", "en": "en_GB"}
_HOME = "DE"
"""Where a number of ours without a country code is."""
_NO_BREAK = "\N{NO-BREAK SPACE}"
_WEB = re.compile(r"://|\bwww\.", re.IGNORECASE)
_LONGEST = 150

# control characters, halves of characters, and marks that reorder or hide what stands beside them; zero-width joiners
# stay, since scripts and emoji need them
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(value: str, longest: int = _LONGEST) -> str:
    """`value` on one line, without control, reordering and broken characters, at most `longest` characters."""
    value = " ".join(_UNFIT.sub(" ", value).split())
    return value if len(value) <= longest else value[: longest - 1].rstrip() + "…"


def named(value: str | None) -> str:
    """A part of somebody's name or work, cleaned; what looks like a web address is nobody's name."""
    return without_links(clean(value)) if value else ""


def without_links(value: str) -> str:
    """`value` without the words that are web addresses: nobody advertises anything through our answers."""
    return " ".join(word for word in value.split() if not _WEB.search(word)) if _WEB.search(value) else value


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a template may name them: `details` are role, organisation, phone and address, what there is."""

    name: str
    details: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join((self.name, *self.details) if self.name else self.details)


@lru_cache(maxsize=1024)
def _phone(e164: str | None) -> str:
    """'+49 521 1234567': as people write it, never broken at a line's end."""
    try:
        return format_number(parse(e164), PhoneNumberFormat.INTERNATIONAL).replace(" ", _NO_BREAK) if e164 else ""
    except NumberParseException:
        return named(e164)


def person(registrant: Registrant) -> Person:
    """The person's own words, cleaned."""
    name = " ".join(filter(None, map(named, (registrant.title, registrant.given_name, registrant.family_name))))
    details = (
        named(registrant.role),
        named(registrant.organisation),
        _phone(registrant.phone),
        named(registrant.email),
    )
    return Person(name, tuple(filter(None, details)))


def greeted(registrant: Registrant | None) -> str:
    """The name to greet by; '' where it is not whole: half a name is ruder than none."""
    if registrant is None or not named(registrant.family_name):
        return ""
    if not named(registrant.given_name) and not named(registrant.title):
        return ""
    return person(registrant).name


def day(moment: datetime, language: Language, *, whole: bool = True) -> str:
    """'Donnerstag, 24. November 2022', or in short '24. November'."""
    pattern = {"de": "d.\N{NO-BREAK SPACE}MMMM", "en": "d\N{NO-BREAK SPACE}MMMM"}[language]
    return format_date(moment, f"EEEE, {pattern} y" if whole else pattern, locale=_LOCALES[language])


def clock(moment: datetime, language: Language) -> str:
    """'13' or '10:30' in German, where 'Uhr' follows; '13:00' in English."""
    pattern = "H" if language == "de" and not moment.minute else "H:mm" if language == "de" else "HH:mm"
    return format_time(moment, pattern, tzinfo=moment.tzinfo, locale=_LOCALES[language])


def _zone(event: Event, language: Language) -> str:
    """'MEZ': English readers sit in other zones, so they are told it in the subject as well."""
    return get_timezone_name(event.start, width="short", locale=_LOCALES[language])


@lru_cache(maxsize=256)
def when(event: Event, language: Language) -> str:
    """'Donnerstag, 24. November 2022, 13 bis 15 Uhr (MEZ)', in the event's own zone."""
    zone = _zone(event, language)
    oclock = f"{_NO_BREAK}Uhr" if language == "de" else ""
    until = {"de": "bis", "en": "to"}[language]
    first, start, end = day(event.start, language), clock(event.start, language), clock(event.end, language)
    if event.end.date() == event.start.date():
        return f"{first}, {start}{_NO_BREAK}{until}{_NO_BREAK}{end}{oclock}{_NO_BREAK}({zone})"
    return f"{first}, {start}{oclock}, {until} {day(event.end, language)}, {end}{oclock}{_NO_BREAK}({zone})"


@lru_cache(maxsize=256)
def event_words(event: Event, language: Language, kind: AnswerKind) -> dict[str, str]:
    """An event as a template may name it; what opens the door (link, dial-in, codes) only where it may be sent."""
    words = {
        "title": event.title_in(language),
        "short": event.short_title_in(language),
        "when": when(event, language),
        "day": day(event.start, language, whole=False),
        "time": f"{clock(event.start, language)}{_NO_BREAK}{'Uhr' if language == 'de' else _zone(event, language)}",
        "programme": event.programme,
        "opens": _moment(event.opens, language) if kind is AnswerKind.EARLY else "",
        "recording": event.recording if kind in _AFTERWARDS else "",
    }
    return words | {fact: getattr(event, fact) for fact in DOOR} | {"links": ()} if kind.carries_link else words


class PersonLink(NamedTuple):
    """One of several people's own links, as a template may tell it."""

    name: str
    link: str


def _linked(event: Event, answer: Answer, links: Links) -> dict[str, Any]:
    """The event's words with the people's own links: one is simply `link`; of several, `link` tells all of them."""
    words = event_words(event, answer.language, answer.kind)
    own = links.get(event.id, ()) if "link" in words and event.is_personal else ()
    if not own:
        return words
    if len(own) == 1:
        return words | {"link": own[0].link}
    told = tuple(PersonLink(_whose(one, answer.language), one.link) for one in own)
    return words | {"link": ", ".join(f"{one.name} {one.link}" for one in told), "links": told}


def _whose(one: OwnLink, language: Language) -> str:
    """'Dr. Anna Schmitt'; by what else is known of somebody who is not named."""
    told = person(one.registrant)
    return told.name or str(told) or {"de": "eine weitere Person", "en": "another person"}[language]


def _moment(moment: datetime | None, language: Language) -> str:
    """'Mittwoch, 2. November 2022, 8 Uhr'."""
    if moment is None:
        return ""
    oclock = f"{_NO_BREAK}Uhr" if language == "de" else ""
    return f"{day(moment, language)}, {clock(moment, language)}{oclock}"


def answered_events(answer: Answer, desk: Desk, links: Links | None = None) -> tuple[Event, ...]:
    """The events that the answer is about, as they are configured now; none whose links it should bring and can't."""
    events = (event for event_id in answer.events if (event := desk.event(event_id)) is not None)
    brings = answer.kind.carries_link
    return tuple(event for event in events if not (brings and event.is_personal) or (links or {}).get(event.id))


class CalendarEntry(NamedTuple):
    """A calendar file of an answer: what it is called, for which event, and whether it takes the event out."""

    name: str
    event: Event
    cancelled: bool


_FILES: dict[Language, tuple[str, str]] = {"de": ("Termin", "Absage"), "en": ("event", "cancelled")}


def calendar_entries(answer: Answer, events: tuple[Event, ...]) -> tuple[CalendarEntry, ...]:
    """One file for each event: with every link; for those who withdraw themselves, or had a place at what is off."""
    cancelled = _takes_out(answer)
    has_it_already = answer.kind in {AnswerKind.REMINDER, AnswerKind.CORRECTION}
    if has_it_already or not (answer.kind.carries_link or cancelled):
        return ()
    stem = _FILES[answer.language][cancelled]
    numbers = [f"-{number}" for number in range(1, len(events) + 1)] if len(events) > 1 else [""]
    return tuple(
        CalendarEntry(f"{stem}{number}.ics", event, cancelled) for number, event in zip(numbers, events, strict=False)
    )


def _takes_out(answer: Answer) -> bool:
    """Who withdraws somebody else, or still has somebody coming, keeps the entry in their own calendar."""
    if answer.kind is AnswerKind.CALLED_OFF:
        return bool(answer.registered)
    return answer.kind is AnswerKind.CANCELLATION and not answer.registered and is_own(answer)


def is_own(answer: Answer) -> bool:
    """Whether the reader is the one person whom the answer is about."""
    concerned = answer.withdrawn if answer.kind is AnswerKind.CANCELLATION else answer.registered
    if len(concerned) != 1:
        return False
    (one,) = concerned
    return answer.greeted is not None and bool(one.name) and one.name.casefold() == answer.greeted.name.casefold()


def contact_for(events: tuple[Event, ...], desk: Desk) -> Contact:
    """Whom to name for questions: the event's own contact where there is one event, else the desk's."""
    contacts = {event.contact for event in events}
    return contacts.pop() if len(contacts) == 1 else desk.contact


@lru_cache(maxsize=64)
def dialled(phone: str, language: Language) -> str:
    """Our own number as its reader dials it: an English one may sit abroad, so with the country's code."""
    if language == "de" or not phone:
        return phone
    try:
        return format_number(parse(phone, _HOME), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return phone


def _without_place(answer: Answer, desk: Desk, status: Status) -> Iterator[dict[str, Any]]:
    """Who has no place at which event yet; `elsewhere` where that is none of the answer's own."""
    for one in (each for each in answer.waiting if each.status is status):
        event, told = desk.event(one.event), person(one.registrant)
        if event is not None and str(told):
            elsewhere = one.event not in answer.events
            yield {"person": told, "event": event.short_title_in(answer.language), "elsewhere": elsewhere}


def _own_words(text: str) -> str:
    """The press office's words, line by line: no line can be taken for the one above the small print."""
    return "\n".join(clean(line, 2000) for line in text.splitlines())


def context(answer: Answer, desk: Desk, sender: Address, links: Links) -> dict[str, Any]:
    """All variables of a template; `own` says that it is the reader who is registered (or withdrawn).

    `several_links` counts all of the mail; `each_their_own` says that several people have one each.
    """
    events = answered_events(answer, desk, links)
    words = [_linked(event, answer, links) for event in events]
    contact = contact_for(events, desk)
    return {
        "name": greeted(answer.greeted),
        "own": is_own(answer),
        "files": [entry.name for entry in calendar_entries(answer, events)],
        "events": words,
        "several_links": sum(len(event.get("links", ())) or 1 for event in words) > 1,
        "each_their_own": any(event.get("links") for event in words),
        "registered": [each for each in map(person, answer.registered) if str(each)],
        "withdrawn": [each for each in map(person, answer.withdrawn) if str(each)],
        "waiting": list(_without_place(answer, desk, Status.WAITLISTED)),
        "pending": list(_without_place(answer, desk, Status.PENDING)),
        "forward_to": [each for each in map(person, answer.forward_to) if str(each)],
        "changed": answer.changed,
        "text": _own_words(answer.text),
        "question": answer.question_passed_on,
        "contact": replace(contact, phone=dialled(contact.phone, answer.language)),
        "desk": clean(sender.name) or sender.addr_spec,
    }
