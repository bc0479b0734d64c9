"""`inbox-worker registrants` and `held`: the press office's two lists, read from the journal without touching it."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tabulate import tabulate

from inbox_worker.adapters import journal_file
from inbox_worker.cli.terminal import json_text, one_line
from inbox_worker.config import Settings, load_for_reading
from inbox_worker.core.holdings import TreatedMail
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.lists import COLUMNS, LINK_COLUMN, csv_text, everybody, rows
from inbox_worker.core.personal import link_of
from inbox_worker.core.pool import stock
from inbox_worker.core.registration import Status
from inbox_worker.core.terms import ANSWERS, INTENTS, german
from inbox_worker.daemon import time_zone
from inbox_worker.errors import ConfigError

_HELD = ("Nr.", "Eingang", "Von", "Betreff", "Verstanden als", "Bitte ansehen, weil", "Zur Freigabe bereit")


def registrants(config: Path | None, *, event: str | None, form: str) -> int:
    """Prints who is registered or waits, for one event or all; csv opens in Excel as it is (with mark, semicolons)."""
    settings = load_for_reading(config, os.environ, links=True)
    known = [one.id for one in settings.events]
    if event and event not in known:
        raise ConfigError([f"--event: {event!r} is not configured; there are: {', '.join(known)}"])
    ledger = _ledger(settings)
    roster = everybody(ledger, event)
    own = {one.id: one for one in settings.events if one.is_personal and event in {None, one.id}}
    if form == "json":
        told = [
            {**asdict(one), "since": one.since.isoformat(), "undeliverable": ledger.is_undeliverable(one.address)}
            | ({"link": link_of(ledger, own[one.event], one)} if one.event in own else {})
            for one in roster
        ]
        print(json_text(told, indent=2))
    elif form == "csv":
        columns: Sequence[str] = COLUMNS
        listed = rows(ledger, roster, time_zone(settings))
        if own:
            links = (link_of(ledger, own[one.event], one) if one.event in own else "" for one in roster)
            listed, columns = [(*row, link) for row, link in zip(listed, links, strict=True)], (*COLUMNS, LINK_COLUMN)
        sys.stdout.write(csv_text(listed, columns))
    else:
        for each in own.values():
            if each.has_pool:
                print(f"Vorrat an Zugangslinks für {each.id}: {stock(ledger, each)} von {len(each.links)}\n")
        # On a screen one column is enough for a name; a spreadsheet wants to sort by its parts.
        narrow = [
            (row[0], " ".join(filter(None, row[1:4])), *row[4:]) for row in rows(ledger, roster, time_zone(settings))
        ]
        print(_table(narrow, (COLUMNS[0], "Name", *COLUMNS[4:])))
        count = Counter(one.status for one in roster)
        waiting, pending = count[Status.WAITLISTED], count[Status.PENDING]
        waits = f", {waiting} auf der Warteliste" if waiting else ""
        print(f"\n{count[Status.REGISTERED]} angemeldet{waits}{f', {pending} zu bestätigen' if pending else ''}")
    return 0


def held(config: Path | None, *, as_json: bool) -> int:
    """Prints the mails that wait for a person, and the answers that could not be delivered, oldest first."""
    settings = load_for_reading(config, os.environ)
    ledger, zone = _ledger(settings), time_zone(settings)
    mails = list(ledger.held.values())
    if as_json:
        waiting = [
            {"number": mail.seq, "at": mail.at.isoformat(), "from": mail.entry.sender, "subject": mail.entry.subject}
            | {"message_id": mail.entry.message_id, "intent": mail.entry.intent}
            | {"concerns": [german([reason]) for reason in mail.entry.concerns]}
            | {"withheld": _withheld(ledger, mail)}
            for mail in mails
        ]
        undeliverable = [{"to": one.to, "code": one.code, "response": one.response} for one in ledger.failed.values()]
        print(json_text({"held": waiting, "undeliverable": undeliverable}, indent=2))
        return 0
    table = [
        (
            str(mail.seq),
            _short(mail.at, zone),
            mail.entry.sender,
            mail.entry.subject,
            INTENTS[mail.entry.intent],
            german(mail.entry.concerns),
            _withheld(ledger, mail),
        )
        for mail in mails
        if not mail.entry.over
    ]
    print(_table([*table, *_floods(mails, zone)], _HELD))
    print(f"\n{'Eine Mail wartet' if len(mails) == 1 else f'{len(mails)} Mails warten'} auf Sie")
    if mails:
        print("Was zur Freigabe bereitliegt, geschieht mit: inbox-worker release NR")
        print("Was Sie selbst beantwortet haben, verschwindet mit: inbox-worker settle NR")
    for back in ledger.undeliverable.values():
        print(one_line(f"Unzustellbar: {back.address}: {back.response}".rstrip(": ")))
    for failure in ledger.failed.values():
        print(one_line(f"Nicht zugestellt: Antwort an {failure.to}: {failure.code or ''} {failure.response}"))
    return 0


def _floods(mails: Iterable[TreatedMail], zone: ZoneInfo) -> list[tuple[str, ...]]:
    """What went over a cap, one row for each cap and whom it is about: a flood fills one line and not the screen."""
    floods: dict[str, list[TreatedMail]] = {}
    for mail in mails:
        if mail.entry.over:
            floods.setdefault(german(mail.entry.concerns), []).append(mail)
    return [
        (
            f"ab {flood[0].seq}",
            _short(flood[-1].at, zone),
            flood[0].entry.sender if len({mail.entry.sender for mail in flood}) == 1 else "verschiedene",
            f"{len(flood)} Mails" if len(flood) > 1 else flood[0].entry.subject,
            "zurückgehalten",
            why,
            "",
        )
        for why, flood in floods.items()
    ]


def _withheld(ledger: Ledger, mail: TreatedMail) -> str:
    """What a release would do, in a few words; '' for nothing."""
    offered = ledger.offered.get(mail.entry.ref)
    return ", ".join(dict.fromkeys(ANSWERS[answer.kind] for answer in offered.withheld.answers)) if offered else ""


def _short(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d.%m. %H:%M")


def _ledger(settings: Settings) -> Ledger:
    """Read only: a list never waits for the daemon, nor creates a journal."""
    with journal_file.opened(settings.journal.path) as reading:
        return Ledger().fold(line.recorded for batch in reading.batches() for line in batch)


def _table(rows: Iterable[Sequence[str]], headers: Sequence[str]) -> str:
    clean = [[one_line(value) for value in row] for row in rows]
    return tabulate(clean, headers=headers, tablefmt="simple", disable_numparse=True)
