"""What a writer says of themselves in running text: organisation and role, in the nominative.

Never takes words said of others: an organisation is the writer's when the sender's domain spells it, or when an "ich"
stands in the same sentence.
"""

import re

from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.details import MAIL
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.ours import Ours, ours_of
from inbox_worker.core.registration import Desk

_FIRST = re.compile(r"\b(?:ich|i|mich|mir|mein\w*|unser\w*|wir|bin|me|my|we|our|us|uns)\b", re.IGNORECASE)
_LINKED = re.compile(
    r"(?:^|(?<=[\s(]))(?P<link>(?i:(?:für|bei|von|beim|vom|for|from|at|with|of|zur|zum|im namen|im auftrag|on behalf of"
    r"|heißt|heisst|namens|called|der|des|unser\w*|die|das)"
    r"(?:\s+(?:die|der|den|das|dem|des|the|von|unser\w*|einem?r?|eure?r?))?))"
    r"\s+(?:(?P<kind>[a-zäöüß-]{4,30})\s+)?(?P<name>[„\"»]?[A-ZÄÖÜŁŚÇ\d][^\n.,;:!?()]{1,80})"
)
_HOUSE = frozenset({"für", "bei", "beim", "vom", "for", "from", "at", "with", "on"})
_NAMED = _HOUSE | {"von", "of", "heißt", "heisst", "namens", "called"}
_OPENING, _CLOSING = '„“"»«‚', '“”"«»‘'
_SMALL = frozenset(
    [
        "und",
        "&",
        "am",
        "an",
        "der",
        "im",
        "of",
        "the",
        "des",
        "für",
        "von",
        "a.",
        "d.",
        "zu",
        "+",
        "les",
        "de",
        "plus",
        "dei",
        "di",
        "du",
    ]
)
_COMMON = frozenset({*lexicon.MEDIA_ENDINGS, *lexicon.PUBLIC_ENDINGS, *lexicon.MEDIA_WORDS, *lexicon.PUBLIC_WORDS})
_CAPITALS = re.compile(r"[A-ZÄÖÜŁ][\w&’'-]*(?:[ \n](?:[A-ZÄÖÜŁ&][\w&’'-]*|und|am|an|der|of|the|plus)){0,9}")
_SITE = re.compile(r"\b(?!www\.)([\w-]{2,40})\.[a-z]{2,4}\b(?!@)")
_ROLE = re.compile(
    r"\b(?:(?:ich )?bin (?:seit \w+ )?|als |i am |i'm |i work as |arbeite als |ich, )"
    r"(?:hier |auch |bei uns |die |der |ein |eine |einer |an? |the |your )?(?P<role>[^\n.,;:!?()]{3,70})",
    re.IGNORECASE,
)


def own_organisation(text: str, sentences: list[str], address: str, desk: Desk) -> str | None:
    """The organisation that the writer calls their own, in the nominative; None when the text names none.

    `sentences` are the writer's words about themselves, each cut off where another person is named.
    """
    ours = ours_of(desk)
    rated = [found for sentence in sentences for found in _named_houses(sentence, address, ours)]
    if rated:
        return max(rated, key=lambda found: found[0])[1]
    return _by_domain(text, address, ours)


def _named_houses(sentence: str, address: str, ours: Ours) -> list[tuple[float, str]]:
    first_person = bool(_FIRST.search(sentence))
    works = first_person and any(word in lexicon.WORK_VERBS for word in re.findall(r"\w+", sentence.casefold()))
    found = []
    for match in _LINKED.finditer(sentence):
        phrase = _proper_words(match["name"])
        if not phrase or ours.is_ours(phrase) or (match["kind"] and not organisations.kind_gender(match["kind"])):
            continue
        link = match["link"].casefold().split()
        name = organisations.tidy(organisations.nominative(phrase, f"{match['link'].split()[-1]} {phrase}"))
        score = float(organisations.shape(phrase, address).score)
        score += 3 if match["kind"] else 0
        score += 3 if link[0] in _HOUSE and works and _distinct(phrase) else 0
        score += 2 if first_person and link[0] in _NAMED else 0
        if not first_person and organisations.domain_overlap(phrase, address) < 0.5:
            score -= 3
        if score >= 3 and _proper(name):
            found.append((score, name))
    return found


