"""What a mail says is wrong on our list, and what is right: its sentences become Claims.

Never knows the list: who is meant, and whether "Blauwal" is a name or a newspaper, is settled beside it (`correcting`).
"""

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from inbox_worker.core.reading.cues import (
    ELSEWHERE,
    FIELDS,
    FIRM,
    HAS_NONE,
    PLAIN,
    REMOVES,
    SWAPPED,
    UNSURE,
    VOID,
    Sentence,
    is_of_ours,
    speaking,
)
from inbox_worker.core.reading.intent import Evidence
from inbox_worker.core.reading.people import Mention, lexicon
from inbox_worker.core.reading.people.details import mails
from inbox_worker.core.reading.people.names import is_title, parse_name
from inbox_worker.core.reading.people.organisations import is_department, kind_gender, role_word, shape, tidy
from inbox_worker.core.reading.people.ours import ours_of
from inbox_worker.core.reading.people.phones import find_phones, region_of
from inbox_worker.core.reading.sameness import same_person
from inbox_worker.core.reading.values import Value, spellings, values
from inbox_worker.core.registration import Desk, Reason, Registrant
from inbox_worker.core.request import Claim

_TITLE = re.compile(
    r"\b(?:Prof(?:\.|essor(?:in)?)?\s*)?(?:Dr\.?(?!\w)|Doktor\w*)|\bProf(?:\.|essor(?:in)?)(?!\w)", re.IGNORECASE
)
_PROMOTED = re.compile(r"\b(?:promoviert|do[ck]tor\w*|phd)\b", re.IGNORECASE)
_ADDS = re.compile(r"fehl|vergess|forg|miss|ergänz|nachtrag|add|unterschlagen|verloren", re.IGNORECASE)
_IS_WRONG = re.compile(r"stimm|falsch|richtig|korrekt|wrong|right|fehler|vertauscht|dreher", re.IGNORECASE)
_LOST = re.compile(r"bestätigung|mail|nachricht|versehentlich|confirmation|accident", re.IGNORECASE)
_SPELLS = re.compile(r"schreib|schrieb|spell|spelt|buchstab|punkt|akzent|accent", re.IGNORECASE)
_COMES = re.compile(r"\b(?:komm|teilnehm|nimmt|nehme|dabei|vertritt|attend|come|join)", re.IGNORECASE)
_FILLED_IN = re.compile(r"(?:[-–•*]\s*)?([^\W\d_][\w .-]{1,24}):\s*([^\n]{2,80}?)\.?")
_THEY = re.compile(r"\b(?:sie|er|ihre?[rnms]?|sein\w*|she|he|her|his)\b")
_BEHIND = 3
_PROPER = 3
_HOUSE = re.compile(r"\s+(?:der|des|von der|vom|beim|bei der|of the|at)\s+([A-ZÄÖÜ].+)$")
_NAMES = ("name", "given_name", "family_name")
_GIVEN = ("vor", "ruf", "first", "given")


def claims(
    text: Sequence[Evidence], found: Sequence[Mention], me: Registrant | None, address: str, desk: Desk
) -> tuple[Claim, ...]:
    """What the sentences of the new text claim, in their order.

    `found` are the people named in it, `me` is the writer as signature and text have them, `address` the sender's.
    """
    region = region_of("\n".join(one.sentence.text for one in text), address)
    others = [m for m in found if not (m.salutation or (me and same_person(m.person, me)))]
    corrects = any(FIRM.search(one.sentence.text) and not VOID.search(one.sentence.text) for one in text)
    made: list[Claim] = []
    about: tuple[str, ...] = ()
    whom: Registrant | None = None
    for one in text:
        sentence = speaking(one, about, corrects=corrects)
        if sentence is None or is_of_ours(sentence, desk):
            continue
        named = [mention for mention in found if _within(mention, sentence) and not mention.salutation]
        told = [value for value in values(sentence.text) if not ours_of(desk).is_ours(value.text)]
        claim = _claim(sentence, told, named, me, region=region, address=address, alone=not others)
        if claim.whom is None and whom is not None and _THEY.search(sentence.text):
            claim = replace(claim, whom=whom)
        about, whom = sentence.about or about, claim.whom or whom
        if claim.is_empty and not (about or PLAIN.search(sentence.text)):
            claim = replace(claim, firm=False)  # "Leider hat sich bei mir etwas geändert" corrects nothing
            made += [claim] if sentence.firm else []
        elif claim.firm or claim.whom or not claim.is_empty:
            made.append(claim)
    return _signed(made, me)


