"""One mail, all stages: parts, sentences, evidence, events and people become one Request.

Never raises for any Message, and never decides whether a machine wrote it: that is screening's verdict.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from inbox_worker.core.message import Address, Message
from inbox_worker.core.reading.events import Calendar, Spoken
from inbox_worker.core.reading.intent import Evidence, evidence
from inbox_worker.core.reading.language import answer_language
from inbox_worker.core.reading.learning import SPELLING, judge
from inbox_worker.core.reading.parts import Forwarded, Parts, split
from inbox_worker.core.reading.people import Mention, mentions, vcard_person, writer
from inbox_worker.core.reading.sentences import sentences
from inbox_worker.core.reading.verdicts import Wish, wish
from inbox_worker.core.reading.who import merged, named_people, same_person, who
from inbox_worker.core.registration import Desk, Intent, Reason, Registrant, Request, Verdict

_REPLY = re.compile(r"^\s*(?:\[[^\]]*\]\s*)?(?:re|aw|antw|sv|wg|fw|fwd|rif|r|tr|vs|odp)\s?(?:\[\d+\])?:\s*", re.IGNORECASE)
_SALUTATION = re.compile(r"^\s*(?:guten (?:tag|morgen|abend)|hallo|liebe[rs]?|sehr geehrte|moin|servus|dear|hello|hi|hey|good (?:morning|afternoon|evening))\b", re.IGNORECASE)
_I = re.compile(r"\b(?:ich|wir|I|we|I'd|we'd|I'll)\b")
_PIECES = re.compile(r"\s*[:/|;(]\s*|\s+[-–—]\s+")
_ANSWER = re.compile(r"^\s*(?:re|aw|antw|sv|tr|rif|odp)\s?:", re.IGNORECASE)
_DEAR = re.compile(r"\b(?:schatz|mama|papa|oma|opa|kundennummer|bestell\w*|lieferung|liefern|rechnung|konto|kredit\w*|paket|account|invoice|order)\b", re.IGNORECASE)
_STRANGE, _DOUBTFUL = 0.3, 0.12
_GENERIC = re.compile(r"\b(?:veranstaltung|termin|fachdiskurs|diskurs|diskussion|runde|austausch|event|session|discussion|webinar|pressegespr|teilnahme|teilnehm|einwahl|zugang|attend|join|meeting)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Source:
    """The text that is read: the mail's own, or that of a mail passed on."""

    new: str
    signature: str
    display_name: str
    address: str
    passed_on: bool = False


@lru_cache(maxsize=8)
def _calendar(desk: Desk) -> Calendar:
    return Calendar(desk)


def read(message: Message, verdict: Verdict, desk: Desk) -> Request:
    """What `message` asks for, with the reason for every field; `verdict` is what screening said of it."""
    if verdict.kind is not None and verdict.certain:
        language, _ = answer_language(message.text, message.subject)
        return Request(verdict.kind, language, because=verdict.because)
    request = _read(message, desk)
    if verdict.kind is not None:
        if request.intent is not Intent.REGISTRATION:
            return Request(verdict.kind, request.language, because=verdict.because)
        obstacles = (*verdict.because, *verdict.obstacles)
        return replace(request, obstacles=(*request.obstacles, *obstacles))
    if request.intent in {Intent.REGISTRATION, Intent.LINK_REQUEST}:
        return replace(request, obstacles=(*request.obstacles, *verdict.obstacles))
    return request


def _read(message: Message, desk: Desk) -> Request:
    parts = split(message)
    calendar = _calendar(desk)
    today = _today(message, desk)
    source, passed = _source(message, parts, desk)
    language, language_reason = answer_language(source.new, message.subject, source.signature)
    if message.encrypted:
        return Request(Intent.UNCLEAR, language, because=(language_reason,), concerns=(Reason("encrypted, can't be read"),))
    found = mentions(source.new, desk)
    text = _evidence(source.new, "text", found, calendar.topic)
    bare_subject = _REPLY.sub("", message.subject)
    is_reply = bare_subject != message.subject
    subject = [
        one
        for piece in _PIECES.split(bare_subject)
        for one in _evidence(piece, "subject", mentions(piece, desk), calendar.topic)
    ]
    reading = writer(source.new, source.signature, display_name=source.display_name, address=source.address, desk=desk)
    me = reading.person
    for part in message.parts:
        if "vcard" in part.content_type or part.filename.lower().endswith(".vcf"):
            card = vcard_person(part.text)
            if card and (me is None or same_person(card, me) or len(me.family_name or "") < 3):
                me = merged(card, replace(me, given_name=None, family_name=None)) if me else card
    listed = any(mention.listed for mention in found)

    def names_another(one: Evidence) -> bool:
        start, end = one.sentence.start, one.sentence.end
        return one.sentence.where == "text" and any(
            start <= mention.start < end and not mention.salutation and not mention.self_named and not (me and same_person(mention.person, me))
            for mention in found
        )

    want = wish(text, subject, reply=is_reply, listed=listed, names=names_another)
    if not found and want.intent is Intent.REGISTRATION and (me is None or not any(one.sentence.words for one in text)):
        from_subject = [m for m in mentions(bare_subject, desk) if not m.salutation]
        if from_subject:
            me = merged(from_subject[0].person, me or Registrant())
    want = _ours(want, text, message, parts, calendar, today)
    events, event_reasons, event_concerns = _events(want, text, bare_subject, parts, calendar, today, message.arrived)
    named = named_people(found, text, source.new, want, me)
    people = who(want, text, named, me, reading.organisation or (me.organisation if me else None))
    if passed and source.passed_on:
        people = replace(
            people,
            registrants=tuple(replace(p, email=p.email or source.address) for p in people.registrants),
        )
    because = (*want.because, language_reason, *event_reasons, *people.because, *reading.because)
    concerns = (*want.concerns, *(event_concerns if want.intent is Intent.REGISTRATION else ()))
    if want.intent is Intent.REGISTRATION and not people.registrants:
        if people.withdrawn:
            return Request(Intent.CANCELLATION, language, events, (), people.withdrawn, me, because, concerns)
        concerns = (*concerns, Reason("nobody is named who could be registered"))
    return Request(
        want.intent,
        language,
        events,
        people.registrants if want.intent is Intent.REGISTRATION else (),
        people.withdrawn if want.intent in {Intent.REGISTRATION, Intent.CANCELLATION} else (),
        me,
        because,
        concerns,
    )


