"""Every person named in a text: running sentences, bullet and numbered lists, tables, labelled lists.

Never decides who registers or withdraws: it says who is named where, with what the text says of them. Our own people
(the desk's contacts, the speakers on the invitation) are left out.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.details import MAIL, details_after, role_before
from inbox_worker.core.reading.people.family_first import as_said
from inbox_worker.core.reading.people.labelled import labelled_people
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.names import (
    PersonName,
    is_given,
    is_initials,
    is_name_word,
    is_title,
    split_name,
    take_titles,
    tidy_case,
)
from inbox_worker.core.reading.people.ours import Ours, ours_of
from inbox_worker.core.reading.people.phones import region_of
from inbox_worker.core.registration import Desk, Reason, Registrant

_TOKEN = re.compile(r"[^\W\d_]+(?:\.?[-‑'’`.][^\W\d_]+)*\.?|\n|[^\s\w]|[\w]+")
_JOINERS = frozenset({"und", "&", "and", "sowie", "+", "u.", "et", "en", "bzw.", "plus"})
_SEVERAL = frozenset({"herren", "damen"})
_LOWER_SELF = re.compile(
    r"\b(?:mein name ist|ich hei(?:ß|ss)e|my name is|name:)\s+(?P<name>[a-zäöüß-]{2,20} (?:(?:von|van|de|der|zu) ){0,2}[a-zäöüß-]{2,25})\b"
)
_SELF_BEFORE = re.compile(
    r"(?:" + "|".join(re.escape(word) for word in lexicon.SELF_WORDS) + r")\W{0,3}$", re.IGNORECASE
)
_SELF_AFTER = re.compile(
    r"^\W{0,3}(?:das bin ich|bin ich|also ich|ich selbst|that'?s me|meine wenigkeit|\(ich\))", re.IGNORECASE
)
_SALUTED = re.compile(
    r"^\W*(?:(?:sehr|hoch|viel)\s*)?(?:"
    + "|".join(sorted(map(re.escape, lexicon.SALUTATIONS), key=len, reverse=True))
    + r")\b[^.!?\n:]{0,60}$",
    re.IGNORECASE,
)
_OFFICE_BEFORE = re.compile(r"\b(?:" + "|".join(map(re.escape, lexicon.OFFICES)) + r")[ ]$", re.IGNORECASE)
_LIST_ITEM = re.compile(r"^[ \t]*(?:[-*•–·▪◦+]|\(?\d{1,2}[.)]|[a-h]\))[ \t]+")
_MOST_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class Mention:
    """A person named at `start`..`end` of the text (offsets in characters).

    `salutation`: addressed ("Liebe Frau Kern"), never a registrant. `colleague`: introduced as one, so without an
    organisation of their own they take the sender's. `listed`: stands in a list, table or labelled list. `self_named`:
    the writer says this is them. `courtesy`: named with Frau or Herr.
    """

    start: int
    end: int
    person: Registrant
    salutation: bool = False
    colleague: bool = False
    listed: bool = False
    self_named: bool = False
    courtesy: bool = False
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A name among the tokens: `first`..`last` (exclusive) with courtesy and titles."""

    name: PersonName
    first: int
    last: int
    courtesy: bool
    role: str = ""


@lru_cache(maxsize=8)
def mentions(text: str, desk: Desk) -> tuple[Mention, ...]:
    """All people named in `text`, in reading order; what is not said of them stays None."""
    text = text[:_MOST_TEXT]
    ours = ours_of(desk)
    region = region_of(text)
    found: list[Mention] = []
    masked = "\n".join(
        re.sub(r"[^\n]", " ", line) if organisations.is_legal_line(line) and _footer(line) else line
        for line in text.split("\n")
    )
    for start, end, person in labelled_people(text, region):
        name = PersonName(person.given_name, person.family_name)
        if not ours.is_person(name):
            found.append(Mention(start, end, person, listed=True, because=(Reason("name", person.full_name, "list"),)))
        masked = masked[:start] + re.sub(r"[^\n]", " ", masked[start:end]) + masked[end:]
    found = _together(_with_addresses(found + _running(masked, ours, region), masked), masked)
    return tuple(sorted(_without_repeats(found), key=lambda mention: mention.start))


