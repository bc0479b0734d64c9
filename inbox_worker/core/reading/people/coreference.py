"""Several mentions of one person put together, and what is said of several people at once.

Never joins two people of one family name: where two given names are told, each mention stays as it is.
"""

import re
from dataclasses import replace

from inbox_worker.core.courtesy import agreed
from inbox_worker.core.reading.people.details import mails
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.mention import Mention
from inbox_worker.core.registration import Registrant

_AND = re.compile(r"\s*(?:,|/|&|\+|und|sowie|and|mit|with)\s*(?:auch|also)?\s*", re.IGNORECASE)
_BOTH = re.compile(r"[^.!?\n]{0,25}?\b(?:beide|both|alle drei|alle|allesamt)\b")


def one_person_once(found: list[Mention], text: str) -> list[Mention]:
    """'Tabea Krings … Frau Krings … an t.krings@…': one person; and 'A und B, beide vom Heideboten' goes for both."""
    result = sorted(found, key=lambda mention: mention.start)
    for i, mention in enumerate(result):
        if mention.person.given_name or not mention.person.family_name or mention.salutation:
            continue
        full = [
            j
            for j, other in enumerate(result)
            if other.person.given_name and fold(other.person.family_name or "") == fold(mention.person.family_name)
        ]
        if len({result[j].person.given_name for j in full}) != 1 or any(
            _side_by_side(mention, result[j], text) for j in full
        ):
            continue
        merged = _merged(result[full[0]].person, mention.person)
        result[i] = replace(mention, person=merged)
        for j in full:
            result[j] = replace(result[j], person=merged)
    return _shared(result, text)


def _side_by_side(one: Mention, other: Mention, text: str) -> bool:
    """'Tom Schmitt und Frau Schmitt': two people of one name."""
    first, second = sorted((one, other), key=lambda mention: mention.start)
    return _AND.fullmatch(text, first.end, max(first.end, second.start)) is not None


def _shared(result: list[Mention], text: str) -> list[Mention]:
    for i, mention in enumerate(result[:-1]):
        after = result[i + 1]
        between = text[mention.end : after.start]
        if (
            _BOTH.match(text[after.end : after.end + 30])
            and after.person.organisation
            and not mention.person.organisation
            and len(between) < 40
            and "." not in between
        ):
            result[i] = replace(mention, person=replace(mention.person, organisation=after.person.organisation))
    return result


def _merged(one: Registrant, other: Registrant) -> Registrant:
    return replace(
        one,
        title=one.title or other.title,
        organisation=one.organisation or other.organisation,
        role=one.role or other.role,
        phone=one.phone or other.phone,
        email=one.email or other.email,
        salutation=agreed(one.salutation, other.salutation),
    )


def with_addresses(found: list[Mention], text: str) -> list[Mention]:
    """Addresses that stand further off ('unter u.kern@…') belong to whom their local part names."""
    result = _given_back(found)
    taken = {mention.person.email for mention in result}
    for match in mails(text):
        if match[0] in taken:
            continue
        local = fold(match[0].partition("@")[0])
        owners = [
            i for i, m in enumerate(result) if not m.person.email and not m.salutation and _named_in(m.person, local)
        ]
        if len({result[i].person.family_name for i in owners}) == 1:
            for i in owners:
                result[i] = replace(result[i], person=replace(result[i].person, email=match[0]))
    return result


def _given_back(found: list[Mention]) -> list[Mention]:
    """Without the addresses that stand behind one person and name another ('a.ott@… - Ada Ott, b.ey@… - Bo Ey')."""
    result = list(found)
    for i, mention in enumerate(found):
        local = fold((mention.person.email or "").partition("@")[0])
        if local and not _named_in(mention.person, local) and any(_named_in(m.person, local) for m in found):
            result[i] = replace(mention, person=replace(mention.person, email=None))
    return result


def _named_in(person: Registrant, local: str) -> bool:
    if person.family_name:
        last = fold(person.family_name.split()[-1])
        return len(last) > 2 and (
            last in local or (fold(person.family_name.split("-")[-1]) in local and "-" in person.family_name)
        )
    return bool(person.given_name) and fold(person.given_name or "") in local
