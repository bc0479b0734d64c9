"""What one mail leads to when nothing speaks against it: one rule for each intent. None of them reads text.

A link goes to a colleague's own address only where it shares the sender's domain or stands in Cc. In doubt a mail is
held. What speaks against it all the same is weighed in `deciding`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inbox_worker.core.case import MOST_COLLEAGUES, Case
from inbox_worker.core.courtesy import may_be_greeted
from inbox_worker.core.decision import (
    Answer,
    AnswerKind,
    Decision,
    Joining,
    Leaving,
    Outcome,
    Waiting,
    Withheld,
    registration_name,
)
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Event, Phase, Reason, Registrant, Status
from inbox_worker.core.request import Request

_MISSED = {
    Phase.ANNOUNCED: AnswerKind.EARLY,
    Phase.CLOSED: AnswerKind.CLOSED,
    Phase.OVER: AnswerKind.OVER,
}


@dataclass(frozen=True, slots=True)
class Ruling(Case):
    """The rules; `request` is without its obstacles."""

    def registration(self) -> Decision:
        """Onto the list with everybody who is not there yet; the link to whoever may have it."""
        request = self.request
        off = self._called_off()
        if off and len(off) == len(request.events):
            return self._decision(off, answers=self._told_called_off(off), concerns=request.concerns)
        if not request.registrants:
            return held(request, Reason("nobody is named who could be registered"))
        asked = [event for name in request.events if name not in off and (event := self.desk.event(name))]
        if not asked:
            return held(request, Reason("no event is named"))
        events = tuple(event.id for event in asked if event.phase(self.now) is Phase.OPEN)
        missed = [event for event in asked if event.id not in events]
        if not events:
            return self._too_early_or_late(missed)
        leaving, foreign = self.leaving(events)
        joining = self.joining(events, leaving)
        kind = AnswerKind.CONFIRMATION if joining or leaving else AnswerKind.LINK
        answers, unreachable = self._answers_with_link(kind, events, joining, leaving)
        answers = (*answers, *self._told_called_off(off))
        pending = tuple(one for one in joining if one.status is Status.PENDING)
        concerns = (*request.concerns, *foreign, *_missed(missed, self.now), *unreachable)
        concerns += tuple(self._why_pending(event) for event in asked if any(one.event == event.id for one in pending))
        decision = self._decision(events, joining=joining, leaving=leaving, answers=answers, concerns=concerns)
        return replace(decision, withheld=self._once_approved(joining)) if pending else decision

    def _why_pending(self, event: Event) -> Reason:
        """Why a registration waits for a person."""
        if event.approval:
            return Reason("waits for approval", event.title)
        return Reason("no personal link is left", event.title)

    def _once_approved(self, joining: tuple[Joining, ...]) -> Withheld:
        """What a release leads to: they are on the list as if nobody had had to be asked, and are told so."""
        digest = self.message.digest
        approved = tuple(
            replace(one, status=Status.REGISTERED, registration=registration_name(digest, number))
            for number, one in enumerate(joining, start=1)
            if one.status is Status.PENDING
        )
        events = tuple(dict.fromkeys(one.event for one in approved))
        answers, _ = self._answers_with_link(AnswerKind.CONFIRMATION, events, approved, ())
        return Withheld(joining=approved, answers=answers)

    def _called_off(self) -> tuple[str, ...]:
        """The events of the request that were cancelled."""
        return tuple(event for event in self.request.events if event in self.ledger.cancelled)

    def _told_called_off(self, events: tuple[str, ...]) -> tuple[Answer, ...]:
        """That these do not take place, if there are any."""
        if not events:
            return ()
        answer = self.answer(AnswerKind.CALLED_OFF, events, question_passed_on=bool(self.request.concerns))
        return (replace(answer, text=self.ledger.cancelled[events[0]].text),)

    def _too_early_or_late(self, missed: Sequence[Event]) -> Decision:
        """Nobody can register for any of it now: they are told when, or where to watch what is over."""
        phases = {event.phase(self.now) for event in missed}
        kind = _MISSED[phases.pop()] if len(phases) == 1 else AnswerKind.CLOSED
        events, concerns = tuple(event.id for event in missed), self.request.concerns
        if kind is AnswerKind.CLOSED:  # a person may still let somebody in
            concerns = (*concerns, *_missed(missed, self.now))
        answer = self.answer(kind, events, question_passed_on=bool(self.request.concerns))
        return self._decision(events, answers=(answer,), concerns=concerns)

    def cancellation(self) -> Decision:
        """Off the list, confirmed; somebody who never was on it declined, which is confirmed as well."""
        events = self.request.events or self.events_of_sender()
        if not events:
            return held(self.request, Reason("no event is named"))
        leaving, foreign = self.leaving(events)
        answers: tuple[Answer, ...] = ()
        if leaving:
            answers = (self.answer(AnswerKind.CANCELLATION, events, withdrawn=_people(leaving)),)
        return self._decision(events, leaving=leaving, answers=answers, concerns=(*self.request.concerns, *foreign))

    def link_request(self) -> Decision:
        """The link once more, to the address that asks. Nobody new is registered."""
        events, over = self.open_events()
        off = tuple(event for event in events if event in self.ledger.cancelled)
        events = tuple(event for event in events if event not in off)
        if off and not events:
            return self._decision(off, answers=self._told_called_off(off), concerns=self.request.concerns)
        if not events:
            return held(self.request, over or Reason("no event is named"))
        known = [one for event in events for one in self.ledger.registered_with(event, self.sender.key)]
        placed = {one.event for one in known if one.placed}
        waiting = tuple(Waiting(one.event, one.registrant, one.status) for one in known if not one.placed)
        # Where places are counted a link is for those who have one; elsewhere whoever asks may come.
        strangers = [event for event in events if event not in {one.event for one in known} and self.is_limited(event)]
        linked = tuple(event for event in events if event in placed or not (self.is_limited(event) or strangers))
        concerns = (*self.request.concerns, *(Reason("not on the list of this event", event) for event in strangers))
        if linked:
            people = _once(one.registrant for one in known if one.placed)
            answer = self.answer(AnswerKind.LINK, linked, registered=people, waiting=waiting)
        elif waiting:
            answer = self.answer(_kind_of(waiting), tuple(dict.fromkeys(one.event for one in waiting)), waiting=waiting)
        else:
            return held(self.request, *concerns[len(self.request.concerns) :])
        return self._decision(events, answers=(answer, *self._told_called_off(off)), concerns=concerns)

    def inquiry(self) -> Decision:
        """A person answers; the writer learns at once that the question arrived, and whom else to ask."""
        concerns = self.request.concerns or (Reason("a question for the press office"),)
        return self._decision(self.request.events, answers=(self.receipt(self.request.events),), concerns=concerns)

    def receipt(self, events: tuple[str, ...]) -> Answer:
        """That it arrived, and whom else to ask."""
        return self.answer(AnswerKind.RECEIPT, events, question_passed_on=True)

    def _answers_with_link(
        self, kind: AnswerKind, events: tuple[str, ...], joining: tuple[Joining, ...], leaving: tuple[Leaving, ...]
    ) -> tuple[tuple[Answer, ...], tuple[Reason, ...]]:
        """One answer to the sender about everybody, one to each colleague who may get it; who can't be reached."""
        without = self.without_place(events, joining)
        reachable, themselves = self.reachable_colleagues(), self.told_themselves()
        own, forward, unreachable = [], [], []
        for registrant in self.request.registrants:
            address = self.address(registrant)
            if registrant in themselves:
                to = Address(registrant.name, registrant.email or "")
                own.append(self._told(kind, events, (registrant,), without, to=to, greeted=registrant))
            elif address != self.sender.key:
                if any((event, registrant) not in without for event in events):
                    forward.append(registrant)
                if registrant not in reachable and not self.is_writer(registrant):
                    unreachable.append(
                        Reason("the link for this person went to the sender only, to be forwarded", address)
                    )
        if len(reachable) > MOST_COLLEAGUES:
            named = f"{len(reachable)} > {MOST_COLLEAGUES}"
            unreachable.append(Reason("too many colleagues for mails of their own; the sender got the link", named))
        answer = replace(
            self._told(kind, events, self.request.registrants, without),
            withdrawn=_people(leaving),
            forward_to=tuple(forward),
            question_passed_on=bool(self.request.concerns),
        )
        return (answer, *own), tuple(unreachable)

    def _told(  # noqa: PLR0913 - what a person is told depends on all of it
        self,
        kind: AnswerKind,
        events: tuple[str, ...],
        people: tuple[Registrant, ...],
        without: Mapping[tuple[str, Registrant], Status],
        *,
        to: Address | None = None,
        greeted: Registrant | None = None,
    ) -> Answer:
        """The answer to one receiver about `people`: the links of the events at which one of them has a place."""
        placed = tuple(event for event in events if any((event, one) not in without for one in people))
        registered = tuple(one for one in people if any((event, one) not in without for event in events))
        waiting = tuple(
            Waiting(event, one, without[event, one]) for event in events for one in people if (event, one) in without
        )
        if not placed:
            return self.answer(_kind_of(waiting), events, to=to, greeted=greeted, waiting=waiting)
        return self.answer(kind, placed, to=to, greeted=greeted, registered=registered, waiting=waiting)

    def answer(  # noqa: PLR0913 - the parts of an answer, each with a default
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
        """An answer to this mail, to its sender where `to` is not given."""
        writer = self.request.writer if to is None else greeted
        return Answer(
            kind=kind,
            language=self.request.language,
            to=to or self.sender,
            events=events,
            greeted=writer if may_be_greeted(writer) else None,
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


Rule = Callable[[Ruling], Decision]
"""What decides a mail where nothing else comes first."""


def _kind_of(waiting: Sequence[Waiting]) -> AnswerKind:
    """What somebody hears who has no place at all."""
    pending = any(one.status is Status.PENDING for one in waiting)
    return AnswerKind.PENDING if pending else AnswerKind.WAITLIST


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


def held(request: Request, *reasons: Reason) -> Decision:
    """Nothing happens by itself."""
    return Decision(
        request.intent,
        Outcome.HELD,
        request.language,
        request.events,
        because=request.because,
        concerns=(*request.concerns, *reasons),
    )


def done(request: Request) -> Decision:
    """Nothing is to be done."""
    return Decision(request.intent, Outcome.DONE, request.language, request.events, because=request.because)
