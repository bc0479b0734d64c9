"""The writer of a mail: signature and display name, completed by what the text says in the first person.

Never takes what is said of others for the writer's: each sentence counts up to where another person is named.
"""

import re
from dataclasses import replace

from inbox_worker.core.courtesy import agreed
from inbox_worker.core.reading.people import lexicon, phones
from inbox_worker.core.reading.people.details import mails
from inbox_worker.core.reading.people.family_first import as_said
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.mention import Mention
from inbox_worker.core.reading.people.mentions import mentions
from inbox_worker.core.reading.people.names import is_initials
from inbox_worker.core.reading.people.ours import ours_of
from inbox_worker.core.reading.people.own_words import own_organisation, own_role
from inbox_worker.core.reading.people.signature import SignatureReading, signature_person
from inbox_worker.core.reading.people.signer import without_closing
from inbox_worker.core.registration import Desk, Reason, Registrant

_MOST_TEXT = 20_000
_MOST_BLOCK = 8_000


def writer(text: str, block: str, *, display_name: str, address: str, desk: Desk) -> SignatureReading:
    """`signature_person`, with gaps filled from the new text: fuller given name, organisation, role, own number.

    A signature that nobody cut off (no closing formula, no '-- ') is found at the end of `text`. `email` is set only
    when the text names another address as the writer's own.
    """
    text, block = text[:_MOST_TEXT], block[:_MOST_BLOCK]
    reading = signature_person(block, display_name=display_name, address=address, desk=desk)
    named = mentions(text, desk)
    if reading.source != "signature" and (start := _signed_at(text, named, reading.person)) is not None:
        block, text = f"{text[start:]}\n{block}", text[:start]
        reading = signature_person(block, display_name=display_name, address=address, desk=desk)
        named = tuple(mention for mention in named if mention.end <= start)
    person = reading.person
    because = list(reading.because)
    own = _own_mention(named, person)
    if own is not None:
        # "Frau Ott" may be another one than Tim Ott, who writes
        sure = own.self_named or own.listed or own.person.given_name
        person = _completed(person, own.person if sure else replace(own.person, salutation=None))
        because.extend(own.because)
    region = phones.region_of(f"{block}\n{text}", address)
    sentences = _first_person(text, named, own)
    organisation = (person.organisation if person else None) or reading.organisation
    if organisation is None:
        organisation = own_organisation(text, sentences, address, desk)
        if organisation:
            because.append(Reason("organisation", organisation, "text"))
    if person is None:
        return replace(reading, organisation=organisation, because=tuple(because))
    person = as_said(person, f"{text}\n{block}")
    person = replace(
        person,
        organisation=organisation,
        role=person.role or own_role(sentences),
        phone=person.phone or _own_phone(sentences, region, desk),
        email=_other_address(text, named, own, address, desk),
    )
    return replace(
        reading,
        person=person,
        organisation=organisation,
        because=tuple(because),
        source=reading.source or "text",
        partial=not (person.given_name and person.family_name),
    )


_GOES_ON = re.compile(r"[ \t]*(?:[,|/(–—•·-]|\n|$|\.\s*(?:\n|$))")
_MOST_TRAILING_LINES = 14
_LONGEST_TRAILING = 2000


def _signed_at(text: str, named: tuple[Mention, ...], person: Registrant | None) -> int | None:
    """Where an uncut signature begins in `text`: at the writer's own name, with no sentence behind it."""
    for mention in reversed(named):
        if mention.salutation or mention.listed or not _GOES_ON.match(text, mention.end):
            continue
        behind = text[mention.end :]
        if (
            len(behind) > _LONGEST_TRAILING
            or behind.count("\n") > _MOST_TRAILING_LINES
            or re.search(r"[a-zäöüß]{2}[.!?]\s+[A-ZÄÖÜ]", behind)
        ):
            continue
        line_start = text.rfind("\n", 0, mention.start) + 1
        alone = (
            not text[line_start : mention.start].strip()
            or without_closing(text[line_start : mention.start]) is not None
        )
        if person and person.family_name and _compatible(person, mention.person):
            return line_start if alone else mention.start
        if (
            (person is None or not person.family_name)
            and alone
            and mention.person.given_name
            and mention.person.family_name
        ):
            return line_start
    return _named_line(text, person, named)


