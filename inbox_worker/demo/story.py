"""The demo told, mail by mail: what came, what was understood, what was answered.

Every word about a mail comes from the journal's lines and from the answers as they left; nothing here knows how a mail
should have been treated.
"""

from collections.abc import Callable, Iterator, Sequence

import phonenumbers

from inbox_worker.config import Settings
from inbox_worker.core.decision import AnswerKind
from inbox_worker.core.entries import Corrected, Entry, MailRecorded, Promoted, Registered, ReplyOwed, Withdrawn
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Desk, Event, Registrant, Status
from inbox_worker.daemon import time_zone
from inbox_worker.demo.stage import Act, Sent
from inbox_worker.demo.style import Style

_LABEL = 15
"""Width of the column with the labels, its indent included."""

_ANSWERS = {
    AnswerKind.CONFIRMATION: "confirmation with the access link",
    AnswerKind.LINK: "the access link once more",
    AnswerKind.CANCELLATION: "confirmation of the cancellation",
    AnswerKind.WAITLIST: "place on the waiting list",
    AnswerKind.PENDING: "receipt until somebody approves",
    AnswerKind.PROMOTION: "place that became free, with the access link",
    AnswerKind.REMINDER: "reminder with the access link",
    AnswerKind.EARLY: "not open yet",
    AnswerKind.CLOSED: "registration is closed",
    AnswerKind.OVER: "already over",
    AnswerKind.CHANGE: "news of a change, with the access link",
    AnswerKind.MOVED: "news of another time, without the link",
    AnswerKind.CALLED_OFF: "the event is cancelled",
    AnswerKind.MESSAGE: "message from the press office",
    AnswerKind.WHICH: "question which event is meant",
    AnswerKind.CORRECTION: "how it stands now, with the access link",
    AnswerKind.NOTED: "how it stands now, without the link",
    AnswerKind.FOLLOWUP: "thanks, and the recording",
    AnswerKind.RECEIPT: "receipt that names the press contact",
}


def beginning(desk: Desk, count: int, style: Style) -> str:
    """What this is, for somebody who has never seen it."""
    event = desk.events[0]
    words = (
        f"A press office has invited journalists to „{event.title}“ and asked them to register by e-mail, in free "
        f"text. The mails below arrive at {desk.addresses[0]} in November 2022. inbox-worker reads each one, keeps the "
        "list of participants, answers with the access link, and hands over to a person what a machine should not "
        "decide."
    )
    return "\n".join(["", style.rule(f"inbox-worker: {count} mails", "━"), *style.wrapped(words, 0), ""])


def told(act: Act, settings: Settings, style: Style, *, of: int) -> str:
    """One mail, from its arrival to its answer."""
    message = act.arrival.message
    at = act.arrival.at.astimezone(time_zone(settings)).strftime("%d %b, %H:%M")
    lines = [style.rule(f"{act.number}/{of}  {act.arrival.title}", after=at)]
    lines += _field("from", _sender(message.senders), style, paint=style.strong)
    lines += _field("subject", message.subject or "(none)", style)
    lines += _field("", _first_words(message.text), style, lines=2, paint=style.faint)
    lines += _understood(act, settings.desk(), style)
    lines += _done(act, settings, style)
    return "\n".join([*lines, ""])


def mail_of(act: Act) -> MailRecorded | None:
    """What the journal says of the act's mail itself."""
    return next((e for line in act.lines if isinstance(e := line.recorded.entry, MailRecorded)), None)


def person(registrant: Registrant, address: str) -> str:
    """Name, role, organisation, telephone and address, as far as they are known."""
    facts = (registrant.full_name, registrant.role, registrant.organisation, dialled(registrant.phone), address)
    return ", ".join(fact for fact in facts if fact)


