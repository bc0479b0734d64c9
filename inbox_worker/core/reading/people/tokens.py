"""Names among the words of a text: courtesy, titles, given and family name, and the evidence that they are a person's.

Never reads what is said of a person; capitalised words without any evidence are no name.
"""

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.courtesies import JOINERS, salutation_in
from inbox_worker.core.reading.people.details import role_before
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.names import (
    PersonName,
    is_given,
    is_initials,
    is_name_word,
    is_preposition,
    is_title,
    split_name,
    take_titles,
    tidy_case,
)
from inbox_worker.core.registration import Salutation

_WORD = re.compile(r"[^\W\d_]+(?:\.?[-‑'’`.][^\W\d_]+)*\.?|\n|[^\s\w]|[\w]+")
_SEVERAL = frozenset({"herren", "damen"})
_LOWER_SELF = re.compile(
    r"\b(?:mein name ist|ich hei(?:ß|ss)e|my name is|name:)\s+"
    r"(?P<name>[a-zäöü][a-zäöüß-]{1,20} (?:(?:von|van|de|der|zu) ){0,2}[a-zäöü][a-zäöüß-]{1,25})\b"
)
SELF_BEFORE = re.compile(
    r"(?:" + "|".join(re.escape(word) for word in lexicon.SELF_WORDS) + r")\W{0,3}$", re.IGNORECASE
)
_LONGEST_OFFICE = max(map(len, lexicon.OFFICES))
_OFFICE_BEFORE = re.compile(r"\b(?:" + "|".join(map(re.escape, lexicon.OFFICES)) + r")[ ]$", re.IGNORECASE)
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*•–·▪◦+]|\(?\d{1,2}[.)]|[a-h]\))[ \t]+")
_ADDRESS_BEHIND = re.compile(r"\W{0,4}([\w.+'-]+)@")
_LONGEST_NAME = 6
# most capitalised words of a German text: they neither are nor announce a name
_EVERYDAY = frozenset(
    word for word in lexicon.NOT_NAMES - lexicon.HONORIFICS if not is_title(word) and not word.endswith(".")
)
# a mail that names more people than this is no registration that a machine should settle
MOST_PEOPLE = 150
# capitalised words looked at: bounds the time that a hostile text can take
_MOST_TRIED = 2_500
_MOST_TITLES = 8


class _Token(NamedTuple):
    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        return self.text.casefold()


@dataclass(frozen=True, slots=True)
class Found:
    """A name at `start`..`end` of the text, courtesy and titles included; `role` stood between courtesy and name.

    `courtesy`: a word of courtesy stood before it; the name's salutation is what that says of how to greet.
    """

    name: PersonName
    start: int
    end: int
    courtesy: bool = False
    role: str = ""


def find_names(text: str) -> list[Found]:
    """The names in `text`, in reading order and not overlapping; at most MOST_PEOPLE."""
    text = _capitalised(text)
    tokens = [_Token(m[0], m.start(), m.end()) for m in _WORD.finditer(text)]
    names: list[Found] = []
    i = 0
    tried = 0
    while i < len(tokens) and len(names) < MOST_PEOPLE and tried < _MOST_TRIED:
        if not _may_begin(tokens[i]):
            i += 1
            continue
        tried += 1
        many, after = ([], i) if tokens[i].low in _EVERYDAY else _match(tokens, i, text)
        names += many
        i = after if many else i + 1
    return names


def _may_begin(token: _Token) -> bool:
    if token.text[:1].isupper() or "-" in token.text:
        return True
    low = token.low
    return low in lexicon.HONORIFICS or low in lexicon.PARTICLES


def is_list_item(text: str, start: int) -> bool:
    """Whether a bullet, number or letter stands at the beginning of the line, right in front of `start`."""
    line_start = text.rfind("\n", 0, start) + 1
    item = _LIST_ITEM.match(text, line_start, line_start + 14)
    return bool(item) and not text[item.end() if item else start : start].strip(" -*•·\t")


def is_flowing(text: str, newline: int) -> bool:
    """Whether the line that ends at `newline` is so long that its sentence goes on in the next one."""
    return newline - (text.rfind("\n", 0, newline) + 1) >= 50


