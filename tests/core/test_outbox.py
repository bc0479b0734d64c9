"""When a reply is due, and what each outcome of an attempt leads to."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from inbox_worker.core import outbox
from inbox_worker.core.decision import AnswerKind
from inbox_worker.core.delivery import Delivered, Stage, Trouble
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
from inbox_worker.core.holdings import OwedReply
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.outbox import RetryPolicy
from tests.builders import NOW, a_desk, a_ref, an_answer, an_event

POLICY = RetryPolicy()
DESK = a_desk()
GREYLISTED = Trouble(Stage.RECIPIENT, 451, "greylisted")
REPLY = "f" * 32


def a_ledger(*entries: Entry) -> Ledger:
    """One reply owed since NOW, and then `entries`."""
    told = (ReplyOwed(REPLY, a_ref(), an_answer()), *entries)
    return Ledger().fold(Recorded(seq, NOW, entry) for seq, entry in enumerate(told, start=1))


def due_at(ledger: Ledger, minutes: float, worker: str = "worker") -> bool:
    return bool(outbox.due(ledger, NOW + timedelta(minutes=minutes), worker, POLICY))


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


@pytest.mark.parametrize(
    ("stage", "soft", "hard", "none"),
    [
        (Stage.CONNECTION, "wait", "wait", "wait"),
        (Stage.SESSION, "wait", "wait", "wait"),
        (Stage.RECIPIENT, "defer", "fail", "defer"),
        (Stage.MESSAGE, "defer", "fail", "doubt"),
    ],
)
def test_where_an_attempt_ended_and_with_what_decides(stage: Stage, soft: str, hard: str, none: str) -> None:
    for codes, follows in (((400, 421, 451, 499), soft), ((500, 550, 554, 599), hard), ((0, -1, 250, 354), none)):
        assert {outbox.consequence(Trouble(stage, code, "")) for code in codes} == {follows}


def test_what_says_nothing_about_a_mail_settles_nothing() -> None:
    for trouble in (Trouble(Stage.CONNECTION, 535, "login refused"), Trouble(Stage.SESSION, 550, "not you")):
        assert outbox.settle(owed(a_ledger()), trouble, POLICY, DESK, NOW) is None


def test_a_claim_is_given_back_unless_the_reply_was_perhaps_delivered() -> None:
    doubtful = owed(a_ledger(ReplyClaimed(REPLY, "worker", NOW)))
    assert outbox.given_back([owed(a_ledger())]) == [ReplyReleased(REPLY)]
    assert outbox.given_back([doubtful]) == []


def test_the_way_out_backs_off_from_half_a_minute_to_five() -> None:
    assert [POLICY.closed(failures).total_seconds() for failures in range(1, 7)] == [30, 60, 120, 240, 300, 300]


def put_off(*, attempts: int, now: datetime) -> Entry | None:
    return outbox.settle(replace(owed(a_ledger()), attempts=attempts, owed_since=now), GREYLISTED, POLICY, DESK, now)


@pytest.mark.parametrize(
    ("before", "least", "most"),
    [
        (timedelta(days=2), timedelta(hours=1), timedelta(hours=1.25)),
        (timedelta(hours=2), timedelta(minutes=30), timedelta(minutes=30)),
        (timedelta(minutes=20), timedelta(minutes=5), timedelta(minutes=5)),
        (timedelta(minutes=1), timedelta(minutes=1), timedelta(minutes=1)),
        (-timedelta(minutes=30), timedelta(minutes=1), timedelta(minutes=1)),
    ],
)
def test_before_the_event_attempts_come_closer_together(before: timedelta, least: timedelta, most: timedelta) -> None:
    now = an_event().start - before
    entry = put_off(attempts=30, now=now)
    assert isinstance(entry, ReplyDeferred)
    assert least <= entry.until - now <= most


def test_a_link_is_not_sent_any_more_when_it_is_of_no_use() -> None:
    end = an_event().end
    assert isinstance(put_off(attempts=0, now=end - timedelta(seconds=30)), ReplyFailed)
    reply, ledger = owed(a_ledger()), a_ledger()
    assert outbox.hopeless(reply, ledger, DESK, end - timedelta(seconds=1)) is None
    assert outbox.hopeless(reply, ledger, DESK, end) == ReplyFailed(
        REPLY, to=an_answer().to.addr_spec, response=outbox.TOO_LATE
    )


def test_an_answer_without_a_link_is_of_use_after_the_event_too() -> None:
    receipt = ReplyOwed(REPLY, a_ref(), an_answer(AnswerKind.RECEIPT))
    ledger = Ledger().fold([Recorded(1, NOW, receipt)])
    assert outbox.hopeless(owed(ledger), ledger, DESK, an_event().end + timedelta(days=1)) is None


def test_a_clock_that_is_set_back_keeps_no_reply_waiting() -> None:
    ledger = a_ledger(ReplyDeferred(REPLY, NOW + timedelta(hours=1)))
    assert not due_at(ledger, 0)
    assert due_at(ledger, -60 * 24 * 365)


def test_a_4yz_defers_and_counts_and_is_given_up_after_three_days() -> None:
    reply = owed(a_ledger())
    first = outbox.settle(reply, GREYLISTED, POLICY, DESK, NOW)
    assert isinstance(first, ReplyDeferred)
    assert owed(a_ledger(first)).attempts == 1
    late = outbox.settle(replace(reply, attempts=80), GREYLISTED, POLICY, DESK, NOW + timedelta(days=3))
    assert late == ReplyFailed(REPLY, 451, an_answer().to.addr_spec, "greylisted")


def test_a_5yz_fails_at_once_with_the_servers_words() -> None:
    assert outbox.settle(
        owed(a_ledger()), Trouble(Stage.RECIPIENT, 550, "no such person"), POLICY, DESK, NOW
    ) == ReplyFailed(REPLY, 550, an_answer().to.addr_spec, "no such person")


def test_a_250_settles() -> None:
    settled = outbox.settle(owed(a_ledger()), Delivered("queued as 1"), POLICY, DESK, NOW)
    assert settled == ReplySent(REPLY, to=an_answer().to.addr_spec, response="queued as 1")


def test_lost_after_data_waits_then_tries_once_more_and_then_a_person_looks() -> None:
    doubt = outbox.settle(owed(a_ledger()), Trouble(Stage.MESSAGE, 0, "connection lost"), POLICY, DESK, NOW)
    assert isinstance(doubt, ReplyInDoubt)
    ledger = a_ledger(doubt)
    assert not due_at(ledger, 1)
    assert due_at(ledger, 2)
    assert outbox.is_in_doubt(owed(ledger))
    again = outbox.settle(owed(ledger), Trouble(Stage.MESSAGE, 0, "connection lost"), POLICY, DESK, NOW)
    assert isinstance(again, ReplyFailed)
    assert again.response.startswith("Vermutlich zugestellt")


def test_the_longest_waiting_reply_goes_first() -> None:
    ledger = Ledger()
    for seq, (name, minutes) in enumerate((("b" * 32, 2), ("a" * 32, 1)), start=1):
        ledger.apply(Recorded(seq, NOW + timedelta(minutes=minutes), ReplyOwed(name, a_ref(seq), an_answer())))
    assert [one.id[0] for one in outbox.due(ledger, NOW + timedelta(hours=1), "worker", POLICY)] == ["a", "b"]
