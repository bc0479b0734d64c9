"""A mail that could mean several events: asked back once which one, and decided when the answer comes.

Until then a person sees it among the held mails, with what a release would let happen. The answer is understood in
its thread, and settles the mail that led to the question. Who does not say it then is a person's to answer.
"""

from dataclasses import replace

from inbox_worker.core.decision import AnswerKind, Asking, Decision, Outcome, Withheld
from inbox_worker.core.entries import Asked
from inbox_worker.core.registration import Intent, Phase, Reason
from inbox_worker.core.request import Choice, Request
from inbox_worker.core.ruling import Rule, Ruling, held

_OF_THE_ANSWER = frozenset(
    {"nothing understood that we could do", "not about one of our events", "no event is named", "left open"}
)


def told_which(case: Ruling, rule: Rule) -> Decision | None:
    """What the answer to our question leads to; None where we asked its sender nothing."""
    asked = case.ledger.asked.get(case.sender.key)
    if asked is None:
        return None
    answers = asked.message_id in case.thread or any(one.startswith(f"<{asked.reply}@") for one in case.thread)
    request = case.request
    if not answers:  # a new mail that names its event says as much as an answer
        plain = request.intent is Intent.REGISTRATION and not request.between
        return replace(rule(case), settles=asked.ref) if plain else None
    events = _chosen(request.choice, asked)
    declines = request.choice.neither or (request.intent is Intent.CANCELLATION and not request.concerns)
    if not events and declines:
        gone = replace(request, intent=Intent.CANCELLATION, events=(), withdrawn=(), concerns=())
        answer = replace(case, request=gone).answer(AnswerKind.CANCELLATION, ())
        return Decision(Intent.CANCELLATION, Outcome.DONE, request.language, answers=(answer,), settles=asked.ref)
    if not events:
        return held(request, Reason("does not say which event is meant", ", ".join(asked.events)))
    return replace(rule(replace(case, request=_asked_for(request, asked, events))), settles=asked.ref)


def _chosen(choice: Choice, asked: Asked) -> tuple[str, ...]:
    """The events that the answer means, in the order of the question."""
    named = {event for event in choice.events if event in asked.events}
    if not named:
        named = {asked.events[place] for place in choice.places if place < len(asked.events)}
    if choice.every and len(named) < 2:
        return asked.events
    return tuple(event for event in asked.events if event in named)


def _asked_for(request: Request, asked: Asked, events: tuple[str, ...]) -> Request:
    """The first mail's wish, for the events that the answer names, with whoever the answer adds."""
    known = {one.name for one in asked.registrants}
    added = request.registrants if request.intent is Intent.REGISTRATION and asked.intent is request.intent else ()
    own = request.writer.name if request.writer else ""
    return replace(
        request,
        intent=asked.intent,
        events=events,
        between=(),
        registrants=(*asked.registrants, *(one for one in added if one.name and one.name not in {*known, own})),
        withdrawn=asked.withdrawn,
        writer=asked.writer or request.writer,
        concerns=tuple(one for one in request.concerns if one.what not in _OF_THE_ANSWER),
    )


def asked_back(case: Ruling, rule: Rule) -> Decision | None:
    """The question which event is meant, for a wish that leaves it open; None where the lists or the thread tell."""
    request = case.request
    if len(request.between) < 2 or not request.intent.is_a_wish:
        return None
    coming = tuple(name for name in request.between if (event := case.desk.event(name)) and event.end > case.now)
    if request.intent is Intent.REGISTRATION:
        told = {one.event for one in case.correctable() if one.message_id in case.thread}
        coming = tuple(name for name in coming if _is_open(case, name)) or coming
    else:  # who cancels, or wants the link again, means what they are registered for
        told = set(case.events_of_sender())
    events = tuple(name for name in coming if name in told) or coming
    certain = replace(case, request=replace(request, between=(), events=events))
    if len(events) < 2 or (told and request.intent is Intent.LINK_REQUEST):
        return rule(certain)
    if case.sender.key in case.ledger.asked:
        return held(request, Reason("does not say which event is meant", ", ".join(events)))
    first = rule(replace(case, request=replace(request, between=(), events=events[:1])))
    return Decision(
        request.intent,
        Outcome.HELD,
        request.language,
        events,
        answers=(case.answer(AnswerKind.WHICH, events),),
        because=request.because,
        concerns=(Reason("asked back which event is meant", ", ".join(events)), *request.concerns),
        withheld=Withheld(first.joining, first.leaving, first.answers).with_also(first.withheld),
        asking=Asking(events, request.intent, request.registrants, request.withdrawn, request.writer),
    )


def _is_open(case: Ruling, name: str) -> bool:
    event = case.desk.event(name)
    return event is not None and event.phase(case.now) is Phase.OPEN and name not in case.ledger.cancelled