def _within(mention: Mention, sentence: Sentence) -> bool:
    return sentence.start <= mention.start < sentence.start + len(sentence.text)


def _claim(  # noqa: PLR0913 - what a sentence is read with
    sentence: Sentence,
    told: Sequence[Value],
    named: Sequence[Mention],
    me: Registrant | None,
    *,
    region: str,
    address: str,
    alone: bool,
) -> Claim:
    text = sentence.text
    now, loose = Registrant(), ""
    for value in sorted(told, key=lambda value: not value.quoted):
        if not value.new:
            continue
        mention = next((m for m in named if m.start <= sentence.start + value.start < m.end), None)
        typed = _typed(value, _about(sentence, value), mention)
        if typed is None:
            loose = loose or value.text
        else:
            now = _filled(now, typed)
    if labelled := _filled_in(sentence):
        now, loose = labelled, ""
    elif not any(value.new for value in told) and (whole := _whole_line(sentence, named)):
        now = whole
    now, gone = _contact(now, sentence, region, address, alone=alone)
    title, without = _title(text, sentence, told)
    if title:
        now = replace(now, title=title)
    elif without:
        gone = (*gone, "title")
    whom = next((m.person for m in named if _is_meant(m, sentence, told, me)), None)
    if whom and not now.name and _SPELLS.search(text) and (not loose or loose in whom.full_name):
        loose = "" if whom.given_name else whom.family_name or ""
        now = replace(now, given_name=whom.given_name, family_name=whom.family_name) if whom.given_name else now
    return Claim(
        now=now,
        loose=loose,
        was=tuple(value.text for value in told if not value.new),
        opposes=any(value.opposed and not value.new for value in told) and not _COMES.search(text),
        gone=gone,
        letters=_letters(text, told),
        swapped=SWAPPED.search(text) is not None and "phone" not in sentence.about,
        whom=whom,
        firm=sentence.firm,
        about=sentence.about or sentence.carried,
        unsure=UNSURE.search(text) is not None,
        because=Reason("something is to be corrected", " ".join(text.split()), "text"),
    )


def _filled_in(sentence: Sentence) -> Registrant | None:
    """'Funktion: Stadtplanerin', a line with its label."""
    match = _FILLED_IN.fullmatch(sentence.text.strip())
    labels = [name for name, words in FIELDS.items() if match and words.search(match[1])]
    if match is None or len(labels) != 1 or labels[0] in {"email", "phone", "title"}:
        return None
    name = parse_name(match[2])
    if labels[0] != "name":
        return _of(labels[0], match[2])
    return Registrant(name.given, name.family, name.title) if name and name.full else None


def _of(fact: str, value: str) -> Registrant:
    """Nobody but for this one fact."""
    facts: dict[str, Any] = {fact: value}
    return Registrant(**facts)


def _letters(text: str, told: Sequence[Value]) -> tuple[str, ...]:
    """How the name is spelled; how it was does not count ('keine Mueller mit ue')."""
    old = [value.end for value in told if not value.new]
    return tuple(one.letters for one in spellings(text) if not any(0 <= one.start - end <= 1 for end in old))


def _is_meant(mention: Mention, sentence: Sentence, told: Sequence[Value], me: Registrant | None) -> bool:
    """Whether the sentence is about this person, who is neither the writer nor a value of it."""
    if me and same_person(mention.person, me):
        return False
    at = mention.start - sentence.start
    return not any(v.start <= at < v.end or v.text in mention.person.full_name for v in told)


def _whole_line(sentence: Sentence, named: Sequence[Mention]) -> Registrant | None:
    """'Dr. Silke Oldenburg, Leiterin Kommunikation, Stadt Süldeck': a line that says how all of it is right."""
    first = next(iter(named), None)
    if first is None or sentence.text[: first.start - sentence.start].strip(" -–•*:"):
        return None
    person = first.person
    return person if person.given_name and person.family_name else None


def _contact(
    now: Registrant, sentence: Sentence, region: str, address: str, *, alone: bool
) -> tuple[Registrant, tuple[str, ...]]:
    """With number and address that are told, and what is to be emptied; in a mail about others only what is firm."""
    text, about = sentence.text, {*sentence.about, *sentence.carried}
    sure = alone or (sentence.firm and bool({"phone", "email"} & about))
    number = next((phone.e164 for phone in find_phones(text, region=region) if phone.kind == "direct"), None)
    mail = next((m[0] for m in mails(text) if m[0].casefold() != address.casefold()), None)
    now = replace(now, phone=(number if sure else None) or now.phone, email=(mail if sure else None) or now.email)
    nothing = now == Registrant() and not number
    speaks_of_mail = ELSEWHERE.search(text) or _LOST.search(text)
    if not (nothing and REMOVES.search(text)) or _IS_WRONG.search(text) or _ADDS.search(text) or speaks_of_mail:
        return now, ()
    return now, tuple(name for name in ("phone", "role", "organisation") if name in about)


