"""`inbox-worker explain`: the very journey of the daemon, offline, with an empty Ledger. It never fails on a mail."""

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inbox_worker.adapters.mime import parse
from inbox_worker.cli.terminal import json_text, one_line, printable
from inbox_worker.config import load_for_reading
from inbox_worker.core.journey import understand
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.registration import Desk, Intent, Registrant
from inbox_worker.core.terms import ANSWERS, INTENTS
from inbox_worker.errors import ConfigError

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def explain(files: Sequence[Path], *, config: Path | None, at: str | None, as_json: bool) -> int:
    """Prints what would be done with each mail, in the order of `files`; exit code 2 when a file can't be read.

    `at` is the time to judge by (ISO 8601); None is each mail's own arrival.
    """
    desk = load_for_reading(config, os.environ).desk()
    now = _time(at)
    missing = 0
    for path in files:
        try:
            raw = path.read_bytes()
        except OSError as error:
            print(f"{path}: {error.strerror}", file=sys.stderr)
            missing = 2
            continue
        answer = explained(raw, desk, now)
        if as_json:
            print(json_text({"file": str(path), **answer}), flush=True)
        else:
            print(printable(_told(str(path), answer)))
    return missing


def explained(raw: bytes, desk: Desk, now: datetime | None = None) -> dict[str, Any]:
    """What would be done with the mail `raw` and why, JSON-ready; whatever the bytes, there is an answer."""
    try:
        return _explained(raw, desk, now)
    except Exception as error:  # noqa: BLE001 - the daemon holds such a mail, and so does this
        return _answer(because=[f"could not be processed: {type(error).__name__}: {error}"], needs_human=True)


def _explained(raw: bytes, desk: Desk, now: datetime | None) -> dict[str, Any]:
    message = parse(raw)
    understood = understand(message, desk)
    # A mail without any date was not written after the event, as far as anybody knows.
    decision = understood.decide(Ledger(), desk, now or message.arrived or _LONG_AGO)
    request = understood.request
    return _answer(
        intent=decision.intent,
        language=decision.language,
        events=list(decision.events),
        registrants=[_facts(person) for person in request.registrants],
        withdrawn=[_facts(person) for person in request.withdrawn],
        needs_human=bool(decision.concerns),
        sends_link=decision.sends_link,
        reply=decision.answers[0].kind if decision.answers else None,
        because=[str(reason) for reason in (*decision.because, *decision.concerns)],
    )


def _facts(person: Registrant) -> dict[str, Any]:
    """Who it is; how they are greeted is no part of that."""
    return {fact: value for fact, value in asdict(person).items() if fact != "salutation"}


def _answer(**known: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "intent": Intent.UNCLEAR,
        "language": "de",
        "events": [],
        "registrants": [],
        "withdrawn": [],
        "needs_human": False,
        "sends_link": False,
        "reply": None,
        "because": [],
    }
    return nothing | known


def _told(name: str, answer: dict[str, Any]) -> str:
    lines = [name, f"  {INTENTS[answer['intent']]} ({answer['language']}), {', '.join(answer['events']) or 'no event'}"]
    for label, people in (("registers", answer["registrants"]), ("withdraws", answer["withdrawn"])):
        lines += [
            f"  {label}: {', '.join(one_line(str(fact)) for fact in person.values() if fact)}" for person in people
        ]
    lines.append(f"  answer: {ANSWERS[answer['reply']] if answer['reply'] else 'none'}")
    if answer["needs_human"]:
        lines.append("  a person must look at it")
    lines += [f"    - {one_line(reason)}" for reason in answer["because"]]
    return "\n".join(lines)


def _time(at: str | None) -> datetime | None:
    if at is None:
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigError([f"--at: {at!r} is no time with a zone; write 2022-11-24T12:30:00+01:00"])
    return moment.astimezone(UTC)
