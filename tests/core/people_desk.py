"""The desk that the tests of the people reader sit at, and the reader of their tables."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from inbox_worker.core.registration import Contact, Desk, Event, Registrant

_BERLIN = ZoneInfo("Europe/Berlin")
_CONTACT = Contact("Frauke Lindemuth", "lindemuth@pressebuero.example", "0521 9990 100")
DESK = Desk(
    addresses=("presse@pressebuero.example",),
    events=(
        Event(
            id="kommunen-22",
            title="Fachgespräch Kommunen: Rathäuser unter Druck",
            start=datetime(2022, 11, 24, 13, tzinfo=_BERLIN),
            end=datetime(2022, 11, 24, 15, tzinfo=_BERLIN),
            link="https://raum.pressebuero.example/22",
            contact=_CONTACT,
            aliases=("Fachgespräch",),
            people=("Prof. Dr. Edelgard Thorn", "Eliza Diekmann", "Martina Wegner"),
        ),
    ),
    contact=_CONTACT,
    postal=("Am Alten Speicher 4",),
)


def rows(table: str, key: str) -> list[dict[str, Any]]:
    """The rows under `key` of a table beside this file."""
    loaded: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / table).read_text(encoding="utf-8"))[key]
    return loaded


def as_row(person: Registrant) -> str:
    """A person as the tables write them, '|' between the fields, '' for None."""
    fields = (
        person.given_name,
        person.family_name,
        person.title,
        person.organisation,
        person.role,
        person.phone,
        person.email,
    )
    return "|".join(field or "" for field in fields)
