"""What address fields and a joint signature tell of people: the other half of a couple, colleagues in the Cc.

Never adds anybody whom neither the signature nor the text names, and takes an address from the Cc only where the mail
speaks of it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from inbox_worker.core.message import Address
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.mention import Mention
from inbox_worker.core.reading.people.names import PersonName
from inbox_worker.core.registration import Registrant

_COPIED = re.compile(r"\b(?:cc|in kopie|auf kopie|in copy|copied|cc'?d|im verteiler)\b", re.IGNORECASE)
_TOGETHER = re.compile(r"\b(?:wir|uns|beide[nr]?|we|us|both)\b", re.IGNORECASE)
_SENTENCE_ENDS = (".", "!", "?", "\n", ",", ")")
_LONGEST_END = 80
_ALONE = re.compile(r"\b(?:ich|mich|mir|I|me)\b")


def full_names(found: tuple[Mention, ...], beside: PersonName | None) -> tuple[Mention, ...]:
    """'meine Frau Almuth' takes the family name with which she signs."""
    if beside is None:
        return found
    return tuple(
        replace(mention, person=replace(mention.person, family_name=beside.family))
        if not mention.person.family_name and fold(mention.person.given_name or "") == fold(beside.given or "")
        else mention
        for mention in found
    )


def with_half(
    people: tuple[Registrant, ...], me: Registrant | None, beside: PersonName | None, text: str
) -> tuple[Registrant, ...]:
    """`people`, with the other half of a couple behind the writer when the mail says 'wir' and never 'ich'."""
    if beside is None or me not in people or len(people) != 1 or _ALONE.search(text) or not _TOGETHER.search(text):
        return people
    other = Registrant(beside.given, beside.family, beside.title, people[0].organisation, salutation=beside.salutation)
    return (*people, other)


def with_copied(people: tuple[Registrant, ...], cc: Sequence[Address], text: str) -> tuple[Registrant, ...]:
    """`people` with the addresses at which the mail's Cc has them; `text` must speak of the copy."""
    if not cc or not _COPIED.search(text):
        return people
    return tuple(_addressed(person, cc) for person in people)


def _addressed(person: Registrant, cc: Sequence[Address]) -> Registrant:
    family = fold((person.family_name or "").split("-")[0].split(" ")[-1])
    if person.email or len(family) < 3:
        return person
    named = [one for one in cc if family in fold(one.name) or family in fold(one.addr_spec.partition("@")[0])]
    return replace(person, email=named[0].addr_spec) if len(named) == 1 else person


def with_own_signature(text: str, signature: str, address: str) -> tuple[str, str]:
    """Text and signature of who signs in small letters: '… zoom link? mo winter, radio hafen' from mo.winter@….

    The name gets its capitals; standing at the very end behind a sentence, it begins the signature.
    """
    pieces = re.split(r"[._-]", address.partition("@")[0])
    if len(pieces) != 2 or not all(len(piece) > 1 and piece.isalpha() for piece in pieces):
        return text, signature
    small = " ".join(pieces).casefold()
    at = text.rfind(small)
    end = at + len(small)
    if at < 0 or text[at - 1 : at].isalpha() or text[end : end + 1].isalpha():
        return text, signature
    before, behind = text[:at], text[end:]
    if signature or not before.rstrip(" \t").endswith(_SENTENCE_ENDS) or len(behind) > _LONGEST_END:
        return before + small.title() + behind, signature
    return before.rstrip(), small.title() + behind