def _footer(line: str) -> bool:
    """A line of a legal footer, not a sentence that mentions a newsletter: capitals, colons and marks, few small words."""
    words = re.findall(r"[^\W\d_]+", line)
    small = sum(word[:1].islower() for word in words)
    return not re.search(r"\b(?:ich|wir|i|we|mich|uns)\b", line, re.IGNORECASE) and (
        ":" in line or small <= len(words) / 2
    )


def _together(found: list[Mention], text: str) -> list[Mention]:
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
        if len({result[j].person.given_name for j in full}) != 1:
            continue
        merged = _merged(result[full[0]].person, mention.person)
        result[i] = replace(mention, person=merged)
        for j in full:
            result[j] = replace(result[j], person=merged)
    for i, mention in enumerate(result[:-1]):
        after = result[i + 1]
        between = text[mention.end : after.start]
        shared = re.match(
            r"[^.!?\n]{0,25}?\b(?:beide|both|alle drei|alle|allesamt)\b", text[after.end : after.end + 30]
        )
        if (
            shared
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
    )


def _with_addresses(found: list[Mention], text: str) -> list[Mention]:
    """Addresses that stand further off ('unter u.kern@…') belong to whom their local part names."""
    taken = {mention.person.email for mention in found}
    result = list(found)
    for match in MAIL.finditer(text):
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


def _named_in(person: Registrant, local: str) -> bool:
    if person.family_name:
        last = fold(person.family_name.split()[-1])
        return len(last) > 2 and (
            last in local or fold(person.family_name.split("-")[-1]) in local and "-" in person.family_name
        )
    return bool(person.given_name) and fold(person.given_name or "") in local


def _capitalised(text: str) -> str:
    """'mein name ist jasper kohnen': names that hurried writers leave in lower case, with capitals."""
    match = _LOWER_SELF.search(text)
    if match is None or not is_given(match["name"].split()[0]):
        return text
    words = " ".join(w if w in lexicon.PARTICLES else w[:1].upper() + w[1:] for w in match["name"].split(" "))
    return text[: match.start("name")] + words + text[match.end("name") :]


def _running(text: str, ours: Ours, region: str) -> list[Mention]:
    text = _capitalised(text)
    tokens = [_Token(m[0], m.start(), m.end()) for m in _TOKEN.finditer(text)]
    names: list[_Found] = []
    i = 0
    while i < len(tokens):
        token = tokens[i].text
        if not (
            token[:1].isupper()
            or token.casefold() in lexicon.HONORIFICS
            or token.casefold() in lexicon.PARTICLES
            or "-" in token
        ):
            i += 1
            continue
        many = _match(tokens, i, text)
        if many:
            names += many
            i = max(found.last for found in many)
        else:
            i += 1
    result = []
    for number, found in enumerate(names):
        start, end = tokens[found.first].start, tokens[found.last - 1].end
        if ours.is_person(found.name):
            continue
        later = next(
            (tokens[other.first].start for other in names[number + 1 :] if tokens[other.first].start >= end), len(text)
        )
        result.append(_mention(text, found, start, end, later, region))
    return result


def _mention(text: str, found: _Found, start: int, end: int, later: int, region: str) -> Mention:
    line_start = text.rfind("\n", 0, start) + 1
    before = text[line_start:start]
    listed = bool(_LIST_ITEM.match(text[line_start : line_start + 12])) and not before[8:].strip(" -*•·\t")
    saluted = (
        bool(_SALUTED.match(before))
        and not _SELF_BEFORE.search(before)
        and not listed
        and not re.search(r"\b(?:ich|wir|i|we)\b", before, re.IGNORECASE)
    )
    saluted = saluted or (found.courtesy and _opens_letter(text, line_start, start, end))
    context = text[max(0, start - 160) : start]
    role, colleague = role_before(context)
    role = found.role or role or _announced(context)
    details = details_after(
        text[end:later] if listed else _unwrapped(text, end, later),
        region,
        listed=listed,
        family=found.name.family or "",
    )
    self_named = bool(_SELF_BEFORE.search(context) or _SELF_AFTER.match(text[end : end + 40]))
    person = Registrant(
        found.name.given,
        found.name.family,
        found.name.title,
        details.organisation,
        role or details.role,
        details.phone,
        details.email,
    )
    person = as_said(person, text[max(0, start - 200) : end + 200])
    where = "list" if listed else "text"
    return Mention(
        start,
        end,
        person,
        saluted,
        colleague or details.colleague,
        listed,
        self_named,
        found.courtesy,
        (Reason("name", " ".join(text[start:end].split()), where),),
    )


