"""Tries every template with every kind of answer, so that a mistake is found at the start and not by a journalist.

Returns problems as lines with file and remedy; never raises for a bad template.
"""

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any, get_args

from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from inbox_worker.core.decision import NOTICES, Answer, AnswerKind, Waiting
from inbox_worker.core.message import Address
from inbox_worker.core.personal import Links, sample_links
from inbox_worker.core.registration import Desk, Event, Language, Registrant, Status
from inbox_worker.core.reply.compose import LAYOUT, SUBJECT, Words, render, template_name
from inbox_worker.core.reply.wire import quoted_printable
from inbox_worker.core.reply.wording import DOOR, answered_events, when

_SENDER = Address("Beispielredaktion", "desk@example.org")
_LARGEST = 40_000
"""Octets of both parts on the wire; Gmail cuts off what is longer than 102 kB, and a quote comes on top."""

_WITHOUT_EVENT = frozenset({AnswerKind.CANCELLATION, AnswerKind.RECEIPT})
"""Kinds that may be about nothing in particular."""
_LATER: dict[str, Any] = {"opens": datetime(2022, 11, 2, 8, tzinfo=UTC), "recording": "https://www.example.org/film"}

_ANKE = Registrant("Anke", "Terhorst", organisation="Neue Beispielzeitung", role="Redakteurin", phone="+495211234567")
_BASIL = Registrant("Basil", "O’Neil & <Söhne>", title="Dr.", email="basil@example.org")
_NAMELESS = Registrant(organisation="Stadt Musterhausen")
_CHANGED = ("time", "link", "access")
_TEXT = "Wir beginnen pünktlich."
_CROWDS: tuple[tuple[Registrant, ...], ...] = ((), (_ANKE,), (_ANKE, _BASIL, _NAMELESS))


def check_templates(environment: Environment, desk: Desk, root: str = "templates") -> list[str]:
    """What is wrong with the templates, one line each; [] when every answer can be composed.

    `root` is the directory to name in the lines.
    """
    problems: dict[str, None] = {}
    broken: set[str] = set()
    # what no event has yet is no fault when it is missing, but a mistake there would be found by the first who has it
    tried = ((desk, answer) for answer in _samples(desk))
    for known, answer in (*tried, *((_complete(desk), answer) for answer in _plain_samples(desk))):
        name = template_name(answer)
        if name in broken:
            continue
        try:
            links = sample_links(answer, known)
            words = render(answer, known, _SENDER, environment, links)
        except TemplateError as error:
            broken.add(name)
            problems[line(root, error, name)] = None
            continue
        if known is desk:
            for what in _faults(answer, desk, words, links):
                problems[f"{root}/{name}: {what}"] = None
    return list(problems)


def _complete(desk: Desk) -> Desk:
    """The desk with events that have everything that an event can have."""
    events = (
        replace(
            event, programme="https://www.example.org/", dial_in="+49 69 1234", meeting_id="1", passcode="2", **_LATER
        )
        for event in desk.events
    )
    return replace(desk, events=tuple(events))


def _plain_samples(desk: Desk) -> Iterator[Answer]:
    """Every kind and language once."""
    for kind, language in product(AnswerKind, get_args(Language)):
        yield Answer(kind, language, _SENDER, events=tuple(event.id for event in desk.events[:1]))


def _samples(desk: Desk) -> Iterator[Answer]:
    """Every kind and language, with nobody, one and several people in every place, one event and two."""
    for plain in _plain_samples(desk):
        for registered, withdrawn, question in product(_CROWDS, _CROWDS, (False, True)):
            yield replace(plain, registered=registered, withdrawn=withdrawn, question_passed_on=question)
        yield replace(plain, greeted=_ANKE, registered=(_ANKE, _BASIL), forward_to=(_BASIL,))
        yield replace(plain, greeted=_BASIL, forward_to=(_ANKE, _BASIL))
        for event in desk.events[:2]:
            waiting = tuple(Waiting(event.id, one, status) for one in _CROWDS[-1] for status in Status)
            yield replace(plain, registered=(_ANKE,), waiting=waiting)
        both = tuple(event.id for event in desk.events[:2])
        for events in (plain.events, both):
            yield replace(plain, events=events, greeted=_ANKE, registered=(_ANKE,))
            yield replace(plain, events=events, greeted=_ANKE, withdrawn=(_ANKE,))
        for event in desk.events[1:]:
            yield replace(plain, events=(event.id,), registered=(_ANKE,))
        yield replace(plain, events=both, registered=_CROWDS[-1])
        if plain.kind in NOTICES:
            yield replace(plain, registered=(_ANKE,), text=_TEXT)
            for changed in ((what,) for what in _CHANGED):
                yield replace(plain, registered=(_ANKE,), changed=changed)
            yield replace(plain, registered=(_ANKE,), changed=_CHANGED)
        if plain.kind in _WITHOUT_EVENT:
            yield replace(plain, events=(), greeted=_ANKE)


def line(root: str, error: TemplateError, name: str) -> str:
    """What to say of a template that could not be rendered."""
    match error:
        case TemplateNotFound():
            return f"{root}/{error.name}: is missing; write it, or remove templates_dir"
        case TemplateSyntaxError():
            return f"{root}/{error.name or name}: line {error.lineno}: {error.message}; mend that line"
        case UndefinedError():
            return (
                f"{root}/{name} or {LAYOUT}: unknown variable: {error.message}; the variables are name, own, events, "
                "registered, withdrawn, waiting, pending, forward_to, question, changed, text, files, contact, desk, "
                "several_links, each_their_own (an event's link, links, dial_in, meeting_id and passcode only in "
                f"{' and '.join(kind for kind in AnswerKind if kind.carries_link)})"
            )
        case SecurityError():
            return f"{root}/{name}: does what a template may not do: {error.message}; take it out"
        case _:
            return f"{root}/{name}: {type(error).__name__}: {error.message}; mend it"


def _faults(answer: Answer, desk: Desk, words: Words, links: Links) -> Iterator[str]:
    if not words.subject:
        yield f'the first line is empty; begin with "{SUBJECT}…"'
    bodies = (words.text, html.unescape(words.html))
    events = answered_events(answer, desk, links)
    if answer.kind.carries_link:
        for word, expected in _facts(events, answer.language, links):
            if not all(value in body for value in expected for body in bodies):
                yield f"the {word} of an event is not in it; write {{{{ event.{word} }}}} for each event"
    elif any(event.link and event.link in body for event in desk.events for body in bodies):
        yield "the access link is in it, and this answer must not give it away; take it out"
    if answer.text and not all(answer.text in body for body in bodies):
        yield "the press office's own words are not in it; write {{ text }} in a paragraph of its own"
    if len(quoted_printable(words.text)) + len(quoted_printable(words.html)) > _LARGEST:
        yield f"text and HTML together are larger than {_LARGEST} octets; shorten it, or {LAYOUT}"


def _facts(events: tuple[Event, ...], language: Language, links: Links) -> Iterator[tuple[str, list[str]]]:
    """What an answer with the link must say of each event: a template's word for it, and what then stands there."""
    yield "title", [event.title_in(language) for event in events]
    yield "when", [when(event, language) for event in events]
    own = [one.link for event in events if event.is_personal for one in links[event.id]]
    yield "link", [*own, *(event.link for event in events if not event.is_personal)]
    for fact in DOOR[1:]:
        yield fact, [value for event in events if (value := getattr(event, fact))]
