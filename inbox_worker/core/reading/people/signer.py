"""The name in a signature: which of its pieces is the signer's, and how far the display name completes it.

Never invents: a piece is a name by closing formula, given name, title, sender's address and display name together.
"""

import re
from dataclasses import dataclass, replace

from inbox_worker.core.courtesy import agreed
from inbox_worker.core.reading.people import lexicon, organisations, phones
from inbox_worker.core.reading.people.display import Display
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.names import PersonName, couple, is_initials, parse_name
from inbox_worker.core.reading.people.ours import Ours

_STRONG_SEPARATOR = re.compile(r"\s*(?:\||•|·|∙|▪|\t|;|///?)\s*|\s{3,}|\s+[–—/-]+\s+")
RULE = re.compile(r"^[\s\-–—_=*~#+.]*$")
_CLOSING = re.compile(r"(?:" + "|".join(map(re.escape, lexicon.CLOSINGS)) + r")(?![^\W\d_])")
_SIGNING = re.compile(r"(?:" + "|".join(map(re.escape, lexicon.SIGNING)) + r")(?![^\W\d_])", re.IGNORECASE)
_BEHALF = ("i.", "ia", "iv", "im", "in", "for", "on", "pp", "p.p")
_LABEL_BEFORE_NUMBER = re.compile(r"(?:[\s(|/,–-]*[^\W\d_.]{1,12}(?:[-/][^\W\d_]{1,10})?\.?\s?:?\s*|[☎✆📞📱📠]\s*)$")
_MOST_LINES = 40
_LONGEST_LINE = 400
# below this much evidence, words stay words: a known given name alone has 2
_ENOUGH = 2.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a signature line; `line` counts the block's lines."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Signer:
    """The signer's name, the piece it stood in, and whether it was signed for somebody else ("i. A.")."""

    name: PersonName | None = None
    piece: Piece | None = None
    on_behalf: bool = False


def lines_of(block: str) -> list[str]:
    """The block's first lines that are not empty, without quote marks and emphasis."""
    lines = (line[:_LONGEST_LINE].replace("\u00a0", " ").strip(" \r>*_") for line in block.splitlines())
    return [line for line in lines if line][:_MOST_LINES]


def pieces_of(lines: list[str]) -> list[Piece]:
    """The lines' pieces without telephone numbers; rules and legal lines are left out."""
    return [
        Piece(text.strip(" ,;–-"), number)
        for number, line in enumerate(lines)
        if not RULE.match(line) and not organisations.is_legal_line(line)
        for text in _STRONG_SEPARATOR.split(_without_numbers(line))
        if text.strip(" ,:;.-–")
    ]


def _without_numbers(line: str) -> str:
    """The line with its telephone numbers and their labels cut out, as a separator."""
    spans = [(phone.start, phone.end) for phone in phones.find_phones(line)]
    for start, end in reversed(spans):
        before = re.sub(
            r"(?:[\s(|/,–-]*[^\W\d_.]{1,12}(?:[-/][^\W\d_]{1,10})?\.?\s?:?\s*|[☎✆📞📱📠]\s*)$", _cut_label, line[:start]
        )
        line = before.rstrip(" (") + " | " + line[end:].lstrip(" )")
    return line


def _cut_label(match: re.Match[str]) -> str:
    words = re.findall(r"[^\W\d_]+", match[0].casefold())
    if words and all(word in lexicon.PHONE_LABELS or word in lexicon.EXTENSION_LABELS for word in words):
        return " | "
    return match[0]


def without_closing(line: str) -> str | None:
    """What follows a closing formula in its line ('mfg Ursel Dammeyer' -> 'Ursel Dammeyer'); None: no closing."""
    lowered = line.lower().strip()
    if closing := _CLOSING.match(lowered):
        words = line.strip()[closing.end() :].strip(" ,!.:;–-").split()
        while words and (
            words[0].casefold().strip(",.!") in lexicon.CLOSING_WORDS
            or (words[0][:1].islower() and words[0].casefold() not in lexicon.PARTICLES)
        ):
            words = words[1:]
        return " ".join(words)
    words = [word.strip(",.!:;") for word in lowered.split()]
    if len(words) <= 8 and any(word in lexicon.CLOSING_WORDS for word in words):
        return ""
    return None


def without_signing(text: str) -> tuple[str, bool]:
    """'i. A. Hannelore Gaul' -> ('Hannelore Gaul', True); 'Ihr K. Kröger' -> ('K. Kröger', False)."""
    signing = _SIGNING.match(text)
    if signing is None:
        return text, False
    behalf = signing[0].casefold().replace(" ", "").startswith(_BEHALF)
    return text[signing.end() :].strip(" ,:."), behalf