def _unwrapped(text: str, start: int, end: int) -> str:
    """`text[start:end]` with line breaks of flowing text as spaces; breaks behind short lines stay."""
    behind = text[start:end]
    return re.sub(r"\n(?=[^\n])", lambda m: " " if _flowing(text, start + m.start()) else "\n", behind)


def _announced(context: str) -> str | None:
    """The role in 'wir schicken unseren Volontär ins Rennen: …'."""
    if context.rstrip()[-1:] != ":":
        return None
    clause = re.split(r"[.!?\n;]", context.rstrip()[:-1])[-1]
    roles = [word for word in re.findall(r"[A-ZÄÖÜ][\w-]+", clause) if organisations.role_word(word)]
    roles = [
        word for word in roles if word.casefold() not in lexicon.COLLEAGUES or word.casefold() not in lexicon.OFFICES
    ]
    return roles[-1] if len(roles) == 1 else None


def _opens_letter(text: str, line_start: int, start: int, end: int) -> bool:
    """'Hlalo Frau Kern,' as first line: a salutation, however it is spelt."""
    if text[:line_start].strip() or len(text[line_start:start].split()) > 3:
        return False
    line_end = text.find("\n", end)
    rest = text[end : line_end if line_end >= 0 else len(text)]
    return rest.strip() in {",", "!", "", ".", ":", ";"} and line_end >= 0


def _match(tokens: list[_Token], i: int, text: str) -> list[_Found]:
    first = i
    courtesy = False
    if tokens[i].text.casefold() in lexicon.HONORIFICS and i + 1 < len(tokens):
        courtesy = True
        i += 1
        if tokens[i].text in _JOINERS and i + 2 < len(tokens) and tokens[i + 1].text.casefold() in lexicon.HONORIFICS:
            i += 2
    role_start = i
    while (
        i + 1 < len(tokens)
        and organisations.role_word(tokens[i].text.rstrip("."))
        and tokens[i].text[:1].isupper()
        and (courtesy or i > role_start)
    ):
        i += 1
    role = text[tokens[role_start].start : tokens[i - 1].end] if courtesy and i > role_start else ""
    title_start = i
    while i < len(tokens) and (
        is_title(tokens[i].text) or (i > title_start and tokens[i].text.casefold().rstrip(".") in lexicon.TITLE_FOLLOW)
    ):
        i += 1
    title = None
    if i > title_start:
        title, _ = take_titles([token.text for token in tokens[title_start:i]] + ["X"])
    words, last = _name_words(tokens, i, text, lone=courtesy or bool(title))
    if not words:
        return []
    couple = _couple(tokens, i, text, title, first, courtesy=courtesy)
    if couple:
        return couple
    if courtesy and tokens[first].text.casefold() in _SEVERAL:
        return _several(tokens, i)
    name = split_name(words, title=title, courtesy=courtesy)
    if (
        name
        and courtesy
        and len(words) == 1
        and is_given(words[0])
        and first
        and tokens[first - 1].text.casefold() in lexicon.PARTNERS
    ):
        name = PersonName(given=words[0], known=True)
    if name is None:
        return []
    if (
        len(words) == 1
        and name.given
        and first
        and tokens[first - 1].text.casefold() in lexicon.OFFICES - lexicon.COLLEAGUES
    ):
        name = PersonName(family=name.given)
    if not _vouched(name, words, text, tokens[i].start, tokens[last - 1].end, courtesy=courtesy):
        return []
    return [_Found(name, first, last, courtesy, role)]


def _name_words(tokens: list[_Token], i: int, text: str, *, lone: bool) -> tuple[list[str], int]:
    words: list[str] = []
    while i < len(tokens) and len(words) < 6:
        token = tokens[i]
        word = token.text
        if word == "\n":
            # a name may be broken over two lines of flowing text, never over two short lines
            if not words or not _flowing(text, token.start) or len(words) > 1:
                break
            i += 1
            continue
        lowered = word.casefold()
        if word.endswith(".") and not is_initials(word) and lowered not in lexicon.PARTICLES:
            bare = word.rstrip(".")
            if is_name_word(bare) and bare.casefold() not in lexicon.NOT_NAMES:
                words.append(bare)
                i += 1
            break
        if word.islower() and lowered in lexicon.PARTICLES and (words or lone) and _particle_run(tokens, i):
            words.append(word)
            i += 1
            continue
        if not is_name_word(word) or (lowered in lexicon.NOT_NAMES and not (words and is_given(words[0]) and False)):
            break
        if words and organisations.role_word(word):
            break
        if words and organisations.kind_gender(word) and len([w for w in words if not w.islower()]) >= 2:
            break
        words.append(word)
        i += 1
    while words and words[-1].islower():
        words.pop()
        i -= 1
    return words, i


