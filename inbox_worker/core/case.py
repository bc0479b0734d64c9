"""One mail on the desk, with all that is known about it: what the rules ask before they decide.

Looks up and counts; decides nothing. Pure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from inbox_worker.core import personal, pool
from inbox_worker.core.decision import Joining, Leaving
from inbox_worker.core.freemail import is_shared_domain
from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address, Message
from inbox_worker.core.naming import fold_name
from inbox_worker.core.registration import Desk, Intent, Reason, Registrant, Request, Status

MOST_COLLEAGUES = 10
"""Colleagues whom one mail can have us write to: what makes many mails of one is a weapon against their receivers."""


@dataclass(frozen=True, slots=True)
class Case:
    """One mail on the desk, with all that is known about it."""

    message: Message
    sender: Address
    request: Request
    ledger: Ledger
    desk: Desk
    now: datetime

    def open_events(self) -> tuple[tuple[str, ...], Reason | None]:
        """The request's events that are not over yet, and the reason why others are left out."""
        known = [event for name in self.request.events if (event := self.desk.event(name))]
        over = [event for event in known if event.end <= self.now]
        reason = Reason("the event is over", ", ".join(event.title for event in over)) if over else None
        return tuple(event.id for event in known if event.end > self.now), reason

    def events_of_sender(self) -> tuple[str, ...]:
        """The events that somebody with the sender's address is on the list of."""
        key = self.sender.key
        return tuple(event.id for event in self.desk.events if self.ledger.registered_with(event.id, key))

    def address(self, registrant: Registrant) -> str:
        """This person's own address where one is named, else the sender's."""
        return (registrant.email or self.sender.addr_spec).casefold()

    def told_themselves(self) -> tuple[Registrant, ...]:
        """The colleagues who get mails of their own; none of them where they are too many."""
        colleagues = self.reachable_colleagues()
        return colleagues if len(colleagues) <= MOST_COLLEAGUES else ()

    def reachable_colleagues(self) -> tuple[Registrant, ...]:
        """Those with an address of their own which shares the sender's domain or got the mail, too."""
        copied = {address.key for address in (*self.message.cc, *self.message.to)}
        addresses = {registrant: self.address(registrant) for registrant in self.request.registrants}
        return tuple(
            registrant
            for registrant, address in addresses.items()
            if address != self.sender.key and (self.may_speak_for(address) or address in copied)
        )

    def joining(self, events: Iterable[str]) -> tuple[Joining, ...]:
        """Who of the mail is new to the lists, with a place or on the waiting list."""
        themselves = self.told_themselves()
        through = {one: self.address(one) if one in themselves else self.sender.key for one in self.request.registrants}
        wanted = [
            Joining(event, registrant, self.address(registrant), through=through[registrant])
            for event in events
            for registrant in self.request.registrants
        ]
        new = [one for one in wanted if not self.standing(one.event, one.registrant)]
        placed: Counter[str] = Counter()
        joining = []
        for one in new:
            status = Status.REGISTERED if self.has_room(one.event, placed[one.event]) else Status.WAITLISTED
            without_link = status is Status.REGISTERED and not self.has_link(one.event, placed[one.event])
            if without_link or self.is_approved_by_hand(one.event):
                status = Status.PENDING
            placed[one.event] += status is Status.REGISTERED
            joining.append(replace(one, status=status))
        return tuple(joining)

    def has_room(self, event: str, besides: int) -> bool:
        """Whether a place is free when `besides` more are given away; nobody overtakes those who wait."""
        known = self.desk.event(event)
        if known is None or known.capacity is None:
            return True
        return not self.ledger.waits(event) and self.ledger.taken(event) + besides < known.capacity

    def has_link(self, event: str, besides: int) -> bool:
        """Whether a link is left when `besides` more are given away; always, unless they come from a pool."""
        known = self.desk.event(event)
        return known is None or not known.has_pool or pool.stock(self.ledger, known) > besides

    def standing(self, event: str, registrant: Registrant) -> Registration | None:
        """This person's registration.

        Where each has a link of their own, none whose link this sender must not get: whoever names somebody who is on
        the list already, from elsewhere, then comes onto it besides, with another link.
        """
        one, known = self.ledger.registered(event, registrant, self.address(registrant)), self.desk.event(event)
        is_strangers = one and known and known.is_personal and not personal.may_have(one, self.sender.key)
        return None if is_strangers else one

    def is_limited(self, event: str) -> bool:
        """Whether not everybody who asks may come."""
        known = self.desk.event(event)
        return known is not None and (known.capacity is not None or known.approval or known.is_personal)

    def is_approved_by_hand(self, event: str) -> bool:
        """Whether a person decides about each registration."""
        known = self.desk.event(event)
        return known is not None and known.approval

    def leaving(self, events: Iterable[str]) -> tuple[tuple[Leaving, ...], tuple[Reason, ...]]:
        """Who leaves, and reasons for those whom this sender may not sign off."""
        leaving, foreign = [], []
        withdrawn = self.request.withdrawn
        if not withdrawn and self.request.intent is Intent.CANCELLATION:
            withdrawn = (Registrant(),)
        for event in events:
            for registrant in withdrawn:
                address = self.address(registrant)
                known = self.ledger.registered(event, registrant, address) if registrant.name else None
                known = known or self._only_one_with_this_address(event, registrant)
                if known is None:
                    leaving.append(Leaving(event, registrant, address))
                elif self.may_speak_for(known.address):
                    leaving.append(Leaving(event, known.registrant, known.address, known.id))
                else:
                    foreign.append(Reason("wants to withdraw somebody registered with another address", known.address))
        return tuple(leaving), tuple(foreign)

    def _only_one_with_this_address(self, event: str, registrant: Registrant) -> Registration | None:
        """The one registration made with the sender's address; a different name is a different person."""
        standing = self.ledger.registered_with(event, self.sender.key)
        if len(standing) != 1:
            return None
        named = fold_name(registrant.family_name or "")
        return standing[0] if not named or named == fold_name(standing[0].registrant.family_name or "") else None

    def may_speak_for(self, address: str) -> bool:
        """Whether the link for, or the withdrawal of, this address may follow from the sender's mail alone."""
        if address.casefold() == self.sender.key:
            return True
        domain = address.casefold().rpartition("@")[2]
        return domain == self.sender.domain and not is_shared_domain(domain)

    def without_place(
        self, events: tuple[str, ...], joining: tuple[Joining, ...]
    ) -> dict[tuple[str, Registrant], Status]:
        """Who of this mail has no place at which event: those who join now, and those who wait already."""
        statuses = {(one.event, one.registrant): one.status for one in joining}
        for event in events:
            for registrant in self.request.registrants:
                known = self.standing(event, registrant)
                if (event, registrant) not in statuses and known is not None:
                    statuses[event, registrant] = known.status
        return {who: status for who, status in statuses.items() if status is not Status.REGISTERED}

    def is_writer(self, registrant: Registrant) -> bool:
        """Whether this is the person who wrote."""
        writer = self.request.writer
        return writer is not None and bool(writer.name) and fold_name(writer.name) == fold_name(registrant.name)
