"""Who signs a mail: closing formula, name, role, organisation, telephone -> one Registrant with its evidence.

Never invents: failing a signature the display name speaks, failing that nobody. What the desk's own invitation
contains (our contacts, speakers, street, number) is never the sender's.
"""

import re
from dataclasses import dataclass, replace

from inbox_worker.core.reading.people import lexicon, organisations, phones
from inbox_worker.core.reading.people.display import Display, read_display_name
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.names import PersonName, is_initials, parse_name
from inbox_worker.core.reading.people.ours import Ours, ours_of
from inbox_worker.core.registration import Desk, Reason, Registrant

_WHERE = "signature"
_SEPARATOR = re.compile(r"\s*(?:\||•|·|∙|▪|\t|;|///?)\s*|\s{3,}|\s+[–—/-]+\s+|\s*,\s+")
_STRONG_SEPARATOR = re.compile(r"\s*(?:\||•|·|∙|▪|\t|;|///?)\s*|\s{3,}|\s+[–—/-]+\s+")
_RULE = re.compile(r"^[\s\-–—_=*~#+.]*$")
_MAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_LABEL_ONLY = re.compile(r"^(?:[^\W\d_][\w.-]{0,14}\s?[:.]?\s*)$")
_SLOGAN = re.compile(r"[!?]|\b(?:wir|uns|unsere?|Sie|Ihnen|we|our|you)\b")
_CLOSING = re.compile(r"(?:" + "|".join(map(re.escape, lexicon.CLOSINGS)) + r")(?![^\W\d_])")
_SIGNING = re.compile(r"(?:" + "|".join(map(re.escape, lexicon.SIGNING)) + r")(?![^\W\d_])", re.IGNORECASE)
_MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class SignatureReading:
    """Who signed. `person` is None when nobody is named anywhere.

    `source` tells where the name stood. `organisation` is the office's even when no person is named. `for_somebody`:
    signed "i. A." or by an assistant, so perhaps for somebody else. `partial` tells that given or family name is
    missing, so another mention of the same person in the text may complete it.
    """

    person: Registrant | None = None
    because: tuple[Reason, ...] = ()
    source: str = ""
    organisation: str | None = None
    for_somebody: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a signature line; `line` counts the block's lines."""

    text: str
    line: int
    labelled_phone: bool = False


def signature_person(block: str, *, display_name: str, address: str, desk: Desk) -> SignatureReading:
    """Read a signature block (from the closing formula on; may be '') and the From header's display name."""
    ours = ours_of(desk)
    display = read_display_name(display_name, address)
    lines = _lines(block)
    region = phones.region_of(block, address)
    pieces = _pieces(lines)
    name_piece, name, on_behalf = _find_name(lines, pieces, display, address, ours)
    person = _merge_names(name, display.name)
    because: list[Reason] = []
    source = ""
    if name_piece and name:
        source = "signature"
        because.append(Reason("name", name_piece.text.strip(), _WHERE))
    elif display.name:
        source = "display name"
        because.append(Reason("name", display_name, "From"))
    organisation, role = _organisation_and_role(pieces, name_piece, name, address, ours)
    if organisation:
        because.append(Reason("organisation", organisation, _WHERE))
    elif display.organisation:
        organisation = display.organisation
        because.append(Reason("organisation", organisation, "From"))
    if role:
        because.append(Reason("role", role, _WHERE))
    elif display.role:
        role = display.role
        because.append(Reason("role", role, "From"))
    phone = _phone("\n".join(lines), region, ours)
    if phone:
        because.append(Reason("phone", phone, _WHERE))
    assistant = bool(role) and any(word in lexicon.ASSISTANTS for word in re.findall(r"\w+", (role or "").casefold()))
    office = any(word.casefold() in lexicon.ASSISTANTS for word in re.findall(r"\w+", block)[:40])
    if person is None:
        return SignatureReading(None, tuple(because), "", organisation, on_behalf or office, partial=False)
    registrant = Registrant(person.given, person.family, person.title, organisation, role, phone)
    return SignatureReading(
        registrant, tuple(because), source, organisation, on_behalf or assistant, not (person.given and person.family)
    )


def _lines(block: str) -> list[str]:
    lines = [line.replace("\u00a0", " ").strip(" \r>*_") for line in block.splitlines()]
    return [line for line in lines if line][:_MOST_LINES]


def _pieces(lines: list[str]) -> list[_Piece]:
    found = []
    for number, line in enumerate(lines):
        if _RULE.match(line) or organisations.is_legal_line(line):
            continue
        rest = _without_numbers(line)
        for text in _STRONG_SEPARATOR.split(rest):
            if text.strip(" ,:;.-–"):
                found.append(_Piece(text.strip(" ,;–-"), number))
    return found


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


