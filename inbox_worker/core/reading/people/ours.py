"""What belongs to the desk itself: its people, numbers and names, which are never a sender's.

Never guesses: only what the desk's settings and events tell.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from inbox_worker.core.reading.people import phones
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.names import PersonName, parse_name
from inbox_worker.core.registration import Desk


@dataclass(frozen=True, slots=True)
class Ours:
    """Folded names of our people, our numbers in E.164, and further folded facts of our invitation."""

    people: frozenset[tuple[str, str]]
    families: frozenset[str]
    phones: frozenset[str]
    facts: frozenset[str]

    def is_person(self, name: PersonName) -> bool:
        """Whether `name` is one of our own people, in full or by family name alone."""
        family = fold(name.family or "")
        if name.given:
            return (fold(name.given), family) in self.people
        return family in self.families

    def is_ours(self, text: str) -> bool:
        """Whether `text` only repeats a fact of our own (street, title or alias of an event, our own name)."""
        folded = fold(text)
        return folded in self.facts or any(folded in fact for fact in self.facts if len(folded) > 5)


@lru_cache(maxsize=16)
def ours_of(desk: Desk) -> Ours:
    """Gather what is our own from contacts, events and postal facts."""
    contacts = [desk.contact, *(event.contact for event in desk.events)]
    written = [contact.name for contact in contacts] + [person for event in desk.events for person in event.people]
    names = [name for name in map(parse_name, written) if name]
    numbers = {
        phone.e164
        for text in [contact.phone for contact in contacts] + list(desk.postal)
        for phone in phones.find_phones(text)
    }
    facts = {fold(text) for text in desk.postal}
    facts |= {fold(title) for event in desk.events for title in (event.title, event.title_en, *event.aliases) if title}
    facts |= {fold(piece) for event in desk.events for piece in re.split(r"[:„“\"]", event.title) if len(piece) > 5}
    facts |= {fold(address.rpartition("@")[2].rpartition(".")[0]) for address in desk.addresses}
    return Ours(
        frozenset((fold(name.given or ""), fold(name.family or "")) for name in names),
        frozenset(fold(name.family or "") for name in names),
        frozenset(numbers),
        frozenset(facts),
    )
