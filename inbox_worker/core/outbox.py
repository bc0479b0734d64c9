"""What is due when: pure functions of the Ledger and `now`. The scheduler only ticks.

The Outbox is the Ledger's replies that are owed. Its error policy has this one home:

| what the transport met | what it means |
|---|---|
| connection, TLS, login | the transport's trouble, never the mail's: claims are given back, everything waits |
| 4yz to this mail       | deferred: exponential backoff with jitter, given up after `give_up` |
| 5yz to this mail       | failed: a person must look, with the server's words |
| lost after DATA        | in doubt: look in Sent, wait, send once more with the same Message-ID, then a person |
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox_worker.core.delivery import Deferred, Delivered, InDoubt, Outcome, Refused
from inbox_worker.core.entries import Entry, ReplyDeferred, ReplyFailed, ReplyInDoubt, ReplySent
from inbox_worker.core.ledger import Ledger, OwedReply

CLAIM = timedelta(minutes=10)
"""Longer than any delivery can take, so that an expired claim belongs to a dead worker."""

DOUBT_WAIT = timedelta(minutes=2)
"""Time for a server that did take the mail to file it in Sent."""

PERHAPS_DELIVERED = "Vermutlich zugestellt: Zweimal brach die Verbindung nach der Übergabe ab."


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait between attempts."""

    base: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    give_up: timedelta = timedelta(days=3)

    def wait(self, reply: str, attempts: int) -> timedelta:
        """The pause after the attempt number `attempts`: doubled each time, spread by up to a quarter.

        The spread follows from the reply's name, so that replies deferred together do not come back together, and
        the same one comes back at the same time whoever computes it.
        """
        pause = min(self.base * float(2 ** min(attempts - 1, 20)), self.longest)
        spread = hashlib.sha256(f"{reply}/{attempts}".encode()).digest()[0] / 255
        return pause * (1 + spread / 4)


def due(ledger: Ledger, now: datetime, worker: str) -> list[OwedReply]:
    """The replies to be delivered now, longest owed first.

    A claim of our own name is one that a former run of ours left behind: nobody else works under it.
    """
    ready = [
        reply
        for reply in ledger.outbox.values()
        if reply.due <= now
        and (reply.claimed_until is None or reply.claimed_by == worker or reply.claimed_until <= now)
    ]
    return sorted(ready, key=lambda reply: reply.owed_since)


def is_in_doubt(reply: OwedReply) -> bool:
    """Whether this reply may already have been delivered: look for its Message-ID before sending it."""
    return reply.in_doubt or reply.claimed_until is not None


def settle(reply: OwedReply, outcome: Outcome, policy: RetryPolicy, now: datetime) -> Entry:
    """The entry that an attempt leads to."""
    to = reply.receiver
    match outcome:
        case Delivered(response):
            return ReplySent(reply.id, to=to, response=response)
        case Refused(code, text):
            return ReplyFailed(reply.id, code, to, text)
        case Deferred(code, text):
            until = now + policy.wait(reply.id, reply.attempts + 1)
            if until - reply.owed_since > policy.give_up:
                return ReplyFailed(reply.id, code, to, text)
            return ReplyDeferred(reply.id, until, code, to, text)
        case InDoubt(text):
            if reply.doubts:
                return ReplyFailed(reply.id, 0, to, f"{PERHAPS_DELIVERED} ({text})")
            return ReplyInDoubt(reply.id, now + DOUBT_WAIT, to, text)
