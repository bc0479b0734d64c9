"""A few words that may be a person's name -> given name, family name, title.

Never looks at the rest of a mail; who is meant, and whether the person wants anything, is decided elsewhere.
"""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from inbox_worker.core.courtesy import agreed
from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.courtesies import take_courtesy
from inbox_worker.core.registration import Salutation

_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")
_TOKEN = re.compile(r"[^\s,;]+")
_WORD = re.compile(r"[^\W\d_][\w'’`.\-‑]*")
_INITIAL = re.compile(r"(?:[^\W\d_]\.(?:-?[^\W\d_]\.)*|[^\W\d_]\.?)")
_COUPLE = re.compile(r"([^\W\d_][\w-]*) (?:und|&|\+|u\.|and|sowie|et|en) (\S+(?: \S+){1,4})")
_LONGEST_NAME = 6
# words and lines come up again and again, within one mail and in the next
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name taken apart. `known` tells that the given name stands in our list; `note` is what stood in brackets.

    `salutation` says nothing about whose name it is, so it does not count when two are compared.
    """

    given: str | None = None
    family: str | None = None
    title: str | None = None
    known: bool = False
    note: str = ""
    salutation: Salutation | None = field(default=None, compare=False)

    @property
    def full(self) -> bool:
        """Given name (more than an initial) and family name are both there."""
        return bool(self.family and self.given and not is_initials(self.given))


@lru_cache(_REMEMBERED)
def is_initials(text: str) -> bool:
    """'K.', 'K.-H.', 'F': nothing but initials."""
    return all(_INITIAL.fullmatch(piece) for piece in text.split())


@lru_cache(_REMEMBERED)
def is_given(word: str) -> bool:
    """Whether `word`, or each half of a double name, stands in the list of given names."""
    lowered = word.casefold().replace("‑", "-")
    if lowered in lexicon.GIVEN_NAMES:
        return True
    halves = lowered.split("-")
    if len(halves) == 2 and all(half in lexicon.GIVEN_NAMES for half in halves):
        return True
    return not lowered.isascii() and lexicon.without_accents(lowered) in lexicon.GIVEN_NAMES


def is_title(word: str) -> bool:
    """'Dr.', 'Prof', 'Dipl.-Ing.'."""
    return word.casefold().rstrip(".,") in lexicon.TITLES


def take_titles(tokens: list[str]) -> tuple[str | None, list[str]]:
    """Split leading titles off: (['Prof.', 'Dr.', 'phil.', 'Anna'] -> 'Prof. Dr. phil.', ['Anna'])."""
    count = 0
    while count < len(tokens):
        word = tokens[count].casefold().rstrip(".,")
        follows = count > 0 and word in lexicon.TITLE_FOLLOW
        if not (word in lexicon.TITLES or follows or _glued_titles(tokens[count])):
            break
        count += 1
    while count and count == len(tokens) and len(tokens) > 1:
        count -= 1
    return (" ".join(tokens[:count]).rstrip(",") or None), tokens[count:]


def _glued_titles(token: str) -> bool:
    pieces = [piece for piece in token.casefold().split(".") if piece]
    return (
        "." in token
        and bool(pieces)
        and pieces[0] in lexicon.TITLES
        and len(pieces) > 1
        and all(piece in lexicon.TITLES or piece in lexicon.TITLE_FOLLOW for piece in pieces)
    )


@lru_cache(_REMEMBERED)
def is_name_word(token: str) -> bool:
    """A capitalised word, an initial or an apostrophised name ('O’Brien', "D'Angelo", 'al-Khatib')."""
    word = _WORD.fullmatch(token)
    if word is None:
        return False
    head = token.lstrip("'’`")
    if head[:1].isupper():
        return True
    first, dash, rest = head.partition("-")
    return bool(dash) and first.casefold() in lexicon.PARTICLES and rest[:1].isupper()


def is_preposition(particle: str, words: list[str]) -> bool:
    """Whether 'zum' behind these words is a preposition ('Bernd Wackernagel zum Termin'): the family name is told."""
    if particle not in lexicon.PREPOSITIONS or not words:
        return False
    if words[-1].islower() or any(word.casefold() in lexicon.NOBILITY for word in words):
        return False  # 'von und zu', 'Graf von Ostheim zu Steinau'
    return len(words) > 1 and not (particle == "zu" and all(map(is_given, words)))


@lru_cache(_REMEMBERED)
def tidy_case(word: str) -> str:
    """'DELACROIX' -> 'Delacroix', 'MÜLLER-NEY' -> 'Müller-Ney'; mixed case and initials stay as they are."""
    letters = [c for c in word if c.isalpha()]
    if len(letters) < 3 or not all(c.isupper() for c in letters):
        return word
    return re.sub(r"[^\W\d_]+", lambda m: m[0][0] + m[0][1:].lower(), word)


@lru_cache(_REMEMBERED)
def _shouted(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return len(letters) >= 3 and all(c.isupper() for c in letters)


@lru_cache(_REMEMBERED // 8)
def parse_name(text: str) -> PersonName | None:
    """Take `text` (a line, a cell, a display name) apart; None when it can't be a person's name.

    Understands 'Family, Given', titles before and degrees behind, particles, initials, capitals, notes in brackets.
    """
    notes = [note.strip() for note in _BRACKETS.findall(text)]
    said = agreed(*(lexicon.COURTESIES.get(note.casefold()) for note in notes))
    notes = [note for note in notes if note.casefold() not in lexicon.COURTESIES]
    bare = _BRACKETS.sub(" ", text).strip(" \t\"'„“”»«.,;:–—-*_•")
    if not bare or len(bare) > 80 or any(c.isdigit() or c in "@/|&?!" for c in bare):
        return None
    note = notes[0] if notes else ""
    before, comma, behind = (piece.strip() for piece in bare.partition(","))
    if comma and behind:
        if _all_suffixes(behind):
            return _with_note(_straight(before), note, said)
        turned = _comma_form(before, behind)
        return _with_note(turned, note, said)
    return _with_note(_straight(before), note, said)


def couple(text: str) -> tuple[str, str] | None:
    """'Almuth und Hartmut Sieveking' -> ('Almuth Sieveking', 'Hartmut Sieveking'); None for anything else."""
    both = _COUPLE.fullmatch(text.strip(" ,.;:"))
    if both is None or not (is_given(both[1]) and is_given(both[2].split()[0])):
        return None
    second = parse_name(both[2])
    return (f"{both[1]} {second.family}", both[2]) if second and second.full else None


def _with_note(name: PersonName | None, note: str, said: Salutation | None) -> PersonName | None:
    return replace(name, note=note, salutation=agreed(name.salutation, said)) if name and (note or said) else name


def _all_suffixes(text: str) -> bool:
    words = _TOKEN.findall(text)
    return bool(words) and all(word.replace(".", "").casefold() in lexicon.NAME_SUFFIXES for word in words)


def _comma_form(family: str, given: str) -> PersonName | None:
    behind_said, given_words = take_courtesy(_TOKEN.findall(given))
    front_said, family_words = take_courtesy(_TOKEN.findall(family))
    title, rest = take_titles(given_words)
    front_title, family_words = take_titles(family_words)
    trailing = [word for word in rest if word.casefold() in lexicon.PARTICLES]
    rest = [word for word in rest if word.casefold() not in lexicon.PARTICLES]
    if not rest or len(rest) > 3 or not family_words or len(family_words) > 4:
        return None
    if not all(is_name_word(w) or is_given(w) for w in rest):
        return None
    if not all(is_name_word(w) or w.casefold() in lexicon.PARTICLES for w in family_words):
        return None
    if any(_never_a_name(w) and not is_given(w) for w in (*rest, *family_words)):
        return None
    if not is_given(rest[0]) and any(organisations.kind_gender(w) or organisations.role_word(w) for w in rest):
        return None
    return PersonName(
        given=" ".join(tidy_case(w) for w in rest),
        family=" ".join(tidy_case(w) for w in (*trailing, *family_words)),
        title=front_title or title,
        known=is_given(rest[0]) or is_initials(rest[0]),
        salutation=agreed(front_said, behind_said),
    )


def _straight(text: str) -> PersonName | None:
    tokens = _TOKEN.findall(text)
    said = None
    courtesy = bool(tokens) and tokens[0].casefold() in lexicon.HONORIFICS
    if courtesy:
        said, tokens = lexicon.COURTESIES.get(tokens[0].casefold()), tokens[1:]
    title, tokens = take_titles(tokens)
    while len(tokens) > 1 and tokens[-1].replace(".", "").casefold() in lexicon.NAME_SUFFIXES and len(tokens) > 2:
        tokens = tokens[:-1]
    if not tokens or len(tokens) > _LONGEST_NAME:
        return None
    if all(word.islower() for word in tokens if word.isalpha()) and len(tokens) >= 2 and is_given(tokens[0]):
        tokens = [w if w in lexicon.PARTICLES else w[:1].upper() + w[1:] for w in tokens]
    name = split_name(tokens, title=title, courtesy=courtesy)
    return replace(name, salutation=said) if name and said else name


def _never_a_name(word: str) -> bool:
    return word.casefold() in lexicon.NOT_NAMES and not (word.islower() and word in lexicon.PARTICLES)


def split_name(tokens: list[str], *, title: str | None = None, courtesy: bool = False) -> PersonName | None:
    """Given and family name of name words in reading order; one word alone is a family name after a courtesy or title.

    One word alone without either: given when our list knows it, else family.
    """
    if not all(is_name_word(w) or w.casefold() in lexicon.PARTICLES for w in tokens):
        return None
    if tokens[-1].casefold() in lexicon.PARTICLES and tokens[-1].islower():
        return None
    if any(_never_a_name(w) and not (i and is_given(tokens[0])) for i, w in enumerate(tokens)):
        return None
    if len(tokens) == 1:
        word = tidy_case(tokens[0])
        if courtesy or title or not is_given(word):
            return PersonName(family=word, title=title)
        return PersonName(given=word, known=True)
    if _shouted(tokens[0]) and not all(_shouted(w) for w in tokens if not is_initials(w)):
        turned = [w for w in tokens if not _shouted(w)]
        shouted = [tidy_case(w) for w in tokens if _shouted(w)]
        return PersonName(" ".join(turned), " ".join(shouted), title, known=is_given(turned[0]))
    cut = _family_start(tokens)
    given = " ".join(tidy_case(w) for w in tokens[:cut]) or None
    family = " ".join(w if w.islower() else tidy_case(w) for w in tokens[cut:])
    return PersonName(given, family, title, known=is_given(tokens[0]) or is_initials(tokens[0]))


def _family_start(tokens: list[str]) -> int:
    for i, word in enumerate(tokens[1:-1], start=1):
        if word.casefold() in lexicon.NOBILITY:
            return i
    for i, word in enumerate(tokens):
        if word.islower() and word.casefold() in lexicon.PARTICLES and word not in {"e", "i", "y"}:
            return i
    for i, word in enumerate(tokens[1:], start=1):
        if _shouted(word) and not _shouted(tokens[0]):
            return i
        if word.casefold().rstrip(".") in {"van", "von", "ó", "o", "mac", "de", "di", "da", "al", "el", "ní", "nic"}:
            return i
    cut = 1
    while cut < len(tokens) - 1 and (
        is_given(tokens[cut]) or is_initials(tokens[cut]) or tokens[cut].casefold().endswith(lexicon.PATRONYMICS)
    ):
        cut += 1
    return cut