def _signing(text: str) -> tuple[str, bool]:
    """'i. A. Hannelore Gaul' -> ('Hannelore Gaul', True); 'Ihr K. Kröger' -> ('K. Kröger', False)."""
    signing = _SIGNING.match(text)
    if signing is None:
        return text, False
    behalf = signing[0].casefold().replace(" ", "").startswith(("i.", "ia", "iv", "im", "in", "for", "on", "pp", "p.p"))
    return text[signing.end() :].strip(" ,:."), behalf


def _find_name(
    lines: list[str], pieces: list[_Piece], display: Display, address: str, ours: Ours
) -> tuple[_Piece | None, PersonName | None, bool]:
    on_behalf = False
    best: tuple[float, _Piece, PersonName] | None = None
    after_closing = False
    closing_line = -9
    for piece in pieces:
        rest = without_closing(piece.text)
        text = piece.text if rest is None else rest
        if rest is not None:
            after_closing, closing_line = True, piece.line
        text, behalf = _signing(text)
        on_behalf = on_behalf or behalf
        for position, candidate in enumerate(_candidates(text)):
            name = parse_name(candidate)
            if name is None or organisations.is_web(candidate) or ours.is_person(name):
                continue
            score = _name_score(candidate, name, display, address)
            distance = piece.line - closing_line
            score += 1.5 if after_closing and 0 <= distance <= 2 else 0.5 if after_closing and distance <= 4 else 0
            score += 0.5 if name.full else 0
            score += 0.5 if after_closing and name.full and 0 < distance <= 2 and candidate == text.strip() else 0
            score += 0.5 if name.title and name.full else 0
            score -= position * 0.3
            score -= piece.line * 0.05
            score += 1.0 if behalf else 0
            if score >= 2 and (best is None or score > best[0]):
                best = (score, piece, name)
    if best is None:
        return None, None, on_behalf
    return best[1], best[2], on_behalf


def _candidates(text: str) -> list[str]:
    plain = re.sub(r"\s+", " ", text).strip(" .,:;")
    whole = [plain]
    if "," in plain or "(" in plain:
        head = re.split(r"[,(]", plain, maxsplit=1)[0].strip()
        whole = [head, plain] if parse_name(head) and len(head.split()) > 1 else [plain, head]
        whole += [piece.strip(" )") for piece in re.split(r"[,(]", plain)[1:]]
    words = plain.split()
    if len(words) > 2 and organisations.is_role(words[0]):
        whole += [" ".join(words[i:]) for i in range(1, min(3, len(words) - 1))]
    return [piece for piece in whole if piece]


def _name_score(candidate: str, name: PersonName, display: Display, address: str) -> float:
    score = 0.0
    words = [word for word in (name.given or "", name.family or "") if word]
    if name.known:
        score += 2
    if name.title:
        score += 1.5
    local = fold(address.rpartition("@")[0])
    if name.family and len(fold(name.family)) > 2 and fold(name.family) in local:
        score += 1.5
    elif name.given and len(fold(name.given)) > 2 and fold(name.given) in local:
        score += 0.7
    if display.name:
        if display.name.family and name.family and _same(display.name.family, name.family):
            score += 3
        elif display.name.given and name.given and _same(display.name.given, name.given):
            score += 1.5
    if not name.given or not name.family:
        score -= 1.0
    if organisations.is_role(candidate) or organisations.is_department(candidate):
        score -= 3
    kinds = [word for word in " ".join(words).split() if organisations.kind_gender(word)]
    if kinds and not (display.name and name.family and _same(display.name.family or "", name.family)):
        score -= 3 if not name.known else 1.5
    if organisations.domain_overlap(candidate, address) >= 0.6 and not name.known:
        score -= 2
    return score


def _same(one: str, other: str) -> bool:
    return fold(one) == fold(other)


def _merge_names(signed: PersonName | None, shown: PersonName | None) -> PersonName | None:
    """The signature's name, completed by the display name where both mean the same person."""
    if signed is None:
        return shown
    if shown is None:
        return signed
    if signed.family and shown.family and _same(signed.family, shown.family):
        given = signed.given
        if shown.given and (not given or (is_initials(given) and not is_initials(shown.given))):
            given = shown.given
        return replace(signed, given=given, title=signed.title or shown.title)
    if signed.family and shown.family and shown.given and signed.given and _same(signed.given, shown.given):
        # one of both spells the family name more fully: 'Fernández' / 'Fernández Ortega'
        longer = max(signed.family, shown.family, key=len)
        shorter = min(signed.family, shown.family, key=len)
        if fold(shorter) in fold(longer) and signed.full:
            return signed
        return signed
    if not signed.family and shown.family:
        return replace(shown, title=shown.title or signed.title)
    if signed.family and not signed.given and shown.given and shown.family:
        if _same(signed.family, shown.given):
            return shown
        return signed
    if signed.given and is_initials(signed.given) and (not signed.family or is_initials(signed.family)):
        return shown
    return signed


