"""When two descriptions are of one person, and what both of them say together."""

from collections.abc import Sequence
from dataclasses import replace

from inbox_worker.core.courtesy import agreed
from inbox_worker.core.naming import fold_name
from inbox_worker.core.registration import Registrant


def same_person(one: Registrant, other: Registrant) -> bool:
    """Whether two descriptions may mean one person: same family name, given names that do not contradict."""
    if not one.family_name or not other.family_name:
        return bool(one.given_name and other.given_name) and fold_name(one.given_name or "") == fold_name(
            other.given_name or ""
        )
    if fold_name(one.family_name) != fold_name(other.family_name):
        return False
    first, second = fold_name(one.given_name or ""), fold_name(other.given_name or "")
    return (
        not first
        or not second
        or first == second
        or (first[0] == second[0] and (len(first) == 1 or len(second) == 1 or first.split()[0] == second.split()[0]))
    )


def merged(one: Registrant, other: Registrant) -> Registrant:
    """`one`, completed by what only `other` says."""
    given = one.given_name
    if other.given_name and (not given or len(fold_name(given).replace(" ", "")) <= 2):
        given = other.given_name
    return replace(
        one,
        given_name=given,
        family_name=one.family_name or other.family_name,
        title=one.title or other.title,
        organisation=one.organisation or other.organisation,
        role=one.role or other.role,
        phone=one.phone or other.phone,
        email=one.email or other.email,
        salutation=agreed(one.salutation, other.salutation),
    )


def _are_two(one: Registrant, other: Registrant) -> bool:
    """'Tom Schmitt und Frau Schmitt': had they been one person, their mentions would have been put together before."""
    whole, half = (one, other) if one.given_name else (other, one)
    told = bool(whole.given_name and half.family_name and not half.given_name)
    return told and half.salutation is not None and half.salutation is not whole.salutation


def deduplicated(people: Sequence[Registrant]) -> tuple[Registrant, ...]:
    """One description for each person, completed by the others."""
    kept: list[Registrant] = []
    for person in people:
        for number, known in enumerate(kept):
            if same_person(known, person) and not _are_two(known, person):
                kept[number] = merged(known, person)
                break
        else:
            kept.append(person)
    return tuple(kept)