def _distinct(phrase: str) -> bool:
    """More than a common noun: several words, a compound with a hyphen, or quoted."""
    return ("-" in phrase or " " in phrase or phrase[:1] in _OPENING) and not organisations.is_department(phrase)


def _proper(name: str) -> bool:
    return " " in name or "-" in name or not organisations.kind_gender(name) or name.casefold() not in _COMMON


def _proper_words(phrase: str) -> str:
    """The leading words of a phrase that can be a proper name; a quoted one to its closing mark."""
    kept: list[str] = []
    quoted = False
    for word in phrase.split():
        quoted = quoted or word[:1] in _OPENING
        if not quoted and not (_may_begin(word) and (not kept or kept[-1] == "&" or not _common_word(word))):
            break
        kept.append(word)
        if quoted and word[-1:] in _CLOSING:
            break
    while kept and kept[-1][:1].islower():
        kept.pop()
    return " ".join(kept)


def _may_begin(word: str) -> bool:
    return word[:1].isupper() or word[:1].isdigit() or word in _SMALL


def _common_word(word: str) -> bool:
    return word not in _SMALL and word.casefold() in lexicon.NOT_NAMES and not organisations.kind_gender(word)


def _by_domain(text: str, address: str, ours: Ours) -> str | None:
    """Capitalised words anywhere in the text that spell the sender's domain."""
    for match in _CAPITALS.finditer(text):
        phrase = _proper_words(" ".join(match[0].split()))
        if phrase and not ours.is_ours(phrase) and organisations.domain_overlap(phrase, address) >= 0.7:
            name = _shortest(phrase, address)
            if fold(name) not in fold(address.rpartition("@")[0]):
                return name
    site = _SITE.search(MAIL.sub(" ", text))
    return site[0] if site and organisations.domain_overlap(site[1], address) >= 0.9 else None


def _shortest(phrase: str, address: str) -> str:
    """Words at either end that the domain does not spell are taken off."""
    words = phrase.split()
    overlap = organisations.domain_overlap(phrase, address)
    while len(words) > 1 and organisations.domain_overlap(" ".join(words[1:]), address) >= overlap:
        words = words[1:]
    while len(words) > 1 and organisations.domain_overlap(" ".join(words[:-1]), address) >= overlap:
        words = words[:-1]
    return " ".join(words)


def own_role(sentences: list[str]) -> str | None:
    """'ich bin Lokalreporterin', 'als freier Journalist': the role that the writer claims, as written."""
    for sentence in sentences:
        for match in _ROLE.finditer(sentence):
            words = match["role"].split()
            head = next((i for i, w in enumerate(words[:3]) if organisations.role_word(w.strip(",."))), None)
            if head is None or any(w[:1].islower() and w.casefold() not in lexicon.ROLE_FIRST for w in words[:head]):
                continue
            return " ".join(words[: head + 1 + _belonging(words[head + 1 :])]).strip(",.")
    return None


def _belonging(words: list[str]) -> int:
    """How many words behind a role still tell what it is: 'vom Dienst', 'für Deutschland', 'für Bau und Verkehr'."""
    if [word.strip(",.") for word in words[:2]] in (["vom", "Dienst"], ["im", "Ruhestand"]):
        return 2
    if not words or words[0] not in {"für", "for"}:
        return 0
    count = 1
    while count < len(words) and (
        words[count][:1].isupper() or (count > 1 and words[count] in {"und", "&", "and"} and len(words) > count + 1)
    ):
        count += 1
    topic = words[1:count]
    while topic and topic[-1][:1].islower():
        topic.pop()
    # "Reporter für Radio Elbe": the house, not the topic
    house = any(organisations.kind_gender(word) for word in topic) or "-" in " ".join(topic)
    return 1 + len(topic) if topic and not house else 0