def _capitalised(text: str) -> str:
    """'mein name ist jasper kohnen': names that hurried writers leave in lower case, with capitals."""
    match = _LOWER_SELF.search(text)
    if match is None or not is_given(match["name"].split()[0]):
        return text
    words = " ".join(w if w in lexicon.PARTICLES else w[:1].upper() + w[1:] for w in match["name"].split(" "))
    return text[: match.start("name")] + words + text[match.end("name") :]


def _match(tokens: list[_Token], first: int, text: str) -> tuple[list[Found], int]:
    """The names that begin at token `first`, and the token behind them."""
    i, courtesy = _courtesy(tokens, first)
    role_start = i
    if courtesy:
        while (
            i + 1 < len(tokens) and tokens[i].text[:1].isupper() and organisations.role_word(tokens[i].text.rstrip("."))
        ):
            i += 1
    role = text[tokens[role_start].start : tokens[i - 1].end] if i > role_start else ""
    i, title = _titles(tokens, i)
    words, last = _name_words(tokens, i, text, lone=courtesy or bool(title))
    if not words:
        return [], first
    if couple := _couple(tokens, i, text, title):
        return couple
    if courtesy and tokens[first].low in _SEVERAL:
        return _several(tokens, i, salutation_in(tokens, first))
    before = tokens[first - 1].low if first else ""
    name = _single(words, title, before, courtesy=courtesy)
    start, end = tokens[i].start, tokens[last - 1].end
    if name is None or not (courtesy or title or _vouched(name, words, text, start, end)):
        return [], first
    if courtesy:
        name = replace(name, salutation=salutation_in(tokens, first))
    return [Found(name, tokens[first].start, end, courtesy, role)], last


def _courtesy(tokens: list[_Token], i: int) -> tuple[int, bool]:
    if tokens[i].low not in lexicon.HONORIFICS or i + 1 >= len(tokens):
        return i, False
    if tokens[i + 1].low in JOINERS and i + 3 < len(tokens) and tokens[i + 2].low in lexicon.HONORIFICS:
        return i + 3, True
    return i + 1, True


def _titles(tokens: list[_Token], start: int) -> tuple[int, str | None]:
    i = start
    while i < min(len(tokens), start + _MOST_TITLES) and (
        is_title(tokens[i].text) or (i > start and tokens[i].low.rstrip(".") in lexicon.TITLE_FOLLOW)
    ):
        i += 1
    return i, (take_titles([*(token.text for token in tokens[start:i]), "X"])[0] if i > start else None)


def _single(words: list[str], title: str | None, before: str, *, courtesy: bool) -> PersonName | None:
    name = split_name(words, title=title, courtesy=courtesy)
    if name is None or len(words) > 1:
        return name
    if courtesy and is_given(words[0]) and before in lexicon.PARTNERS:
        return PersonName(given=words[0], known=True)  # "meine Frau Birgül"
    if name.given and before in lexicon.OFFICES - lexicon.COLLEAGUES:
        return PersonName(family=name.given)  # "Bürgermeister Werner"
    return name


def _name_words(tokens: list[_Token], i: int, text: str, *, lone: bool) -> tuple[list[str], int]:
    """The words from token `i` on that can be one name, and the token behind them."""
    words: list[str] = []
    while i < len(tokens) and len(words) < _LONGEST_NAME:
        token = tokens[i]
        if token.text == "\n":
            # a name may be broken over two lines of flowing text, never over two short lines
            if len(words) != 1 or not is_flowing(text, token.start):
                break
        elif token.text.endswith(".") and not is_initials(token.text) and token.low not in lexicon.PARTICLES:
            bare = token.text.rstrip(".")
            if _goes_on(bare, words):
                words.append(bare)
                i += 1
            break
        elif (
            token.text.islower()
            and token.low in lexicon.PARTICLES
            and (words or lone)
            and _particle_run(tokens, i)
            and not is_preposition(token.low, words)
        ) or (_goes_on(token.text, words) or _middle_name(tokens, i, words)):
            words.append(token.text)
        else:
            break
        i += 1
    while words and words[-1].islower():
        words.pop()
        i -= 1
    return words, i


