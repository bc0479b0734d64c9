"""The From header's display name -> person, organisation, role.

Never reads the address as a name: `anna.schmitt@…` tells which of two words is the family name, nothing more.
"""

import re
from dataclasses import dataclass, replace

from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.names import PersonName, is_given, parse_name
from inbox_worker.core.reading.people.roles import split_role_and_organisation

_SPLIT = re.compile(r"\s*[|/•·]\s*|\s+[-–—]\s+|\s+@\s+|\s*[\[(]|[\])]\s*")
_VIA = re.compile(r"\s+(?:via|über|c/o|per|through)\s+.*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Display:
    """What a display name tells; every field may be None."""

    name: PersonName | None = None
    organisation: str | None = None
    role: str | None = None


def read_display_name(shown: str, address: str) -> Display:
    """'Overbeck, Dr. Hans-Georg (Stadt Altenbrück, FB 5)', 'Anna Schmitt | Zeitung', 'Pape, K.' taken apart."""
    text = _VIA.sub("", shown.strip(" \t\"'„“”<>")).strip()
    if not text or "@" in text.split()[0]:
        return Display()
    told = Display()
    for number, piece in enumerate(p.strip(" ,") for p in _SPLIT.split(text)):
        if told.name is None and (found := _person(piece, address)):
            told = replace(told, name=found)
            continue
        for part in (p.strip() for p in re.split(r",(?!\d)", piece)):
            if told.name is None and number == 0 and (found := _person(part, address)):
                told = replace(told, name=found)
            elif part:
                told = _with_part(told, part, address, apart=number > 0)
    return told if told.name else replace(told, role=None)


def _with_part(shown: Display, part: str, address: str, *, apart: bool) -> Display:
    """`shown` with what a part besides the name tells; `apart` from the name by brackets or a bar."""
    shape = organisations.shape(part, address)
    if organisations.is_role(part) and shape.score < 5:
        written, proper = split_role_and_organisation(part)
        return replace(shown, role=shown.role or written, organisation=shown.organisation or proper)
    if shown.organisation or organisations.is_department(shape.name or part):
        return shown
    bare = apart and shown.name and shape.score >= 0 and (" " in part or "-" in part) and part[:1].isupper()
    return replace(shown, organisation=shape.name or None) if bare or shape.score >= 2 else shown


def _person(piece: str, address: str) -> PersonName | None:
    name = parse_name(piece) if piece else None
    if name is None:
        return None
    words = piece.replace(",", " ").split()
    if organisations.is_department(piece) or (organisations.is_role(piece) and not name.known):
        return None
    local = fold(address.rpartition("@")[0])
    vouched = any(len(fold(word)) > 2 and fold(word) in local for word in words)
    kinds = any(organisations.kind_gender(word) for word in words)
    if kinds and not (name.known and vouched):
        return None
    if not (name.known or vouched or name.title or ("," in piece)):
        return name if _two_plain_words(words, address) else None
    if name.given is None and not (vouched or name.title):
        return None
    return _turned(name, address, comma="," in piece)


def _two_plain_words(words: list[str], address: str) -> bool:
    """Two capitalised words that neither our lists nor the domain know as something else: most often a name."""
    return (
        len(words) in {2, 3}
        and not any(word.casefold() in lexicon.NOT_NAMES for word in words)
        and organisations.domain_overlap(" ".join(words), address) < 0.5
    )


def _turned(name: PersonName, address: str, *, comma: bool) -> PersonName:
    """'Schmitt Anna' without a comma: turned round when the given names or the address say so."""
    if comma or not name.given or not name.family or " " in name.family:
        return name
    pieces = [fold(piece) for piece in re.split(r"[._-]", address.rpartition("@")[0]) if piece]
    if len(pieces) == 2 and pieces == [fold(name.family), fold(name.given)] and is_given(name.family):
        return replace(name, given=name.family, family=name.given, known=True)
    if not is_given(name.given) and is_given(name.family) and not _initialled(name.given):
        return replace(name, given=name.family, family=name.given, known=True)
    return name


def _initialled(text: str) -> bool:
    return "." in text or len(text) == 1
