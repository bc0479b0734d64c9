"""A mail of somebody who is on a list already, and says that something there is not so.

One registration changes its facts and stays the same: its place, its link, its thread. Everything else that the mail
wants happens as always, decided as if the list had been right before. What can't be settled waits for a person, and
so does the wish to have the link at an address to which we don't write by ourselves.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from inbox_worker.core.correcting import corrected, resembles
from inbox_worker.core.decision import Answer, AnswerKind, Correcting, Decision, Outcome, Waiting, Withheld
from inbox_worker.core.entries import Corrected, Recorded
from inbox_worker.core.holdings import Registration
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.registration import Intent, Reason, Registrant
from inbox_worker.core.request import Claim, Request
from inbox_worker.core.ruling import Rule, Ruling

_LABELLED = re.compile(r"[^\W\d_][\w -]{1,24}:\s")
_MEANT_THE_CORRECTION = frozenset({"nothing understood that we could do", "not about one of our events"})


def amended(case: Ruling, rule: Rule) -> Decision | None:
    """What a correcting mail leads to; None where nothing on our lists is to be corrected. `rule` decides the rest."""
    claims = _of_weight(case.request)
    standing = case.correctable() if claims else ()
    if not standing:
        return None
    people = list(dict.fromkeys(one.registrant for one in standing))
    now, left = corrected(claims, people, case.request.writer)
    # beside a wish of its own, "falsch" and "ändern" are often said of other things
    unsettled = [one.because for one in left if _is_exact(one) or not case.request.intent.is_a_wish]
    new = {old: right for old, right in zip(people, now, strict=True) if right != old}
    if not new:
        return _left_to_a_person(case, rule(case), unsettled) if unsettled else None
    correcting = [_correcting(case, one, new[one.registrant]) for one in standing if one.registrant in new]
    far = tuple(one for one in correcting if not _may_write_to(case, one))
    done = tuple(one for one in correcting if one not in far)
    rest = replace(case, ledger=_as_if(case, done), request=_rest(case.request, new))
    decision = _decided(rest, rule, done)
    concerns = (*rest.request.concerns, *unsettled)
    concerns += tuple(Reason("wants the link at another address", one.address) for one in far)
    concerns = tuple(dict.fromkeys((*concerns, *decision.concerns)))
    return replace(
        decision,
        intent=Intent.CORRECTION,
        outcome=Outcome.HELD if concerns else Outcome.DONE,
        events=tuple(dict.fromkeys((*decision.events, *(one.event for one in correcting)))),
        correcting=done,
        because=(*(claim.because for claim in case.request.claims), *decision.because),
        concerns=concerns,
        withheld=decision.withheld.with_also(_once_released(rest, far)),
    )


def _of_weight(request: Request) -> tuple[Claim, ...]:
    """The claims that count. Beside a wish of its own, what merely tells how something is tells it of other things."""
    if any(reason.what == "not a request to us" for reason in request.concerns):
        return ()
    corrects = any(one.firm or one.opposes for one in request.claims)
    if corrects or not (request.intent.is_a_wish or request.intent is Intent.INQUIRY):
        return request.claims
    return tuple(filter(_is_plain, request.claims))


def _is_plain(claim: Claim) -> bool:
    """More than that somebody, or something, is 'bei' or 'vom' somewhere."""
    told = claim.letters or claim.gone or claim.about or claim.now.email or claim.now.phone or claim.now.name
    return bool(told)


def _is_exact(claim: Claim) -> bool:
    """Whether it names a fact of our list; "Adresse" is also said of the link."""
    return claim.opposes or bool({*claim.about} - {"email"})


def _correcting(case: Ruling, one: Registration, right: Registrant) -> Correcting:
    """The registration with the new facts; with a new address, also mails about it go there."""
    if not right.email or right.email == one.registrant.email:
        return Correcting(one.id, one.event, right, one.registrant, one.address, one.through)
    address = right.email.casefold()
    is_own = one.through.casefold() == one.address.casefold()
    through = address if is_own or case.may_speak_for(address) else one.through
    return Correcting(one.id, one.event, right, one.registrant, address, through)


def _may_write_to(case: Ruling, one: Correcting) -> bool:
    """Whether mails about it may go where the mail wants them: as with a colleague's address."""
    through = one.through.casefold()
    copied = {address.key for address in (*case.message.cc, *case.message.to)}
    stays = through == case.ledger.registrations[one.registration].through.casefold()
    return stays or through in copied or case.may_speak_for(through)


def _as_if(case: Ruling, correcting: Sequence[Correcting]) -> Ledger:
    """The lists as they are once these are corrected."""
    ledger, digest = case.ledger.fork(), case.message.digest
    for one in correcting:
        facts = (one.registrant, one.before, one.address, one.through)
        entry = Corrected(one.registration, one.event, digest, *facts)
        ledger.apply(Recorded(ledger.seq + 1, case.now, entry))
    return ledger