def _ours(want: Wish, text: Sequence[Evidence], message: Message, parts: Parts, calendar: Calendar, today: date) -> Wish:
    """The wish, if it is about our events: private and misdirected mail has wishes, too, and fraud pretends to."""
    if want.intent in {Intent.UNCLEAR, Intent.INQUIRY} or want.intent is Intent.LINK_REQUEST and parts.quotes:
        return want
    strange = sum(one.likely.get("strange", 0.0) for one in text) / max(1, len(text))
    whole = f"{message.subject}\n" + "\n".join(one.sentence.text for one in text)
    spoken = calendar.spoken(whole, today)
    about = bool(spoken.named or message.in_reply_to or _GENERIC.search(whole) or _ANSWER.match(message.subject))
    if strange < (_STRANGE if about else _DOUBTFUL) and (about or not _DEAR.search(whole)):
        return want
    return Wish(Intent.UNCLEAR, concerns=(Reason("not about one of our events", message.subject, "subject"),))


def _evidence(text: str, where: str, found: Sequence[Mention], topic: frozenset[str]) -> list[Evidence]:
    spans = [(mention.start, mention.end) for mention in found]
    return [replace(one, likely=judge(one, spans, topic)) for one in (evidence(one, SPELLING) for one in sentences(text, where))]


def _today(message: Message, desk: Desk) -> date:
    at = message.date or message.arrived
    first = min((event.start for event in desk.events), default=None)
    if at is None:
        return first.date() if first else date(2000, 1, 1)
    return at.astimezone(first.tzinfo).date() if first else at.date()


def _source(message: Message, parts: Parts, desk: Desk) -> tuple[_Source, Forwarded | None]:
    sender = message.sender or Address("", "")
    own = _Source(parts.new, parts.signature, sender.name, sender.addr_spec)
    for forwarded in parts.forwarded:
        inner = forwarded.sender
        if not forwarded.text.strip() or (inner and inner.key in desk.addresses):
            continue
        if inner and (inner.key == sender.key or inner.key == desk.contact.email):
            continue
        outer = _evidence(parts.new, "text", (), frozenset())
        if any(one.does("self") and _I.search(one.sentence.text) and one.is_likely("comes") for one in outer):
            continue
        address = inner.addr_spec if inner else sender.addr_spec
        return _Source(forwarded.text, forwarded.signature, inner.name if inner else "", address, passed_on=True), forwarded
    return own, None


def _events(
    want: Wish, text: Sequence[Evidence], subject: str, parts: Parts, calendar: Calendar, today: date, arrived: datetime | None
) -> tuple[tuple[str, ...], tuple[Reason, ...], tuple[Reason, ...]]:
    if want.intent is Intent.UNCLEAR:
        return (), (), ()
    desk = calendar.desk
    all_ids = [event.id for event in desk.events]
    focus = [one for one in (*want.coming, *want.going) if one.sentence.where == "text"]
    spoken_of = {id(one): calendar.spoken(one.sentence.text, today) for one in text}
    groups: list[tuple[str, list[Spoken]]] = [
        ("text", [spoken_of[id(one)] for one in focus if not one.does("skip") or len(focus) == 1]),
        ("text", [spoken_of[id(one)] for one in text if not one.does("skip")]),
        ("text", [spoken_of[id(one)] for one in text]),
        ("subject", [calendar.spoken(subject, today)]),
        ("quote", [calendar.spoken(quote, today) for quote in parts.quotes[:1]]),
    ]
    other = [day for one in focus for day in spoken_of[id(one)].other_days if day.on and day.on >= today]
    concerns: list[Reason] = []
    chosen: tuple[str, ...] = ()
    because: tuple[Reason, ...] = ()
    for sure in (True, False):
        for where, group in groups:
            if any(spoken.both for spoken in group) and where == "text" and len(all_ids) > 1:
                return tuple(all_ids), (Reason("events", "both", where),), ()
            named = [one for spoken in group for one in spoken.named if one.sure or not sure]
            if want.intent is Intent.INQUIRY and where == "text" and all(one.words in calendar.themes for one in named):
                named = []
            if named:
                ids = {one.event for one in named}
                chosen = tuple(event_id for event_id in all_ids if event_id in ids)
                because = tuple(Reason("event", one.words, where) for one in named)
                break
        if chosen:
            break
    if other and not any(spoken_of[id(one)].ids for one in focus if any(n.sure for n in spoken_of[id(one)].named) and not spoken_of[id(one)].other_days):
        concerns.append(Reason("the date is not the event's", other[0].words, "text"))
    if not chosen:
        whole = " ".join(one.sentence.text for one in text) + " " + subject
        if want.intent is Intent.INQUIRY and not _GENERIC.search(whole):
            return (), (), ()
        following = calendar.next(arrived)
        if following:
            chosen, because = (following.id,), (Reason("event", "none named, so the next one"),)
    if arrived:
        for event in desk.events:
            if event.id in chosen and event.end < arrived:
                concerns.append(Reason("the event is over", event.title))
    return chosen, because, tuple(concerns)
