"""A vCard (RFC 6350, RFC 2426, vCard 2.1) -> the person on it.

Never reads photographs, keys or addresses, and never raises: a card that can't be read is no card.
"""

import quopri
import re

from inbox_worker.core.reading.people import phones
from inbox_worker.core.reading.people.courtesies import take_courtesy
from inbox_worker.core.reading.people.names import parse_name
from inbox_worker.core.registration import Registrant

_MOST_TEXT = 100_000
_ESCAPED = re.compile(r"\\([\\,;nN])")


def vcard_person(text: str) -> Registrant | None:
    """Name, title, organisation, role, first telephone that is no fax, and address of the first card; else None."""
    fields = _fields(text[:_MOST_TEXT])
    if not any(key == "BEGIN" for key, _, _ in fields):
        return None
    given = family = title = said = None
    for key, _, value in fields:
        if key == "N":
            pieces = [_plain(piece) for piece in re.split(r"(?<!\\);", value)] + [""] * 5
            family, given = pieces[0] or None, (f"{pieces[1]} {pieces[2]}").strip() or None
            said, prefixes = take_courtesy([*pieces[3].split(), family or ""])
            title = " ".join(prefixes[:-1]) or None
            break
    if not family:
        shown = next((_plain(value) for key, _, value in fields if key == "FN"), "")
        name = parse_name(shown) if shown else None
        if name is None:
            return None
        given, family, title, said = name.given, name.family, name.title, name.salutation
    organisation = next((_plain(re.split(r"(?<!\\);", value)[0]) for key, _, value in fields if key == "ORG"), "")
    role = next((_plain(value) for key, _, value in fields if key == "TITLE"), "") or next(
        (_plain(value) for key, _, value in fields if key == "ROLE"), ""
    )
    email = next((_plain(value) for key, _, value in fields if key == "EMAIL"), "").removeprefix("mailto:")
    phone = _phone(fields, text)
    return Registrant(given, family, title, organisation or None, role or None, phone, email or None, said)


def _phone(fields: list[tuple[str, str, str]], text: str) -> str | None:
    region = phones.region_of(text)
    for key, parameters, value in fields:
        if key == "TEL" and "FAX" not in parameters and "PAGER" not in parameters:
            number = phones.direct_phone(_plain(value).removeprefix("tel:"), region=region)
            if number:
                return number
    return None


def _fields(text: str) -> list[tuple[str, str, str]]:
    unfolded = re.sub(r"=\r?\n", "", text) if "QUOTED-PRINTABLE" in text.upper() else text
    unfolded = re.sub(r"\r?\n[ \t]", "", unfolded)
    found = []
    for line in unfolded.splitlines():
        head, colon, value = line.partition(":")
        if not colon:
            continue
        name, _, parameters = head.partition(";")
        parameters = parameters.upper()
        if "QUOTED-PRINTABLE" in parameters:
            charset = "latin-1" if "8859" in parameters or "1252" in parameters else "utf-8"
            value = quopri.decodestring(value.encode("utf-8", "replace")).decode(charset, "replace")
        found.append((name.rpartition(".")[2].upper().strip(), parameters, value.strip()))
        if name.upper().strip() == "END":
            break
    return found


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda m: " " if m[1] in "nN" else m[1], value).strip()
