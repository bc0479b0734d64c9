"""What a mail claims, laid beside what stands on the list: who is meant, and which of their facts.

The mail says "Blauwal statt Blaumeise"; only the list knows that Blaumeise is somebody's newspaper. Pure, and never
guesses: a name is only replaced by one that resembles it, and what fits nobody stays open for a person to settle.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from difflib import SequenceMatcher

from inbox_worker.core.naming import fold_name
from inbox_worker.core.registration import Registrant
from inbox_worker.core.request import Claim
from inbox_worker.core.respelling import respelled

_ALIKE = 0.6
_PARTS = ("family_name", "given_name")
_FACTS = tuple(field.name for field in fields(Registrant) if field.compare)


def corrected(
    claims: Sequence[Claim], people: Sequence[Registrant], writer: Registrant | None
) -> tuple[tuple[Registrant, ...], tuple[Claim, ...]]:
    """The people as they should stand on the list, in their order, and what could not be settled.

    `writer` is who wrote: meant where nobody is named.
    """
    now, unsettled = list(people), list[Claim]()
    for claim in (_with_its_person(one, people) for one in claims):
        new = {number: _with(now[number], claim, writer) for number in _whom(claim, people, writer)}
        changed = any(right is not None and right != people[number] for number, right in new.items())
        settled = bool(new) and all(right not in {None, people[number]} for number, right in new.items())
        if claim.unsure:
            unsettled += [claim] if claim.firm or changed else []
            continue
        opposes = claim.opposes and any(_fields_of(claim.was, person) for person in people)
        unsettled += [claim] if (claim.firm or opposes) and not settled else []
        for number, right in new.items():
            now[number] = right or now[number]
    if now != list(people):  # that something was wrong is settled by what is said to be right
        unsettled = [claim for claim in unsettled if not replace(claim, swapped=False).is_empty]
    return tuple(now), tuple(unsettled)


def _with_its_person(claim: Claim, people: Sequence[Registrant]) -> Claim:
    """'Herr Bäumer arbeitet nicht bei …, sondern bei …': a name beside other facts says whom they are of."""
    named = [one for one in people if claim.loose and _is_value(claim.loose, one.name)]
    if claim.whom is not None or len(named) != 1 or claim.now == Registrant() or claim.now.name:
        return claim
    return replace(claim, loose="", whom=named[0])


def resembles(one: str | None, other: str | None) -> bool:
    """Whether one name may be a misspelling of the other; both must be there."""
    first, second = fold_name(one or ""), fold_name(other or "")
    return bool(first and second) and SequenceMatcher(None, first, second).ratio() >= _ALIKE


def _fits(given: str | None, other: str | None) -> bool:
    """Whether two given names may be one person's: alike, or one of them the other's initial."""
    first, second = fold_name(given or ""), fold_name(other or "")
    return resembles(given, other) or bool(
        first and second and first[0] == second[0] and 1 in {len(first), len(second)}
    )


def _whom(claim: Claim, people: Sequence[Registrant], writer: Registrant | None) -> list[int]:
    """The numbers of those who are meant: several only where all of them have the old value, nobody in doubt."""
    everybody = range(len(people))
    if claim.whom is not None:
        return _only([number for number in everybody if _is_named(claim.whom, people[number])])
    if claim.was and (having := [number for number in everybody if _fields_of(claim.was, people[number])]):
        shared = all(set(_fields_of(claim.was, people[number])).isdisjoint(_PARTS) for number in having)
        return having if shared else _only(having)
    names = [name for name in (claim.loose, claim.now.family_name, claim.now.given_name) if name]
    alike = [
        n for n in everybody if any(resembles(name, getattr(people[n], part)) for name in names for part in _PARTS)
    ]
    if len(alike) == 1:
        return alike
    if claim.letters and not names:
        return _only([n for n in everybody if respelled(people[n], claim.letters)])
    if writer is not None:
        own = [n for n in everybody if _is_named(writer, people[n])]
        if len(own) == 1:
            return own
    return _only(list(everybody))


def _only(numbers: list[int]) -> list[int]:
    return numbers if len(numbers) == 1 else []


def _is_named(name: Registrant, person: Registrant) -> bool:
    if name.family_name and person.family_name:
        given = not (name.given_name and person.given_name) or resembles(name.given_name, person.given_name)
        return given and resembles(name.family_name, person.family_name)
    return resembles(name.given_name, person.given_name)


def _fields_of(was: Sequence[str], person: Registrant) -> list[str]:
    """The facts of this person that one of these old values is."""
    return [name for name in _FACTS if any(_is_value(old, getattr(person, name)) for old in was)]


def _is_value(old: str, value: str | None) -> bool:
    first, second = fold_name(old), fold_name(value or "")
    if not first or not second:
        return False
    return first == second or (len(first) > 2 and f" {first} " in f" {second} ")


def _with(person: Registrant, claim: Claim, writer: Registrant | None) -> Registrant | None:
    """This person as the claim has them; None where that is too far from what is known of them."""
    now = replace(claim.now, given_name=None, family_name=None)
    changes = {name: value for name in _FACTS if (value := getattr(now, name))}
    house = changes.get("organisation")
    if house and f" {fold_name(house)} " in f" {fold_name(person.organisation or '')} ":  # a part of what is known
        del changes["organisation"]
    if claim.now.name:
        named = _renamed(person, claim.now, writer)
        if named is None:
            return None
        changes |= named
    elif claim.loose:
        part = _part_of(person, claim, writer)
        if part is None:
            return None
        same = fold_name(claim.loose) == fold_name(getattr(person, part) or "")
        spelled = respelled(person, claim.letters) if same else {}  # "Kern mit Doppel-n"
        changes |= spelled or {part: claim.loose}
    elif claim.letters:
        spelled = respelled(person, claim.letters)
        if not spelled:
            return None
        changes |= spelled
    elif claim.swapped and not changes and person.given_name and person.family_name:
        changes = {"given_name": person.family_name, "family_name": person.given_name}
    changes |= dict.fromkeys(claim.gone)
    right = replace(person, **changes)
    return None if _contradicts(person, right, claim, writer) else right


def _contradicts(person: Registrant, right: Registrant, claim: Claim, writer: Registrant | None) -> bool:
    """Whether the mail says two things: of the letters, or in the signature of the one whose name it is."""
    new = right.family_name or ""
    spelled = [one for one in claim.letters if one not in f"{right.given_name} {new}".lower()]
    if spelled and (claim.loose or claim.now.name):
        return True
    signed = writer.family_name if writer else None
    if right.family_name == person.family_name or not signed or not writer or claim.whom is not None:
        return False
    own = _fits(writer.given_name, right.given_name)
    return (
        own
        and resembles(signed, new)
        and fold_name(signed) not in {fold_name(new), fold_name(person.family_name or "")}
    )


def _renamed(person: Registrant, now: Registrant, writer: Registrant | None) -> dict[str, str] | None:
    """The new parts of a name, if it is still the same person's: one part is kept or only spelled otherwise."""
    given, family = now.given_name, now.family_name
    if not person.name:
        return {part: value for part in _PARTS if (value := getattr(now, part))}
    if not given and fold_name(family or "") == fold_name(person.given_name or ""):
        given = person.family_name
    elif not family and fold_name(given or "") == fold_name(person.family_name or ""):
        family = person.given_name
    if given and family:
        swapped = fold_name(given) == fold_name(person.family_name or "")
        one_stays = resembles(family, person.family_name) or resembles(given, person.given_name)
        if not (one_stays or swapped or _signs(writer, given, family)):
            return None
        return {"given_name": given, "family_name": family}
    return {"given_name": given} if given else {"family_name": family or ""}


