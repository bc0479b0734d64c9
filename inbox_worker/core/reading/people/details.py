"""What a text says of a person right before and right behind the name: role, organisation, telephone, address.

Never looks further than the sentence or the list item that the name stands in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.phones import find_phones
from inbox_worker.core.reading.people.roles import split_role_and_organisation

MAIL = re.compile(r"(?<![\w.+-])[\w][\w.+'-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_SENTENCE_END = re.compile(
    r"[!?](?:\s|$)|(?<![\d.]\d)(?<!\b[A-Za-z])(?<!Tel)(?<!Dr)(?<!Nr)(?<!Str)(?<!str)(?<!bzw)(?<!stv)(?<!tellv)(?<!Abt)(?<!inkl)(?<!ggf)"
    r"\.(?=\s+[A-ZÄÖÜ\n]|\s*$)|\n\s*\n"
)
_SENTENCE_OVER = re.compile(r"[.!?]\s*$")
_WORDS_BEFORE = re.compile(r"([^\W\d_][\w.*:/-]*|\d\.)[\s,:(„\"]*$")
_BETWEEN = "".join(filter(str.isspace, map(chr, range(0x3001)))) + ',:(„"'
_OPENERS = re.compile(
    r"^(?:und|sowie|die|der|das|unsere?[rnms]?|meine?[rnms]?|als|eine?[rnms]?|neue[rnms]?|beide|both|alle|allesamt|ist|is|our"
    r"|the|a|an|my|as|who is|hier|bei uns|derzeit|zurzeit|zuständige[rn]?)\s+",
    re.IGNORECASE,
)
_ROLE_OF = re.compile(
    r"(?:^|(?<=\s))(?P<role>[A-ZÄÖÜ][\w-]{3,40} (?:der|des|für|vom) [A-ZÄÖÜ][\w-]{2,40}"
    r"(?: (?:und|&) [A-ZÄÖÜ][\w-]{2,30})?),?\s+(?:(?:Herrn?|Frau) )?(?:(?:Dr|Prof)\. )*$"
)
_ENGLISH_ROLE_OF = re.compile(
    r"\b(?:[Oo]ur|[Mm]y|[Tt]he) (?P<role>[a-z]+(?: [a-z]+)? of (?:the )?[A-Za-z]{3,20}(?: and [A-Za-z]{3,20})?),? $"
)
_ORDINAL = re.compile(r"\d\. ")
_MARKS = re.compile(r"\s*(?:[,;()|•\t–—<>\[\]]|\s-\s|\s/\s|/(?=[A-ZÄÖÜ])|\n|:)\s*")


def mails(text: str) -> Iterator[re.Match[str]]:
    """Every mail address in `text`."""
    return MAIL.finditer(text) if "@" in text else iter(())


@dataclass(frozen=True, slots=True)
class Details:
    """What stands behind a name."""

    organisation: str | None = None
    role: str | None = None
    phone: str | None = None
    email: str | None = None
    colleague: bool = False


def role_before(context: str) -> tuple[str | None, bool]:
    """The role words that lead up to a name ('unsere Chefredakteurin, Frau'), and whether it says colleague."""
    rest = context[-160:]
    if (told := _ROLE_OF.search(rest)) and organisations.role_word(told["role"].split()[0]):
        role = split_role_and_organisation(told["role"])[0]
        return role, bool(told["role"].split()[0].casefold() in lexicon.COLLEAGUES)
    if (english := _ENGLISH_ROLE_OF.search(rest)) and any(map(organisations.role_word, english["role"].split()[:2])):
        return english["role"], False
    words: list[str] = []
    colleague = False
    for _ in range(6):
        last = len(rest.rstrip(_BETWEEN))
        found = _WORDS_BEFORE.search(rest, rest.rfind(" ", 0, last) + 1)
        if not found or "\n\n" in found[0] or _SENTENCE_OVER.search(found[0][len(found[1]) :]):
            break
        word = found[1] if found[1][:1].isdigit() else found[1].rstrip(".,:")
        lowered = word.casefold()
        colleague = colleague or lowered in lexicon.COLLEAGUES
        if _is_role_before(word, rest[: found.start()]):
            if words and found[0][len(found[1]) :].strip() == ",":
                break
            words.insert(0, word)
        elif words and lowered in lexicon.ROLE_FIRST:
            words.insert(0, found[1])
        elif not (
            lowered in lexicon.HONORIFICS or lowered in {"dr", "prof"} or (colleague and not words and _my(lowered))
        ):
            break
        rest = rest[: found.start()]
    return (_nominative_role(" ".join(words)) if words else None), colleague


def _my(word: str) -> bool:
    return word in lexicon.PARTNERS or word in {"unsere", "unser", "unserer", "unserem", "unseren"}


def _is_role_before(word: str, before: str) -> bool:
    lowered = word.casefold()
    if lowered.startswith("kolleg") or lowered in {"chefin", "chef"}:
        return False
    return _says_role(word, before)


def _says_role(word: str, before: str) -> bool:
    if word[:1].isupper():
        return organisations.role_word(word)
    english = re.search(r"\b(?:our|my|the|a|an|their|his|her)\s+(?:[a-z]+\s+)?$", before, re.IGNORECASE)
    return bool(english) and word.casefold() in lexicon.ROLES


def _nominative_role(role: str) -> str:
    """'Redakteurs' -> 'Redakteur', 'Beigeordneten' -> 'Beigeordneter' is left to the writer's own form."""
    if role.casefold().endswith(("eurs", "ters", "isten", "enten")):
        return role[:-1] if role.casefold().endswith("s") else role[:-2]
    return role


