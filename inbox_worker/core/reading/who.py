"""Who registers and who withdraws: the people named in sentences, and the writer.

Never finds names itself (that is `people`), and never registers somebody who is only talked about.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from inbox_worker.core.reading.intent import Evidence
from inbox_worker.core.reading.people import Mention
from inbox_worker.core.reading.sameness import deduplicated, same_person
from inbox_worker.core.reading.turns import in_turn
from inbox_worker.core.reading.verdicts import Wish
from inbox_worker.core.registration import Intent, Reason, Registrant
from inbox_worker.core.request import Group

_PATTERNS = tomllib.loads(files(__package__).joinpath("data/who.toml").read_text("utf-8"))


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in _PATTERNS[name]), re.IGNORECASE)


_SURE = 0.9
_ME = frozenset(
    {"ich", "mich", "mir", "i", "me", "i'm", "i'd", "i'll", "i've", "myself", "meine", "mein", "my", "meinen", "meiner"}
)
_WE = re.compile(r"\b(?:ich|wir|mich|mir|uns|I|we|me|us|mein\w*|unser\w*|my|our)\b", re.IGNORECASE)
_THIRD = re.compile(
    r"\b(?:sie|er|ihn|ihm|ihr|ihre[nrm]?|deren|dessen|beide[n]?|she|he|him|her|they|them|"
    r"both|Er|She|He|They|Beide|Both|Ihr|der|die)\b"
)
_AND_ME = _pattern("and_me")
_IN_MY_PLACE = _pattern("in_my_place")
_THEIR_PLACE = _pattern("their_place")
_REPLACED = _pattern("replaced")
_SENDING = re.compile(r"\b(?:schicken|senden|send|mailen|zusenden|Zugangsdaten|Link)\b", re.IGNORECASE)
_SELF_VERB = _pattern("self_verb")
_FOR_ANOTHER = _pattern("for_another")
_ME_TOO = _pattern("me_too")
_ALREADY_IN = _pattern("already_in")
_ALL_OF_US = _pattern("all_of_us")
_ONLY_ME = _pattern("only_me")


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


def meant_of_a_group(wish: Wish, text: Sequence[Evidence]) -> Group | None:
    """Whether a wish is said of all whom the writer registered, or tells that only the writer comes."""
    if any(_ALL_OF_US.search(one.sentence.text) for one in wish.going):
        return Group.ALL
    if any(_ONLY_ME.search(one.sentence.text) for one in text if not one.asks):
        return Group.ONLY_THE_WRITER
    return None


def named_people(
    found: Sequence[Mention], text: Sequence[Evidence], whole: str, wish: Wish, writer: Registrant | None
) -> list[Named]:
    """What the sentences do with each mentioned person who is not the writer; `whole` is the text they stand in."""
    named: list[Named] = []
    for mention in found:
        if mention.salutation or mention.self_named or (writer and same_person(mention.person, writer)):
            continue
        number = _sentence_of(mention, text)
        if (number >= 0 and _place_taken(number, mention, found, text)) or _REPLACED.search(
            whole[max(0, mention.start - 60) : mention.start]
        ):
            coming, going = False, True
        else:
            coming, going = _fate(mention, number, text, wish)
        named.append(Named(mention, number, coming, going))
    return named


def _place_taken(number: int, mention: Mention, found: Sequence[Mention], text: Sequence[Evidence]) -> bool:
    """Whether the writer says that they come in this person's place, here or in the next sentence."""
    end = text[min(number + 1, len(text) - 1)].sentence.end
    between = [other for other in found if mention.start < other.start < end and not other.salutation]
    nearby = " ".join(one.sentence.text for one in text[number : number + 2])
    return not between and _THEIR_PLACE.search(nearby) is not None


def _sentence_of(mention: Mention, text: Sequence[Evidence]) -> int:
    for number, one in enumerate(text):
        if one.sentence.start <= mention.start < one.sentence.end:
            return number
    return -1


def _fate(mention: Mention, number: int, text: Sequence[Evidence], wish: Wish) -> tuple[bool, bool]:
    """Whether this person comes, whether they stay away; neither when they are only talked about."""
    if number < 0:
        return mention.listed, False
    own = text[number]
    decided = _decided(own, mention, wish)
    if decided is not None:
        return decided
    # what an item of a list adds to a name ("please use this mailbox") does not take the name off the list
    if own.is_likely(*(("already",) if mention.listed else ("asks", "already", "link", "strange"))):
        return False, False
    following = text[number + 1] if number + 1 < len(text) else None
    if following is not None and not mention.listed and _THIRD.search(following.sentence.text):
        decided = _membership(following, wish)
        if decided is not None:
            return decided
    # A list or an introduction belongs to the sentence before it.
    for before in range(number - 1, max(-1, number - (14 if mention.listed else 2)), -1):
        previous = text[before]
        decided = _membership(previous, wish)
        if decided is not None:
            introduced = mention.listed or mention.colleague or previous.sentence.text.rstrip().endswith(":")
            return (decided[0] and introduced), (decided[1] and introduced)
    return mention.listed and wish.intent is not Intent.CANCELLATION, False


