"""The press office's digest: what happened, who waits for a person, how the coming events stand, with the lists.

Composed when it is delivered, from the Ledger as it stands then, so that a late one is not an old one; only what is
told as new ends with the entry that owed it, and the next digest goes on from there. In German, for the press office
alone: like `inbox-worker held` it tells what other mails of ours would never tell.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import quote

from babel.dates import format_date
from jinja2 import Environment

from inbox_worker.core import lists, pool
from inbox_worker.core.courtesy import shown_name
from inbox_worker.core.delivery import Reply
from inbox_worker.core.digest import is_placeholder
from inbox_worker.core.entries import Corrected, Promoted, Recorded, Registered, ReplyFailed, Undeliverable, Withdrawn
from inbox_worker.core.holdings import OwedDigest, TreatedMail
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Desk, Event, Registrant, Status
from inbox_worker.core.reply.compose import Words, envelope, letter
from inbox_worker.core.reply.wire import File
from inbox_worker.core.reply.wording import clean, clock, day, named, when, without_links
from inbox_worker.core.terms import german

DAILY, BEFORE_EVENT = "mail/digest.de.txt", "mail/digest-event.de.txt"
"""The templates."""

_MOST, _MOST_EVENTS = 12, 6
"""What is listed of each kind: the rest is counted, and stands in the attached lists or in `inbox-worker held`."""
_UNREAD = timedelta(minutes=10)
"""So long the mailbox may have been out of reach, and an answer may wait, before it is worth telling."""
_LONGEST = 200
_MSG_ID = re.compile(r"<([!-;=?-~]+@[!-;=?-~]+)>")
_CSV = "text/csv; charset=utf-8; header=present"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a digest depends on besides the Ledger: `now`, the office's `zone`, and how the worker fares.

    `looked` is when the mailbox was last read, None for not since the start; `observing` that nothing is answered.
    """

    now: datetime
    zone: tzinfo
    looked: datetime | None
    observing: bool = False

    def told(self, at: datetime | None) -> str:
        """'heute, 7:12 Uhr', 'gestern, 16 Uhr', 'Freitag, 18. November, 8 Uhr'; '' for None."""
        if at is None:
            return ""
        local = at.astimezone(self.zone)
        days = (self.now.astimezone(self.zone).date() - local.date()).days
        date = {0: "heute", 1: "gestern"}.get(days) or format_date(local, "EEEE, d.\N{NO-BREAK SPACE}MMMM", "de_DE")
        return f"{date}, {clock(local, 'de')}\N{NO-BREAK SPACE}Uhr"


@dataclass(frozen=True, slots=True)
class Told:
    """Lines of one kind: the first of them, and how many there are."""

    lines: tuple[str, ...]
    count: int

    @property
    def more(self) -> int:
        """How many are left out."""
        return self.count - len(self.lines)


def compose_digest(  # noqa: PLR0913 - everything that a digest depends on, by name
    digest: OwedDigest,
    *,
    reply_id: str,
    ledger: Ledger,
    desk: Desk,
    sender: Address,
    environment: Environment,
    moment: Moment,
    envelope_from: str | None = None,
) -> Reply:
    """The mail, with a list of everybody for each event that is told of, as XLSX and as CSV.

    Raises ValueError when its receiver is no address to write to; jinja2.TemplateError as `compose.render`.
    """
    words, files = render_digest(digest, ledger, desk, sender, environment, moment)
    return envelope(
        words,
        reply_id=reply_id,
        sender=sender,
        to=Address("", digest.to),
        language="de",
        files=files,
        now=moment.now,
        envelope_from=envelope_from,
    )


def render_digest(  # noqa: PLR0913, PLR0917 - as above
    digest: OwedDigest, ledger: Ledger, desk: Desk, sender: Address, environment: Environment, moment: Moment
) -> tuple[Words, list[File]]:
    """The words of a digest, and its attachments."""
    events = _told_of(digest, desk, moment)
    files = [file for event in events for file in _lists(ledger, event, moment)]
    context = _context(digest, ledger, desk, events, moment)
    context |= {"desk": clean(sender.name) or sender.addr_spec, "files": [file.name for file in files]}
    held = context["held"]
    links = {mail["mid"]: mail["mid"] for mail in held if mail["mid"]}
    words = letter(
        environment,
        BEFORE_EVENT if digest.event else DAILY,
        context,
        language="de",
        titles=[event["title"] for event in context["events"]],
        notices=[mail["heading"] for mail in held],
        links=links,
        shown=dict.fromkeys(links, "im Mailprogramm öffnen"),
    )
    return words, files