def _named_line(text: str, person: Registrant | None, named: tuple[Mention, ...]) -> int | None:
    """A last line that is the writer's name or its family name, though no mention was sure of it."""
    if person is None or not person.family_name:
        return None
    lines = [(m.start(), m[0]) for m in re.finditer(r"[^\n]*\S[^\n]*", text)]
    for start, line in lines[-8:]:
        if any(mention.listed and mention.start <= start < mention.end for mention in named):
            continue
        head = re.split(r"[,|/(–]", line, maxsplit=1)[0]
        if len(head.split()) <= 5 and fold(head).endswith(fold(person.family_name)) and start > 0:
            return start
    return None


def _other_address(text: str, named: tuple[Mention, ...], own: Mention | None, address: str, desk: Desk) -> str | None:
    """An address in the text that the writer wants to be answered at; never the sender's, ours or another person's."""
    if own and own.listed and own.person.email and own.person.email.casefold() != address.casefold():
        return own.person.email
    others = {mention.person.email for mention in named if mention is not own}
    domains = {ours.rpartition("@")[2] for ours in (*desk.addresses, desk.contact.email)}
    for match in mails(text):
        found = match[0]
        if found in others or found.casefold() == address.casefold() or found.rpartition("@")[2].casefold() in domains:
            continue
        line = text[max(0, match.start() - 220) : match.end() + 80]
        if any(word in line.casefold() for word in lexicon.ADDRESS_WISHES):
            return found
    return None


def _own_mention(named: tuple[Mention, ...], person: Registrant | None) -> Mention | None:
    for mention in named:
        if mention.salutation:
            continue
        if mention.self_named and (person is None or _compatible(person, mention.person) or not person.family_name):
            return mention
        if person and person.family_name and mention.person.family_name and _compatible(person, mention.person):
            return mention
    return None


def _compatible(one: Registrant, other: Registrant) -> bool:
    if fold(one.family_name or "") != fold(other.family_name or ""):
        return False
    if not one.given_name or not other.given_name:
        return True
    return (
        fold(one.given_name)[:1] == fold(other.given_name)[:1]
        if _short(one, other)
        else fold(one.given_name) == fold(other.given_name)
    )


def _short(one: Registrant, other: Registrant) -> bool:
    return is_initials(one.given_name or "") or is_initials(other.given_name or "")


def _completed(person: Registrant | None, said: Registrant) -> Registrant:
    if person is None:
        return said
    given = person.given_name
    if said.given_name and (not given or (is_initials(given) and not is_initials(said.given_name))):
        given = said.given_name
    return replace(
        person,
        given_name=given,
        family_name=person.family_name or said.family_name,
        title=person.title or said.title,
        organisation=person.organisation or said.organisation,
        role=person.role or said.role,
        phone=person.phone or said.phone,
        salutation=agreed(person.salutation, said.salutation),
    )


_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ„\"])|\n\s*\n")


def _first_person(text: str, named: tuple[Mention, ...], own: Mention | None) -> list[str]:
    others = [m.person.family_name for m in named if m is not own and m.person.family_name and not m.salutation]
    sentences = []
    for sentence in _SENTENCES.split(text):
        flat = " ".join(sentence.split())
        if any(other in flat for other in others):
            # what is said up to another person's name is still said by the writer
            flat = flat[: min(flat.find(other) for other in others if other in flat)]
        sentences.append(flat)
    return sentences


def _own_phone(sentences: list[str], region: str, desk: Desk) -> str | None:
    for sentence in sentences:
        number = phones.direct_phone(sentence, region=region)
        if number and number not in ours_of(desk).phones:
            return number
    return None