def _flowing(text: str, newline: int) -> bool:
    start = text.rfind("\n", 0, newline) + 1
    return newline - start >= 50


def _particle_run(tokens: list[_Token], i: int) -> bool:
    """Particles count only in front of a capitalised word ('von der Lohe', not 'Anna und')."""
    if tokens[i].text.casefold() in {"und", "auf", "e", "i", "y"}:
        return False
    for token in tokens[i : i + 4]:
        if token.text[:1].isupper():
            return (
                is_name_word(token.text.rstrip("."))
                and token.text.casefold() not in lexicon.NOT_NAMES
                and not organisations.kind_gender(token.text)
            )
        if token.text.casefold() not in lexicon.PARTICLES:
            return False
    return False


def _couple(tokens: list[_Token], i: int, text: str, title: str | None, first: int, *, courtesy: bool) -> list[_Found]:
    """'Petra und Jens Vogt': both carry the family name behind the second given name."""
    del courtesy
    if i + 3 >= len(tokens) or not is_given(tokens[i].text) or tokens[i + 1].text.casefold() not in _JOINERS:
        return []
    if not is_given(tokens[i + 2].text):
        return []
    words, last = _name_words(tokens, i + 2, text, lone=False)
    if len(words) < 2:
        return []
    second = split_name(words)
    if second is None or not second.family:
        return []
    one = PersonName(tidy_case(tokens[i].text), second.family, title, known=True)
    return [_Found(one, first, i + 1, courtesy=False), _Found(second, i + 2, last, courtesy=False)]


def _several(tokens: list[_Token], i: int) -> list[_Found]:
    """'die Herren Sebald und Trautmann': each word is a family name."""
    found = []
    while (
        i < len(tokens)
        and is_name_word(tokens[i].text.rstrip("."))
        and tokens[i].text.casefold() not in lexicon.NOT_NAMES
    ):
        found.append(_Found(PersonName(family=tidy_case(tokens[i].text.rstrip("."))), i, i + 1, courtesy=True))
        i += 1
        if i < len(tokens) and (tokens[i].text == "," or tokens[i].text.casefold() in _JOINERS):
            i += 1
        else:
            break
    return found


def _vouched(name: PersonName, words: list[str], text: str, start: int, end: int, *, courtesy: bool) -> bool:
    """Whether there is enough evidence that these capitalised words are a person."""
    if courtesy or name.title:
        return not organisations.kind_gender(words[-1]) or len(words) > 1 or courtesy
    line_start = text.rfind("\n", 0, start) + 1
    item = bool(_LIST_ITEM.match(text[line_start : line_start + 12])) and not text[line_start:start].strip(
        " -*•·\t()0123456789.abcdefgh)"
    )
    before = text[max(0, start - 80) : start]
    role, colleague = role_before(before)
    kinds = any(organisations.kind_gender(word) for word in words)
    roles = any(organisations.role_word(word) for word in words)
    if len(words) == 1:
        if _OFFICE_BEFORE.search(before) and not kinds and not roles:
            return True
        return bool(name.given and (colleague or role)) or bool(
            colleague and not kinds and not roles and not name.given and before.rstrip()[-1:].isalpha()
        )
    if roles and not name.known:
        return False
    local = re.match(r"\W{0,4}([\w.+'-]+)@", text[end : end + 60])
    addressed = bool(local and name.family and fold(name.family) in fold(local[1]))
    if addressed:
        return True
    if name.known and is_initials(words[0]):
        return bool(role or colleague or item or _SELF_BEFORE.search(before))
    if name.known:
        return not (kinds and not is_given(words[0])) and not (
            kinds
            and organisations.kind_gender(words[1])
            and len(words) == 2
            and not (item or role or colleague)
            and False
        )
    if kinds:
        return False
    return bool(role or colleague or item or _SELF_BEFORE.search(before))


def _without_repeats(found: list[Mention]) -> list[Mention]:
    """A list item inside a labelled record is one person, not two."""
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda m: (m.start, -(m.end - m.start))):
        if any(other.start <= mention.start and mention.end <= other.end for other in kept):
            continue
        kept.append(mention)
    return kept
