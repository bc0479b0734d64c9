"""What somebody is and where: 'Chefin vom Dienst bei UniFM Marbeck' -> role and house.

Never takes a common noun for a house ("Volontärin beim Kurier"), and keeps in the role what belongs to it.
"""

import re

from inbox_worker.core.reading.people import lexicon
from inbox_worker.core.reading.people.organisations import (
    ARTICLE,
    QUOTED,
    domain_overlap,
    is_department,
    is_role,
    kind_gender,
    nominative,
    role_word,
    tidy,
)

_LINKS = re.compile(
    r"\s(?:(?:bei|beim|für|von|vom|at|of|for|with|in|im)(?:\s(?:der|die|das|dem|den|the))?|der|des|@)\s"
    r"(?=[„\"»A-ZÄÖÜ\d])"
)
_OF_THE_ROLE = re.compile(r"\s(?:vom Dienst|im Ruhestand|of Staff|in Chief)\b", re.IGNORECASE)
_AT = ("bei", "beim", "at", "@")


def _links_to_house(text: str) -> list[re.Match[str]]:
    """The prepositions that may lead from a role to its house, the likeliest first.

    'vom Dienst' and what stands between 'für' and a 'bei' ('für Deutschland bei …') belong to the role.
    """
    links = [link for link in _LINKS.finditer(text) if not _OF_THE_ROLE.match(text, link.start())]
    houses = [link for link in links if link[0].split()[0] in _AT][:1]
    if links and houses and links[0][0].split()[0] in {"für", "for"}:
        return houses
    return [*links[:1], *(house for house in houses if house is not links[0])]


def _stands_alone(name: str) -> bool:
    """Whether words behind 'bei' can be a house that no word of ours explains ('UniFM Marbeck')."""
    words = name.split()
    return 0 < len(words) <= 4 and not any(
        not (word[:1].isupper() or word[:1].isdigit())
        or role_word(word)
        or word in {"Frau", "Herrn", "Herr"}
        or (len(words) == 1 and (kind_gender(word) or word.casefold() in lexicon.NOT_NAMES))
        for word in words
    )


def _by_link(text: str, address: str) -> tuple[str, str | None] | None:
    """Role and house on both sides of a preposition; None when no preposition stands in `text`."""
    links = _links_to_house(text)
    for link in links:
        role, rest = text[: link.start()].strip(" ,"), text[link.start() :].strip()
        phrase = re.sub(r"^(?:bei|für|von|at|of|for|with|in|@)\s+", "", rest)
        house = tidy(nominative(ARTICLE.sub("", phrase), phrase))
        first = house.split()[0] if house.split() else ""
        at = rest.split()[0] in _AT
        known = (
            (_is_proper_organisation(house) and kind_gender(first) != "pl")
            or (at and _stands_alone(house))
            or domain_overlap(house, address) >= 0.6
        )
        if is_role(role) and known and not is_department(house):
            return role, house
        if at and is_role(role):
            return role, None  # "Volontärin beim Kurier": which one is not said
    return (text, None) if links else None


def split_role_and_organisation(text: str, address: str = "") -> tuple[str | None, str | None]:
    """'1. Bürgermeister Markt Obersteinach' -> both; 'Leiterin der Lokalredaktion' -> the role alone."""
    if _LINKS.search(text) and (linked := _by_link(text, address)):
        return linked
    quoted = QUOTED.search(text)
    if quoted and is_role(text[: quoted.start()]) and not text[quoted.end() :].strip(" .,"):
        return text[: quoted.start()].strip(" ,"), quoted[1].strip()
    words = text.split()
    for i in range(1, len(words)):
        piece = " ".join(words[i:])
        front = " ".join(words[:i])
        if not is_role(front) or is_role(piece) or is_department(piece) or words[i - 1][-1:] in "&,-":
            continue
        if "&" in words[i:] or "und" in words[i:]:
            break
        first = words[i].casefold()
        public = first in lexicon.PUBLIC_WORDS or first in lexicon.PUBLIC_ENDINGS
        if (public or first in lexicon.MEDIA_WORDS or first == "radio") and len(words) > i + 1:
            return front.rstrip(","), piece
        if address and domain_overlap(piece, address) >= 0.6:
            return front.rstrip(","), tidy(piece)
    return text, None


def _is_proper_organisation(name: str) -> bool:
    words = name.split()
    if not words or (not words[0][:1].isupper() and not words[0][:1].isdigit()):
        return False
    kinds = [w for w in words if kind_gender(w)]
    if not kinds:
        return False
    # a bare common noun ("der Stadtverwaltung", "der Redaktion") names nobody
    return (
        len(words) > 1
        or "-" in words[0]
        or kinds[0].casefold()
        not in {
            *lexicon.PUBLIC_ENDINGS,
            *lexicon.PUBLIC_WORDS,
            *lexicon.MEDIA_ENDINGS,
        }
    )
