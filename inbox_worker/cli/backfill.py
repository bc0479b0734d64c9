"""`inbox-worker backfill`: mail from before the first start, shown first and treated only with --send."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, time

from tabulate import tabulate

from inbox_worker import daemon
from inbox_worker.cli.terminal import one_line
from inbox_worker.config import Settings
from inbox_worker.core.decision import ANSWERED_ALREADY
from inbox_worker.core.terms import ANSWERS, INTENTS, german
from inbox_worker.errors import ConfigError
from inbox_worker.worker.backfill import OldMail

_COLUMNS = ("Eingang", "Von", "Betreff", "Verstanden als", "Was geschieht")


def backfill(settings: Settings, *, since: str, send: bool) -> int:
    """Prints a row for each untreated old mail; with `send` they are treated and their answers delivered."""
    try:
        day = date.fromisoformat(since)
    except ValueError as error:
        raise ConfigError([f"--since: {since!r} is no date; write 2022-11-02"]) from error
    zone = daemon.time_zone(settings)
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    found, delivered = asyncio.run(daemon.backfill(settings, start, send=send))
    rows = [
        [one_line(cell) for cell in (old.received.astimezone(zone).strftime("%d.%m.%Y %H:%M"), *_told(old))]
        for old in found
    ]
    print(tabulate(rows, headers=_COLUMNS, tablefmt="simple", disable_numparse=True))
    answers = Counter(ANSWERS[answer.kind] for old in found if old.decision for answer in old.decision.answers)
    print(f"\n{len(found)} mails from before the first start that were not treated")
    for kind, count in answers.items():
        print(f"  {count} x {kind}")
    if not send:
        print("Nothing was sent or written down. To treat these mails: the same command with --send")
    elif settings.mode != "send":
        print(f"mode = {settings.mode}: recorded, and no answer leaves by itself")
    elif delivered:
        print("The answers were handed over; what could not be is delivered by the daemon")
    else:
        print("A daemon is running: it delivers the answers with its next pass")
    return 0


def _told(old: OldMail) -> tuple[str, str, str, str]:
    sender = old.message.sender.addr_spec if old.message and old.message.sender else "unbekannt"
    subject = old.message.subject if old.message else ""
    if old.decision is None:
        return sender, subject, "unlesbar", "wird zurückgehalten"
    decision = old.decision
    if any(reason.what == ANSWERED_ALREADY for reason in decision.because):
        done = "keine Antwort: war schon beantwortet"
    elif decision.answers:
        done = ", ".join(f"{ANSWERS[answer.kind]} an {answer.to.addr_spec}" for answer in decision.answers)
    else:
        done = "keine Antwort"
    if decision.concerns:
        done = f"{done}; bitte ansehen: {german(decision.concerns)}"
    return sender, subject, INTENTS[decision.intent], done
