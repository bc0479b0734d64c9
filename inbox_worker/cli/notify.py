"""`inbox-worker notify`: what everybody registered for an event is to hear, shown first and sent only with --send."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import get_args

from tabulate import tabulate

from inbox_worker import daemon
from inbox_worker.cli.terminal import one_line, printable
from inbox_worker.config import Settings, load_templates
from inbox_worker.core import personal
from inbox_worker.core.decision import Answer
from inbox_worker.core.entries import EventCancelled
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.notices import Mailing, Occasion
from inbox_worker.core.registration import Event, Language
from inbox_worker.core.reply import render, subject_line
from inbox_worker.core.reply.wording import answered_events, calendar_entries
from inbox_worker.core.terms import ANSWERS
from inbox_worker.errors import ConfigError

LONGEST = 8000
"""Characters of the press office's own words: what is longer belongs on a page that the mail names."""

_LANGUAGES: dict[Language, str] = {"de": "German", "en": "English"}


def notify(  # noqa: PLR0913 - the command's arguments
    settings: Settings, now: datetime, *, event: str, reason: str, text: Path | None, send: bool
) -> int:
    """Prints who would get what; with `send` it is owed, and delivered where no daemon runs."""
    if reason not in list(Occasion):
        raise ConfigError([f"--reason: there is no {reason!a}; choose one of {', '.join(Occasion)}"])
    known = settings.desk().event(event)
    if known is None:
        ids = ", ".join(each.id for each in settings.events)
        raise ConfigError([f"EVENT: {event!a} is not configured; there are: {ids}"])
    occasion = Occasion(reason)
    words = _own_words(text, occasion)
    _fits(settings, known, occasion, now, send=send)
    if not settings.journal.path.exists():
        raise ConfigError([f"{settings.journal.path}: no journal there yet? (key journal.path)"])
    mailing, ledger, delivered = asyncio.run(daemon.notify(settings, known, occasion, words, send=send))
    _tell(settings, known, occasion, mailing, ledger)
    if not send:
        print("Nothing was sent or written down. To send these mails: the same command with --send")
    elif settings.mode == "draft":
        print("mode = draft: the mails are put into Drafts; a person sends them")
    elif delivered:
        print("The mails were handed over; what could not be is delivered by the daemon")
    else:
        print("A daemon is running: it delivers the mails with its next pass")
    return 0


def _own_words(path: Path | None, occasion: Occasion) -> str:
    if path is None:
        if occasion is Occasion.MESSAGE:
            raise ConfigError(["--text: a message needs a file with its words: --text FILE (UTF-8)"])
        return ""
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").strip()
    except OSError as error:
        raise ConfigError([f"--text: {path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"--text: {path}: is not UTF-8; save it as UTF-8"]) from error
    if not text:
        raise ConfigError([f"--text: {path}: is empty; write what everybody is to read"])
    if len(text) > LONGEST:
        raise ConfigError([f"--text: {path}: has {len(text)} characters; at most {LONGEST} are sent, shorten it"])
    return text


def _fits(settings: Settings, event: Event, occasion: Occasion, now: datetime, *, send: bool) -> None:
    over = event.end <= now
    if occasion in {Occasion.CHANGE, Occasion.CANCELLED} and over:
        raise ConfigError([f"--reason {occasion}: {event.id} is over"])
    if occasion is Occasion.FOLLOWUP and not over:
        raise ConfigError([f"--reason {occasion}: {event.id} is not over yet (ends {event.end:%Y-%m-%d %H:%M})"])
    if send and settings.mode == "observe":
        raise ConfigError(["--send: nothing leaves while only observing; set mode to draft or send"])


def _tell(settings: Settings, event: Event, occasion: Occasion, mailing: Mailing, ledger: Ledger) -> None:
    answers = [answer for _, answer in mailing.owed]
    rows = [[one_line(cell) for cell in _row(answer)] for answer in answers]
    print(tabulate(rows, headers=("An", "Name", "Sprache", "Nachricht"), tablefmt="simple", disable_numparse=True))
    print(f"\n{len(answers)} {'mail' if len(answers) == 1 else 'mails'} about {one_line(event.title)}")
    for kind, count in Counter(ANSWERS[answer.kind] for answer in answers).items():
        print(f"  {count} x {kind}")
    if occasion is Occasion.CANCELLED:
        new = any(isinstance(entry, EventCancelled) for entry in mailing.entries)
        since = "counts as cancelled from now on" if new else "is cancelled already"
        print(f"The event {since}: no reminders, no promotions, no links any more")
    elif event.id in ledger.cancelled:
        print("The event is cancelled")
    if occasion is Occasion.FOLLOWUP and not event.recording:
        print("No recording is configured (key recording): the mail is a thank-you only")
    for one in mailing.unreachable:
        print(one_line(f"left out, an earlier mail came back: {one.address} {one.registrant.name}".rstrip()))
    for one in mailing.barred:
        print(one_line(f"left out, no person has released their mail: {one.address} {one.registrant.name}"))
    for language in get_args(Language):
        _sample(settings, answers, language, ledger)


def _row(answer: Answer) -> tuple[str, ...]:
    people = (*answer.registered, *(one.registrant for one in answer.waiting))
    names = ", ".join(filter(None, (person.full_name for person in people)))
    return answer.to.addr_spec, names, answer.language, ANSWERS[answer.kind]


def _sample(settings: Settings, answers: Sequence[Answer], language: Language, ledger: Ledger) -> None:
    """A mail in this language as it would be sent: of each kind the first, also when nobody reads it just now."""
    firsts: dict[str, Answer] = {}
    for answer in answers:
        first = firsts.get(answer.kind)
        if first is None or (first.language != language and answer.language == language):
            firsts[answer.kind] = answer
    desk, templates, revisions = settings.desk(), load_templates(settings.templates), ledger.revisions()
    for answer in firsts.values():
        readers = sum(each.kind is answer.kind and each.language == language for each in answers)
        shown = replace(answer, language=language)
        links = personal.of_answer(answer, ledger, desk)
        if not personal.is_whole(links):  # they wait for the file to be filled up, or are given with the next pass
            links = personal.sample_links(answer, desk)
        words = render(shown, desk, settings.sender, templates, links)
        print(f"\n--- in {_LANGUAGES[language]}, to {readers} ---\nSubject: {printable(subject_line(shown, words))}\n")
        print(printable(words.text.rstrip("\n")))
        files = [
            f"{name} (METHOD:{'CANCEL' if cancelled else 'PUBLISH'}, SEQUENCE:{revisions.get(each.id, 0)})"
            for name, each, cancelled in calendar_entries(shown, answered_events(shown, desk, links))
        ]
        print(f"\nCalendar file: {', '.join(files) or 'none'}")
    if firsts:
        print()