def _goes_on(word: str, words: list[str]) -> bool:
    if not is_name_word(word) or word.casefold() in lexicon.NOT_NAMES:
        return False
    if words and organisations.role_word(word):
        return False
    return not (organisations.kind_gender(word) and sum(not w.islower() for w in words) >= 2)


def _middle_name(tokens: list[_Token], i: int, words: list[str]) -> bool:
    """'Ayşe Nur Çelik': a second given name that is also an everyday word, between two words that are not."""
    if not words or i + 1 >= len(tokens) or not is_given(words[0]) or not is_given(tokens[i].text):
        return False
    behind = tokens[i + 1].text.rstrip(".")
    return tokens[i].text[:1].isupper() and len(words) == 1 and _goes_on(behind, words)


def _particle_run(tokens: list[_Token], i: int) -> bool:
    """Particles count only in front of a capitalised word ('von der Lohe', not 'Anna und')."""
    if tokens[i].low == "und" and tokens[i - 1].low in {"von", "v."} and i + 1 < len(tokens):
        return tokens[i + 1].low == "zu" and _particle_run(tokens, i + 1)
    if tokens[i].low in {"und", "auf", "e", "i", "y"}:
        return False
    for token in tokens[i : i + 5]:
        if token.text[:1].isupper():
            return (
                is_name_word(token.text.rstrip("."))
                and token.low not in lexicon.NOT_NAMES
                and not organisations.kind_gender(token.text)
            )
        if token.low not in lexicon.PARTICLES:
            return False
    return False


def _couple(tokens: list[_Token], i: int, text: str, title: str | None) -> tuple[list[Found], int] | None:
    """'Petra und Jens Vogt': both carry the family name behind the second given name."""
    if i + 3 >= len(tokens) or not is_given(tokens[i].text) or tokens[i + 1].low not in JOINERS:
        return None
    begin, second_title = _titles(tokens, i + 2)
    words, last = _name_words(tokens, begin, text, lone=False)
    second = split_name(words, title=second_title) if len(words) > 1 and is_given(words[0]) else None
    if second is None or not second.family:
        return None
    one = PersonName(tidy_case(tokens[i].text), second.family, title, known=True)
    return [
        Found(one, tokens[i].start, tokens[i].end),
        Found(second, tokens[i + 2].start, tokens[last - 1].end),
    ], last


def _several(tokens: list[_Token], i: int, said: Salutation | None) -> tuple[list[Found], int]:
    """'die Herren Sebald und Trautmann': each word is a family name."""
    found: list[Found] = []
    while i < len(tokens):
        bare = tokens[i].text.rstrip(".")
        if not is_name_word(bare) or bare.casefold() in lexicon.NOT_NAMES:
            break
        name = PersonName(family=tidy_case(bare), salutation=said)
        found.append(Found(name, tokens[i].start, tokens[i].end, courtesy=True))
        i += 1
        if i >= len(tokens) or not (tokens[i].text == "," or tokens[i].low in JOINERS):
            break
        i += 1
    return found, i


def _vouched(name: PersonName, words: list[str], text: str, start: int, end: int) -> bool:
    """Whether there is enough evidence that these capitalised words, without courtesy or title, are a person."""
    before = text[max(0, start - 80) : start]
    kinds = any(organisations.kind_gender(word) for word in words)
    roles = any(organisations.role_word(word) for word in words)
    if len(words) == 1:
        return _lone_word(name, before, common=kinds or roles)
    if roles and not name.known:
        return False
    local = _ADDRESS_BEHIND.match(text, end, end + 60)
    if local and name.family and fold(name.family) in fold(local[1]):
        return True
    if name.known and not is_initials(words[0]):
        return not kinds or is_given(words[0])
    introduced = any(role_before(before)) or is_list_item(text, start) or bool(SELF_BEFORE.search(before))
    return introduced and (name.known or not kinds)


def _lone_word(name: PersonName, before: str, *, common: bool) -> bool:
    if not common and _OFFICE_BEFORE.search(before, max(0, len(before) - _LONGEST_OFFICE - 2)):
        return True
    role, colleague = role_before(before)
    if name.given:
        return colleague or bool(role)
    return colleague and not common and before.rstrip()[-1:].isalpha()
