"""One mail, all stages: parts, sentences, evidence, events and people become one Request.

Never raises for any Message, and never decides whether a machine wrote it: that is screening's verdict.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial

from inbox_worker.core.message import Address, Message
from inbox_worker.core.reading.choice import choice
from inbox_worker.core.reading.corrections import claims
from inbox_worker.core.reading.events import Calendar
from inbox_worker.core.reading.intent import Evidence, evidence, parted
from inbox_worker.core.reading.language import answer_language
from inbox_worker.core.reading.learning import SPELLING, judge
from inbox_worker.core.reading.parts import Parts, split
from inbox_worker.core.reading.people import Mention, mentions, vcard_person, writer
from inbox_worker.core.reading.people.companions import full_names, with_copied, with_half, with_own_signature
from inbox_worker.core.reading.sameness import merged, same_person
from inbox_worker.core.reading.sentences import sentences
from inbox_worker.core.reading.verdicts import Wish, wish
from inbox_worker.core.reading.which import GENERIC, Sources, which
from inbox_worker.core.reading.who import meant_of_a_group, named_people, who
from inbox_worker.core.registration import Desk, Intent, Reason, Registrant
from inbox_worker.core.request import Choice, Request, Verdict

_REPLY = re.compile(
    r"^\s*(?:\[[^\]]*\]\s*)?(?:re|aw|antw|sv|wg|fw|fwd|rif|r|tr|vs|odp)\s?(?:\[\d+\])?:\s*", re.IGNORECASE
)
_I = re.compile(r"\b(?:ich|wir|I|we|I'd|we'd|I'll)\b")
_PIECES = re.compile(r"\s*[:/|;(]\s*|\s+[-–—]\s+")
_ANSWER = re.compile(r"^\s*(?:re|aw|antw|sv|tr|rif|odp)\s?:", re.IGNORECASE)
_DEAR = re.compile(
    r"\b(?:schatz|mama|papa|oma|opa|kundennummer|bestell\w*|lieferung|liefern|rechnung|"
    r"konto|kredit\w*|paket|account|invoice|order)\b",
    re.IGNORECASE,
)
_STRANGE, _DOUBTFUL, _CERTAIN = 0.3, 0.12, 0.5
_ANSWERED = frozenset({Intent.REGISTRATION, Intent.LINK_REQUEST, Intent.INQUIRY, Intent.CANCELLATION})
_PLAIN = 0.8
_INITIALS = 2
_FEW = 3
_LONG_GREETING = 7
_GREETING = re.compile(
    r"(?:sehr geehrte|geehrte|verehrte|werte|liebe|hallo|hi|hey|moin|servus|gru(?:ß|ss)|grüß|grüezi|tach|tag\b|"
    r"guten (?:tag|morgen|abend)|dear|hello|good (?:morning|afternoon|evening|day)|bonjour|madame|buongiorno|gentile|"
    r"hola|estimad|beste\b|geachte|szanown|dzień|kære|hej|bäste|vážen|dobrý)",
    re.IGNORECASE,
)
_MOST_TEXT = 12_000
_MOST_SUBJECT = 400


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
        concerns = verdict.because if verdict.kind is Intent.UNCLEAR else ()
        return Request(verdict.kind, language, because=verdict.because, concerns=concerns)
    request = _read(message, desk)
    if verdict.kind is not None:
        if request.intent is not Intent.REGISTRATION:
            return Request(verdict.kind, request.language, because=verdict.because)
        obstacles = (*verdict.because, *verdict.obstacles)
        return replace(request, obstacles=(*request.obstacles, *obstacles))
    if request.intent in _ANSWERED:
        return replace(request, obstacles=(*request.obstacles, *verdict.obstacles))
    return request


def _read(message: Message, desk: Desk) -> Request:
    parts = split(message)
    calendar = _calendar(desk)
    source = _source(message, parts, desk)
    language, language_reason = answer_language(source.new, message.subject, source.signature)
    if message.encrypted:
        concern = Reason("encrypted, can't be read")
        return Request(Intent.UNCLEAR, language, because=(language_reason,), concerns=(concern,))
    found = mentions(source.new, desk)
    text = _evidence(source.new, "text", found, calendar.topic)
    bare_subject = _REPLY.sub("", message.subject[:_MOST_SUBJECT])
    subject = _subject(bare_subject, desk, calendar)
    reading = writer(source.new, source.signature, display_name=source.display_name, address=source.address, desk=desk)
    me = _with_card(reading.person, message)
    found = full_names(found, reading.beside)
    listed = any(mention.listed for mention in found) or _filled_in(text, subject, found, parts.quotes)
    reply = bare_subject != message.subject[:_MOST_SUBJECT]
    want = wish(text, subject, reply=reply, listed=listed, names=partial(_names_another, found, me))
    if want.intent is Intent.REGISTRATION and not found and (me is None or not text):
        me = _from_subject(bare_subject, me, desk)
    sources = Sources(
        calendar,
        text,
        bare_subject,
        tuple(quote[:_MOST_TEXT] for quote in parts.quotes),
        _today(message, desk),
        message.arrived,
    )
    want = _ours(want, sources, message)
    chosen = which(want, sources)
    named = named_people(found, text, source.new, want, me)
    people = who(want, text, named, me, reading.organisation or (me.organisation if me else None))
    registrants = with_half(people.registrants, me, reading.beside, source.new)
    registrants = with_copied(registrants, message.cc, source.new)
    if source.passed_on:
        registrants = tuple(replace(one, email=one.email or source.address) for one in registrants)
    because = (*want.because, language_reason, *chosen.because, *reading.because)
    intent = want.intent
    concerns = want.concerns
    obstacles: tuple[Reason, ...] = ()
    if intent is Intent.REGISTRATION and not registrants:
        intent = Intent.CANCELLATION if people.withdrawn else intent
    if intent is Intent.REGISTRATION:
        concerns, obstacles = (*concerns, *chosen.concerns), chosen.obstacles
    return Request(
        intent,
        language,
        chosen.events,
        registrants,
        people.withdrawn,
        me,
        because,
        concerns,
        obstacles,
        claims=claims(text, found, me, source.address, desk),
        going=tuple(one.sentence.text for one in want.going),
        leaving=tuple(one.sentence.text for one in want.going if not one.first_person),
        between=chosen.between,
        group=meant_of_a_group(want, text),
        unread=want.unread,
        choice=choice(source.new, calendar, sources.today) if message.in_reply_to or message.references else Choice(),
    )


def _filled_in(
    text: Sequence[Evidence], subject: Sequence[Evidence], found: Sequence[Mention], quotes: Sequence[str]
) -> bool:
    """Whether somebody answers our questions for name, medium and telephone between our lines, and says no more."""
    acts = ("ask", "decline_self", "decline_other", "trouble", "thanks", "hostile", "open")
    return (
        bool(quotes and found)
        and len(text) >= _FEW
        and not any(one.hints(*acts) for one in (*text, *subject))
        and all(len(one.sentence.words) < _LONG_GREETING for one in text)
        and any(any(letter.isdigit() for letter in one.sentence.text) for one in text)
    )


def _subject(bare: str, desk: Desk, calendar: Calendar) -> list[Evidence]:
    """The subject's pieces: 'Anmeldung 24.11.: Tim Rasche / Ruhrblick' says several things."""
    pieces = _PIECES.split(bare)
    return [one for piece in pieces for one in _evidence(piece, "subject", mentions(piece, desk), calendar.topic)]