def find_signer(pieces: list[Piece], display: Display, address: str, ours: Ours) -> Signer:
    """The piece with the most evidence of being the signer's name; Signer() when none has enough."""
    best: tuple[float, Piece, PersonName] | None = None
    on_behalf = False
    closing_line: int | None = None
    for piece in pieces:
        rest = without_closing(piece.text)
        closing_line = piece.line if rest is not None else closing_line
        text, behalf = without_signing(piece.text if rest is None else rest)
        on_behalf = on_behalf or behalf
        distance = None if closing_line is None else piece.line - closing_line
        for position, candidate in enumerate(_candidates(text)):
            name = parse_name(candidate)
            if name is None or organisations.is_web(candidate) or ours.is_person(name):
                continue
            score = _evidence(candidate, name, display, address) + _place(
                name, distance, alone=candidate == text.strip()
            )
            score += (1.0 if behalf else 0.0) - position * 0.3 - piece.line * 0.05
            if score >= _ENOUGH and (best is None or score > best[0]):
                best = (score, piece, name)
    return Signer(best[2], best[1], on_behalf) if best else Signer(on_behalf=on_behalf)


def _place(name: PersonName, distance: int | None, *, alone: bool) -> float:
    """Evidence by where the name stands: `distance` lines behind the closing formula."""
    score = (1.0 if name.full else 0.0) + (0.5 if name.title and name.full else 0.0)
    if distance is None:
        return score
    score += 1.5 if distance <= 2 else 0.5 if distance <= 4 else 0.0
    return score + (0.5 if alone and name.full and 0 < distance <= 2 else 0.0)


def _candidates(text: str) -> list[str]:
    plain = re.sub(r"\s+", " ", text).strip(" .,:;")
    if both := couple(plain):
        return list(both)
    whole = [plain]
    if "," in plain or "(" in plain:
        head = re.split(r"[,(]", plain, maxsplit=1)[0].strip()
        whole = [head, plain] if parse_name(head) and len(head.split()) > 1 else [plain, head]
        whole += [piece.strip(" )") for piece in re.split(r"[,(]", plain)[1:]]
    words = plain.split()
    if len(words) > 2 and organisations.is_role(words[0]):
        whole += [" ".join(words[i:]) for i in range(1, min(3, len(words) - 1))]
    return [piece for piece in whole if piece]


def _evidence(candidate: str, name: PersonName, display: Display, address: str) -> float:
    """Evidence by the words themselves, the display name and the address."""
    score = (2.0 if name.known else 0.0) + (1.5 if name.title else 0.0) + (2.0 if name.salutation else 0.0)
    score += _by_address(name, address)
    shown = display.name
    same_family = bool(shown and shown.family and name.family and _same(shown.family, name.family))
    if same_family:
        score += 3.5 if shown and name.given and _same(shown.given or "", name.given) else 3
    elif shown and shown.given and name.given and _same(shown.given, name.given):
        score += 1.5
    if not name.given or not name.family:
        score -= 1.0
    if organisations.is_role(candidate) or organisations.is_department(candidate):
        score -= 3
    words = f"{name.given or ''} {name.family or ''}".split()
    if not same_family and any(organisations.kind_gender(word) for word in words):
        score -= 1.5 if name.known else 3
    if not name.known and organisations.domain_overlap(candidate, address) >= 0.6:
        score -= 2
    return score


def _by_address(name: PersonName, address: str) -> float:
    local = fold(address.rpartition("@")[0])
    family, given = fold(name.family or ""), fold(name.given or "")
    if len(family) > 2 and family in local:
        return 2.0 if len(given) > 2 and given in local else 1.5
    return 0.7 if len(given) > 2 and given in local else 0.0


def _same(one: str, other: str) -> bool:
    return fold(one) == fold(other)


def merge_names(signed: PersonName | None, shown: PersonName | None) -> PersonName | None:
    """The signature's name, completed by the display name where both mean the same person."""
    if signed is None or shown is None:
        return signed or shown
    if not signed.family:
        said = agreed(signed.salutation, shown.salutation)
        return replace(shown, title=shown.title or signed.title, salutation=said) if shown.family else signed
    if shown.family and _same(signed.family, shown.family):
        fuller = shown.given and (not signed.given or (is_initials(signed.given) and not is_initials(shown.given)))
        return replace(
            signed,
            given=shown.given if fuller else signed.given,
            title=signed.title or shown.title,
            salutation=agreed(signed.salutation, shown.salutation),
        )
    if not signed.given:
        # "Sepp" alone, unknown as a given name, and the display name tells that it is one
        return shown if shown.family and shown.given and _same(signed.family, shown.given) else signed
    initials = is_initials(signed.given) and is_initials(signed.family)
    return shown if initials else signed
