"""Digests of days that never were, about people who do not exist: for `preview`, and to try the templates."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, tzinfo
from itertools import count

from jinja2 import Environment, TemplateError

from inbox_worker.core.caps import Cap
from inbox_worker.core.decision import AnswerKind
from inbox_worker.core.entries import (
    Corrected,
    DigestOwed,
    DigestSkipped,
    Entry,
    MailRecorded,
    Promoted,
    Recorded,
    Registered,
    ReplyFailed,
    ReplyOwed,
    Undeliverable,
    Withdrawn,
)
from inbox_worker.core.holdings import OwedDigest
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address, Ref
from inbox_worker.core.registration import Desk, Event, Intent, Language, Reason, Registrant, Status
from inbox_worker.core.reply.check import line
from inbox_worker.core.reply.digest import BEFORE_EVENT, DAILY, Moment, render_digest
from inbox_worker.core.reply.samples import samples

_PEOPLE = (
    Registrant("Anke", "Terhorst", "Dr.", "Neue Beispielzeitung", "Redakteurin", "+495211234567"),
    Registrant("Jannik", "Osterkamp", organisation="Radio Beispiel"),
    Registrant("Meike", "van der Straat", organisation="Stadt Musterhausen", role="Pressesprecherin"),
    Registrant("Yusuf", "Aydın", organisation="Beispiel-Rundschau", role="Volontär"),
    Registrant("Ewa", "Żurawska", organisation="Freie Journalistin"),
)
_SENDER = Address("Beispielredaktion", "desk@example.org")


@dataclass(frozen=True, slots=True)
class DigestSample:
    """A digest, what it is made of, and when; `name` is that of its files."""

    name: str
    digest: OwedDigest
    desk: Desk
    ledger: Ledger
    moment: Moment


def digest_samples(desk: Desk, zone: tzinfo, event: str = "") -> Iterator[DigestSample]:
    """A morning with some of everything, one with nothing, and the hour before `event` (an id; '' the desk's first)."""
    about = desk.event(event) or next(iter(desk.events), None)
    if about is None:
        return
    morning = (about.start - timedelta(days=2)).astimezone(zone).replace(hour=8, minute=0)
    before = about.start - timedelta(hours=1)
    ready = replace(desk, events=tuple(replace(each, link="https://meet/", capacity=5) for each in desk.events))
    yield _sample("digest", desk, _entries(about, troubled=True), Moment(morning, zone, morning))
    yield _sample("digest-empty", ready, [], Moment(morning, zone, morning))
    yield _sample("digest-event", ready, _entries(about, troubled=False), Moment(before, zone, before), about)
    yield _sample("digest-event-missing", desk, _entries(about, troubled=True), Moment(before, zone, before), about)


def check_digests(environment: Environment, desk: Desk, root: str = "templates") -> list[str]:
    """What is wrong with the digest's templates, one line each, like `check_templates`."""
    problems: dict[str, None] = {}
    for sample in digest_samples(desk, UTC):
        for moment in (sample.moment, replace(sample.moment, looked=None, observing=True)):
            try:
                words, _ = render_digest(sample.digest, sample.ledger, sample.desk, _SENDER, environment, moment)
            except TemplateError as error:
                problems[line(root, error, BEFORE_EVENT if sample.digest.event else DAILY)] = None
                break
            if not words.subject:
                template = BEFORE_EVENT if sample.digest.event else DAILY
                problems[f'{root}/{template}: the first line is empty; begin with "Subject: …"'] = None
    return list(problems)


def _sample(name: str, desk: Desk, entries: list[Entry], moment: Moment, event: Event | None = None) -> DigestSample:
    """A night's entries, between the digest before and this one."""
    now, yesterday = moment.now, moment.now - timedelta(days=1)
    about = event.id if event else ""
    numbers = count(411)
    ledger = Ledger(seq=410).fold(
        Recorded(next(numbers), at, entry)
        for at, entry in [
            (yesterday, DigestSkipped("before")),
            *((now - timedelta(hours=len(entries) - hour, minutes=7), entry) for hour, entry in enumerate(entries)),
            (now, DigestOwed("sample", "sample", 411, yesterday, about, "presse@zeitung.example")),
        ]
    )
    (owed,) = (one.digest for one in ledger.outbox.values() if one.digest)
    return DigestSample(name, owed, desk, ledger, moment)


def _entries(event: Event, *, troubled: bool) -> list[Entry]:
    joined = [
        Registered(f"{number}", event.id, f"{number}", one, f"mail{number}@zeitung.example", _status(number, troubled))
        for number, one in enumerate(_PEOPLE)
    ]
    if not troubled:
        return [*joined]
    language: Language = "de"
    _, answer = next(samples(AnswerKind.CONFIRMATION, language, Desk((), (event,), event.contact)))
    return [
        *joined,
        Withdrawn("1", event.id, "d1", _PEOPLE[1], "mail1@zeitung.example"),
        Promoted("4", event.id, _PEOPLE[4], "mail4@zeitung.example"),
        Corrected("3", event.id, "d3", _PEOPLE[3], replace(_PEOPLE[3], family_name="Aydin"), "mail3@zeitung.example"),
        MailRecorded(
            Ref("", "", 0, 1),
            "h1",
            Intent.INQUIRY,
            "held",
            sender="weber@magazin.example",
            name="Maximilian Weber",
            subject="Interview mit der Referentin?",
            message_id="<c1f0a7e2-5b7d+1@magazin.example>",
            concerns=(Reason("a question for the press office", "Wäre ein Interview möglich?"),),
        ),
        MailRecorded(
            Ref("", "", 0, 2),
            "h2",
            Intent.UNCLEAR,
            "held",
            sender="redaktion@blatt.example",
            subject="AW: Einladung",
            message_id="<20221123.4711@blatt.example>",
            concerns=(Reason("no event is named"),),
        ),
        *(
            MailRecorded(
                Ref("", "", 0, 10 + number),
                f"f{number}",
                Intent.REGISTRATION,
                "held",
                over=Cap.ADDRESS,
                sender="skript@magazin.example",
                concerns=(Reason(f"more mail than usual: {Cap.ADDRESS}", "skript@magazin.example"),),
            )
            for number in range(3)
        ),
        ReplyOwed("waits", Ref("", "", 0, 3), answer),
        ReplyFailed("failed", 550, "weg@zeitung.example", "5.1.1 no such person"),
        Undeliverable("", "mail3@zeitung.example", "mailbox full"),
    ]


def _status(number: int, troubled: bool) -> Status:
    return Status.WAITLISTED if troubled and number == len(_PEOPLE) - 1 else Status.REGISTERED