def _with_card(me: Registrant | None, message: Message) -> Registrant | None:
    """The writer, completed by their own attached vCard (RFC 6350)."""
    for part in message.parts:
        if "vcard" not in part.content_type and not part.filename.lower().endswith(".vcf"):
            continue
        card = vcard_person(part.text)
        if card and (me is None or same_person(card, me) or len(me.family_name or "") <= _INITIALS):
            me = merged(card, replace(me, given_name=None, family_name=None)) if me else card
    return me


def _names_another(found: Sequence[Mention], me: Registrant | None, one: Evidence) -> bool:
    """Whether a sentence names somebody who is neither addressed nor the writer."""
    start, end = one.sentence.start, one.sentence.end
    return one.sentence.where == "text" and any(
        start <= mention.start < end
        and not (mention.salutation or mention.self_named or (me and same_person(mention.person, me)))
        for mention in found
    )


def _from_subject(subject: str, me: Registrant | None, desk: Desk) -> Registrant | None:
    """The writer as the subject names them, where the text is silent."""
    named = [mention.person for mention in mentions(subject, desk) if not mention.salutation]
    return merged(named[0], me or Registrant()) if named else me


def _ours(want: Wish, sources: Sources, message: Message) -> Wish:
    """The wish, if it is about our events: private and misdirected mail has wishes, too, and fraud pretends to."""
    text = sources.text
    asked = want.intent is Intent.INQUIRY and any(one.is_likely("asks") for one in text)
    if asked or want.intent is Intent.UNCLEAR or (want.intent is Intent.LINK_REQUEST and sources.quotes):
        return want
    strange = sum(one.likely.get("strange", 0.0) for one in text) / max(1, len(text))
    whole = f"{message.subject}\n" + "\n".join(one.sentence.text for one in text)
    contact = sources.calendar.desk.contact.name.split()[-1:]
    known = any(name in whole for name in contact)
    about = bool(
        message.in_reply_to
        or GENERIC.search(whole)
        or _ANSWER.match(message.subject)
        or sources.calendar.spoken(whole, sources.today).ids_or_hints
    )
    if want.intent is Intent.INQUIRY and known and strange < _CERTAIN:
        return want
    # A weak likeness in a mail that names nothing of ours is no wish to us.
    said = (*want.coming, *want.going)
    plain = (
        want.intent is not Intent.INQUIRY
        and not _DEAR.search(whole)
        and (
            not said
            or any(one.is_likely("comes", least=_PLAIN) or one.is_likely("withdraws", least=_PLAIN) for one in said)
            or any(one.personal and one.hints("self", "other", "any", "decline_self", "decline_other") for one in said)
        )
    )
    about = about or (known and (not said or any(one.is_likely("comes", "withdraws") for one in said)))
    if strange < (_STRANGE if about else _DOUBTFUL) and (about or plain):
        return want
    return Wish(Intent.UNCLEAR, concerns=(Reason("not about one of our events", message.subject, "subject"),))


