"""How somebody is greeted and named: 'Frau Dr. Schmitt', 'Dr. Anna Schmitt', or not by name at all.

Never guesses: Frau and Herr are said only where the mail said so.
"""

import re
from collections.abc import Sequence

from inbox_worker.core.registration import Language, Registrant, Salutation

MOST_GREETED = 3
"""So many people are greeted by name in one mail; more would be a list."""

_ENGLISH = {Salutation.FRAU: "Ms", Salutation.HERR: "Mr"}
_SPOKEN = {
    "Prof.": re.compile(r"\bprof", re.IGNORECASE),
    "Dr.": re.compile(r"(?:\b|[a-z])dr(?:in|es)?\b", re.IGNORECASE),
    "Mag.": re.compile(r"\bm?mag", re.IGNORECASE),
}


def spoken_title(person: Registrant) -> str:
    """'Prof. Dr.' of 'Univ.-Prof. Dr. rer. nat. Dipl.-Ing.': faculties and diplomas are no part of a greeting."""
    spoken = [title for title, pattern in _SPOKEN.items() if pattern.search(person.title or "")]
    return " ".join(spoken[:2])


def may_be_greeted(person: Registrant | None) -> bool:
    """Whether the name is whole: half a name is ruder than none."""
    if person is None or not person.family_name:
        return False
    return bool(person.given_name or person.salutation or spoken_title(person))


def together(people: Sequence[Registrant]) -> tuple[Registrant, ...]:
    """Those who read one mail, if they can all be greeted by name; else nobody."""
    return tuple(people) if len(people) <= MOST_GREETED and all(map(may_be_greeted, people)) else ()


def agreed(*said: Salutation | None) -> Salutation | None:
    """The salutation on which all agree who say one; nobody's where they do not."""
    heard = {one for one in said if one}
    return heard.pop() if len(heard) == 1 else None


def greeting(person: Registrant, language: Language) -> str:
    """The name behind 'Guten Tag' or 'Dear'; '' where nobody may be greeted by it."""
    if not may_be_greeted(person):
        return ""
    title = spoken_title(person)
    if person.salutation is None:
        return _words(title, person.given_name, person.family_name)
    if language == "de":
        return _words(person.salutation, title, person.family_name)
    english = "Professor" if "Prof." in title else "Dr" if "Dr." in title else _ENGLISH[person.salutation]
    return _words(english, person.family_name)


def shown_name(person: Registrant, language: Language = "de") -> str:
    """The name as a list shows it, with 'Frau' or 'Ms' where there is no given name; '' for nobody named."""
    if person.salutation is None or person.given_name or not person.family_name:
        return person.full_name
    return _words(person.salutation if language == "de" else _ENGLISH[person.salutation], person.full_name)


def _words(*parts: str | None) -> str:
    return " ".join(filter(None, parts))
