"""People in labelled lists and tables: 'Name: …', 'Nachname | Vorname | Medium', one record a person.

Never reads sentences: a line counts only when it begins with a known label, or stands under a row of labels.
"""

import re
from itertools import islice

from inbox_worker.core.courtesy import agreed
from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.courtesies import take_courtesy
from inbox_worker.core.reading.people.details import MAIL
from inbox_worker.core.reading.people.lexicon import fold
from inbox_worker.core.reading.people.names import (
    PersonName,
    is_given,
    parse_name,
    take_titles,
)
from inbox_worker.core.reading.people.phones import direct_phone
from inbox_worker.core.reading.people.roles import split_role_and_organisation
from inbox_worker.core.registration import Registrant, Salutation

_LABEL = r"(?:" + "|".join(sorted((re.escape(label) for label in lexicon.LABELS), key=len, reverse=True)) + r")"
_LABELLED = re.compile(
    r"(?:(?<=^)|(?<=\n)|(?<=[,;|/(\t]))[ \t]{0,8}+(?:(?:[-*•]|\d{1,2}[.)])[ \t]{0,8}+)?(?:(?:ihre?|your|mein|my)\s)?"
    r"(?P<label>"
    + _LABEL
    + r")\*?(?:\s?#?\d{1,2})?(?:\s?\([^()\n]{1,30}\))?[ \t.…_]{0,60}(?:[:=]|(?:\||\t)\s?(?=\S))[ \t]{0,8}(?P<value>)",
    re.IGNORECASE,
)
_CELL = re.compile(r"[ ]{0,20}[|\t;]\s{0,20}|[ ]{3,40}")
# rows and labels beyond this are a data dump, not a registration
_MOST_ROWS = 200
_PERSON_LABELS = frozenset({"name", "given", "family"})


def labelled_people(text: str, region: str) -> list[tuple[int, int, Registrant]]:
    """(start, end, person) of every labelled record and table row that names somebody."""
    tables = _tables(text, region)
    covered = [(start, end) for start, end, _ in tables]
    return tables + [record for record in _records(text, region) if not any(s <= record[0] < e for s, e in covered)]


def _records(text: str, region: str) -> list[tuple[int, int, Registrant]]:
    if not any(mark in text for mark in ":=|\t"):
        return []
    hits = list(islice(_LABELLED.finditer(text), 5 * _MOST_ROWS))
    records: list[list[tuple[str, str, int, int]]] = []
    current: list[tuple[str, str, int, int]] = []
    for number, hit in enumerate(hits):
        line_end = text.find("\n", hit.end())
        stop = len(text) if line_end < 0 else line_end
        if number + 1 < len(hits):
            stop = min(stop, max(hit.end(), hits[number + 1].start()))
        value = text[hit.end() : stop].strip(" \t,;|/")
        field = lexicon.LABELS[hit["label"].casefold()]
        new = field in _PERSON_LABELS and any(
            other == field or (other == "name" and field != "name") for other, *_ in current
        )
        gap = (
            current
            and text[current[-1][3] : hit.start()].strip()
            and text[current[-1][3] : hit.start()].count("\n") > 2
        )
        if new or gap:
            records.append(current)
            current = []
        following = [lexicon.LABELS[later["label"].casefold()] for later in hits[number + 1 : number + 3]]
        if field == "salutation" and _belongs_to_next(current, following):
            records.append(current)
            current = []
        current.append((field, value, hit.start(), stop))
    records.append(current)
    people = []
    for record in records:
        person = _person({field: value for field, value, *_ in reversed(record)}, region)
        if person and len(record) >= 1 and (len(record) > 1 or record[0][0] == "name"):
            people.append((record[0][2], record[-1][3], person))
    return people


def _belongs_to_next(record: list[tuple[str, str, int, int]], following: list[str]) -> bool:
    """Whether an 'Anrede' stands in front of another person's name."""
    known = {field for field, *_ in record}
    behind = next((field for field in following if field != "title"), "")
    return "salutation" in known or (bool(known & _PERSON_LABELS) and behind in known | {"name"})


def _person(fields: dict[str, str], region: str) -> Registrant | None:
    name: PersonName | None = None
    if "family" in fields and ("given" in fields or "name" in fields):
        given, family = fields.get("given") or fields.get("name", ""), fields["family"]
        given_said, given_words = take_courtesy(given.split())
        family_said, family_words = take_courtesy(family.split())
        title, rest = take_titles(given_words)
        front, family_words = take_titles(family_words)
        said = agreed(given_said, family_said)
        name = PersonName(" ".join(rest) or None, " ".join(family_words) or None, front or title, salutation=said)
    elif "given" in fields and "name" in fields:
        return _person({**fields, "family": fields["name"]}, region)
    elif "name" in fields:
        name = _named(fields)
    if name is None or not name.family:
        return None
    if len(name.family.split()) > 4 or any(c.isdigit() or c in "?!" for c in name.family):
        return None
    title = name.title
    courtesy, degrees = take_courtesy([*fields.get("title", "").split(), "X"])
    if not title and take_titles(degrees)[0]:
        title = " ".join(degrees[:-1])
    organisation = organisations.tidy(fields["organisation"]) if fields.get("organisation") else None
    role = fields.get("role") or None
    if organisation is None and name.note:
        if organisations.is_role(name.note):
            role = role or name.note
        elif organisations.shape(name.note).score >= 2:
            organisation = organisations.tidy(name.note)
    mail = MAIL.search(fields.get("email", ""))
    return Registrant(
        name.given,
        name.family,
        title,
        organisation or None,
        role,
        direct_phone("Tel. " + fields["phone"], region=region) if fields.get("phone") else None,
        mail[0] if mail else None,
        agreed(name.salutation, courtesy, _said(fields.get("salutation", ""))),
    )


