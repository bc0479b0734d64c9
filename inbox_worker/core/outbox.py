"""What is due when: pure functions of the Ledger and `now`. The scheduler only ticks.

The Outbox is the Ledger's replies that are owed. Its error policy has this one home; where an attempt ended, and with
what, leads to one of four consequences:

| ended at   | 4yz   | 5yz   | no answer |                                                                        |
|------------|-------|-------|-----------|------------------------------------------------------------------------|
| connection | wait  | wait  | wait      | the server's or the login's trouble: counts against no mail            |
| session    | wait  | wait  | wait      | our sender is not wanted, or not now: it would be so with every mail   |
| recipient  | defer | fail  | defer     | nothing was handed over; one address must not stop the others          |
| message    | defer | fail  | doubt     | silence after the content: perhaps it was taken                        |

wait   everything waits, claims are given back, the transport backs off, health turns red
defer  this mail comes again: 1 minute to 1 hour, closer together before the event, given up after 3 days or when the
       link is of no use any more
fail   a person must look, with the server's words
doubt  look in Sent, wait, send once more with the same Message-ID, then a person: "vermutlich zugestellt"
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from inbox_worker.core import backoff, personal
from inbox_worker.core.decision import NOTICES, WITHOUT_PLACE, Answer, AnswerKind
from inbox_worker.core.delivery import Delivered, Outcome, Stage, Trouble
from inbox_worker.core.entries import (
    Entry,
    ReplyDeferred,
    ReplyDropped,
    ReplyFailed,
    ReplyInDoubt,
    ReplyReleased,
    ReplySent,
)
from inbox_worker.core.holdings import OwedReply
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.registration import Desk

CLAIM = timedelta(minutes=10)
"""Longer than any delivery can take, so that an expired claim belongs to a dead worker."""

DOUBT_WAIT = timedelta(minutes=2)
"""Time for a server that did take the mail to file it in Sent."""

PERHAPS_DELIVERED = "Vermutlich zugestellt: Zweimal brach die Verbindung nach der Übergabe ab."
LEFT = "Die Anmeldung ist inzwischen zurückgezogen."
TOO_LATE = "Die Veranstaltung ist vorbei, der Zugangslink nützt nichts mehr."
ERASED = "Die Angaben zu dieser Antwort sind gelöscht."
CALLED_OFF = "Die Veranstaltung ist abgesagt; darüber geht eine eigene Mail hinaus."
UNREACHABLE = "An diese Adresse war schon eine frühere Mail unzustellbar."


class Consequence(StrEnum):
    """What follows from an attempt that did not deliver; see the head of this module."""

    WAIT = "wait"
    DEFER = "defer"
    FAIL = "fail"
    DOUBT = "doubt"


_POLICY: dict[Stage, tuple[Consequence, Consequence, Consequence]] = {
    Stage.CONNECTION: (Consequence.WAIT, Consequence.WAIT, Consequence.WAIT),
    Stage.SESSION: (Consequence.WAIT, Consequence.WAIT, Consequence.WAIT),
    Stage.RECIPIENT: (Consequence.DEFER, Consequence.FAIL, Consequence.DEFER),
    Stage.MESSAGE: (Consequence.DEFER, Consequence.FAIL, Consequence.DOUBT),
}
"""4yz, 5yz, no answer."""


def consequence(trouble: Trouble) -> Consequence:
    """What follows from `trouble`; codes that are neither 4yz nor 5yz are no answer to what was asked."""
    soft, hard, none = _POLICY[trouble.stage]
    return {4: soft, 5: hard}.get(trouble.code // 100, none)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait between attempts: for one mail from `base` to `longest`, until `give_up`.

    `closed_base` to `closed_longest` is the way out's own back-off, while no server is to be had.
    """

    base: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    give_up: timedelta = timedelta(days=3)
    closed_base: timedelta = timedelta(seconds=30)
    closed_longest: timedelta = timedelta(minutes=5)

    def wait(self, reply: str, attempts: int) -> timedelta:
        """The pause of one reply after its attempt number `attempts`."""
        return backoff.pause(attempts, base=self.base, longest=self.longest, name=reply)

    def closed(self, failures: int) -> timedelta:
        """How long nothing is tried after no server could be had `failures` times in a row."""
        return backoff.pause(failures, base=self.closed_base, longest=self.closed_longest)

    @property
    def farthest(self) -> timedelta:
        """No reply is ever put off for longer: what seems to be, was put off before the clock was set back."""
        return max(self.longest * 1.25, DOUBT_WAIT)


def due(ledger: Ledger, now: datetime, worker: str, policy: RetryPolicy) -> list[OwedReply]:
    """The replies to be delivered now, longest owed first.

    A claim of our own name is one that a former run of ours left behind: nobody else works under it.
    """
    ready = [
        reply
        for reply in ledger.outbox.values()
        if (reply.due <= now or reply.due - now > policy.farthest)
        and (reply.claimed_until is None or reply.claimed_by == worker or reply.claimed_until <= now)
    ]
    return sorted(ready, key=lambda reply: reply.owed_since)


def lacks_link(reply: OwedReply, ledger: Ledger, desk: Desk) -> bool:
    """Whether it waits for somebody's own link: without it it is of no use, and with another's it would do harm."""
    if reply.answer is None:
        return False
    return not personal.is_whole(personal.of_answer(as_it_stands(reply.answer, ledger), ledger, desk))