def dialled(phone: str | None) -> str:
    """'+49 5931 4471208': E.164 with the spaces that make it readable."""
    if not phone:
        return ""
    return phonenumbers.format_number(phonenumbers.parse(phone), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _understood(act: Act, desk: Desk, style: Style) -> Iterator[str]:
    mail = mail_of(act)
    if mail is None:
        yield from _field("understood", "nothing: it is not in the journal", style)
        return
    events = " and ".join(_short(event) for name in mail.events if (event := desk.event(name)))
    intent = mail.intent.replace("_", " ") + (f", {events}" if events else "")
    yield from _field("understood", intent, style, paint=style.strong)
    for change in dict.fromkeys(change for line in act.lines for change in _changes(line.recorded.entry)):
        yield from _field("", change, style)


def _changes(entry: Entry) -> Iterator[str]:
    """What an entry changes on the lists."""
    match entry:
        case Registered(status=Status.WAITLISTED):
            yield f"waits for a place: {person(entry.registrant, entry.address)}"
        case Registered():
            yield f"+ {person(entry.registrant, entry.address)}"
        case Promoted():
            yield f"moves up: {person(entry.registrant, entry.address)}"
        case Corrected():
            yield f"was: {person(entry.before, entry.address)}"
            yield f"now: {person(entry.registrant, entry.address)}"
        case Withdrawn(registration=""):
            yield f"declines: {person(entry.registrant, entry.address)}"
        case Withdrawn():
            yield f"- {person(entry.registrant, entry.address)}"
        case ReplyOwed(answer=answer) if answer and answer.kind is AnswerKind.LINK:
            known = ", ".join(one.full_name for one in answer.registered if one.full_name)
            yield f"on the list already: {known}" if known else "nobody new for the list"
        case _:
            pass


def _done(act: Act, settings: Settings, style: Style) -> Iterator[str]:
    """The answers; whether a person must look; why nothing was sent."""
    kinds = {
        entry.reply: entry.answer.kind
        for line in act.lines
        if isinstance(entry := line.recorded.entry, ReplyOwed) and entry.answer
    }
    for sent in act.sent:
        kind = kinds[sent.message.message_id.strip("<>").partition("@")[0]]
        answered = f"{_ANSWERS[kind]}, to {', '.join(sent.posted.recipients)}"
        yield from _field("answered", answered, style, paint=style.good)
        yield from letter(sent, settings, style)
    mail = mail_of(act)
    if mail is None:
        return
    if not act.sent:
        because = f": {'; '.join(map(str, mail.because))}" if mail.because and mail.outcome != "held" else ""
        yield from _field("answered", f"not at all{because}", style, lines=2)
    if mail.outcome == "held":
        yield from _field("for a person", "; ".join(map(str, mail.concerns)), style, paint=style.person)


def letter(sent: Sent, settings: Settings, style: Style) -> Iterator[str]:
    """The first lines of an answer, and those with a link."""
    text = [line for line in sent.message.text.split("\n-- ")[0].splitlines() if line.strip()]
    links = [event.link for event in settings.events if event.link]
    shown = [*text[:2], *(line for line in text[2:] if any(link in line for link in links))]
    for line in (f"Subject: {sent.message.subject}", *shown):
        for part in style.wrapped(line, _LABEL + 2, lines=2):
            yield " " * _LABEL + style.faint("│ ") + part


def _field(label: str, value: str, style: Style, *, lines: int = 4, paint: Callable[[str], str] = str) -> Iterator[str]:
    """A labelled value, wrapped; `paint` colours each of its lines."""
    for number, line in enumerate(style.wrapped(value, _LABEL, lines)):
        shown = f"  {label:<{_LABEL - 2}}" if number == 0 else " " * _LABEL
        yield style.faint(shown) + paint(line)


def _short(event: Event) -> str:
    """What people call it."""
    return event.aliases[0] if event.aliases else event.title


def _sender(senders: Sequence[Address]) -> str:
    return ", ".join(f"{one.name} <{one.addr_spec}>" if one.name else one.addr_spec for one in senders) or "(nobody)"


def _first_words(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return " ".join(line for line in lines if line and not line.startswith(">"))
