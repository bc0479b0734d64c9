"""Whose link is which, where everybody at an event has one of their own; and which ones an answer brings.

By a pattern: the token follows from the event's secret and the registration's name, so that it is the same for ever and
is stored nowhere. Or from the pool: `pool` gives them, the journal tells which. Pure functions of Ledger and desk.

A link goes to the person's own address, to the one that mails about them go to, and to colleagues of the same domain.
An answer that lacks a link that it should bring does not leave (`is_whole`, `outbox.lacks_link`).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from inbox_worker.core.decision import NOTICES, Answer
from inbox_worker.core.freemail import is_shared_domain
from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.naming import fold_name
from inbox_worker.core.registration import TOKEN, Desk, Event, OwnLink, Registrant

Links = Mapping[str, tuple[OwnLink, ...]]
"""By the event's id, whose links an answer brings; none where nobody is left who has a place there."""

_OCTETS = 18
"""Of a token: nobody guesses 144 bits, and in 24 characters they fit into a line."""


def digest(value: str) -> str:
    """The journal tells that it is another one, not what it is."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:32] if value else ""


def token(secret: str, event: str, registration: str) -> str:
    """A registration's own part of a link: 24 characters that mean nothing to whoever has not got the secret."""
    mac = hmac.digest(secret.encode(), f"{event}\n{registration}".encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(mac[:_OCTETS]).decode("ascii")


@lru_cache(maxsize=32)
def by_digest(links: tuple[str, ...]) -> dict[str, str]:
    """The links by their digests, in the order of the file."""
    return {digest(link): link for link in links}


def link_of(ledger: Ledger, event: Event, one: Registration) -> str:
    """The link that this registration has; '' where there is none (any more) for it, or where it has no place."""
    if not one.placed:
        return ""
    if event.has_pool:
        return by_digest(event.links).get(ledger.links.get(one.id, ""), "")
    return event.link.replace(TOKEN, token(event.token_secret, event.id, one.id)) if event.is_personal else event.link


def facts(event: Event) -> str:
    """A digest of what everybody's link is made of. A file that gets longer, or other lines, is no news for all."""
    if event.has_pool:
        return digest("one of a pool")
    if event.is_personal:
        return digest(f"{event.link}\n{token(event.token_secret, event.id, '')}")
    return digest(event.link)


def of_answer(answer: Answer, ledger: Ledger, desk: Desk) -> Links:
    """Whose links the answer brings, of each of its events where everybody has their own."""
    return {event.id: _own(answer, event, ledger) for event in _events(answer, desk)}


def is_whole(links: Links) -> bool:
    """Whether everybody's link is there."""
    return all(one.link for own in links.values() for one in own)


def has_nobody(answer: Answer, ledger: Ledger, desk: Desk) -> bool:
    """Whether all have left whose links the answer would bring."""
    known = [event for name in answer.events if (event := desk.event(name))]
    events = _events(answer, desk)
    return bool(events) and len(events) == len(known) and not any(_own(answer, event, ledger) for event in events)


def sample_links(answer: Answer, desk: Desk) -> Links:
    """What `of_answer` would give, for people who do not exist."""
    links: dict[str, tuple[OwnLink, ...]] = {}
    for event in _events(answer, desk):
        pattern = f"https://personal.example.org/{TOKEN}" if event.has_pool else event.link
        people = tuple(_registered(answer, event)) or (Registrant(),)
        links[event.id] = tuple(
            OwnLink(one, pattern.replace(TOKEN, token("sample", event.id, str(number))))
            for number, one in enumerate(people)
        )
    return links


def may_have(one: Registration, address: str) -> bool:
    """Whether this registration's own link may go to `address` (folded), whatever name was signed there."""
    if address in {one.address.casefold(), one.through.casefold()}:
        return True
    domain = address.rpartition("@")[2]
    return domain == one.address.casefold().rpartition("@")[2] and not is_shared_domain(domain)


def _events(answer: Answer, desk: Desk) -> list[Event]:
    known = (desk.event(name) for name in answer.events if answer.kind.carries_link)
    return [event for event in known if event and event.is_personal]


def _own(answer: Answer, event: Event, ledger: Ledger) -> tuple[OwnLink, ...]:
    people = concerned(answer, event, ledger)
    if not people and not _has_left(answer, event, ledger):  # never without a link, never lost: a person must look
        return (OwnLink(Registrant(), ""),)
    return tuple(OwnLink(one.registrant, link_of(ledger, event, one)) for one in people)


def _has_left(answer: Answer, event: Event, ledger: Ledger) -> bool:
    known = (one for one in ledger.registrations.values() if one.withdrawn and one.event == event.id)
    return any(answer.to.key in {one.address.casefold(), one.through.casefold()} for one in known)


def _registered(answer: Answer, event: Event) -> Iterator[Registrant]:
    """Whom the answer says to have a place at the event."""
    waiting = {one.registrant for one in answer.waiting if one.event == event.id}
    return (one for one in answer.registered if one not in waiting)


def concerned(answer: Answer, event: Event, ledger: Ledger) -> Sequence[Registration]:
    """The registrations that the answer is about, each once, all of them with a place."""
    if answer.registration and answer.kind not in NOTICES:
        known = ledger.registrations.get(answer.registration)
        return [known] if known and known.placed and known.event == event.id else []
    if not answer.registered:  # somebody without a name
        return [one for one in ledger.registered_with(event.id, answer.to.key) if one.placed]
    found: dict[str, Registration] = {}
    for registrant in _registered(answer, event):
        if one := _registration(registrant, answer, event, ledger, found):
            found[one.id] = one
    return list(found.values())


def _registration(
    registrant: Registrant, answer: Answer, event: Event, ledger: Ledger, found: Mapping[str, Registration]
) -> Registration | None:
    """This person's: the one that came of the very mail, else one whose mails go to the receiver, else their own."""
    to, name = answer.to.key, fold_name(registrant.name)
    address = (registrant.email or to).casefold()
    namesakes = [one for one in ledger.registered_with(event.id, address) if fold_name(one.registrant.name) == name]
    if not namesakes and (known := ledger.registered(event.id, registrant, address)):
        namesakes = [known]
    fitting = [
        one for one in namesakes if one.placed and one.id not in found and (_came_of(one, answer) or may_have(one, to))
    ]
    return min(
        fitting,
        key=lambda one: (one.through.casefold() != to, not _came_of(one, answer), one.registrant != registrant),
        default=None,
    )


def _came_of(one: Registration, answer: Answer) -> bool:
    return bool(one.message_id) and one.message_id == answer.in_reply_to
