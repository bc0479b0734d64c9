"""Laws of when a digest is due: whenever anybody looks, each is owed once, and the next look finds nothing."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from inbox_worker.core import digest
from inbox_worker.core.digest import DigestPlan
from inbox_worker.core.entries import DigestOwed, DigestSkipped, Entry, Recorded, Registered, ReplySent
from inbox_worker.core.ledger import Ledger
from tests.builders import ANNA, BERLIN, FACHDISKURS, PRESSE, a_desk, an_event

BEGIN = datetime(2022, 10, 24, tzinfo=UTC)
"""A week before the clocks go back."""
DESK = a_desk(
    an_event(start=datetime(2022, 10, 30, 9, tzinfo=BERLIN)), an_event(PRESSE, datetime(2022, 11, 3, 8, tzinfo=BERLIN))
)

looks = st.lists(st.tuples(st.integers(0, 14 * 24 * 12), st.booleans()), max_size=60)
"""Every five minutes of a fortnight somebody may look, and may register before."""
plans = st.builds(
    DigestPlan,
    to=st.sampled_from([("a@desk.example",), ("a@desk.example", "b@desk.example")]),
    at=st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])),
    days=st.frozensets(st.integers(0, 6)),
    before_event=st.booleans(),
    when_empty=st.booleans(),
    zone=st.just(BERLIN),
)


def add(ledger: Ledger, entries: list[Entry], now: datetime) -> None:
    for entry in entries:
        ledger.apply(Recorded(ledger.seq + 1, now, entry))


@given(looks, plans)
def test_each_digest_is_owed_once_to_each_receiver_however_often_and_late_somebody_looks(
    at: list[tuple[int, bool]], plan: DigestPlan
) -> None:
    ledger, told = Ledger(), list[Entry]()
    for number, (minutes, registers) in enumerate(sorted(at)):
        now = BEGIN + timedelta(minutes=5 * minutes)
        if registers:
            add(ledger, [Registered(f"{number}", FACHDISKURS, "d", ANNA, "a@bote.example")], now)
        due = digest.due(ledger, DESK, plan, now)
        add(ledger, due, now)
        told += due
        assert digest.due(ledger, DESK, plan, now) == []
    owed = [(entry.digest, entry.to) for entry in told if isinstance(entry, DigestOwed)]
    skipped = [entry.digest for entry in told if isinstance(entry, DigestSkipped)]
    assert len(set(owed)) == len(owed)
    assert len(set(skipped)) == len(skipped)
    assert not {name for name, _ in owed} & set(skipped)
    replies = [entry.reply for entry in told if isinstance(entry, DigestOwed)]
    assert len(set(replies)) == len(replies)


@given(looks, plans)
def test_every_registration_is_news_of_exactly_one_digest_once_one_follows_on_it(
    at: list[tuple[int, bool]], plan: DigestPlan
) -> None:
    ledger, joined, told = Ledger(), list[int](), list[int]()
    last = 0
    for number, (minutes, registers) in enumerate(sorted(at)):
        now = BEGIN + timedelta(minutes=5 * minutes)
        if registers:
            add(ledger, [Registered(f"{number}", FACHDISKURS, "d", ANNA, "a@bote.example")], now)
            joined.append(ledger.seq)
        for entry in digest.due(ledger, DESK, plan, now):
            news = list(ledger.news)
            add(ledger, [entry], now)
            if isinstance(entry, DigestSkipped):
                assert entry.first or not [one for one in news if one.seq > last]
                last = ledger.seq
            elif isinstance(entry, DigestOwed):
                if not entry.event and entry.to == plan.to[0]:
                    told += [one.seq for one in ledger.news if entry.since < one.seq <= ledger.seq]
                    last = ledger.seq
                add(ledger, [ReplySent(entry.reply, to=entry.to)], now)
    begun = next((seq for seq in joined if seq in told), 0)
    assert told == sorted(set(told))
    assert set(told) == {seq for seq in joined if begun and begun <= seq <= last}
