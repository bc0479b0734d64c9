"""`inbox-worker check`: everything that can be known before the first mail, tried out and told in words."""

import asyncio
import os
from collections.abc import Awaitable
from datetime import datetime
from pathlib import Path

from inbox_worker import daemon
from inbox_worker.adapters import journal_file
from inbox_worker.config import Settings, load
from inbox_worker.core import notices, pool
from inbox_worker.core.entries import Recorded
from inbox_worker.core.ledger import Ledger
from inbox_worker.errors import InboxWorkerError, JournalError


def check(config: Path | None) -> int:
    """Prints a line for each thing tried; 1 when one of them is not in order. Sends nothing, changes nothing."""
    settings = load(config, os.environ)
    print(f"ok    configuration in {settings.directory}: {len(settings.events)} events, mode {settings.mode}")
    try:
        now = daemon.system_clock()
        for line in (*told_before(settings, now), *own_links(settings, now)):
            print(line)
        whole = True
    except JournalError as error:
        print(f"WRONG journal: {error}")
        whole = False
    return max(asyncio.run(_check_servers(settings)), int(not whole))


def _ledger(settings: Settings) -> Ledger:
    if not settings.journal.path.exists():
        return Ledger()
    with journal_file.opened(settings.journal.path) as reading:
        return Ledger().fold(line.recorded for batch in reading.batches() for line in batch)


def own_links(settings: Settings, now: datetime) -> list[str]:
    """A line or more for each event whose links come from a file: how many are left, and who has none."""
    pools = [event for event in settings.events if event.has_pool and event.end > now]
    ledger = _ledger(settings) if pools else Ledger()
    return [
        f"{'ok   ' if well else 'NOTE '} {event.id}: {words}"
        for event in pools
        if event.id not in ledger.cancelled
        for well, words in pool.told(ledger, event)
    ]


def told_before(settings: Settings, now: datetime) -> list[str]:
    """A line for each event of which people were told something that is no longer so; nothing is wrong with that."""
    ledger, desk = _ledger(settings), settings.desk()
    for entry in notices.learned(ledger, desk, now):
        ledger.apply(Recorded(ledger.seq + 1, now, entry))
    return [
        f"NOTE  {event.id}: {len(old)} people have the old time, link or dial-in: "
        f"inbox-worker notify {event.id} --reason change"
        for event in desk.events
        if event.end > now and event.id not in ledger.cancelled and (old := notices.outdated(ledger, event.id))
    ]


async def _check_servers(settings: Settings) -> int:
    office = daemon.build(settings)
    print(f"ok    templates in {settings.templates}")
    imap, smtp = settings.imap, settings.smtp
    right = await _tried("IMAP", f"{imap.host}:{imap.port}", office.mailbox.check())
    right = (
        await _tried("SMTP", f"{smtp.host}:{smtp.port}", office.transport.check(settings.envelope_from("0" * 32)))
        and right
    )
    await office.close()
    return 0 if right else 1


async def _tried(name: str, server: str, trying: Awaitable[list[str] | None]) -> bool:
    try:
        problems = await trying or []
    except InboxWorkerError as error:
        problems = [str(error)]
    for problem in problems:
        print(f"WRONG {name}: {problem}")
    if not problems:
        print(f"ok    {name} {server}: logged in")
    return not problems
