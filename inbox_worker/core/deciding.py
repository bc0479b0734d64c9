"""The rules: a Request, the Ledger and the clock become a Decision.

What we protect (DESIGN, "Rules that protect people"): no machine is answered, no content twice, only the address that
wrote; a link goes to a colleague's own address only where it shares the sender's domain or stands in Cc. In doubt a
mail is held. One function for each intent; none of them reads text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inbox_worker.core import bounces, caps
from inbox_worker.core.caps import Over
from inbox_worker.core.decision import (
    ANSWERED_ALREADY,
    Answer,
    AnswerKind,
    Decision,
    Joining,
    Leaving,
    Outcome,
    Waiting,
    Withheld,
)
from inbox_worker.core.freemail import is_shared_domain
from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address, Message
from inbox_worker.core.naming import fold_name
from inbox_worker.core.registration import (
    MACHINES,
    Desk,
    Event,
    Intent,
    Phase,
    Reason,
    Registrant,
    Request,
    Status,
)

MOST_COLLEAGUES = 10
"""Colleagues whom one mail can have us write to: what makes many mails of one is a weapon against their receivers."""


def decide(message: Message, request: Request, ledger: Ledger, desk: Desk, now: datetime) -> Decision:
    """What is to be done with `message`, which asks for `request`, given all that happened before `now` (aware)."""
    if message.digest in ledger.digests:
        return Decision(
            request.intent, Outcome.COPY, because=(Reason("this content was treated before", message.message_id),)
        )
    if request.intent in MACHINES:
        return _of_a_machine(message, request, ledger, desk, now)
    if message.sender is None:
        return _held(request, Reason("no valid sender address", where="From"))
    if message.sender.key in desk.addresses:
        return _held(request, Reason("our own address as sender", message.sender.addr_spec, "From"))
    case = _Case(message, message.sender, replace(request, obstacles=()), ledger, desk, now)
    decision = _unobstructed(case)
    if request.obstacles:
        decision = _obstructed(decision, request)
    decision = _told_at_once(decision, case)
    if decision.answers or decision.outcome is Outcome.HELD:
        about = caps.keys(
            message.sender, message.subject, caps.text_digest(message.text), answered=bool(decision.answers)
        )
        if over := caps.exceeded(desk.caps, ledger.tallies, about, message.sender, now):
            return _over(decision, over, ledger, now)
    if message.answered and decision.answers:
        return _answered_by_somebody(decision)
    return _reachable(decision, ledger)


def _of_a_machine(message: Message, request: Request, ledger: Ledger, desk: Desk, now: datetime) -> Decision:
    """Never answered; a mail of ours that came back is told to a person."""
    returned = bounces.returned(message, request.intent, ledger, desk, now)
    concerns = tuple(
        Reason("a mail of ours came back", f"{one.address} ({one.response})" if one.response else one.address)
        for one in returned
    )
    return Decision(
        request.intent,
        Outcome.HELD if returned else Outcome.AUTOMATIC,
        request.language,
        because=request.because,
        concerns=concerns,
        returned=returned,
    )


def _unobstructed(case: "_Case") -> Decision:
    match case.request.intent:
        case Intent.REGISTRATION:
            return case.registration()
        case Intent.CANCELLATION:
            return case.cancellation()
        case Intent.LINK_REQUEST:
            return case.link_request()
        case Intent.INQUIRY:
            return case.inquiry()
        case _:
            return _held(case.request) if case.request.needs_human else _done(case.request)


def _obstructed(decision: Decision, request: Request) -> Decision:
    """Who is to be registered is; everything else waits for a person, who may release it.

    Whoever forges a sender must get no link, and must not be able to sign anybody off.
    """
    joins = request.intent is Intent.REGISTRATION
    return replace(
        decision,
        outcome=Outcome.HELD,
        joining=decision.joining if joins else (),
        leaving=(),
        answers=(),
        concerns=(*request.obstacles, *decision.concerns),
        withheld=Withheld(
            joining=() if joins else decision.joining, leaving=decision.leaving, answers=decision.answers
        ),
    )


def _told_at_once(decision: Decision, case: "_Case") -> Decision:
    """When people are about to come in nobody waits for a person without a word: the receipt names whom to call.

    Not where something speaks against answering at all; that stays withheld.
    """
    silent = decision.outcome is Outcome.HELD and not (decision.answers or decision.withheld)
    if not silent or not case.request.intent.is_a_wish:
        return decision
    events = [e for e in case.desk.events if e.is_imminent(case.now) and e.id not in case.ledger.cancelled]
    if not events:
        return decision
    named = tuple(event.id for event in events if event.id in case.request.events) or (events[0].id,)
    return replace(decision, answers=(case.receipt(named),))


def _over(decision: Decision, over: Over, ledger: Ledger, now: datetime) -> Decision:
    """Nothing happens by itself any more: neither an answer nor a change of the list."""
    told = ledger.told.get((over.cap, over.whom))
    return Decision(
        decision.intent,
        Outcome.HELD,
        decision.language,
        decision.events,
        because=decision.because,
        concerns=(Reason(f"more mail than usual: {over.cap}", over.whom),),
        withheld=decision.withheld.with_also(Withheld(decision.joining, decision.leaving, decision.answers)),
        over=over,
        tell=told is None or now - told >= caps.WINDOW,
    )


def _answered_by_somebody(decision: Decision) -> Decision:
    """The list is kept, but nobody gets a second answer; what a person would still have to see stays held."""
    return replace(
        decision,
        answers=(),
        because=(*decision.because, Reason(ANSWERED_ALREADY, where="\\Answered")),
    )


def _reachable(decision: Decision, ledger: Ledger) -> Decision:
    """Without the answers to addresses from which a mail of ours came back."""
    lost = [answer.to.addr_spec for answer in decision.answers if ledger.is_undeliverable(answer.to.addr_spec)]
    if not lost:
        return decision
    withheld = tuple(answer for answer in decision.answers if answer.to.addr_spec in lost)
    return replace(
        decision,
        outcome=Outcome.HELD,
        answers=tuple(answer for answer in decision.answers if answer not in withheld),
        withheld=decision.withheld.with_also(Withheld(answers=withheld)),
        concerns=(*decision.concerns, Reason("an earlier mail to this address came back", ", ".join(lost))),
    )


_MISSED = {
    Phase.ANNOUNCED: AnswerKind.EARLY,
    Phase.CLOSED: AnswerKind.CLOSED,
    Phase.OVER: AnswerKind.OVER,
}


@dataclass(frozen=True, slots=True)
class _Case:
    """One mail on the desk, with all that is known about it."""

    message: Message
    sender: Address
    request: Request
    ledger: Ledger
    desk: Desk
    now: datetime

    def registration(self) -> Decision:
        """Onto the list with everybody who is not there yet; the link to whoever may have it."""
        request = self.request
        off = self._called_off()
        if off and len(off) == len(request.events):
            return self._decision(off, answers=self._told_called_off(off), concerns=request.concerns)
        if not request.registrants:
            return _held(request, Reason("nobody is named who could be registered"))
        asked = [event for name in request.events if name not in off and (event := self.desk.event(name))]
        if not asked:
            return _held(request, Reason("no event is named"))
        events = tuple(event.id for event in asked if event.phase(self.now) is Phase.OPEN)
        missed = [event for event in asked if event.id not in events]
        if not events:
            return self._too_early_or_late(missed)
        joining = self._joining(events)
        leaving, foreign = self._leaving(events)
        kind = AnswerKind.CONFIRMATION if joining or leaving else AnswerKind.LINK
        answers, unreachable = self._answers_with_link(kind, events, joining, leaving)
        answers = (*answers, *self._told_called_off(off))
        concerns = (*request.concerns, *foreign, *_missed(missed, self.now), *unreachable)
        return self._decision(events, joining=joining, leaving=leaving, answers=answers, concerns=concerns)

    def _called_off(self) -> tuple[str, ...]:
        """The events of the request that were cancelled."""
        return tuple(event for event in self.request.events if event in self.ledger.cancelled)

    def _told_called_off(self, events: tuple[str, ...]) -> tuple[Answer, ...]:
        """That these do not take place, if there are any."""
        if not events:
            return ()
        answer = self._answer(AnswerKind.CALLED_OFF, events, question_passed_on=bool(self.request.concerns))
        return (replace(answer, text=self.ledger.cancelled[events[0]].text),)

    def _too_early_or_late(self, missed: Sequence[Event]) -> Decision:
        """Nobody can register for any of it now: they are told when, or where to watch what is over."""
        phases = {event.phase(self.now) for event in missed}
        kind = _MISSED[phases.pop()] if len(phases) == 1 else AnswerKind.CLOSED
        events, concerns = tuple(event.id for event in missed), self.request.concerns
        if kind is AnswerKind.CLOSED:  # a person may still let somebody in
            concerns = (*concerns, *_missed(missed, self.now))
        answer = self._answer(kind, events, question_passed_on=bool(self.request.concerns))
        return self._decision(events, answers=(answer,), concerns=concerns)

    def cancellation(self) -> Decision:
        """Off the list, confirmed; somebody who never was on it declined, which is confirmed as well."""
        events = self.request.events or self._events_of_sender()
        if not events:
            return _held(self.request, Reason("no event is named"))
        leaving, foreign = self._leaving(events)
        answers: tuple[Answer, ...] = ()
        if leaving:
            answers = (self._answer(AnswerKind.CANCELLATION, events, withdrawn=_people(leaving)),)
        return self._decision(events, leaving=leaving, answers=answers, concerns=(*self.request.concerns, *foreign))

    def link_request(self) -> Decision:
        """The link once more, to the address that asks. Nobody new is registered."""
        events, over = self._open_events()
        off = tuple(event for event in events if event in self.ledger.cancelled)
        events = tuple(event for event in events if event not in off)
        if off and not events:
            return self._decision(off, answers=self._told_called_off(off), concerns=self.request.concerns)
        if not events:
            return _held(self.request, over or Reason("no event is named"))
        known = [one for event in events for one in self.ledger.registered_with(event, self.sender.key)]
        placed = {one.event for one in known if one.placed}
        waiting = tuple(Waiting(one.event, one.registrant) for one in known if not one.placed)
        # Where places are counted a link is for those who have one; elsewhere whoever asks may come.
        strangers = [event for event in events if event not in {one.event for one in known} and self._is_limited(event)]
        linked = tuple(event for event in events if event in placed or not (self._is_limited(event) or strangers))
        concerns = (*self.request.concerns, *(Reason("not on the list of this event", event) for event in strangers))
        if linked:
            people = _once(one.registrant for one in known if one.placed)
            answer = self._answer(AnswerKind.LINK, linked, registered=people, waiting=waiting)
        elif waiting:
            answer = self._answer(
                AnswerKind.WAITLIST, tuple(dict.fromkeys(one.event for one in waiting)), waiting=waiting
            )
        else:
            return _held(self.request, *concerns[len(self.request.concerns) :])
        return self._decision(events, answers=(answer, *self._told_called_off(off)), concerns=concerns)

    def inquiry(self) -> Decision:
        """A person answers; the writer learns at once that the question arrived, and whom else to ask."""
        concerns = self.request.concerns or (Reason("a question for the press office"),)
        return self._decision(self.request.events, answers=(self.receipt(self.request.events),), concerns=concerns)

    def receipt(self, events: tuple[str, ...]) -> Answer:
        """That it arrived, and whom else to ask."""
        return self._answer(AnswerKind.RECEIPT, events, question_passed_on=True)

    def _open_events(self) -> tuple[tuple[str, ...], Reason | None]:
        """The request's events that are not over yet, and the reason why others are left out."""
        known = [event for name in self.request.events if (event := self.desk.event(name))]
        over = [event for event in known if event.end <= self.now]
        reason = Reason("the event is over", ", ".join(event.title for event in over)) if over else None
        return tuple(event.id for event in known if event.end > self.now), reason

    def _events_of_sender(self) -> tuple[str, ...]:
        key = self.sender.key
        return tuple(event.id for event in self.desk.events if self.ledger.registered_with(event.id, key))

    def _address(self, registrant: Registrant) -> str:
        return (registrant.email or self.sender.addr_spec).casefold()

    def _joining(self, events: Iterable[str]) -> tuple[Joining, ...]:
        wanted = [
            Joining(event, registrant, self._address(registrant))
            for event in events
            for registrant in self.request.registrants
        ]
        new = [one for one in wanted if not self.ledger.registered(one.event, one.registrant, one.address)]
        placed: Counter[str] = Counter()
        joining = []
        for one in new:
            status = Status.REGISTERED if self._has_room(one.event, placed[one.event]) else Status.WAITLISTED
            placed[one.event] += status is Status.REGISTERED
            joining.append(replace(one, status=status))
        return tuple(joining)

    def _has_room(self, event: str, besides: int) -> bool:
        """Whether a place is free when `besides` more are given away; nobody overtakes those who wait."""
        known = self.desk.event(event)
        if known is None or known.capacity is None:
            return True
        return not self.ledger.waits(event) and self.ledger.taken(event) + besides < known.capacity

    def _is_limited(self, event: str) -> bool:
        known = self.desk.event(event)
        return known is not None and known.capacity is not None

    def _leaving(self, events: Iterable[str]) -> tuple[tuple[Leaving, ...], tuple[Reason, ...]]:
        """Who leaves, and reasons for those whom this sender may not sign off."""
        leaving, foreign = [], []
        withdrawn = self.request.withdrawn
        if not withdrawn and self.request.intent is Intent.CANCELLATION:
            withdrawn = (Registrant(),)
        for event in events:
            for registrant in withdrawn:
                address = self._address(registrant)
                known = self.ledger.registered(event, registrant, address) if registrant.name else None
                known = known or self._only_one_with_this_address(event, registrant)
                if known is None:
                    leaving.append(Leaving(event, registrant, address))
                elif self._may_speak_for(known.address):
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

    def _may_speak_for(self, address: str) -> bool:
        """Whether the link for, or the withdrawal of, this address may follow from the sender's mail alone."""
        if address.casefold() == self.sender.key:
            return True
        domain = address.casefold().rpartition("@")[2]
        return domain == self.sender.domain and not is_shared_domain(domain)

    def _answers_with_link(
        self, kind: AnswerKind, events: tuple[str, ...], joining: tuple[Joining, ...], leaving: tuple[Leaving, ...]
    ) -> tuple[tuple[Answer, ...], tuple[Reason, ...]]:
        """One answer to the sender about everybody, one to each colleague who may get it; who can't be reached."""
        copied = {address.key for address in (*self.message.cc, *self.message.to)}
        without = self._without_place(events, joining)
        own, forward, unreachable = [], [], []
        for registrant in self.request.registrants:
            address = self._address(registrant)
            if address == self.sender.key:
                continue
            if self._may_speak_for(address) or address in copied:
                to = Address(registrant.name, registrant.email or "")
                own.append(self._told(kind, events, (registrant,), without, to=to, greeted=registrant))
                continue
            if any((event, registrant) not in without for event in events):
                forward.append(registrant)
            if not self._is_writer(registrant):
                unreachable.append(Reason("the link for this person went to the sender only, to be forwarded", address))
        if len(own) > MOST_COLLEAGUES:
            named = f"{len(own)} > {MOST_COLLEAGUES}"
            unreachable.append(Reason("too many colleagues for mails of their own; the sender got the link", named))
            forward = [one for one in self.request.registrants if self._address(one) != self.sender.key]
            own = []
        answer = replace(
            self._told(kind, events, self.request.registrants, without),
            withdrawn=_people(leaving),
            forward_to=tuple(forward),
            question_passed_on=bool(self.request.concerns),
        )
        return (answer, *own), tuple(unreachable)

    def _without_place(
        self, events: tuple[str, ...], joining: tuple[Joining, ...]
    ) -> frozenset[tuple[str, Registrant]]:
        """Who of this mail is on which waiting list, from now on or already."""
        new = {(one.event, one.registrant) for one in joining if one.status is Status.WAITLISTED}
        joined = {(one.event, one.registrant) for one in joining}
        for event in events:
            for registrant in self.request.registrants:
                if (event, registrant) in joined:
                    continue
                known = self.ledger.registered(event, registrant, self._address(registrant))
                if known is not None and not known.placed:
                    new.add((event, registrant))
        return frozenset(new)

    def _told(  # noqa: PLR0913 - what a person is told depends on all of it
        self,
        kind: AnswerKind,
        events: tuple[str, ...],
        people: tuple[Registrant, ...],
        without: frozenset[tuple[str, Registrant]],
        *,
        to: Address | None = None,
        greeted: Registrant | None = None,
    ) -> Answer:
        """The answer to one receiver about `people`: the links of the events at which one of them has a place."""
        placed = tuple(event for event in events if any((event, one) not in without for one in people))
        registered = tuple(one for one in people if any((event, one) not in without for event in events))
        waiting = tuple(Waiting(event, one) for event in events for one in people if (event, one) in without)
        if not placed:
            return self._answer(AnswerKind.WAITLIST, events, to=to, greeted=greeted, waiting=waiting)
        return self._answer(kind, placed, to=to, greeted=greeted, registered=registered, waiting=waiting)

    def _is_writer(self, registrant: Registrant) -> bool:
        writer = self.request.writer
        return writer is not None and bool(writer.name) and fold_name(writer.name) == fold_name(registrant.name)

    def _answer(  # noqa: PLR0913 - the parts of an answer, each with a default
        self,
        kind: AnswerKind,
        events: tuple[str, ...],
        *,
        to: Address | None = None,
        greeted: Registrant | None = None,
        registered: tuple[Registrant, ...] = (),
        withdrawn: tuple[Registrant, ...] = (),
        waiting: tuple[Waiting, ...] = (),
        question_passed_on: bool = False,
    ) -> Answer:
        writer = self.request.writer if to is None else greeted
        known = writer if writer and writer.given_name and writer.family_name else None
        return Answer(
            kind=kind,
            language=self.request.language,
            to=to or self.sender,
            events=events,
            greeted=known,
            registered=registered,
            withdrawn=withdrawn,
            waiting=waiting,
            question_passed_on=question_passed_on,
            in_reply_to=self.message.message_id,
            references=self.message.references or self.message.in_reply_to[:1],
            subject=self.message.subject,
        )

    def _decision(
        self,
        events: tuple[str, ...],
        *,
        joining: tuple[Joining, ...] = (),
        leaving: tuple[Leaving, ...] = (),
        answers: tuple[Answer, ...] = (),
        concerns: tuple[Reason, ...] = (),
    ) -> Decision:
        return Decision(
            intent=self.request.intent,
            outcome=Outcome.HELD if concerns else Outcome.DONE,
            language=self.request.language,
            events=events,
            joining=joining,
            leaving=leaving,
            answers=answers,
            because=self.request.because,
            concerns=concerns,
        )


def _missed(events: Iterable[Event], now: datetime) -> Iterator[Reason]:
    """Why somebody could not be registered for these."""
    for event in events:
        over = event.phase(now) is Phase.OVER
        yield Reason("the event is over" if over else "registration is not open", event.title)


def _people(leaving: Iterable[Leaving]) -> tuple[Registrant, ...]:
    return _once(one.registrant for one in leaving)


def _once(people: Iterable[Registrant]) -> tuple[Registrant, ...]:
    """Each person once, though they may come or go at several events."""
    return tuple(dict.fromkeys(person for person in people if person.name))


def _held(request: Request, *reasons: Reason) -> Decision:
    return Decision(
        request.intent,
        Outcome.HELD,
        request.language,
        request.events,
        because=request.because,
        concerns=(*request.concerns, *reasons),
    )


def _done(request: Request) -> Decision:
    return Decision(request.intent, Outcome.DONE, request.language, request.events, because=request.because)