def _about(sentence: Sentence, value: Value) -> tuple[str, ...]:
    """Of which fact the value is one: of the one named before it or right behind it, else of the sentence before."""
    if value.label:
        return ("given_name" if value.label.casefold().startswith(_GIVEN) else "family_name",)
    before = sentence.text[: value.start]
    last = {name: match.end() for name, words in FIELDS.items() for match in words.finditer(before)}
    if not last:
        behind = " ".join(sentence.text[value.end :].split()[:_BEHIND])
        return tuple(name for name, words in FIELDS.items() if words.search(behind)) or sentence.carried
    nearest = max(last.values())
    return tuple(name for name, end in last.items() if end == nearest)


def _filled(now: Registrant, more: Registrant) -> Registrant:
    """The first word on each fact holds."""
    return replace(now, **{f.name: getattr(now, f.name) or getattr(more, f.name) for f in fields(Registrant)})


def _typed(value: Value, about: Sequence[str], mention: Mention | None) -> Registrant | None:  # noqa: C901
    """The value as the fact that it is one of; None where only the list can tell."""
    text = value.text
    words = text.split()
    if all(map(is_title, words)):
        return Registrant(title=text)
    name = parse_name(text)
    for part in ("family_name", "given_name"):
        whole = name is not None and name.full and name.known and not value.label
        if part in about and "name" not in about and not whole:
            return _of(part, text)
    if about == ("organisation",):
        return Registrant(organisation=tidy(text) or text)
    if mention is not None and mention.person.given_name and mention.person.family_name and not value.linked:
        return mention.person
    if "name" in about and name is not None:
        return Registrant(name.given, name.family, name.title) if name.full else None
    house = _HOUSE.search(text)
    if house and shape(house[1]).score >= _PROPER and role_word(text[: house.start()].split()[-1]):
        return Registrant(role=text[: house.start()], organisation=tidy(house[1]))
    if any(map(role_word, (words[0], words[-1]))) or ("role" in about and not value.linked):
        return Registrant(role=text)
    if value.linked or "organisation" in about:
        common = len(words) == 1 and text.casefold() in lexicon.NOT_NAMES and not kind_gender(text)
        return None if common else Registrant(organisation=tidy(text) or text)
    if name is not None and name.full and name.known:
        return Registrant(name.given, name.family, name.title)
    if shape(text).score >= _PROPER and not is_department(text):
        return Registrant(organisation=tidy(text) or text)
    return None


def _title(text: str, sentence: Sentence, told: Sequence[Value]) -> tuple[str, bool]:
    """The title that is to be added, '' for none; and whether one is to go."""
    found = next((m for m in _TITLE.finditer(text) if not any(v.start <= m.start() < v.end for v in told)), None)
    if "title" not in sentence.about or not (found or _PROMOTED.search(text) or re.search(r"tit(?:el|le)", text)):
        return "", False
    before = text[max(0, found.start() - 12) : found.start()] if found else text
    if (REMOVES.search(text) and not _ADDS.search(text)) or HAS_NONE.search(before):
        return "", True
    if found is None and not _PROMOTED.search(text):
        return "", False
    said = found[0] if found else "Dr."
    professor = "Prof." if re.search(r"prof", said, re.IGNORECASE) else ""
    doctor = "Dr." if re.search(r"d(?:r|oktor)", said, re.IGNORECASE) else ""
    return " ".join(filter(None, (professor, doctor))), False


def _signed(made: Sequence[Claim], me: Registrant | None) -> tuple[Claim, ...]:
    """'Mein Name ist falsch geschrieben' and nothing else: then it is right in the signature."""
    if not all(claim.is_empty for claim in made) or me is None or not (me.given_name and me.family_name):
        return tuple(made)
    name = Registrant(me.given_name, me.family_name)
    return tuple(replace(one, now=name) if one.firm and _of_a_name(one) else one for one in made)


def _of_a_name(claim: Claim) -> bool:
    return any(FIELDS[part].search(claim.because.words) for part in _NAMES)
