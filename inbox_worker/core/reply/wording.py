"""What a template may know: an Answer and the desk's facts as clean words in the reader's language.

Everything that came from a mail is cleaned here, once, so that a name can never be a new line, a link, or text that
reads backwards. The access link exists only in answers that may carry it: a template of another kind that asks for it
finds an unknown variable.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_time, get_timezone_name
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Contact, Desk, Event, Language, Registrant

WITH_LINK = frozenset({AnswerKind.CONFIRMATION, AnswerKind.LINK})
"""The answers that carry the access link; the others never do."""

_LOCALES: dict[Language, str] = {"de": "de_DE", "en": "en_GB"}
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
    """'+49 521 1234567': as people write it."""
    try:
        return format_number(parse(e164), PhoneNumberFormat.INTERNATIONAL) if e164 else ""
    except NumberParseException:
        return e164 or ""


def person(registrant: Registrant) -> Person:
    """The person's own words, cleaned."""
    name = " ".join(filter(None, map(named, (registrant.title, registrant.given_name, registrant.family_name))))
    details = map(named, (registrant.role, registrant.organisation, _phone(registrant.phone), registrant.email))
    return Person(name, tuple(filter(None, details)))


def greeted(registrant: Registrant | None) -> str:
    """The name to greet by; '' where it is not whole: half a name is ruder than none."""
    if registrant is None or not named(registrant.family_name):
        return ""
    if not named(registrant.given_name) and not named(registrant.title):
        return ""
    return person(registrant).name


@lru_cache(maxsize=256)
def when(event: Event, language: Language) -> str:
    """'Donnerstag, 24. November 2022, 13:00 Uhr (MEZ)', in the event's own zone."""
    locale = _LOCALES[language]
    pattern = "EEEE, d. MMMM y" if language == "de" else "EEEE, d MMMM y"
    day = format_date(event.start, pattern, locale=locale)
    time = format_time(event.start, "HH:mm", tzinfo=event.start.tzinfo, locale=locale)
    zone = get_timezone_name(event.start, width="short", locale=locale)
    oclock = f"{_NO_BREAK}Uhr" if language == "de" else ""
    return f"{day}, {time}{oclock}{_NO_BREAK}({zone})"


@lru_cache(maxsize=256)
def event_words(event: Event, language: Language, *, linked: bool) -> dict[str, str]:
    """An event as a template may name it; `link` only where it may be sent."""
    words = {"title": event.title_in(language), "when": when(event, language), "programme": event.programme}
    return words | {"link": event.link} if linked else words


def answered_events(answer: Answer, desk: Desk) -> tuple[Event, ...]:
    """The events that the answer is about, as they are configured now."""
    return tuple(event for event_id in answer.events if (event := desk.event(event_id)) is not None)


def contact_for(events: tuple[Event, ...], desk: Desk) -> Contact:
    """Whom to name for questions: the event's own contact where there is one event, else the desk's."""
    contacts = {event.contact for event in events}
    return contacts.pop() if len(contacts) == 1 else desk.contact


def context(answer: Answer, desk: Desk, sender: Address) -> dict[str, Any]:
    """All variables of a template: name, events, registered, withdrawn, forward_to, question, contact, desk."""
    events = answered_events(answer, desk)
    linked = answer.kind in WITH_LINK
    return {
        "name": greeted(answer.greeted),
        "events": [event_words(event, answer.language, linked=linked) for event in events],
        "registered": [each for each in map(person, answer.registered) if str(each)],
        "withdrawn": [each for each in map(person, answer.withdrawn) if str(each)],
        "forward_to": [each for each in map(person, answer.forward_to) if str(each)],
        "question": answer.question_passed_on,
        "contact": contact_for(events, desk),
        "desk": clean(sender.name) or sender.addr_spec,
    }