def _told_of(digest: OwedDigest, desk: Desk, moment: Moment) -> list[Event]:
    coming = [event for event in desk.events if event.end > moment.now]
    return [event for event in coming if event.id == digest.event] if digest.event else coming[:_MOST_EVENTS]


def _lists(ledger: Ledger, event: Event, moment: Moment) -> list[File]:
    roster = lists.everybody(ledger, event.id)
    if not roster:
        return []
    rows = lists.rows(ledger, roster, moment.zone)
    return [
        File(f"Anmeldungen-{event.id}.xlsx", _XLSX, lists.xlsx(rows, moment.now)),
        File(f"Anmeldungen-{event.id}.csv", _CSV, lists.csv_text(rows).encode()),
    ]


def _context(digest: OwedDigest, ledger: Ledger, desk: Desk, events: Sequence[Event], moment: Moment) -> dict[str, Any]:
    """All variables of both templates, but for `desk` and `files`."""
    news = [one for one in ledger.news if digest.since < one.seq <= digest.seq]
    held = [mail for mail in ledger.held.values() if not mail.entry.over]
    floods = [mail for mail in ledger.held.values() if mail.entry.over]
    is_new = dict[int, bool]((mail.seq, mail.seq > digest.since) for mail in held)
    first = sorted(held, key=lambda mail: (not is_new[mail.seq], mail.seq))[:_MOST]
    unsent = [] if moment.observing else _unsent(ledger, moment)
    unread = moment.looked is None or moment.now - moment.looked > _UNREAD
    return {
        "day": day(moment.now.astimezone(moment.zone), "de", whole=False),
        "morning": moment.now.astimezone(moment.zone).hour < 11,
        "since": moment.told(digest.after),
        "observing": moment.observing,
        **_news(news, desk, several=len(desk.events) > 1),
        "held": [_held(mail, moment, new=not digest.event and is_new[mail.seq]) for mail in first],
        "held_count": len(held) + len(floods),
        "held_more": len(held) - len(first),
        "floods": _floods(floods),
        "unsent": len(unsent),
        "unsent_since": moment.told(min(unsent, default=None)),
        "unread": unread,
        "unread_since": moment.told(moment.looked) if unread else "",
        "events": [_event(event, ledger, moment) for event in events],
    }


def _unsent(ledger: Ledger, moment: Moment) -> list[datetime]:
    """Since when answers wait that should have left by now."""
    owed = (one.owed_since for one in ledger.outbox.values() if not one.digest)
    return [since for since in owed if moment.now - since > _UNREAD]


def _news(  # noqa: C901 - an arm for each kind
    news: Iterable[Recorded], desk: Desk, *, several: bool
) -> dict[str, Told]:
    found: dict[str, list[str]] = {
        kind: [] for kind in ("registered", "pending", "waiting", "promoted", "corrected", "withdrawn", "failed")
    }

    def add(kind: str, registrant: Registrant, address: str, event: str) -> None:
        known = desk.event(event)
        title = known.short_title_in("de") if known else event
        found[kind].append(f"{_person(registrant, address)}{f' ({title})' if several else ''}")

    for one in news:
        match one.entry:
            case Registered(status=Status.WAITLISTED) as entry:
                add("waiting", entry.registrant, entry.address, entry.event)
            case Registered(status=Status.PENDING) as entry:
                add("pending", entry.registrant, entry.address, entry.event)
            case Registered() as entry:
                add("registered", entry.registrant, entry.address, entry.event)
            case Promoted() as entry:
                add("promoted", entry.registrant, entry.address, entry.event)
            case Corrected() as entry:
                add("corrected", entry.registrant, entry.address, entry.event)
            case Withdrawn() as entry:
                add("withdrawn", entry.registrant, entry.address, entry.event)
            case ReplyFailed() as entry:
                words = " ".join(filter(None, (str(entry.code or ""), entry.response)))
                found["failed"].append(
                    _failure(entry.to, f"nicht zugestellt: {words}" if words else "nicht zugestellt")
                )
            case Undeliverable() as entry:
                words = f"zurückgekommen: {entry.response}" if entry.response else "zurückgekommen"
                found["failed"].append(_failure(entry.address, words))
            case _:
                pass
    return {kind: Told(tuple(lines[:_MOST]), len(lines)) for kind, lines in found.items()}