def _signs(writer: Registrant | None, given: str, family: str) -> bool:
    """Whether the writer signs with this name."""
    return writer is not None and fold_name(writer.name) == fold_name(f"{given} {family}")


def _part_of(person: Registrant, claim: Claim, writer: Registrant | None) -> str | None:
    """Of which fact the loose value is a new one: of the one that an old value was, or that it resembles."""
    held = [name for name in _fields_of(claim.was, person) if not getattr(claim.now, name)]
    if held:
        part = held[0] if len(held) == 1 else next((part for part in held if part in _PARTS), None)
        if part in _PARTS:  # "Frau Kern muss zu einer Sitzung" gives her no new name
            told = claim.opposes or {"name", *_PARTS} & {*claim.about}
            return part if told or resembles(claim.loose, getattr(person, part)) else None
        return part if not _is_value(claim.loose, person.name) else None
    signed = writer is not None and fold_name(writer.family_name or "") == fold_name(claim.loose)
    if writer and signed and _fits(writer.given_name, person.given_name):  # a name by marriage
        return "family_name"
    spoken_for = all(any(getattr(claim.now, name) for name in _fields_of([old], person)) for old in claim.was)
    return next(_alike(person, claim.loose), None) if spoken_for else None


def _alike(person: Registrant, value: str) -> Iterator[str]:
    for name in (*_PARTS, "organisation", "role"):
        if resembles(value, getattr(person, name)) or _is_value(getattr(person, name) or "", value):
            yield name
