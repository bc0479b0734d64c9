"""Who signs a mail: closing formula, name, role, organisation, telephone -> one Registrant with its evidence.

Never invents: failing a signature the display name speaks, failing that nobody. What the desk's own invitation
contains (our contacts, speakers, street, number) is never the sender's.
"""

import re
from dataclasses import dataclass

from inbox_worker.core.courtesy import agreed
from inbox_worker.core.reading.people import lexicon, organisations, phones
from inbox_worker.core.reading.people.display import read_display_name
from inbox_worker.core.reading.people.names import PersonName, couple, parse_name
from inbox_worker.core.reading.people.ours import Ours, ours_of
from inbox_worker.core.reading.people.roles import split_role_and_organisation
from inbox_worker.core.reading.people.signer import (
    RULE,
    Piece,
    Signer,
    find_signer,
    lines_of,
    merge_names,
    pieces_of,
    without_closing,
    without_signing,
)
from inbox_worker.core.registration import Desk, Reason, Registrant, Salutation

_WHERE = "signature"
_SLOGAN = re.compile(r"[!?]|\b(?:wir|uns|unsere?|Sie|Ihnen|we|our|you)\b")
_SALUTATION = re.compile(r"\W*(?:Anrede|Salutation)\s*:\s*(?P<said>\w+\.?)\W*$", re.IGNORECASE)
_LABEL = re.compile(r"[^\W\d_][\w.-]{0,14}\s?[:.]")
# a role stands near the name; further down it is somebody else's
_ROLE_LINES = 5
_MOST_TEXT = 8_000
_LONGEST_DISPLAY_NAME = 200


@dataclass(frozen=True, slots=True)
class SignatureReading:
    """Who signed. `person` is None when nobody is named anywhere.

    `source` tells where the name stood. `organisation` is the office's even when no person is named. `for_somebody`:
    signed "i. A." or by an assistant, so perhaps for somebody else. `partial` tells that given or family name is
    missing, so another mention of the same person in the text may complete it. `beside` is the other half of a couple
    that signs together ("Petra und Jens Vogt").
    """

    person: Registrant | None = None
    because: tuple[Reason, ...] = ()
    source: str = ""
    organisation: str | None = None
    for_somebody: bool = False
    partial: bool = False
    beside: PersonName | None = None


def signature_person(block: str, *, display_name: str, address: str, desk: Desk) -> SignatureReading:
    """Read a signature block (from the closing formula on; may be '') and the From header's display name."""
    block, display_name = block[:_MOST_TEXT], display_name[:_LONGEST_DISPLAY_NAME]
    ours = ours_of(desk)
    display = read_display_name(display_name, address)
    lines = lines_of(block)
    pieces = pieces_of(lines)
    signer = find_signer(pieces, display, address, ours)
    person = merge_names(signer.name, display.name)
    organisation, role = _organisation_and_role(pieces, signer, address, ours)
    phone = _phone(lines, phones.region_of(block, address), ours)
    because = [
        *_said("name", signer.piece.text if signer.piece else "", display_name if display.name else ""),
        *_said("organisation", organisation, display.organisation),
        *_said("role", role, display.role),
        *_said("phone", phone, None),
    ]
    organisation, role = organisation or display.organisation, role or display.role
    words = re.findall(r"\w+", f"{role or ''} {block if person is None else ''}".casefold())[:40]
    for_somebody = (
        signer.on_behalf
        or any(word in lexicon.ASSISTANTS for word in words)
        or any(is_office(piece.text) for piece in pieces)
    )
    if person is None:
        return SignatureReading(None, tuple(because), "", organisation, for_somebody)
    return SignatureReading(
        Registrant(
            person.given,
            person.family,
            person.title,
            organisation,
            role,
            phone,
            salutation=agreed(person.salutation, _filled_in(lines)),
        ),
        tuple(because),
        "signature" if signer.name else "display name",
        organisation,
        for_somebody,
        partial=not (person.given and person.family),
        beside=_beside(pieces, person),
    )


def _filled_in(lines: list[str]) -> Salutation | None:
    """What 'Anrede: Frau' says."""
    said = (_SALUTATION.match(line) for line in lines)
    return agreed(*(lexicon.COURTESIES.get(one["said"].casefold()) for one in said if one))


def _beside(pieces: list[Piece], person: PersonName) -> PersonName | None:
    """Who signs together with `person`, in 'Almuth und Hartmut Sieveking'."""
    for piece in pieces:
        closed = without_closing(piece.text)
        both = couple(closed or piece.text)
        halves = [half for half in map(parse_name, both or ()) if half]
        others = [half for half in halves if half.given != person.given]
        if len(halves) == 2 and len(others) == 1 and others[0].family == person.family:
            return others[0]
    return None