def _membership(one: Evidence, wish: Wish) -> tuple[bool, bool] | None:
    comes, goes = any(one is other for other in wish.coming), any(one is other for other in wish.going)
    return (comes, goes and not comes) if comes or goes else None


def _decided(own: Evidence, mention: Mention, wish: Wish) -> tuple[bool, bool] | None:
    """What the person's own sentence says of them, by the words nearest to the name when it says both."""
    clause = next((word.clause for word in own.sentence.words if word.end > mention.start), 0)
    going = _distance(own, clause, ("decline_other", "decline_self"))
    coming = _distance(own, clause, ("other", "replace", "along", "self"))
    member = _membership(own, wish)
    if member is None:
        return None
    sure = own.is_likely("withdraws" if member[1] else "comes", least=_SURE)
    if sure or going is None or coming is None or going == coming:
        return member
    return coming < going, going < coming


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


def who(
    wish: Wish, text: Sequence[Evidence], named: Sequence[Named], me: Registrant | None, home: str | None
) -> People:
    """Who registers and who withdraws; `me` is the writer, `home` their organisation, which colleagues share."""
    if wish.intent not in {Intent.REGISTRATION, Intent.CANCELLATION}:
        return People()
    writer = me or Registrant(organisation=home)
    others = [_housed(one, home) for one in named if one.coming]
    gone = [_housed(one, home) for one in named if one.going]
    if wish.intent is Intent.CANCELLATION:
        own = not gone or any(_first_person(one) and _leaves(one, named, text) for one in wish.going)
        return People((), deduplicated([*gone, *([writer] if own else [])]))
    if not others and me is None:
        talked = [one for one in named if not one.going]
        if len(talked) == 1:
            return People((_housed(talked[0], home),), deduplicated(gone))
    steps_back = _steps_back(text)
    already = any(
        (one.is_likely("already") and _first_person(one)) or _ALREADY_IN.search(one.sentence.text) for one in text
    )
    comes = not others or (not already and _comes(wish, text, named, me))
    if steps_back and others:
        comes = False
    leaves = (
        bool(others)
        and not comes
        and (steps_back or any(_first_person(one) and _leaves(one, named, text) for one in wish.going))
    )
    withdrawn = deduplicated([*gone, *([writer] if leaves else [])])
    registrants = deduplicated([*([writer] if comes else []), *others])
    return People(tuple(one for one in registrants if not any(same_person(one, other) for other in gone)), withdrawn)


def _housed(one: Named, home: str | None) -> Registrant:
    person = one.mention.person
    return replace(person, organisation=person.organisation or home)


def _first_person(one: Evidence) -> bool:
    return any(word.folded in _ME for word in one.sentence.words)


def _names(one: Evidence, named: Sequence[Named], text: Sequence[Evidence]) -> list[Named]:
    return [person for person in named if person.sentence >= 0 and text[person.sentence] is one]


def _leaves(one: Evidence, named: Sequence[Named], text: Sequence[Evidence]) -> bool:
    """Whether a withdrawing sentence is (also) about the writer."""
    if not any(person.going for person in _names(one, named, text)):
        return True
    return (one.does("along") and one.first_person) or bool(_AND_ME.search(one.sentence.text))


def _steps_back(text: Sequence[Evidence]) -> bool:
    """Whether somebody comes in the writer's place."""
    return any(_IN_MY_PLACE.search(one.sentence.text) for one in text if not one.is_likely("asks"))


def _comes(wish: Wish, text: Sequence[Evidence], named: Sequence[Named], me: Registrant | None) -> bool:
    """Whether the writer comes too, though others are named."""
    nameless = me is None or not (me.family_name or me.given_name)
    if any(person.coming and person.mention.listed for person in named) and any(
        _ME_TOO.search(line) for one in text for line in one.sentence.text.split("\n")
    ):
        return not nameless
    for one in wish.coming:
        if one.sentence.where != "text" or one.does("decline_self"):
            continue
        with_others = [person for person in _names(one, named, text) if person.coming]
        if one.does("along") and _WE.search(one.sentence.text) and not nameless and len(with_others) < 2:
            return True
        if _AND_ME.search(one.sentence.text) and not nameless:
            return True
        places = [person.mention.start for person in with_others]
        if places and in_turn(one, places, _FOR_ANOTHER) and not nameless:
            return True
        if (
            not with_others
            and one.does("self")
            and _first_person(one)
            and not nameless
            and not _SENDING.search(one.sentence.text)
        ):
            return True
        if _FOR_ANOTHER.search(one.sentence.text):
            continue
        if with_others and _SELF_VERB.search(one.sentence.text) and one.does("self") and not nameless:
            return True
    return False
