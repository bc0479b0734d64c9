"""Which word of a name is the family name, where the mail itself says so.

Never guesses from the look of a name: only what is said ("Nagy ist der Familienname") turns one round.
"""

import re
from dataclasses import replace

from inbox_worker.core.registration import Registrant

_WORD = r"[^\W\d_][\w'’-]*"
_FAMILY = r"(?:familienname|nachname|zuname|family name|surname|last name|nom de famille)"
_GIVEN = r"(?:vorname|rufname|given name|first name)"
_SAID = re.compile(
    rf"\b(?P<a>{_WORD})\s+(?:ist|is|=|wäre)\s+(?:hier\s|dabei\s|also\s)?(?:der|mein|ihr|sein|the|my|her|his)?\s*{_FAMILY}"
    rf"|\b{_FAMILY}\s*(?:ist|is|lautet|:|=)?\s*[„\"»]?(?P<b>{_WORD})",
    re.IGNORECASE,
)
_SAID_GIVEN = re.compile(
    rf"\b(?P<a>{_WORD})\s+(?:ist|is|=)\s+(?:hier\s|dabei\s|also\s)?(?:der|mein|ihr|sein|the|my|her|his)?\s*{_GIVEN}"
    rf"|\b{_GIVEN}\s*(?:ist|is|lautet|:|=)?\s*[„\"»]?(?P<b>{_WORD})",
    re.IGNORECASE,
)
_FIRST = re.compile(
    rf"{_FAMILY}\s+(?:(?:steht|stands|comes|kommt)\s+)?(?:immer\s+|bei mir\s+)?"
    r"(?:zuerst|first|voran|vorn|vorne|vorangestellt)",
    re.IGNORECASE,
)


def as_said(person: Registrant, text: str) -> Registrant:
    """`person` with given and family name in the roles that `text` gives them; unchanged where it says nothing."""
    lowered = text.lower()
    if not person.given_name or not person.family_name or not ("name" in lowered or "nom" in lowered):
        return person
    words = f"{person.given_name} {person.family_name}".split()
    folded = [word.casefold() for word in words]
    for said in _SAID.finditer(text):
        named = (said["a"] or said["b"]).casefold()
        if named in folded and not said["b"]:
            return _with_family(person, words, folded.index(named))
        if named in folded and named == folded[0]:
            return _with_family(person, words, 0)
    for said in _SAID_GIVEN.finditer(text):
        named = (said["a"] or said["b"]).casefold()
        if named in folded[-1:] and folded[0] != named and said["a"]:
            return _with_family(person, words, 0)
    if _FIRST.search(text) and folded[0] == person.given_name.split()[0].casefold():
        return _with_family(person, words, 0)
    return person


def _with_family(person: Registrant, words: list[str], index: int) -> Registrant:
    if words[index:] == (person.family_name or "").split() or index not in {0, len(words) - 1}:
        return person
    given = words[1:] if index == 0 else words[:-1]
    return replace(person, given_name=" ".join(given), family_name=words[index])
