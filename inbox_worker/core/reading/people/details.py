"""What a text says of a person right before and right behind the name: role, organisation, telephone, address.

Never looks further than the sentence or the list item that the name stands in.
"""

import re
from dataclasses import dataclass

from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.phones import find_phones

MAIL = re.compile(r"(?<![\w.+-])[\w][\w.+'-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_SENTENCE_END = re.compile(
    r"[!?](?:\s|$)|(?<![\d.]\d)(?<!\b[A-Za-z])(?<!Tel)(?<!Dr)(?<!Nr)(?<!Str)(?<!str)(?<!bzw)(?<!stv)(?<!tellv)(?<!Abt)(?<!inkl)(?<!ggf)\.(?=\s+[A-ZÄÖÜ\n]|\s*$)|\n\s*\n"
)
_WORDS_BEFORE = re.compile(r"([^\W\d_][\w.*:/-]*|\d\.)[\s,:(„\"]*$")
_OPENERS = re.compile(
    r"^(?:und|sowie|die|der|das|unsere?[rnms]?|meine?[rnms]?|als|eine?[rnms]?|unsere?[rnms]? neue[rnms]?|neue[rnms]?|beide|both|alle|allesamt|ist|is|our|the|a|an|my|as|is our|who is|hier|bei uns|derzeit|zurzeit|zuständige[rn]?)\s+",
    re.IGNORECASE,
)
_MARKS = re.compile(r"\s*(?:[,;()|•\t–—<>\[\]]|\s-\s|\s/\s|\n|:)\s*")


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
    rest = context
    words: list[str] = []
    colleague = False
    for _ in range(6):
        match = _WORDS_BEFORE.search(rest[-60:])
        if not match or "\n\n" in match[0] or re.search(r"[.!?]\s*$", match[0][len(match[1]) :]):
            break
        word = match[1].rstrip(".,:") if not match[1][:1].isdigit() else match[1]
        lowered = word.casefold()
        if lowered in lexicon.COLLEAGUES:
            colleague = True
        if lowered in lexicon.HONORIFICS or lowered in {"dr", "prof"}:
            pass
        elif (
            _says_role(word, rest[: len(rest) - len(rest[-60:]) + match.start()])
            and not lowered.startswith("kolleg")
            and lowered not in {"chefin", "chef"}
        ):
            if words and match[0][len(match[1]) :].strip() == ",":
                break
            words.insert(0, word)
        elif words and (lowered in lexicon.ROLE_FIRST or lowered in {"1.", "2.", "3."}):
            words.insert(0, match[1])
        elif not (colleague and not words and lowered in {"meine", "mein", "unsere", "unser"}):
            break
        rest = rest[: len(rest[-60:]) and len(rest) - len(rest[-60:]) + match.start()]
    return (_nominative_role(" ".join(words)) if words else None), colleague


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
    mail = MAIL.search(window)
    number = next((phone.e164 for phone in find_phones(window, region=region) if phone.kind == "direct"), None)
    role: str | None = None
    organisation: str | None = None
    colleague = False
    compact = listed or (bool(mail or number) and not any(w in lexicon.CLAUSE_WORDS for w in window.split()))
    for position, raw in enumerate(_pieces(window)):
        piece = raw.strip(" .:!")
        if not piece or MAIL.search(piece) or any(c.isdigit() for c in piece) and not re.match(r"\d\. ", piece):
            continue
        if position > (8 if compact else 3):
            break
        opened = piece
        for _ in range(3):
            opened = _OPENERS.sub("", opened)
        words = opened.split()
        if not words:
            continue
        if words[0].casefold() in lexicon.COLLEAGUES and not organisations.role_word(words[0]):
            colleague = True
        if len(words) <= 9 and _starts_with_role(words) and role is None:
            written, proper = organisations.split_role_and_organisation(_short(opened))
            role = written
            organisation = organisation or proper
            continue
        proper = _linked(opened) if position <= 2 else None
        if organisation is None and proper:
            organisation = proper
            continue
        shape = organisations.shape(opened)
        if (
            organisation is None
            and (compact or position > 0)
            and len(words) <= 6
            and shape.score >= 3
            and fold(shape.name) != fold(family)
        ):
            organisation = shape.name
        elif (
            organisation is None
            and compact
            and _bare_organisation(words, shape.score, with_role=bool(role), contact=bool(mail or number))
        ):
            organisation = shape.name
    return Details(organisation, role, number, mail[0] if mail else None, colleague)


def _bare_organisation(words: list[str], score: int, *, with_role: bool, contact: bool) -> bool:
    """A capitalised piece that nothing else explains, in a line of contact data."""
    known = any(
        word.casefold().strip(".:") in lexicon.PHONE_LABELS or word.casefold() in lexicon.LABELS for word in words
    )
    plain = words[0].casefold() in lexicon.NOT_NAMES and len(words) == 1
    if not contact and not with_role:
        return False
    return len(words) <= (5 if with_role else 3) and score >= 0 and words[0][:1].isupper() and not known and not plain


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
    end = _SENTENCE_END.search(behind)
    return behind[: end.start() if end else None][:300]


def _pieces(window: str) -> list[str]:
    return _MARKS.split(window)


def _starts_with_role(words: list[str]) -> bool:
    for word in words[:4]:
        if organisations.role_word(word.strip(",.*")):
            return True
        if word.casefold() not in lexicon.ROLE_FIRST and not word[:1].isupper():
            return False
    return False


def _short(piece: str) -> str:
    """A role ends where a verb or a relative clause begins ('Reporterin wird teilnehmen')."""
    words = piece.split()
    for i, word in enumerate(words[1:], start=1):
        if word[:1].islower() and word.casefold() in lexicon.CLAUSE_WORDS:
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
