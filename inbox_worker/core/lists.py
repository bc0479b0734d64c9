"""The list of who is registered as a spreadsheet takes it: the rows, and the same rows as CSV and as XLSX.

Nothing that somebody wrote becomes a formula, in neither of them: what is harmless in the one would be none in the
other, once it is saved as that.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

import phonenumbers

from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.printable import one_line
from inbox_worker.core.registration import Status

COLUMNS = (
    "Veranstaltung",
    "Titel",
    "Vorname",
    "Nachname",
    "Organisation",
    "Funktion",
    "Telefon",
    "E-Mail",
    "Seit",
    "Zustellung",
    "Stand",
)

LINK_COLUMN = "Zugangslink"
"""Of events where everybody has their own, and only for those who let people in: in no list that is sent by mail."""

_STATES: dict[Status, str] = {
    Status.REGISTERED: "",
    Status.WAITLISTED: "Warteliste",
    Status.PENDING: "wartet auf Freigabe",
}
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_WIDEST, _NARROWEST = 40, 8
"""Columns of a sheet, in characters."""


def everybody(ledger: Ledger, event: str | None = None) -> list[Registration]:
    """Who has a place, then who waits for one, then who waits for a person's word; at one event, or at all."""
    return [*ledger.roster(event), *ledger.waiting(event), *ledger.pending(event)]


def rows(ledger: Ledger, roster: Iterable[Registration], zone: tzinfo) -> list[tuple[str, ...]]:
    """One row for each of them, times in `zone`; what somebody wrote stands there as it is."""
    return [
        (
            one.event,
            one.registrant.title or "",
            one.registrant.given_name or "",
            one.registrant.family_name or "",
            one.registrant.organisation or "",
            one.registrant.role or "",
            dialled(one.registrant.phone),
            one.address,
            one.since.astimezone(zone).strftime("%d.%m.%Y %H:%M"),
            "unzustellbar" if ledger.is_undeliverable(one.through) else "",
            _STATES[one.status],
        )
        for one in roster
    ]


def dialled(phone: str | None) -> str:
    """'0049 521 1234567': dialled as it stands, and neither a number nor a formula to a spreadsheet."""
    if not phone:
        return ""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("+", "00", 1)


def csv_text(listed: Iterable[Sequence[str]], columns: Sequence[str] = COLUMNS) -> str:
    """The rows under their heading, `columns`; opens in Excel as it is (with mark, semicolons, CRLF)."""
    out = io.StringIO("\ufeff", newline="")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in listed)
    return out.getvalue()


def xlsx(listed: Sequence[Sequence[str]], at: datetime) -> bytes:
    """The same cells as a workbook: every one of them text, the heading stays in sight, every column can be filtered.

    `at` is told as the time of its making, so that the same arguments give the same bytes.
    """
    # here, since it takes a twentieth of a second to be imported by every command, and is needed once a day
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 - the library has no type hints

    table = [COLUMNS, *([cell(value) for value in row] for row in listed)]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"title": "Anmeldungen", "created": at})
        sheet = book.add_worksheet("Anmeldungen")
        bold = book.add_format({"bold": True, "bg_color": "#E6EEF6", "border_color": "#0B3D6E", "bottom": 1})
        for number, row in enumerate(table):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value, None if number else bold)
        for column in range(len(COLUMNS)):
            longest = max(len(row[column]) for row in table)
            sheet.set_column(column, column, min(max(longest + 2, _NARROWEST), _WIDEST))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(table) - 1, len(COLUMNS) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
    return out.getvalue()


def cell(value: str) -> str:
    """Text that stays text: a cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    value = one_line(value).strip()
    return f"'{value}" if value.startswith(_FORMULA) else value
