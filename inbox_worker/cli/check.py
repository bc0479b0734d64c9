"""`inbox-worker check`: everything that can be known before the first mail, tried out and told in words."""

import asyncio
import os
from collections.abc import Awaitable
from pathlib import Path

from inbox_worker import daemon
from inbox_worker.config import Settings, load
from inbox_worker.errors import InboxWorkerError


def check(config: Path | None) -> int:
    """Prints a line for each thing tried; 1 when one of them is not in order. Sends nothing, changes nothing."""
    settings = load(config, os.environ)
    print(f"ok    configuration in {settings.directory}: {len(settings.events)} events, mode {settings.mode}")
    return asyncio.run(_check_servers(settings))


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
