"""When a reply is due, and what each outcome of an attempt leads to."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from inbox_worker.core import outbox
from inbox_worker.core.delivery import Deferred, Delivered, InDoubt, Refused
from inbox_worker.core.entries import (
    Entry,
    Recorded,
    ReplyClaimed,
    ReplyDeferred,
    ReplyFailed,
    ReplyInDoubt,
    ReplyOwed,
    ReplyReleased,
    ReplySent,
)
from inbox_worker.core.ledger import Ledger, OwedReply
from inbox_worker.core.outbox import RetryPolicy
from tests.builders import NOW, a_ref, an_answer

POLICY = RetryPolicy()
REPLY = "f" * 32


def a_ledger(*entries: Entry) -> Ledger:
    """One reply owed since NOW, and then `entries`."""
    told = (ReplyOwed(REPLY, a_ref(), an_answer()), *entries)
    return Ledger().fold(Recorded(seq, NOW, entry) for seq, entry in enumerate(told, start=1))


def due_at(ledger: Ledger, minutes: float, worker: str = "worker") -> bool:
    return bool(outbox.due(ledger, NOW + timedelta(minutes=minutes), worker))


def owed(ledger: Ledger) -> OwedReply:
    return ledger.outbox[REPLY]


def test_an_owed_reply_is_due_at_once() -> None:
    assert due_at(a_ledger(), 0)


def test_a_claimed_reply_belongs_to_its_worker_until_the_claim_expires() -> None:
    ledger = a_ledger(ReplyClaimed(REPLY, "other", NOW + timedelta(minutes=10)))
    assert not due_at(ledger, 9)
    assert due_at(ledger, 10)


def test_a_claim_of_our_own_name_was_left_by_a_former_run_and_is_taken_up_at_once_in_doubt() -> None:
    ledger = a_ledger(ReplyClaimed(REPLY, "worker", NOW + timedelta(minutes=10)))
    assert due_at(ledger, 0)
    assert outbox.is_in_doubt(owed(ledger))


def test_a_claim_given_back_is_due_at_once_and_not_in_doubt() -> None:
    ledger = a_ledger(ReplyClaimed(REPLY, "other", NOW + timedelta(minutes=10)), ReplyReleased(REPLY))
    assert due_at(ledger, 0)
    assert not outbox.is_in_doubt(owed(ledger))


@pytest.mark.parametrize("final", [ReplySent(REPLY), ReplySent(REPLY, draft=True), ReplyFailed(REPLY, 550)])
def test_a_settled_reply_is_never_due_again(final: Entry) -> None:
    assert not due_at(a_ledger(final), 60 * 24 * 365)


def test_what_is_put_off_comes_back_with_growing_pauses_between_a_minute_and_an_hour_and_a_quarter() -> None:
    pauses = [POLICY.wait(REPLY, attempt) for attempt in range(1, 12)]
    assert timedelta(minutes=1) <= pauses[0] <= timedelta(minutes=1.25)
    assert all(later > earlier for earlier, later in itertools.pairwise(pauses[:6]))
    assert all(timedelta(hours=1) <= pause <= timedelta(hours=1.25) for pause in pauses[6:])


def test_replies_put_off_together_do_not_come_back_together() -> None:
    assert len({POLICY.wait(f"{number:032}", 1) for number in range(20)}) > 10


def test_a_4yz_defers_and_counts_and_is_given_up_after_three_days() -> None:
    reply = owed(a_ledger())
    first = outbox.settle(reply, Deferred(451, "greylisted"), POLICY, NOW)
    assert isinstance(first, ReplyDeferred)
    assert owed(a_ledger(first)).attempts == 1
    late = outbox.settle(replace(reply, attempts=80), Deferred(451, "greylisted"), POLICY, NOW + timedelta(days=3))
    assert late == ReplyFailed(REPLY, 451, an_answer().to.addr_spec, "greylisted")


def test_a_5yz_fails_at_once_with_the_servers_words() -> None:
    assert outbox.settle(owed(a_ledger()), Refused(550, "no such person"), POLICY, NOW) == ReplyFailed(
        REPLY, 550, an_answer().to.addr_spec, "no such person"
    )


def test_a_250_settles() -> None:
    settled = outbox.settle(owed(a_ledger()), Delivered("queued as 1"), POLICY, NOW)
    assert settled == ReplySent(REPLY, to=an_answer().to.addr_spec, response="queued as 1")


def test_lost_after_data_waits_then_tries_once_more_and_then_a_person_looks() -> None:
    doubt = outbox.settle(owed(a_ledger()), InDoubt("connection lost"), POLICY, NOW)
    assert isinstance(doubt, ReplyInDoubt)
    ledger = a_ledger(doubt)
    assert not due_at(ledger, 1)
    assert due_at(ledger, 2)
    assert outbox.is_in_doubt(owed(ledger))
    again = outbox.settle(owed(ledger), InDoubt("connection lost"), POLICY, NOW)
    assert isinstance(again, ReplyFailed)
    assert again.response.startswith("Vermutlich zugestellt")


def test_the_longest_waiting_reply_goes_first() -> None:
    ledger = Ledger()
    for seq, (name, minutes) in enumerate((("b" * 32, 2), ("a" * 32, 1)), start=1):
        ledger.apply(Recorded(seq, NOW + timedelta(minutes=minutes), ReplyOwed(name, a_ref(seq), an_answer())))
    assert [one.id[0] for one in outbox.due(ledger, NOW + timedelta(hours=1), "worker")] == ["a", "b"]
