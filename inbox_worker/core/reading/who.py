"""Who registers and who withdraws: the people named in sentences, and the writer.

Never finds names itself (that is `people`), and never registers somebody who is only talked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inbox_worker.core.naming import fold_name
from inbox_worker.core.reading.intent import Evidence
from inbox_worker.core.reading.people import Mention
from inbox_worker.core.registration import Reason, Registrant


@dataclass(frozen=True, slots=True)
class Named:
    """A mention, the number of the sentence that holds it, and what that sentence does with this person."""

    mention: Mention
    sentence: int
    coming: bool = False
    going: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """Who comes, who does not, and why that is thought."""

    registrants: tuple[Registrant, ...] = ()
    withdrawn: tuple[Registrant, ...] = ()
    because: tuple[Reason, ...] = ()


def same_person(one: Registrant, other: Registrant) -> bool:
    """Whether two descriptions may mean one person: same family name, given names that do not contradict."""
    if not one.family_name or not other.family_name:
        return bool(one.given_name and other.given_name) and fold_name(one.given_name or "") == fold_name(other.given_name or "")
    if fold_name(one.family_name) != fold_name(other.family_name):
        return False
    first, second = fold_name(one.given_name or ""), fold_name(other.given_name or "")
    return not first or not second or first == second or first[0] == second[0] and (len(first) == 1 or len(second) == 1 or first.split()[0] == second.split()[0])


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
    )


def named_people(found: Sequence[Mention], evidence: Sequence[Evidence], writer: Registrant | None) -> list[Named]:
    """What the sentences do with each mentioned person who is not the writer."""
    named: list[Named] = []
    for mention in found:
        if mention.salutation or mention.self_named or (writer and same_person(mention.person, writer)):
            continue
        number = _sentence_of(mention, evidence)
        coming, going = _fate(mention, number, evidence)
        named.append(Named(mention, number, coming, going))
    return named


def _sentence_of(mention: Mention, evidence: Sequence[Evidence]) -> int:
    for number, one in enumerate(evidence):
        if one.sentence.where == "text" and one.sentence.start <= mention.start < one.sentence.end:
            return number
    return -1


def _fate(mention: Mention, number: int, evidence: Sequence[Evidence]) -> tuple[bool, bool]:
    if number < 0:
        return mention.listed, False
    own = evidence[number]
    clause = _clause(own, mention)
    going = _distance(own, clause, ("decline_other", "decline_self"))
    coming = _distance(own, clause, ("other", "any", "replace", "along", "self"))
    if going is not None and (coming is None or going < coming):
        return False, True
    if coming is not None:
        return True, False
    if own.does("ask", "hostile"):
        return False, False
    # A list or an introduction belongs to the sentence before it.
    for before in range(number - 1, max(-1, number - (12 if mention.listed else 2)), -1):
        previous = evidence[before]
        if previous.sentence.where != "text":
            break
        if previous.does("decline_other", "decline_self") and not previous.does("other", "any", "self", "replace"):
            return False, mention.listed
        if previous.does("other", "any", "replace", "self", "along"):
            return mention.listed or mention.colleague or previous.does("other", "replace", "along"), False
    return mention.listed, False


def _clause(own: Evidence, mention: Mention) -> int:
    return next((word.clause for word in own.sentence.words if word.end > mention.start), 0)


def _distance(own: Evidence, clause: int, acts: tuple[str, ...]) -> float | None:
    """How many clauses lie between a person and the nearest words of `acts`; None without any."""
    words = own.sentence.words
    best: float | None = None
    for act in acts:
        for hit in own.hits.get(act, ()):
            if hit.weight < 1:
                continue
            first, last = words[hit.first].clause, words[hit.last].clause
            gap = 0.0 if first <= clause <= last else float(min(abs(first - clause), abs(last - clause)))
            best = gap if best is None else min(best, gap)
    return best


def deduplicated(people: Sequence[Registrant]) -> tuple[Registrant, ...]:
    """One description for each person, completed by the others."""
    kept: list[Registrant] = []
    for person in people:
        for number, known in enumerate(kept):
            if same_person(known, person):
                kept[number] = merged(known, person)
                break
        else:
            kept.append(person)
    return tuple(kept)