def details_after(behind: str, region: str, *, listed: bool, family: str) -> Details:
    """Read what follows a name up to the next name: within the sentence, or in a list within the item."""
    window = _window(behind, listed=listed)
    mail = next(mails(window), None)
    number = next((phone.e164 for phone in find_phones(window, region=region) if phone.kind == "direct"), None)
    contact = bool(mail or number)
    compact = listed or (contact and not any(word in lexicon.CLAUSE_WORDS for word in window.split()))
    role: str | None = None
    organisation: str | None = None
    colleague = False
    for position, piece in _telling(window, 8 if compact else 3):
        words = piece.split()
        if words[0].casefold() in lexicon.COLLEAGUES and not organisations.role_word(words[0]):
            colleague = True
        if role is None and len(words) <= 9 and _starts_with_role(words):
            role, proper = split_role_and_organisation(_short(piece))
        else:
            proper = _linked(piece) if position <= 2 else None
            proper = proper or _house(piece, family, near=compact or position > 0)
            if proper is None and compact and (role or contact):
                proper = _bare_organisation(words, longest=5 if role else 3)
        organisation = organisation or proper
    return Details(organisation, role, number, mail[0] if mail else None, colleague)


def _telling(window: str, most: int) -> Iterator[tuple[int, str]]:
    """The pieces between marks that hold words, without articles and "als", each with its position."""
    for position, raw in enumerate(_pieces(window)):
        piece = raw.strip(" .:!")
        digits = any(c.isdigit() for c in piece) and not _ORDINAL.match(piece)
        if position > most or not piece or digits or MAIL.search(piece):
            continue
        for _ in range(3):
            piece = _OPENERS.sub("", piece)
        if piece.split():
            yield position, piece


def _house(piece: str, family: str, *, near: bool) -> str | None:
    shape = organisations.shape(piece)
    fits = near and len(piece.split()) <= 6 and shape.score >= 3 and fold(shape.name) != fold(family)
    return shape.name if fits else None


def _bare_organisation(words: list[str], *, longest: int) -> str | None:
    """A capitalised piece that nothing else explains, in a line of contact data."""
    labels = any(
        word.casefold().strip(".:") in lexicon.PHONE_LABELS or word.casefold() in lexicon.LABELS for word in words
    )
    common = len(words) == 1 and words[0].casefold() in lexicon.NOT_NAMES
    shape = organisations.shape(" ".join(words))
    fits = len(words) <= longest and shape.score >= 0 and words[0][:1].isupper() and not labels and not common
    return shape.name if fits else None


def _window(behind: str, *, listed: bool) -> str:
    if listed:
        end = behind.find("\n")
        first = behind if end < 0 else behind[:end]
        rest = "" if end < 0 else behind[end + 1 :]
        # an item goes on in an indented line
        while rest[:2].isspace() and rest.strip():
            line, _, rest = rest.partition("\n")
            if not line.strip():
                break
            first += ", " + line.strip()
        return first[:400]
    over = _SENTENCE_END.search(behind)
    return behind[: over.start() if over else None][:300]


def _pieces(window: str) -> list[str]:
    return _MARKS.split(window)


def _starts_with_role(words: list[str]) -> bool:
    for word in words[:4]:
        if organisations.role_word(word.strip(",.*")):
            return True
        if word.casefold() not in lexicon.ROLE_FIRST and not word[:1].isupper():
            return False
    return False


_BEFORE_ARTICLE = frozenset({"für", "bei", "von", "aus", "for", "at", "of", "with"})


def _short(piece: str) -> str:
    """A role ends where a verb or a relative clause begins ('Reporterin wird teilnehmen')."""
    words = piece.split()
    for i, word in enumerate(words[1:], start=1):
        if word[:1].islower() and word.casefold() in lexicon.CLAUSE_WORDS and words[i - 1] not in _BEFORE_ARTICLE:
            return " ".join(words[:i])
    return piece


_LINK = re.compile(
    r"^(?:(?:von|vom|bei|beim|für|aus|from|at|of|for|with)(?:\s+(?:der|die|das|dem|den|des|the|unserem|unserer))?|der|des)\s+(?=[A-ZÄÖÜ„\"»])"
)


def _linked(piece: str) -> str | None:
    """'vom Wochenblatt', 'von der Stadt Lindenau', 'für das Magazin „Ankommen“'."""
    link = _LINK.match(piece)
    if not link:
        return None
    phrase = piece[link.end() :]
    words = phrase.split()
    count = 0
    for word in words:
        if (
            word[:1].isupper()
            or word[:1] in '„"»&'
            or word in {"und", "der", "die", "am", "an", "im", "in", "für", "of", "a.", "d.", "zu", "von", "des"}
        ):
            count += 1
        else:
            break
    while count and words[count - 1][:1].islower():
        count -= 1
    phrase = " ".join(words[:count])
    article = re.sub(r"^(?:von|bei|für|aus|from|at|of|for|with)\s+", "", link[0]).strip()
    named = organisations.tidy(organisations.nominative(phrase, f"{article or link[0].strip()} {phrase}"))
    return named if named and organisations.shape(named).score >= 3 and not organisations.is_department(named) else None
