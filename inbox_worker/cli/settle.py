"""`inbox-worker release` and `settle`: what a person decides about held mails goes into the journal like all else.

Sends nothing: what is released is owed from then on, and the daemon delivers it with its next pass.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from inbox_worker import daemon
from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.cli.terminal import one_line
from inbox_worker.config import Settings, load_for_reading
from inbox_worker.core.ledger import Ledger, TreatedMail
from inbox_worker.core.recording import settled
from inbox_worker.errors import Conflict, InboxWorkerError
from inbox_worker.worker.books import Books


def settle(config: Path | None, numbers: Sequence[int], *, sender: str | None, release: bool) -> int:
    """Settles the held mails with these numbers, and all of `sender`; prints a line for each.

    With `release` what was withheld of them happens: people are put on the list or off it, answers are owed.
    """
    settings = load_for_reading(config, os.environ)
    if not numbers and sender is None:
        raise InboxWorkerError("which mails? Give their numbers, as 'inbox-worker held' shows them, or --from ADDRESS")
    if not settings.journal.path.exists():
        raise InboxWorkerError(f"{settings.journal.path}: no journal there yet? (key journal.path)")
    for mail in asyncio.run(_settled(settings, numbers, sender, release=release)):
        done = "released" if release else "settled"
        print(one_line(f"{mail.seq}: {done}: {mail.entry.sender}, {mail.entry.subject}"))
    return 0


async def _settled(
    settings: Settings, numbers: Sequence[int], sender: str | None, *, release: bool
) -> list[TreatedMail]:
    journal = JournalFile(settings.journal.path, daemon.narrator(settings))
    books = Books(journal, daemon.system_clock)
    try:
        while True:
            await books.catch_up()
            chosen = _chosen(books.ledger, numbers, sender, release=release)
            entries = [
                entry
                for mail in chosen
                for entry in settled(mail, books.ledger.offered.get(mail.entry.ref), release=release)
            ]
            try:
                await books.decide_upon(entries)
            except Conflict:  # the daemon was faster: look again
                continue
            return chosen
    finally:
        await journal.close()


def _chosen(ledger: Ledger, numbers: Sequence[int], sender: str | None, *, release: bool) -> list[TreatedMail]:
    held = {mail.seq: mail for mail in ledger.held.values()}
    if missing := [str(number) for number in numbers if number not in held]:
        raise InboxWorkerError(f"no held mail has the number {', '.join(missing)}; see 'inbox-worker held'")
    chosen = [held[number] for number in dict.fromkeys(numbers)]
    if sender is not None:
        chosen += [
            mail for mail in held.values() if mail not in chosen and mail.entry.sender.casefold() == sender.casefold()
        ]
    if not chosen:
        raise InboxWorkerError(f"no held mail is from {sender}; see 'inbox-worker held'")
    if release and (nothing := [str(mail.seq) for mail in chosen if mail.entry.ref not in ledger.offered]):
        raise InboxWorkerError(
            f"nothing is ready to be released of {', '.join(nothing)}: answer by yourself, then 'inbox-worker settle'"
        )
    return chosen