def _person(registrant: Registrant, address: str) -> str:
    """'Dr. Anke Terhorst, Redakteurin, Neue Beispielzeitung': by the address where there is no name."""
    name = named(shown_name(registrant)) or clean(address)
    told = (name, named(registrant.role), named(registrant.organisation))
    return ", ".join(filter(None, told)) or "Angaben gelöscht"


def _failure(address: str, words: str) -> str:
    return f"{clean(address) or 'gelöschte Adresse'} – {without_links(clean(words, _LONGEST))}"


def _held(mail: TreatedMail, moment: Moment, *, new: bool) -> dict[str, Any]:
    entry = mail.entry
    name, address = named(entry.name), clean(entry.sender)
    identifier = _MSG_ID.fullmatch(entry.message_id) if len(entry.message_id) <= _LONGEST else None
    subject = without_links(clean(entry.subject, _LONGEST))
    return {
        "heading": f"Nr. {mail.seq}: {f'„{subject}“' if subject else 'ohne Betreff'}{' – neu' if new else ''}",
        "number": mail.seq,
        "sender": f"{name}, {address}" if name and address else address or "unbekannt",
        "at": moment.told(mail.at),
        "why": without_links(clean(german(entry.concerns), 2 * _LONGEST)),
        "message_id": clean(entry.message_id, _LONGEST),
        # RFC 2392 §2: without the brackets, and with all that has a meaning in a URL as %
        "mid": f"mid:{quote(identifier[1], safe='@')}" if identifier else "",
        "new": new,
    }


def _floods(mails: Iterable[TreatedMail]) -> list[str]:
    """What went over a cap: a line for each cap, however many there were."""
    reasons: dict[str, list[int]] = {}
    for mail in mails:
        reasons.setdefault(german(mail.entry.concerns), []).append(mail.seq)
    return [
        f"{len(numbers)} {'Mail' if len(numbers) == 1 else 'Mails'} ab Nr. {min(numbers)}: "
        f"{without_links(clean(why, _LONGEST))}"
        for why, numbers in list(reasons.items())[:_MOST]
    ]


_DAYS: Mapping[int, str] = {0: "heute", 1: "morgen", 2: "übermorgen"}


def _event(event: Event, ledger: Ledger, moment: Moment) -> dict[str, Any]:
    days = (event.start.date() - moment.now.astimezone(event.start.tzinfo).date()).days
    unlinked = [*pool.unlinked(ledger, event), *pool.gone(ledger, event)]
    nameless = tuple(named(one.registrant.full_name) or clean(one.address) for one in unlinked)
    back = [clean(one.through) for one in ledger.roster(event.id) if ledger.is_undeliverable(one.through)]
    return {
        "title": event.title,
        "short": event.short_title_in("de"),
        "when": when(event, "de"),
        "time": f"{clock(event.start, 'de')}\N{NO-BREAK SPACE}Uhr",
        "in_days": "läuft gerade" if event.start <= moment.now else _DAYS.get(days) or f"in {days} Tagen",
        "taken": ledger.taken(event.id),
        "capacity": event.capacity,
        "free": None if event.capacity is None else max(0, event.capacity - ledger.taken(event.id)),
        "waiting": ledger.waits(event.id),
        "pending": len(ledger.pending(event.id)),
        "link_is_set": not any(is_placeholder(link) for link in (event.links if event.has_pool else (event.link,))),
        "stock": pool.stock(ledger, event) if event.has_pool else None,
        "stock_is_low": event.has_pool and pool.is_low(ledger, event),
        "links": len(event.links),
        "unlinked": Told(nameless[:_MOST], len(nameless)),
        "unreached": Told(tuple(back[:_MOST]), len(back)),
    }