def _evidence(text: str, where: str, found: Sequence[Mention], topic: frozenset[str]) -> list[Evidence]:
    spans = [(mention.start, mention.end) for mention in found]
    return [
        Evidence(one.sentence, one.hits, {"neutral": 1.0} if _greets(one) else judge(one, spans, topic))
        for whole in sentences(text, where)
        for one in parted(evidence(whole, SPELLING))
    ]


def _greets(one: Evidence) -> bool:
    """Whether a sentence is the salutation and nothing else."""
    text = one.sentence.text
    return len(one.sentence.words) <= _LONG_GREETING and text[-1] in ",!" and _GREETING.match(text) is not None


def _today(message: Message, desk: Desk) -> date:
    at = message.date or message.arrived
    first = min((event.start for event in desk.events), default=None)
    if at is None:
        return first.date() if first else date(2000, 1, 1)
    return at.astimezone(first.tzinfo).date() if first else at.date()


def _source(message: Message, parts: Parts, desk: Desk) -> _Source:
    sender = message.sender or Address("", "")
    new, signature = with_own_signature(parts.new[:_MOST_TEXT], parts.signature[:_MOST_TEXT], sender.addr_spec)
    own = _Source(new, signature, sender.name, sender.addr_spec)
    for forwarded in parts.forwarded:
        inner = forwarded.sender
        if not forwarded.text.strip() or (inner and inner.key in desk.addresses):
            continue
        if inner and (inner.key in {sender.key, desk.contact.email}):
            continue
        outer = _evidence(parts.new[:_MOST_TEXT], "text", (), frozenset())
        if any(one.does("self") and _I.search(one.sentence.text) and one.is_likely("comes") for one in outer):
            continue
        address = inner.addr_spec if inner else sender.addr_spec
        name = inner.name if inner else ""
        return _Source(forwarded.text[:_MOST_TEXT], forwarded.signature[:_MOST_TEXT], name, address, passed_on=True)
    return own
