"""Capacity holds under any order of mails, and no place stays empty while somebody waits."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from inbox_worker.core import duties
from inbox_worker.core.deciding import decide
from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address
from inbox_worker.core.recording import entries_of
from inbox_worker.core.registration import Intent, Registrant
from tests.builders import FACHDISKURS, NOW, a_desk, a_message, a_ref, a_request, an_event

mails = st.lists(
    st.tuples(st.sampled_from([Intent.REGISTRATION, Intent.CANCELLATION]), st.integers(1, 8), st.integers(0, 2)),
    max_size=30,
)


@settings(deadline=None)
@given(capacity=st.integers(1, 4), story=mails)
def test_nobody_is_one_too_many_and_nobody_waits_for_a_free_place(
    capacity: int, story: list[tuple[Intent, int, int]]
) -> None:
    desk = a_desk(replace(an_event(), capacity=capacity))
    ledger = Ledger()

    def take(entries: list[Entry]) -> None:
        for entry in entries:
            ledger.apply(Recorded(ledger.seq + 1, NOW, entry))

    for number, (intent, who, colleagues) in enumerate(story, start=1):
        writer = Registrant("Anna", f"Abel-{who}")
        people = (writer, *(Registrant("Ben", f"Brandt-{who}-{each}") for each in range(colleagues)))
        sender = Address("", f"anna@haus{who}-{number}.example")
        if intent is Intent.CANCELLATION and (known := next(iter(ledger.roster()), None)):
            sender, people = Address("", known.address), (known.registrant,)
        request = a_request(intent, *(people if intent is Intent.REGISTRATION else ()), writer=writer)
        request = replace(request, withdrawn=people[:1] if intent is Intent.CANCELLATION else ())
        message = a_message(f"{number:08}" * 8, sender)
        decision = decide(message, request, ledger, desk, NOW)
        take(entries_of(a_ref(number), message, decision, owe=True))
        assert ledger.taken(FACHDISKURS) == len(ledger.roster(FACHDISKURS)) <= capacity
        assert ledger.waits(FACHDISKURS) == len(ledger.waiting(FACHDISKURS))
        take(duties.due(ledger, desk, NOW))
        assert len(ledger.roster(FACHDISKURS)) <= capacity
        assert not ledger.waiting(FACHDISKURS) or len(ledger.roster(FACHDISKURS)) == capacity
        assert duties.due(ledger, desk, NOW) == [], "what is due is due once"
