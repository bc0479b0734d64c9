"""What stands at the end of the demo: the list of participants, what waits for a person, the journal, the files."""

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from inbox_worker.core.ledger import Ledger
from inbox_worker.core.terms import german
from inbox_worker.daemon import time_zone
from inbox_worker.demo.stage import Act, Stage
from inbox_worker.demo.story import dialled, letter, mail_of
from inbox_worker.demo.style import Style

_GAP = 2
"""Spaces between two columns of a table."""


def ending(acts: Sequence[Act], stage: Stage, style: Style) -> str:
    """Everything that is left when the last mail is treated."""
    ledger = stage.ledger()
    parts = [_reminders(stage, style), _participants(ledger, stage, style)]
    parts += [_held(ledger, style), _journal(acts, stage, style)]
    return "\n".join("\n".join([*part, ""]) for part in (*parts, _files(acts, ledger, stage, style)))


def _reminders(stage: Stage, style: Style) -> Iterator[str]:
    """What the worker does without any mail."""
    at = stage.reminder.at.strftime("%d %b, %H:%M")
    yield style.rule("The day before, everybody who has a place is reminded", after=at)
    receivers = ", ".join(sent.posted.recipients[0] for sent in stage.reminded)
    yield from style.wrapped(f"{len(stage.reminded)} reminders, each once: {receivers}", 0)
    for sent in stage.reminded[:1]:
        yield from letter(sent, stage.settings, style)


def _participants(ledger: Ledger, stage: Stage, style: Style) -> Iterator[str]:
    yield style.rule("The list of participants", "━")
    for number, event in enumerate(stage.desk.events):
        if number:
            yield ""
        roster = ledger.roster(event.id)
        start = event.start.strftime("%d %b %Y, %H:%M")
        yield from style.wrapped(event.title, 0)
        yield style.faint(f"{start}, {len(roster)} registered")
        if not roster:
            continue
        rows = [
            (
                one.registrant.full_name or "(no name)",
                one.registrant.organisation or "",
                dialled(one.registrant.phone),
                one.address,
            )
            for one in roster
        ]
        yield from _table(rows, ("name", "organisation", "telephone", "e-mail"), style)


def _held(ledger: Ledger, style: Style) -> Iterator[str]:
    yield style.rule(f"Waiting for a person: {len(ledger.held)} mails", "━")
    for mail in ledger.held.values():
        yield style.shortened(f"{mail.entry.sender or '(nobody)'}: {mail.entry.subject}", style.width)
        yield from (f"    {style.person(line)}" for line in style.wrapped(german(mail.entry.concerns), 4, 2))


def _journal(acts: Sequence[Act], stage: Stage, style: Style) -> Iterator[str]:
    """The life of the first mail, as the press office reads it."""
    zone, total = time_zone(stage.settings), len(stage.lines())
    yield style.rule("The journal tells it in the press office's language, line by line", "━")
    for line in acts[0].lines if acts else ():
        at = line.recorded.at.astimezone(zone).strftime("%d.%m. %H:%M")
        first, *rest = style.wrapped(line.text, 19)
        yield f"{style.faint(f'{line.recorded.seq:>4}  {at}')}  {first}"
        yield from (" " * 19 + more for more in rest)
    yield style.faint(f"   … {total} lines in all, each chained to the one before it: nothing can be changed unseen")


def _files(acts: Sequence[Act], ledger: Ledger, stage: Stage, style: Style) -> Iterator[str]:
    replies = sum(len(act.sent) for act in acts)
    machines = sum(1 for act in acts if (mail := mail_of(act)) and mail.outcome == "automatic")
    folders = ", ".join(f"{count} in {name}" for name, count in stage.mailbox().items() if name != "Gesendet")
    yield style.rule("What happened", "━")
    yield (
        f"{len(acts)} mails came, {replies} answers and {len(stage.reminded)} reminders went out, "
        f"{machines} machines got none, {len(ledger.held)} mails wait for a person."
    )
    rows = (
        ("journal", str(stage.journal)),
        ("answers", f"{stage.replies}/*.eml, and *.txt to read"),
        ("mailbox", folders),
        ("your own mail", f"make demo MAIL=my.eml, a mail to {stage.desk.addresses[0]}"),
        ("next", "config/inbox_worker.toml, then: inbox-worker check"),
    )
    yield from (f"  {style.faint(f'{label:<15}')}{value}" for label, value in rows)


def _table(rows: Sequence[Sequence[str]], headers: Sequence[str], style: Style) -> Iterator[str]:
    """A table that fits: the widest column gives way."""
    widths = [max(len(cell) for cell in column) for column in zip(headers, *rows, strict=True)]
    while sum(widths) + _GAP * (len(widths) - 1) > style.width:
        widths[widths.index(max(widths))] -= 1
    short = [[style.shortened(cell, room) for cell, room in zip(row, widths, strict=True)] for row in rows]
    made = tabulate(short, headers=headers, tablefmt="simple", disable_numparse=True)
    yield from (line.rstrip() for line in made.splitlines())