def _organisation_and_role(
    pieces: list[_Piece], name_piece: _Piece | None, name: PersonName | None, address: str, ours: Ours
) -> tuple[str | None, str | None]:
    best: tuple[float, str] | None = None
    role: str | None = None
    fallback: str | None = None
    name_line = name_piece.line if name_piece else -1
    for piece in pieces:
        if organisations.is_address_line(piece.text) or without_closing(piece.text) is not None:
            text = _after_name(without_closing(piece.text) or "", name)
            if not text:
                continue
        else:
            text = _after_name(piece.text, name)
        for segment in _segments(text):
            plain = segment.strip(" ,;:()–-")
            if (
                not plain
                or _RULE.match(plain)
                or _is_label(plain)
                or ours.is_ours(plain)
                or organisations.is_address_line(plain)
            ):
                continue
            if _office_line(plain):
                continue
            if (
                organisations.is_role(plain)
                and (organisations.begins_with_role(plain) or organisations.shape(plain, address).score < 5)
                and not (" " not in plain and organisations.domain_overlap(plain, address) >= 0.8)
            ):
                written, proper = organisations.split_role_and_organisation(plain, address)
                if role is None and written and len(written) < 80 and piece.line - name_line <= 5:
                    role = written.strip(" ,")
                if proper:
                    best = _better(best, 5.0 - piece.line * 0.02, proper)
                continue
            near = 0 < piece.line - name_line <= 3 or piece.line == name_line
            proper_shape = organisations.shape(plain, address)
            score = proper_shape.score + (1 if near else 0) - piece.line * 0.02
            if proper_shape.name and proper_shape.score >= 2:
                best = _better(best, score, proper_shape.name)
            elif (
                fallback is None
                and name_piece is not None
                and near
                and proper_shape.name
                and proper_shape.score >= 0
                and not _SLOGAN.search(plain)
                and not organisations.is_web(plain)
                and parse_name(plain) != name
                and not _MAIL.search(plain)
                and not _LABEL_ONLY.match(plain + ":x")
                and not _is_place(plain)
            ):
                fallback = proper_shape.name
    return (best[1] if best else fallback), role


def _is_label(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return bool(words) and all(word in lexicon.PHONE_LABELS or word in lexicon.EXTENSION_LABELS for word in words)


def _office_line(text: str) -> bool:
    """'Der Landrat' on a line of its own is the authority's letterhead, not what the writer is."""
    words = text.casefold().split()
    return 2 <= len(words) <= 4 and words[0] in {"der", "die"} and organisations.role_word(words[-1])


def _better(best: tuple[float, str] | None, score: float, name: str) -> tuple[float, str]:
    return (score, name) if best is None or score > best[0] else best


def _is_place(text: str) -> bool:
    return len(text.split()) == 1 and text.casefold() in lexicon.NOT_NAMES


def _segments(text: str) -> list[str]:
    """Commas part role and organisation ('Berlin Correspondent, The Ledger'), unless the name has them inside."""
    inner = re.sub(r"[()]", ",", text) if "(" in text else text
    parts = [part for part in re.split(r"\s*,\s*|\s+/\s+", inner) if part.strip()]
    first = text.split()[0].casefold() if text.split() else ""
    if (
        first in lexicon.PUBLIC_ENDINGS
        and " für " in text
        and len(parts) > 1
        and not any(map(organisations.is_role, parts[1:]))
    ):
        return [text]
    return parts


def _after_name(text: str, name: PersonName | None) -> str:
    """The rest of a line that begins with the name ('Silke Brodersen | Freie Journalistin')."""
    if name is None:
        return text
    if (parsed := parse_name(text)) and (parsed.family, parsed.given) == (name.family, name.given):
        return parsed.note
    text, _ = _signing(text)
    spelt = [word for word in f"{name.title or ''} {name.given or ''} {name.family or ''}".split() if word]
    rest = text
    given_cut = False
    for word in spelt:
        if rest.casefold().startswith(word.casefold()):
            given_cut = given_cut or word in (name.given or "")
            rest = rest[len(word) :].lstrip(" ")
    if rest != text and (given_cut or not rest[:1].isalpha()):
        return rest.strip(" ,()–-|/")
    if name.family and name.given:
        cut = text.casefold().find(f"{name.given} {name.family}".casefold())
        if cut >= 0:
            before = text[:cut].strip(" ,")
            behind = text[cut + len(name.given) + len(name.family) + 1 :].strip(" ,()–-|/")
            return ", ".join(piece for piece in (before, behind) if piece)
    return text


def _phone(block: str, region: str, ours: Ours) -> str | None:
    lines = [line for line in block.splitlines() if not organisations.is_legal_line(line) or "tel" in line.casefold()]
    for phone in phones.find_phones("\n".join(lines), region=region):
        if phone.kind == "direct" and phone.e164 not in ours.phones:
            return phone.e164
    return None
