"""A link of a pool is given once, under any order of mails, releases and longer or shorter files."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from inbox_worker.core import duties, pool
from inbox_worker.core.deciding import decide
from inbox_worker.core.entries import Entry, LinkGiven, Recorded, Registered
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address
from inbox_worker.core.personal import link_of
from inbox_worker.core.recording import entries_of, settled
from inbox_worker.core.registration import Desk, Intent, Registrant, Status
from tests.builders import FACHDISKURS, NOW, a_desk, a_message, a_ref, a_request, an_event

LINKS = tuple(f"https://meet.example/own/{number}" for number in range(20))

steps = st.lists(
    st.tuples(st.sampled_from(["registers", "leaves", "released", "file"]), st.integers(1, 8), st.integers(0, 3)),
    max_size=30,
)


def a_pool(start: int, end: int, capacity: int | None) -> Desk:
    return a_desk(replace(an_event(), link="", links=LINKS[start:end] or LINKS[:1], capacity=capacity))


@settings(deadline=None)
@given(capacity=st.none() | st.integers(1, 6), story=steps)
def test_a_link_is_given_once_and_nobody_has_a_place_without_one_by_themselves(  # noqa: C901 - a step each
    capacity: int | None, story: list[tuple[str, int, int]]
) -> None:
    desk, ledger, ever = a_pool(0, 4, capacity), Ledger(), list[str]()

    def take(entries: list[Entry]) -> list[Entry]:
        for entry in entries:
            if isinstance(entry, LinkGiven):
                assert entry.link not in ever, "given twice"
                ever.append(entry.link)
            ledger.apply(Recorded(ledger.seq + 1, NOW, entry))
        return entries

    for number, (what, who, more) in enumerate(story, start=1):
        before = {one.id for one in ledger.roster(FACHDISKURS)}
        writer, sender = Registrant("Anna", f"Abel-{who}"), Address("", f"anna@haus{who}-{number}.example")
        request = None
        if what == "registers":
            people = (writer, *(Registrant("Ben", f"Brandt-{number}-{each}") for each in range(more)))
            request = a_request(Intent.REGISTRATION, *people, writer=writer)
        elif what == "leaves" and (known := next(iter(ledger.roster()), None)):
            request = a_request(Intent.CANCELLATION, withdrawn=(known.registrant,), writer=writer)
            sender = Address("", known.address)
        elif what == "released" and (held := next(iter(ledger.held.values()), None)):
            take(settled(held, ledger.offered.get(held.entry.ref), release=True))
        elif what == "file":  # grows, or begins elsewhere
            desk = a_pool(more, more + who + 2, capacity)
        if request is not None:
            left = pool.stock(ledger, desk.events[0])
            decision = decide(a_message(f"{number:08}" * 8, sender), request, ledger, desk, NOW)
            new = take(entries_of(a_ref(number), a_message(f"{number:08}" * 8, sender), decision, owe=True))
            placed = [one for one in new if isinstance(one, Registered) and one.status is Status.REGISTERED]
            assert len(placed) <= left
        take(pool.given(ledger, desk, NOW))
        take(duties.due(ledger, desk, NOW))
        assert duties.due(ledger, desk, NOW) == [], "what is due is due once"
        links = [link for one in ledger.roster(FACHDISKURS) if (link := link_of(ledger, desk.events[0], one))]
        assert len(links) == len(set(links)), "no two people have the same"
        if what != "released":  # else a person has let in more than there are links
            came = [one for one in ledger.roster(FACHDISKURS) if one.id not in before]
            assert all(one.id in ledger.links for one in came)
        if pool.stock(ledger, desk.events[0]):
            assert not pool.unlinked(ledger, desk.events[0]), "nobody waits while there are links"


@given(st.lists(st.integers(0, 6), max_size=12))
def test_the_oldest_registration_gets_the_next_link(order: list[int]) -> None:
    """Whatever is given in parts is given in the order of registering, and of the file."""
    desk, ledger = a_pool(0, 20, None), Ledger()
    for number, many in enumerate(order):
        for each in range(many):
            name = f"{number}-{each}"
            one = Registered(name, FACHDISKURS, name, Registrant("Anna", name), f"{name}@haus.example")
            ledger.apply(Recorded(ledger.seq + 1, NOW, one))
        for entry in pool.given(ledger, desk, NOW):
            ledger.apply(Recorded(ledger.seq + 1, NOW, entry))
    had = [link for one in ledger.roster() if (link := link_of(ledger, desk.events[0], one))]
    assert had == list(LINKS[: len(had)])
    assert len(had) == min(len(ledger.roster()), len(LINKS))
