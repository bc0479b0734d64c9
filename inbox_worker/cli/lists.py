"""`inbox-worker registrants` and `held`: the press office's two lists, read from the journal without touching it."""

import csv
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from tabulate import tabulate

from inbox_worker.adapters import journal_file
from inbox_worker.cli.terminal import printable
from inbox_worker.config import Settings, load_for_reading
from inbox_worker.core.ledger import Ledger, Registration
from inbox_worker.core.narrative import INTENTS, german
from inbox_worker.daemon import time_zone
from inbox_worker.errors import ConfigError

_COLUMNS = ("Veranstaltung", "Titel", "Vorname", "Nachname", "Organisation", "Funktion", "Telefon", "E-Mail", "Seit")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def registrants(config: Path | None, *, event: str | None, form: str) -> int:
    """Prints who is registered, for one event or all; csv opens in Excel as it is (UTF-8 with mark, semicolons)."""
    settings = load_for_reading(config, os.environ)
    known = [one.id for one in settings.events]
    if event and event not in known:
        raise ConfigError([f"--event: {event!r} is not configured; there are: {', '.join(known)}"])
    roster = _ledger(settings).roster(event)
    if form == "json":
        rows = [{**asdict(one), "since": one.since.isoformat()} for one in roster]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    elif form == "csv":
        _print_csv(_rows(roster, settings))
    else:
        # On a screen one column is enough for a name; a spreadsheet wants to sort by its parts.
        narrow = [(row[0], " ".join(filter(None, row[1:4])), *row[4:]) for row in _rows(roster, settings)]
        print(_table(narrow, (_COLUMNS[0], "Name", *_COLUMNS[4:])))
        print(f"\n{len(roster)} angemeldet")
    return 0


def held(config: Path | None, *, as_json: bool) -> int:
    """Prints the mails that wait for a person, and the answers that could not be delivered, oldest first."""
    settings = load_for_reading(config, os.environ)
    ledger, zone = _ledger(settings), time_zone(settings)
    mails = [(mail.at, mail.entry) for mail in ledger.held.values()]
    if as_json:
        rows = [
            {"at": at.isoformat(), "from": mail.sender, "subject": mail.subject, "message_id": mail.message_id}
            | {"intent": mail.intent, "concerns": [german([reason]) for reason in mail.concerns]}
            for at, mail in mails
        ]
        undeliverable = [{"to": one.to, "code": one.code, "response": one.response} for one in ledger.failed.values()]
        print(json.dumps({"held": rows, "undeliverable": undeliverable}, ensure_ascii=False, indent=2))
        return 0
    table = [
        (_short(at, zone), mail.sender, mail.subject, INTENTS[mail.intent], german(mail.concerns)) for at, mail in mails
    ]
    print(_table(table, ("Eingang", "Von", "Betreff", "Verstanden als", "Bitte ansehen, weil")))
    print(f"\n{len(mails)} Mails warten auf Sie")
    for failure in ledger.failed.values():
        print(printable(f"Nicht zugestellt: Antwort an {failure.to}: {failure.code or ''} {failure.response}"))
    return 0


def _short(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d.%m. %H:%M")


def _ledger(settings: Settings) -> Ledger:
    """Read only: a list never waits for the daemon, nor creates a journal."""
    with journal_file.opened(settings.journal.path) as reading:
        return Ledger().fold(line.recorded for batch in reading.batches() for line in batch)


def _rows(roster: Iterable[Registration], settings: Settings) -> list[tuple[str, ...]]:
    zone = time_zone(settings)
    return [
        (
            one.event,
            one.registrant.title or "",
            one.registrant.given_name or "",
            one.registrant.family_name or "",
            one.registrant.organisation or "",
            one.registrant.role or "",
            _dialled(one.registrant.phone),
            one.address,
            one.since.astimezone(zone).strftime("%d.%m.%Y %H:%M"),
        )
        for one in roster
    ]


def _dialled(phone: str | None) -> str:
    """'0049 521 1234567': dialled as it stands, and neither a number nor a formula to a spreadsheet."""
    if not phone:
        return ""
    number = phonenumbers.parse(phone)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("+", "00", 1)


def _print_csv(rows: Iterable[Sequence[str]]) -> None:
    sys.stdout.write("\ufeff")
    writer = csv.writer(sys.stdout, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: str) -> str:
    """Text that stays text: a cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    value = printable(value)
    return f"'{value}" if value.startswith(_FORMULA) else value


def _table(rows: Iterable[Sequence[str]], headers: Sequence[str]) -> str:
    clean = [[printable(value) for value in row] for row in rows]
    return tabulate(clean, headers=headers, tablefmt="simple", disable_numparse=True)