def _said(salutation: str) -> Salutation | None:
    """'Frau' and 'Frau Dr.' say one, 'Herr/Frau' none."""
    words = salutation.split()
    return lexicon.COURTESIES.get(words[0].casefold()) if words else None


def _named(fields: dict[str, str]) -> PersonName | None:
    value = fields["name"]
    name = parse_name(value)
    if name is None and "," in value:
        head, _, tail = value.partition(",")
        name = parse_name(head)
        if organisations.is_role(tail):
            fields.setdefault("role", tail.strip())
        elif tail.strip():
            fields.setdefault("organisation", tail.strip())
    return name


def _tables(text: str, region: str) -> list[tuple[int, int, Registrant]]:
    found: list[tuple[int, int, Registrant]] = []
    header: list[str] | None = None
    family_first = False
    offset = 0
    for line in text.split("\n"):
        start, offset = offset, offset + len(line) + 1
        cells = [cell.strip() for cell in _CELL.split(line.strip().strip("|").strip())]
        if len(found) >= _MOST_ROWS:
            break
        if len(cells) < 2:
            if line.strip():
                header = None
            continue
        labels = [lexicon.LABELS.get(cell.casefold().rstrip(":").strip(), "") for cell in cells]
        if sum(bool(label) for label in labels) >= 2 and _PERSON_LABELS & set(labels) and labels.count("") <= 1:
            header = labels
            continue
        if header is None or all(set(cell) <= set("-=+: ") for cell in cells):
            if line.count("|") + line.count("\t") + line.count(";") < 2:
                continue
            family_first = family_first or _family_first(cells)
            person = _bare_row(cells, region, family_first=family_first)
        else:
            filled = [
                (field, cell) for field, cell in zip(header, cells, strict=False) if field and cell.strip("-–—/ ")
            ]
            person = _person(dict(reversed(filled)), region)
        if person:
            found.append((start, start + len(line), person))
    return found


def _halves(one: str, two: str) -> bool:
    joined = parse_name(f"{two} {one}")
    return bool(joined and joined.full and len(one.split()) <= 3 and len(two.split()) <= 3)


def _family_first(cells: list[str]) -> bool:
    """Whether a row begins with the family name: by the given name behind it, or by the row's own address."""
    if len(cells) < 3 or not _halves(cells[0], cells[1]):
        return False
    local = next((fold(m[0].partition("@")[0]) for cell in cells if (m := MAIL.search(cell))), "")
    one, two = fold(cells[0]), fold(cells[1])
    if local and one in local and local.endswith(one) and not local.endswith(two):
        return True
    return is_given(cells[1]) and not is_given(cells[0])


def _bare_row(cells: list[str], region: str, *, family_first: bool) -> Registrant | None:
    """A row without a header: known by a cell that is a full name, or by two cells that are its halves."""
    name, rest = _row_name(cells, family_first=family_first)
    if name is None:
        return None
    organisation = role = phone = mail = None
    said = name.salutation
    for cell in rest:
        if cell.casefold() in lexicon.COURTESIES:
            said = agreed(said, lexicon.COURTESIES[cell.casefold()])
        elif found := MAIL.search(cell):
            mail = mail or found[0]
        elif number := direct_phone(cell, region=region):
            phone = phone or number
        elif organisations.is_role(cell):
            written, proper = split_role_and_organisation(cell)
            role, organisation = role or written, organisation or proper
        elif organisation is None and organisations.shape(cell).score >= 0 and cell[:1].isupper() and len(cell) > 2:
            organisation = organisations.tidy(cell)
    if not (organisation or role or phone or mail):
        return None
    return Registrant(name.given, name.family, name.title, organisation, role, phone, mail, said)


def _row_name(cells: list[str], *, family_first: bool) -> tuple[PersonName | None, list[str]]:
    """The name in a row and the other cells."""
    for i, cell in enumerate(cells[:3]):
        parsed = parse_name(cell)
        if parsed and parsed.full and parsed.known and not any(map(organisations.kind_gender, cell.split())):
            return parsed, cells[:i] + cells[i + 1 :]
    if len(cells) < 3 or not _halves(cells[0], cells[1]):
        return None, cells
    one, two = cells[0], cells[1]
    if not (family_first or is_given(one) or is_given(two)):
        return None, cells
    turned = family_first or (is_given(two) and not is_given(one))
    title, given = take_titles((two if turned else one).split())
    return PersonName(" ".join(given), one if turned else two, title), cells[2:]