def is_in_doubt(reply: OwedReply) -> bool:
    """Whether this reply may already have been delivered: look for its Message-ID before sending it."""
    return reply.in_doubt or reply.claimed_until is not None


def given_back(replies: Iterable[OwedReply]) -> list[Entry]:
    """The entries that give these claims back. One in doubt keeps its claim, and the duty to look in Sent first."""
    return [ReplyReleased(reply.id) for reply in replies if not is_in_doubt(reply)]


def hopeless(reply: OwedReply, ledger: Ledger, desk: Desk, now: datetime) -> ReplyFailed | ReplyDropped | None:
    """The end of a reply that nothing is tried for any more; None while there is reason to deliver it."""
    if not reply.receiver:
        return ReplyFailed(reply.id, response=ERASED)
    if reply.answer and _has_left(reply.answer, ledger):
        return ReplyDropped(reply.id, LEFT, reply.receiver)
    if reply.answer and _is_called_off(reply.answer, ledger) and _is_registered(reply.answer, ledger):
        return ReplyDropped(reply.id, CALLED_OFF, reply.receiver)
    if reply.answer and personal.has_nobody(reply.answer, ledger, desk):
        return ReplyDropped(reply.id, LEFT, reply.receiver)
    if ledger.is_undeliverable(reply.receiver):
        return ReplyFailed(reply.id, to=reply.receiver, response=UNREACHABLE)
    if reply.answer and (use := _use(reply.answer, desk, now)) and use.until <= now:
        if reply.answer.registration:
            return ReplyDropped(reply.id, TOO_LATE, reply.receiver)
        return ReplyFailed(reply.id, to=reply.receiver, response=TOO_LATE)
    return None


def as_it_stands(answer: Answer, ledger: Ledger) -> Answer:
    """What is said of an owed answer when it leaves: nobody is invited any more to what was cancelled meanwhile."""
    if _is_called_off(answer, ledger):
        told = ledger.cancelled[answer.events[0]].text
        return replace(answer, kind=AnswerKind.CALLED_OFF, registered=(), waiting=(), forward_to=(), text=told)
    if answer.kind.carries_link and any(event in ledger.cancelled for event in answer.events):
        return replace(answer, events=tuple(event for event in answer.events if event not in ledger.cancelled))
    return answer


def _has_left(answer: Answer, ledger: Ledger) -> bool:
    """Whether nobody is left whom it is about: what everybody hears goes to all who share the address."""
    if not answer.registration or not ledger.has_left(answer.registration):
        return False
    return answer.kind not in NOTICES or not _is_registered(answer, ledger)


def _is_registered(answer: Answer, ledger: Ledger) -> bool:
    return any(ledger.registered_with(event, answer.to.addr_spec) for event in answer.events)


def _is_called_off(answer: Answer, ledger: Ledger) -> bool:
    """Whether it invites, or lets hope, for nothing but cancelled events."""
    invites = answer.kind.carries_link or answer.kind in WITHOUT_PLACE
    return invites and bool(answer.events) and all(event in ledger.cancelled for event in answer.events)


def settle(reply: OwedReply, outcome: Outcome, policy: RetryPolicy, desk: Desk, now: datetime) -> Entry | None:
    """The entry that an attempt leads to; None when nothing was learned about this reply and everything waits."""
    to = reply.receiver
    if isinstance(outcome, Delivered):
        return ReplySent(reply.id, to=to, response=outcome.response)
    match consequence(outcome):
        case Consequence.WAIT:
            return None
        case Consequence.FAIL:
            return ReplyFailed(reply.id, outcome.code, to, outcome.text)
        case Consequence.DEFER:
            return _deferred(reply, outcome, policy, desk, now)
        case Consequence.DOUBT:
            if reply.doubts:
                return ReplyFailed(reply.id, 0, to, f"{PERHAPS_DELIVERED} ({outcome.text})")
            return ReplyInDoubt(reply.id, now + DOUBT_WAIT, to, outcome.text)


def _deferred(reply: OwedReply, trouble: Trouble, policy: RetryPolicy, desk: Desk, now: datetime) -> Entry:
    pause, use = policy.wait(reply.id, reply.attempts + 1), reply.answer and _use(reply.answer, desk, now)
    if use:
        # Four more attempts before the start, whatever the pause has grown to; from then on as often as at first.
        pause = min(pause, max((use.start - now) / 4, policy.base))
    until = now + pause
    if until - reply.owed_since > policy.give_up or (use and until >= use.until):
        return ReplyFailed(reply.id, trouble.code, reply.receiver, trouble.text)
    return ReplyDeferred(reply.id, until, trouble.code, reply.receiver, trouble.text)


@dataclass(frozen=True, slots=True)
class _Use:
    """When a link is wanted: best before `start`, in vain from `until` on."""

    start: datetime
    until: datetime


def _use(answer: Answer, desk: Desk, now: datetime) -> _Use | None:
    """The time in which an answer with a link is of use: until its last event's end, best before the next start."""
    events = [event for name in answer.events if (event := desk.event(name))]
    if not answer.kind.carries_link or not events:
        return None
    starts = [event.start for event in events]
    return _Use(min((start for start in starts if start > now), default=min(starts)), max(e.end for e in events))
