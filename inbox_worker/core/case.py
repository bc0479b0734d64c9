"""One mail on the desk, with all that is known about it: what the rules ask before they decide.

Looks up and counts; decides nothing. Pure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from inbox_worker.core import personal, pool
from inbox_worker.core.correcting import resembles
from inbox_worker.core.decision import Joining, Leaving
from inbox_worker.core.freemail import is_shared_domain
from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address, Message
from inbox_worker.core.naming import fold_name
from inbox_worker.core.registration import Desk, Intent, Reason, Registrant, Status
from inbox_worker.core.request import Group, Request

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

    @property
    def thread(self) -> frozenset[str]:
        """The Message-IDs of the mails that this one answers (RFC 5322 §3.6.4)."""
        return frozenset((*self.message.references, *self.message.in_reply_to))

    def correctable(self) -> tuple[Registration, ...]:
        """The registrations for what is not over about which this sender may say what is right."""
        thread = self.thread
        coming = {event.id for event in self.desk.events if event.end > self.now}
        return tuple(
            one
            for one in self.ledger.registrations.values()
            if one.event in coming
            and not one.withdrawn
            and (self.is_of_the_sender(one) or (one.message_id in thread and self.may_speak_for(one.address)))
        )

    def is_of_the_sender(self, one: Registration) -> bool:
        """Whether it is the sender's own registration, or was made by them."""
        return self.sender.key in {one.address.casefold(), one.through.casefold()}

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

    def joining(self, events: Iterable[str], leaving: Iterable[Leaving] = ()) -> tuple[Joining, ...]:
        """Who of the mail is new to the lists, with a place or on the waiting list.

        Who comes instead of somebody takes over the place of one who is `leaving` by the same mail.
        """
        themselves = self.told_themselves()
        through = {one: self.address(one) if one in themselves else self.sender.key for one in self.request.registrants}
        wanted = [
            Joining(event, registrant, self.address(registrant), through=through[registrant])
            for event in events
            for registrant in self.request.registrants
        ]
        new = [one for one in wanted if not self._is_on_the_list(one.event, one.registrant)]
        known = (self.ledger.registrations.get(one.registration) for one in leaving)
        freed = Counter(one.event for one in known if one is not None and one.placed)
        placed: Counter[str] = Counter()
        linked: Counter[str] = Counter()
        joining = []
        for one in new:
            takes_over = freed[one.event] > 0
            has_room = takes_over or self.has_room(one.event, placed[one.event])
            status = Status.REGISTERED if has_room else Status.WAITLISTED
            without_link = has_room and not self.has_link(one.event, linked[one.event])
            if without_link or self.is_approved_by_hand(one.event):
                status = Status.PENDING
            has_place = status is Status.REGISTERED
            freed[one.event] -= takes_over
            placed[one.event] += has_place and not takes_over
            linked[one.event] += has_place
            joining.append(replace(one, status=status))
        return tuple(joining)

    def _is_on_the_list(self, event: str, registrant: Registrant) -> bool:
        return bool(self.standing(event, registrant) or self._half_named(event, registrant))

    def has_room(self, event: str, besides: int) -> bool:
        """Whether a place is free when `besides` more are given away; nobody overtakes those who wait.

        Only those who can't be let in before a person has looked are overtaken: a forged mail must not block a place.
        """
        known = self.desk.event(event)
        if known is None or known.capacity is None:
            return True
        if self.ledger.taken(event) + besides >= known.capacity:
            return False
        return not self.ledger.waits(event) or all(map(self.ledger.is_barred, self.ledger.waiting(event)))

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
        """Who leaves, and reasons for those whom this sender may not sign off, or who are not clear."""
        leaving, foreign = [], []
        withdrawn = self.request.withdrawn
        if not withdrawn and self.request.intent is Intent.CANCELLATION:
            withdrawn = (Registrant(),)
        for event in events:
            for registrant in self._of_the_group(event) or self._only_listed_by_name(event) or withdrawn:
                address = self.address(registrant)
                meant = self.meant(event, registrant)
                if len(meant) > 1 or (not meant and self._is_like_somebody(event, registrant)):
                    foreign.append(Reason("it is not clear who on the list is meant", registrant.name))
                    continue
                known = meant[0] if meant else self._only_one_with_this_address(event, registrant)
                if known is None:
                    leaving.append(Leaving(event, registrant, address))
                elif self.may_speak_for(known.address) or known.through.casefold() == self.sender.key:
                    leaving.append(Leaving(event, known.registrant, known.address, known.id))
                else:
                    foreign.append(Reason("wants to withdraw somebody registered with another address", known.address))
        return tuple(leaving), tuple(foreign)

    def _of_the_group(self, event: str) -> tuple[Registrant, ...]:
        """Who leaves when the mail speaks of all of them, or of the writer only, and names nobody."""
        request, writer = self.request, self.request.writer or Registrant()
        ours = [one.registrant for one in self.correctable() if one.event == event and self.is_of_the_sender(one)]
        own = [one for one in ours if writer.name and resembles(writer.name, one.name)]
        if request.group is Group.ALL and request.intent is Intent.CANCELLATION and len(ours) > 1:
            return tuple(ours)
        if request.group is Group.ONLY_THE_WRITER and len(own) == 1 and len(ours) > 1:
            return tuple(one for one in ours if one not in own)
        return ()

    def _only_listed_by_name(self, event: str) -> tuple[Registrant, ...]:
        """Of whom the mail says that they don't come, by a name that only the list knows ("doch ohne Jens").

        Only where it seems to be about the writer otherwise, whose name it is not.
        """
        request, writer = self.request, self.request.writer or Registrant()
        own = all(not one.name or fold_name(one.name) == fold_name(writer.name) for one in request.withdrawn)
        if not own or not request.leaving:
            return ()
        said = {word for sentence in request.leaving for word in fold_name(sentence).split()}
        said -= {fold_name(part) for part in (writer.given_name, writer.family_name) if part}
        named: dict[str, Registrant] = {}
        for one in (one.registrant for one in self.correctable() if one.event == event):
            given, family = (part and fold_name(part) in said and part for part in (one.given_name, one.family_name))
            if given or family:
                told = Registrant(given or None, family or None)
                named.setdefault(fold_name(told.name), told)
        return tuple(named.values())

    def _is_like_somebody(self, event: str, registrant: Registrant) -> bool:
        """Whether a name on the list is spelled so nearly alike that one of the two may be a slip."""
        family = registrant.family_name
        return any(
            one.event == event and resembles(family, one.registrant.family_name) and self.sender.key == one.through
            for one in self.correctable()
        )

    def meant(self, event: str, registrant: Registrant) -> tuple[Registration, ...]:
        """Who on the list is named so: by the whole name anybody, by half of it ("Herr Voss") one of the sender's."""
        if not registrant.name:
            return ()
        if known := self.ledger.registered(event, registrant, self.address(registrant)):
            return (known,)
        return self._half_named(event, registrant)

    def _half_named(self, event: str, registrant: Registrant) -> tuple[Registration, ...]:
        if not registrant.name or (registrant.given_name and registrant.family_name):
            return ()
        given, family = fold_name(registrant.given_name or ""), fold_name(registrant.family_name or "")
        return tuple(
            one
            for one in self.correctable()
            if one.event == event
            and given in {"", fold_name(one.registrant.given_name or "")}
            and family in {"", fold_name(one.registrant.family_name or "")}
        )

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
