"""Hypothesis strategies for our values; all of them, so that no test invents its own."""

from hypothesis import strategies as st

from inbox_worker.core.caps import Cap
from inbox_worker.core.decision import AnswerKind, Withheld
from inbox_worker.core.entries import (
    Baseline,
    CapReached,
    DigestOwed,
    DigestSkipped,
    Entry,
    EventCancelled,
    EventTold,
    Filed,
    FilingTaken,
    LinkGiven,
    LinkMissing,
    MailRecorded,
    Offered,
    Promoted,
    Registered,
    ReplyClaimed,
    ReplyDeferred,
    ReplyDropped,
    ReplyFailed,
    ReplyInDoubt,
    ReplyOwed,
    ReplyReleased,
    ReplySent,
    Settled,
    Undeliverable,
    Withdrawn,
)
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Intent, Registrant, Status
from tests.builders import FACHDISKURS, NOW, PRESSE, a_ref, an_answer

_SMALL = st.integers(1, 4)  # few names, so that entries meet each other
_EVENTS = st.sampled_from([FACHDISKURS, PRESSE])
_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def registrants() -> st.SearchStrategy[Registrant]:
    """People, more or less completely named."""
    name = st.sampled_from([None, "Anna", "Jörg", "van der Meulen", "O’Neil"])
    return st.builds(Registrant, name, name, organisation=st.none() | _WORDS)


def entries() -> st.SearchStrategy[Entry]:
    """Any entry, in any order: also such as no worker would write."""
    reply, digest = _SMALL.map(lambda number: f"{number:032}"), _SMALL.map(lambda number: f"{number:08}" * 8)
    address, ref = _SMALL.map(lambda number: f"a{number}@medium.example"), st.builds(a_ref, _SMALL, st.integers(1, 2))
    moment, intent = st.just(NOW), st.sampled_from(Intent)
    answer = st.builds(an_answer, st.sampled_from(AnswerKind), st.builds(Address, _WORDS, address))
    outcome = st.sampled_from(["done", "held", "automatic", "copy"])
    registration = _SMALL.map(lambda number: f"{number}-1")
    return st.one_of(
        st.builds(Baseline, st.just("desk"), st.just("INBOX"), st.integers(1, 2), _SMALL, moment),
        st.builds(
            MailRecorded, ref, digest, intent, outcome, st.tuples(_EVENTS), st.tuples(reply), text=_WORDS, sender=_WORDS
        ),
        st.builds(Registered, registration, _EVENTS, digest, registrants(), address, st.sampled_from(Status)),
        st.builds(Withdrawn, st.just("") | registration, _EVENTS, digest, registrants(), address),
        st.builds(ReplyOwed, reply, ref, st.none() | answer),
        st.builds(ReplyClaimed, reply, st.sampled_from(["worker", "other"]), moment),
        st.builds(ReplyReleased, reply),
        st.builds(ReplySent, reply, st.booleans(), response=_WORDS),
        st.builds(ReplyDeferred, reply, moment, st.integers(400, 499)),
        st.builds(ReplyInDoubt, reply, moment, response=_WORDS),
        st.builds(ReplyDropped, reply, _WORDS),
        st.builds(Promoted, registration, _EVENTS),
        st.builds(ReplyFailed, reply, st.integers(500, 599)),
        st.builds(Offered, ref, digest, st.builds(Withheld, answers=st.tuples(answer))),
        st.builds(Settled, ref, st.booleans()),
        st.builds(Undeliverable, st.just("") | reply, address, response=_WORDS),
        st.builds(CapReached, st.sampled_from(Cap), _SMALL, _SMALL, address),
        st.builds(
            FilingTaken, st.just("desk"), st.just("INBOX"), st.integers(1, 2), st.tuples(_SMALL), st.just("other")
        ),
        st.builds(Filed, st.just("desk"), st.just("INBOX"), st.integers(1, 2), st.tuples(_SMALL)),
        st.builds(EventTold, _EVENTS, st.integers(0, 3), moment, moment, _WORDS, _WORDS, changed=st.just(("link",))),
        st.builds(EventCancelled, _EVENTS, _WORDS),
        st.builds(LinkGiven, registration, _EVENTS, _WORDS, registrants(), address),
        st.builds(LinkMissing, registration, _EVENTS, st.booleans(), registrants(), address),
        st.builds(DigestOwed, reply, st.sampled_from(["1", "2"]), _SMALL, st.none(), st.just("") | _EVENTS, address),
        st.builds(DigestSkipped, st.sampled_from(["1", "2"]), st.booleans(), st.booleans()),
    )