def _rest(request: Request, new: Mapping[Registrant, Registrant]) -> Request:
    """What the mail wants besides: neither are the corrected people new, nor is the wish to correct a question."""
    said = " ".join(" ".join(claim.because.words.split()) for claim in request.claims)
    leaves = any(" ".join(sentence.split()) not in said for sentence in request.going)
    known = [person for pair in new.items() for person in pair]

    def is_known(one: Registrant) -> bool:
        return not one.name or any(resembles(one.name, person.name) for person in known)

    def is_meant_by_it(reason: Reason) -> bool:
        words = " ".join(reason.words.split())
        filled_in = _LABELLED.match(words) is not None and "?" not in words
        return reason.what in _MEANT_THE_CORRECTION or (bool(words) and (words in said or filled_in))

    writer = request.writer
    own = next((right for old, right in new.items() if writer and resembles(writer.name, old.name)), None)
    return replace(
        request,
        concerns=tuple(reason for reason in request.concerns if not is_meant_by_it(reason)),
        registrants=tuple(one for one in request.registrants if not is_known(one)),
        withdrawn=tuple(one for one in request.withdrawn if leaves or not is_known(one)),
        writer=own or writer,
    )


def _decided(rest: Ruling, rule: Rule, done: Sequence[Correcting]) -> Decision:
    """The mail's further wishes, and in one answer with them how it stands now; a receipt where nothing was done."""
    request, events = rest.request, {one.event for one in done}
    after = [one for one in rest.correctable() if one.event in events and rest.is_of_the_sender(one)]
    after = after or [rest.ledger.registrations[one.registration] for one in done]
    comes, goes = request.intent is Intent.REGISTRATION, request.intent is Intent.CANCELLATION
    if (comes and request.registrants) or (goes and request.withdrawn):
        decision = rule(rest)
        people = dict.fromkeys(one.registrant for one in after if one.placed)
        answers = tuple(
            replace(answer, registered=tuple({**people, **dict.fromkeys(answer.registered)}))
            if answer.to == rest.sender
            else answer
            for answer in decision.answers
        )
        return replace(decision, answers=(*answers, *_copies(rest, after, done)))
    base = Decision(request.intent, Outcome.DONE, request.language, because=request.because)
    if not done:
        return replace(base, answers=(rest.receipt(request.events),))
    return replace(base, answers=(_told(rest, after), *_copies(rest, after, done)))


def _copies(rest: Ruling, after: Sequence[Registration], done: Sequence[Correcting]) -> tuple[Answer, ...]:
    """The link for the addresses that are new."""
    told = _told(rest, after)
    moved = dict.fromkeys(one.through for one in done if one.registrant.email != one.before.email)
    return tuple(_sent_on(told, address) for address in moved if address.casefold() != rest.sender.key)


def _once_released(rest: Ruling, far: tuple[Correcting, ...]) -> Withheld:
    """What a person may let happen: the correction, and the link at the new address."""
    if not far:
        return Withheld()
    later = replace(rest, ledger=_as_if(rest, far))
    told = _told(later, [later.ledger.registrations[one.registration] for one in far])
    return Withheld(correcting=far, answers=tuple(_sent_on(told, each) for each in {one.through: None for one in far}))


def _sent_on(told: Answer, address: str) -> Answer:
    """To an address that never had the link: with the entry for the calendar."""
    kind = AnswerKind.CONFIRMATION if told.kind is AnswerKind.CORRECTION else told.kind
    return replace(told, kind=kind, to=replace(told.to, name="", addr_spec=address))


def _told(rest: Ruling, after: Sequence[Registration]) -> Answer:
    """How it stands now: with the link for those with a place."""
    placed = [one for one in after if one.placed]
    return rest.answer(
        AnswerKind.CORRECTION if placed else AnswerKind.NOTED,
        tuple(dict.fromkeys(one.event for one in placed or after)),
        registered=tuple(dict.fromkeys(one.registrant for one in placed)),
        waiting=tuple(Waiting(one.event, one.registrant, one.status) for one in after if not one.placed),
        question_passed_on=bool(rest.request.concerns),
    )


def _left_to_a_person(case: Ruling, base: Decision, unsettled: Sequence[Reason]) -> Decision:
    """What is to be corrected is not clear: a person looks, and may let happen what the mail seems to want besides."""
    answers = tuple(one for one in base.answers if one.kind is not AnswerKind.RECEIPT)
    return replace(
        base,
        outcome=Outcome.HELD,
        joining=(),
        leaving=(),
        answers=(case.receipt(base.events),),
        concerns=tuple(dict.fromkeys((*unsettled, *base.concerns))),
        withheld=base.withheld.with_also(Withheld(base.joining, base.leaving, answers)),
    )