def _said(what: str, signed: str | None, shown: str | None) -> list[Reason]:
    if signed:
        return [Reason(what, signed, _WHERE)]
    return [Reason(what, shown, "From")] if shown else []


def _organisation_and_role(
    pieces: list[Piece], signer: Signer, address: str, ours: Ours
) -> tuple[str | None, str | None]:
    """The best organisation and the first role; failing a known one, what stands bare beside the name."""
    best: tuple[float, str] | None = None
    role: str | None = None
    bare: str | None = None
    name_line = signer.piece.line if signer.piece else -1
    for piece in pieces:
        near = 0 <= piece.line - name_line <= 3
        for segment in _segments(_rest(piece.text, signer.name)):
            plain = segment.strip(" ,;:()–-")
            if _says_nothing(plain, ours):
                continue
            if _is_role(plain, address):
                written, proper = split_role_and_organisation(plain, address)
                if role is None and written and len(written) < 80 and piece.line - name_line <= _ROLE_LINES:
                    role = written.strip(" ,")
                if proper:
                    best = max(best or (0.0, ""), (5.0 - piece.line * 0.02, proper), key=_score)
                continue
            shape = organisations.shape(plain, address)
            if shape.name and shape.score >= 2:
                score = shape.score + (1 if near else 0) - piece.line * 0.02
                best = max(best or (0.0, ""), (score, shape.name), key=_score)
            elif bare is None and near and signer.piece and shape.score >= 0 and _may_stand_bare(plain, signer.name):
                bare = shape.name or None
    return (best[1] if best else bare) or None, role


def _score(rated: tuple[float, str]) -> float:
    return rated[0]


def _rest(text: str, name: PersonName | None) -> str:
    """What a piece tells besides closing formula and name; nothing where it is a postal address."""
    closed = without_closing(text)
    if closed is not None:
        return _after_name(closed, name) if closed else ""
    return "" if organisations.is_address_line(text) else _after_name(text, name)


def _says_nothing(text: str, ours: Ours) -> bool:
    return (
        not text
        or bool(RULE.match(text))
        or _is_label(text)
        or _is_letterhead(text)
        or ours.is_ours(text)
        or organisations.is_address_line(text)
    )


def _is_role(text: str, address: str) -> bool:
    if not organisations.is_role(text) or is_office(text):
        return False
    if " " not in text and organisations.domain_overlap(text, address) >= 0.8:
        return False  # "Nordstadtblogger" from nordstadtblogger.example is the house, not the job
    return organisations.begins_with_role(text) or organisations.shape(text, address).score < 5


def is_office(text: str) -> bool:
    """'Büro des Bürgermeisters', 'Vorzimmer der Landrätin': where somebody works, not what they are."""
    words = text.casefold().split()
    return (
        len(words) > 2
        and words[0] in lexicon.ASSISTANTS
        and organisations.is_department(words[0])
        and words[1] in {"des", "der", "von", "vom", "of"}
    )


def _may_stand_bare(text: str, name: PersonName | None) -> bool:
    """Whether words that nothing explains may be the organisation, since they stand beside the name."""
    return not (
        _SLOGAN.search(text)
        or organisations.is_web(text)
        or parse_name(text) == name
        or _LABEL.fullmatch(text + ":")
        or (" " not in text and text.casefold() in lexicon.NOT_NAMES)
    )


def _is_label(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return bool(words) and all(word in lexicon.PHONE_LABELS or word in lexicon.EXTENSION_LABELS for word in words)


def _is_letterhead(text: str) -> bool:
    """'Der Landrat' on a line of its own is the authority's letterhead, not what the writer is."""
    words = text.casefold().split()
    return 2 <= len(words) <= 4 and words[0] in {"der", "die"} and organisations.role_word(words[-1])


def _segments(text: str) -> list[str]:
    """Commas part role and organisation ('Berlin Correspondent, The Ledger'), unless the name has them inside."""
    inner = re.sub(r"[()]", ",", text) if "(" in text else text
    parts = [part for part in re.split(r"\s*,(?!\d)\s*|\s+/\s+", inner) if part.strip()]
    first = text.split(maxsplit=1)[0].casefold() if text.strip() else ""
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
    if couple(text):
        return ""
    text, _ = without_signing(text)
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


def _phone(lines: list[str], region: str, ours: Ours) -> str | None:
    told = [line for line in lines if not organisations.is_legal_line(line) or "tel" in line.casefold()]
    for phone in phones.find_phones("\n".join(told), region=region):
        if phone.kind == "direct" and phone.e164 not in ours.phones:
            return phone.e164
    return None
