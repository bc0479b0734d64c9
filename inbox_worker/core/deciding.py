"""The rules: a Request, the Ledger and the clock become a Decision.

What we protect (DESIGN, "Rules that protect people"): no machine is answered, no content twice, only the address that
wrote; a link goes to a colleague's own address only where it shares the sender's domain or stands in Cc. In doubt a
mail is held. `ruling` says what a mail leads to by itself, one rule for each intent; here stands what speaks against.
"""

from dataclasses import replace
from datetime import datetime

from inbox_worker.core import bounces, caps
from inbox_worker.core.amending import amended
from inbox_worker.core.asking import asked_back, told_which
from inbox_worker.core.caps import Over
from inbox_worker.core.decision import (
    ANSWERED_ALREADY,
    Decision,
    Outcome,
    Withheld,
)
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Message
from inbox_worker.core.registration import MACHINES, Desk, Intent, Reason
from inbox_worker.core.request import Request
from inbox_worker.core.ruling import Ruling, done, held


def decide(message: Message, request: Request, ledger: Ledger, desk: Desk, now: datetime) -> Decision:
    """What is to be done with `message`, which asks for `request`, given all that happened before `now` (aware)."""
    if message.digest in ledger.digests:
        return Decision(
            request.intent, Outcome.COPY, because=(Reason("this content was treated before", message.message_id),)
        )
    if request.intent in MACHINES:
        return _of_a_machine(message, request, ledger, desk, now)
    if message.sender is None:
        return held(request, Reason("no valid sender address", where="From"))
    if message.sender.key in desk.addresses:
        return held(request, Reason("our own address as sender", message.sender.addr_spec, "From"))
    case = Ruling(message, message.sender, replace(request, obstacles=()), ledger, desk, now)
    decision = told_which(case, _ruled) or _ruled(case)
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


def _ruled(case: Ruling) -> Decision:
    return amended(case, _unobstructed) or asked_back(case, _unobstructed) or _unobstructed(case)


def _unobstructed(case: Ruling) -> Decision:
    match case.request.intent:
        case Intent.REGISTRATION:
            return case.registration()
        case Intent.CANCELLATION:
            return case.cancellation()
        case Intent.LINK_REQUEST:
            return case.link_request()
        case Intent.INQUIRY:
            return case.inquiry()
        case _ if case.request.unread and case.correctable():
            return held(
                case.request, *(Reason("says something besides thanks", one, "text") for one in case.request.unread)
            )
        case _:
            return held(case.request) if case.request.needs_human else done(case.request)


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
        correcting=(),
        answers=(),
        asking=None,
        settles=None,
        concerns=(*request.obstacles, *decision.concerns),
        withheld=decision.withheld.with_also(
            Withheld(
                () if joins else decision.joining,
                decision.leaving,
                tuple(one for one in decision.answers if one.kind.carries_link or not decision.withheld),
                decision.correcting,
            )
        ),
    )


def _told_at_once(decision: Decision, case: Ruling) -> Decision:
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
        withheld=decision.withheld.with_also(
            Withheld(decision.joining, decision.leaving, decision.answers, decision.correcting)
        ),
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
