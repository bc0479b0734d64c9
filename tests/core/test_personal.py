"""Personal links in a desk's daily life: by a pattern and from a pool, through restarts, releases and longer files."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from inbox_worker.core import personal, pool
from inbox_worker.core.decision import AnswerKind
from inbox_worker.core.entries import Entry, LinkGiven, LinkMissing, Recorded, Registered, ReplyOwed
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address
from inbox_worker.core.notices import Occasion
from inbox_worker.core.recording import settled
from inbox_worker.core.registration import TOKEN, Desk, Registrant
from tests.builders import FACHDISKURS, NOW, SIGNED, a_mail, an_answer, an_event
from tests.core.test_duties import FORGED, GOODBYE, PEOPLE, Life, a_limited, address, the_mail
from tests.core.test_notify import LOST, calendar_of, first, kinds, tells, text_of
from tests.properties.test_spine import Bomb, Crash

PATTERN, SECRET = f"https://meet.example/room?tk={TOKEN}", "0123456789abcdef" * 2
LINKS = tuple(f"https://meet.example/own/{number}" for number in range(1, 30))
OWN = re.compile(r"https://meet\.example/(?:own/\d+|room\?tk=[\w-]+)")
TWO = (
    "Guten Tag,\n\nzum Fachdiskurs am 24. November melde ich mich und meinen Kollegen Jannik Osterkamp an.\n\n"
    "Mit freundlichen Grüßen\n{}\n"
)


def a_pool(many: int = 3, *, begins: int = 0, **changes: object) -> Desk:
    return a_limited(None, link="", links=LINKS[begins : begins + many], **changes)


def with_tokens(**changes: object) -> Desk:
    return a_limited(None, **{"link": PATTERN, "token_secret": SECRET, **changes})


def links_to(life: Life, receiver: str) -> list[str]:
    """The personal links in each mail to `receiver`, in order."""
    sent = [reply for reply in life.office.transport.sent if reply.recipients == (receiver,)]
    return [" ".join(dict.fromkeys(OWN.findall(text_of(reply)))) for reply in sent]


def given(life: Life) -> list[LinkGiven]:
    return [one.entry for one in life.office.journal.entries if isinstance(one.entry, LinkGiven)]


def missing(life: Life) -> list[LinkMissing]:
    return [one.entry for one in life.office.journal.entries if isinstance(one.entry, LinkMissing)]


async def release(life: Life) -> None:
    """A person releases what waits longest."""
    ledger = life.ledger
    held = next(iter(ledger.held.values()))
    entries = settled(held, ledger.offered.get(held.entry.ref), release=True)
    await life.office.journal.append(entries, after=ledger.seq, at=life.office.clock())
    await life.passes()


# -- by a pattern -----------------------------------------------------------------------------------------------------


def test_a_token_is_the_same_for_ever_and_anothers_cannot_be_guessed_from_it() -> None:
    token = personal.token(SECRET, FACHDISKURS, "d-1")
    assert token == personal.token(SECRET, FACHDISKURS, "d-1") == "OA4pHM2AIjIJqJiT7XkcOBFN"
    others = [
        personal.token(SECRET, FACHDISKURS, "d-2"),
        personal.token(SECRET, "other", "d-1"),
        personal.token(SECRET + "x", FACHDISKURS, "d-1"),
    ]
    assert len({token, *others}) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22,}", each) for each in (token, *others))


async def test_each_person_gets_the_link_that_is_theirs_whenever_they_ask() -> None:
    life = await Life(with_tokens()).begins()
    await life.gets(the_mail(0), the_mail(1))
    await life.gets(the_mail(0, LOST))
    (anna, again), (ben,) = links_to(life, address(0)), links_to(life, address(1))
    assert anna == again
    assert anna != ben
    assert OWN.fullmatch(anna)
    confirmation = life.office.transport.sent[0]
    assert f"LOCATION:{anna}".encode() in calendar_of(confirmation).encode().replace(b"\r\n ", b"")
    assert not given(life), "nothing is stored"


async def test_whoever_asks_for_a_link_and_is_on_no_list_waits_for_a_person() -> None:
    life = await Life(with_tokens()).begins()
    await life.gets(the_mail(0, LOST))
    assert links_to(life, address(0)) == []
    assert len(life.ledger.held) == 1


async def test_a_name_alone_brings_nobody_elses_link() -> None:
    """With one link for all whoever signs as somebody on the list gets it; a personal one stays with its person."""
    life = await Life(with_tokens()).begins()
    at_home, thief = (a_mail(SIGNED.format(PEOPLE[0]), number=number, name=PEOPLE[0]) for number in (6, 8))
    await life.gets(at_home.replace(b"teutoburger-bote.example>", b"gmx.de>"))
    await life.gets(thief.replace(b"teutoburger-bote.example>", b"gmx.de>"))
    assert len(life.ledger.roster()) == 2
    (own,), (other,) = links_to(life, "a6@gmx.de"), links_to(life, "a8@gmx.de")
    assert own != other


async def test_a_colleague_of_the_same_house_may_ask_for_somebodys_link() -> None:
    life = await Life(with_tokens()).begins()
    await life.gets(the_mail(0))
    (own,) = links_to(life, address(0))
    await life.gets(a_mail(SIGNED.format(PEOPLE[0]), number=7, name=PEOPLE[0]))
    assert links_to(life, address(7)) == [own]
    assert len(life.ledger.roster()) == 1


async def test_a_new_secret_or_pattern_is_news_for_everybody_and_notify_brings_the_new_links() -> None:
    life = await Life(with_tokens()).begins()
    await life.gets(the_mail(0), the_mail(1))
    life.desk = with_tokens(token_secret=SECRET[::-1])
    await life.passes()
    assert len((await tells(life, Occasion.CHANGE)).owed) == 2
    old, new = links_to(life, address(0))
    assert old != new
    assert kinds(life, address(1)) == [AnswerKind.CONFIRMATION, AnswerKind.CHANGE]
    assert (await tells(life, Occasion.CHANGE)).owed == []


# -- from a pool ------------------------------------------------------------------------------------------------------


async def test_links_are_given_in_the_order_of_registering_and_the_journal_does_not_tell_them() -> None:
    life = await Life(a_pool()).begins()
    await life.gets(the_mail(0), the_mail(1))
    await life.gets(the_mail(0, LOST), the_mail(1, LOST))
    assert links_to(life, address(0)) == [LINKS[0]] * 2
    assert links_to(life, address(1)) == [LINKS[1]] * 2
    assert [(one.registrant.name, one.link) for one in given(life)] == [
        (PEOPLE[number], personal.digest(LINKS[number])) for number in range(2)
    ]
    assert not OWN.search(repr(life.office.journal.entries))


async def test_a_link_is_in_the_journal_with_the_very_mail_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    life = await Life(a_pool()).begins()
    batches, append = list[list[str]](), life.office.journal.append

    async def noted(entries: Sequence[Entry], *, after: int, at: datetime) -> list[Recorded]:
        batches.append([entry.WHAT for entry in entries])
        return await append(entries, after=after, at=at)

    monkeypatch.setattr(life.office.journal, "append", noted)
    await life.gets(the_mail(0))
    assert batches[:2] == [["mail", "registered", "reply-owed", "link-given"], ["reply-claimed"]]


@pytest.mark.parametrize("before", [True, False])
async def test_wherever_it_dies_nobody_gets_a_second_link_or_an_answer_without_one(*, before: bool) -> None:
    for at in range(1, 12):
        life = await Life(a_pool(4)).begins()
        plan = life.office.plan(desk=life.desk)
        for number in range(3):
            life.office.mailbox.put(the_mail(number))
        try:
            await life.office.worker(plan, wrap=Bomb(at, before).wrap).run_pass()
        except Crash:
            life.office.clock.goes_on(minutes=20)
            await life.passes()
        life.office.clock.goes_on(minutes=20)
        await life.passes()
        for number in range(3):
            assert set(links_to(life, address(number))) == {LINKS[number]}, at
        assert len(given(life)) == 3
        assert not life.ledger.outbox


async def test_a_link_that_was_given_is_never_given_again_though_its_person_has_left() -> None:
    life = await Life(a_pool()).begins()
    await life.gets(the_mail(0))
    await life.gets(the_mail(0, GOODBYE))
    await life.gets(the_mail(1), the_mail(0))
    assert links_to(life, address(1)) == [LINKS[1]]
    assert links_to(life, address(0)) == [LINKS[0], "", LINKS[2]], "who comes again gets another one"


async def test_with_an_empty_pool_a_registration_waits_for_a_person_and_is_let_in_when_the_file_is_longer() -> None:
    life = await Life(a_pool(1)).begins()
    await life.gets(the_mail(0), the_mail(1))
    assert life.placed() == PEOPLE[:1]
    assert life.mails(address(1)) == ["pending"]
    (held,) = life.ledger.held.values()
    assert [reason.what for reason in held.entry.concerns] == ["no personal link is left"]
    life.desk = a_pool(2)
    await life.passes()
    assert life.mails(address(1)) == ["pending"], "a person releases it"
    await release(life)
    assert life.placed() == PEOPLE[:2]
    assert links_to(life, address(1)) == ["", LINKS[1]]
    assert not missing(life)


async def test_two_people_in_one_mail_are_counted_both() -> None:
    life = await Life(a_pool(1)).begins()
    await life.gets(the_mail(0, TWO))
    assert life.placed() == ["Anna Schmitt"]
    assert [one.registrant.name for one in life.ledger.pending()] == ["Jannik Osterkamp"]
    assert links_to(life, address(0)) == [LINKS[0]]
    life.desk = a_pool(2)
    await release(life)
    assert links_to(life, address(0)) == [LINKS[0], f"{LINKS[0]} {LINKS[1]}"], "now about both"


async def test_released_with_an_empty_pool_the_answer_waits_is_told_of_and_leaves_when_there_is_a_link() -> None:
    life = await Life(a_pool(1)).begins()
    await life.gets(the_mail(0), the_mail(1))
    await release(life)
    await life.passes()
    assert life.placed() == PEOPLE[:2]
    assert life.mails(address(1)) == ["pending"]
    assert len(life.ledger.outbox) == 1
    assert [(one.registrant.name, one.gone) for one in missing(life)] == [(PEOPLE[1], False)], "once"
    assert [words for _, words in pool.told(life.ledger, first(life))] == [
        "0 of 1 personal links are left: add more to its links_file, and start anew",
        "one person has a place and no link: add more to its links_file, and start anew",
    ]
    life.office.clock.now = an_event().start - an_event().start.resolution
    await life.passes()
    assert len(life.ledger.outbox) == 1, "no reminder without a link either"
    life.desk = a_pool(2)
    await life.passes()
    assert links_to(life, address(1))[:2] == ["", LINKS[1]]
    assert not life.ledger.outbox


async def test_an_answer_that_waits_for_a_link_ends_with_the_event_for_a_person_to_see() -> None:
    life = await Life(a_pool(1)).begins()
    await life.gets(the_mail(0), the_mail(1))
    await release(life)
    life.office.clock.now = an_event().end
    await life.passes()
    assert not life.ledger.outbox
    assert [one.to for one in life.ledger.failed.values()] == [address(1)]


async def test_who_leaves_while_an_answer_waits_for_a_link_gets_none() -> None:
    life = await Life(a_pool(1)).begins()
    await life.gets(the_mail(0), the_mail(1))
    await release(life)
    await life.gets(the_mail(1, GOODBYE))
    life.desk = a_pool(2)
    await life.passes()
    assert life.mails(address(1)) == ["pending", "cancellation"]
    assert not life.ledger.outbox
    assert not life.ledger.failed, "nobody must look at it"
    assert len(given(life)) == 1


async def test_nobody_moves_up_without_a_link() -> None:
    life = await Life(replace_capacity(a_pool(2), 1)).begins()
    await life.gets(*(the_mail(number) for number in range(3)))
    assert life.waiting() == PEOPLE[1:3]
    life.desk = replace_capacity(a_pool(2), 9)
    await life.passes()
    assert life.placed() == PEOPLE[:2], "two links, two people"
    assert links_to(life, address(1)) == ["", LINKS[1]]
    life.desk = replace_capacity(a_pool(3), 9)
    await life.passes()
    assert life.placed() == PEOPLE[:3]
    assert life.mails(address(2)) == ["waitlist", "promotion"]


def replace_capacity(desk: Desk, capacity: int) -> Desk:
    return replace(desk, events=tuple(replace(event, capacity=capacity) for event in desk.events))


async def test_a_forged_mail_takes_no_link_out_of_the_pool_before_a_person_has_released_it() -> None:
    life = await Life(replace(a_pool(2), authserv_id="mx.ours.example")).begins()
    await life.gets(a_mail(SIGNED.format("Eva Lang"), number=7, name="Eva Lang", headers=FORGED))
    assert not given(life)
    await life.gets(the_mail(0))
    assert links_to(life, address(0)) == [LINKS[0]]
    await release(life)
    assert links_to(life, address(7)) == [LINKS[1]]


async def test_an_event_that_gets_a_pool_later_gives_everybody_on_the_list_a_link() -> None:
    life = await Life(a_limited(None)).begins()
    await life.gets(the_mail(0), the_mail(1))
    life.desk = a_pool(3)
    await life.gets(the_mail(2))
    assert [one.registrant.name for one in given(life)] == PEOPLE[:3], "first come first"
    assert len((await tells(life, Occasion.CHANGE)).owed) == 2
    assert [links_to(life, address(number)) for number in range(3)] == [["", LINKS[0]], ["", LINKS[1]], [LINKS[2]]]


async def test_observing_gives_no_links() -> None:
    life = await Life(a_pool()).begins()
    life.office.mailbox.put(the_mail(0))
    await life.office.worker(life.office.plan(desk=life.desk, mode="observe")).run_pass()
    assert not given(life)


# -- another file -----------------------------------------------------------------------------------------------------


async def test_a_longer_file_is_no_news_for_those_who_have_a_link() -> None:
    life = await Life(a_pool(2)).begins()
    await life.gets(the_mail(0))
    life.desk = a_pool(9)
    await life.passes()
    assert (await tells(life, Occasion.CHANGE)).owed == []


async def test_a_link_that_is_gone_from_the_file_is_told_once_and_notify_gives_another() -> None:
    life = await Life(a_pool(2)).begins()
    await life.gets(the_mail(0), the_mail(1))
    life.desk = a_pool(3, begins=1)  # without the first
    await life.gets(the_mail(0, LOST))
    await life.passes()
    assert links_to(life, address(0)) == [LINKS[0]], "what would bring it waits"
    assert [(one.registrant.name, one.gone) for one in missing(life)] == [(PEOPLE[0], True)]
    assert [one.registrant.name for one in pool.gone(life.ledger, first(life))] == PEOPLE[:1]
    assert len((await tells(life, Occasion.CHANGE, send=False)).entries) == 1
    await tells(life, Occasion.CHANGE)
    assert links_to(life, address(0)) == [LINKS[0], LINKS[2]], "the answer that waited brings it: one mail is enough"
    assert links_to(life, address(1)) == [LINKS[1]]
    assert not life.ledger.outbox


async def test_whose_link_was_exchanged_hears_of_it_once() -> None:
    life = await Life(a_pool(2)).begins()
    await life.gets(the_mail(0), the_mail(1))
    life.desk = a_pool(3, begins=1)
    await life.passes()
    mailing = await tells(life, Occasion.CHANGE)
    assert [(answer.to.addr_spec, answer.changed) for _, answer in mailing.owed] == [(address(0), ("link",))]
    assert links_to(life, address(0)) == [LINKS[0], LINKS[2]]
    assert (await tells(life, Occasion.CHANGE)).owed == []
    life.desk = a_pool(5, begins=3)  # once more, and now everybody's
    await life.passes()
    assert len((await tells(life, Occasion.CHANGE)).owed) == 2
    assert links_to(life, address(0)) == [LINKS[0], LINKS[2], LINKS[3]]
    assert links_to(life, address(1)) == [LINKS[1], LINKS[4]]


async def test_a_file_that_was_cut_by_mistake_and_mended_changes_nothing() -> None:
    life = await Life(a_pool(3)).begins()
    await life.gets(the_mail(0), the_mail(1))
    life.desk = a_pool(1, begins=20)
    await life.passes()
    await life.gets(the_mail(0, LOST))
    life.desk = a_pool(3)
    await life.passes()
    assert links_to(life, address(0)) == [LINKS[0]] * 2
    assert len(given(life)) == 2


def test_the_stock_is_low_when_few_are_left_and_never_with_one_for_every_place() -> None:
    def at(left: int, of: int, capacity: int | None = None) -> bool:
        ledger = Ledger(given={personal.digest(link) for link in LINKS[: of - left]})
        return pool.is_low(ledger, replace(a_pool(of).events[0], capacity=capacity))

    assert [at(left, 20) for left in (4, 5, 20)] == [True, False, False]
    assert [at(left, 4) for left in (0, 1, 2, 4)] == [True, True, False, False]
    assert [at(3, 20, capacity) for capacity in (2, 3, 4)] == [False, False, True]
    assert at(0, 1)


# -- whose link an answer brings --------------------------------------------------------------------------------------


async def test_two_people_in_one_mail_get_a_line_each_and_the_calendar_file_gives_no_link_to_all() -> None:
    life = await Life(a_pool(3)).begins()
    await life.gets(the_mail(0, TWO))
    (reply,) = life.office.transport.sent
    assert f"\nZugangslink für Anna Schmitt: {LINKS[0]}\nZugangslink für Jannik Osterkamp: {LINKS[1]}\n" in text_of(
        reply
    )
    calendar = calendar_of(reply).replace("\r\n ", "")
    assert not OWN.search(calendar)
    assert "Die persönlichen Zugangslinks stehen in der Mail" in calendar


async def test_a_link_once_more_for_two_who_share_an_address_tells_both() -> None:
    life = await Life(with_tokens()).begins()
    await life.gets(the_mail(0, TWO))
    await life.gets(the_mail(0, LOST))
    one, again = links_to(life, address(0))
    assert one == again
    assert len(one.split()) == 2


async def test_a_reminder_is_about_one_person() -> None:
    life = await Life(a_pool(3)).begins()
    await life.gets(the_mail(0, TWO))
    life.office.clock.now = first(life).reminders[0].at
    await life.passes()
    _, *reminders = links_to(life, address(0))
    assert sorted(reminders) == [LINKS[0], LINKS[1]]


async def test_an_answer_about_nobody_who_is_known_is_not_whole() -> None:
    life = await Life(a_pool(3)).begins()
    await life.gets(the_mail(0))
    owed = next(one.entry for one in life.office.journal.entries if isinstance(one.entry, ReplyOwed))
    assert owed.answer is not None
    housemate = Registered("x", FACHDISKURS, "d", owed.answer.registered[0], "anna@gmx.de", message_id="<x@gmx.de>")
    ledger = life.ledger
    ledger.apply(Recorded(ledger.seq + 1, NOW, housemate))
    ledger.apply(Recorded(ledger.seq + 1, NOW, LinkGiven("x", FACHDISKURS, personal.digest(LINKS[1]))))
    elsewhere = replace(owed.answer, to=Address("", "other@gmx.de"), in_reply_to="<other@gmx.de>")
    stranger = replace(owed.answer, registered=(Registrant("Eva", "Lang"),))
    nameless = replace(owed.answer, registered=())
    for answer, whole in ((owed.answer, True), (elsewhere, False), (stranger, False), (nameless, True)):
        assert personal.is_whole(personal.of_answer(answer, ledger, life.desk)) is whole
        assert not personal.has_nobody(answer, ledger, life.desk)


def test_an_event_with_one_link_for_all_brings_no_personal_ones() -> None:
    desk, answer = a_limited(), an_answer(AnswerKind.LINK)
    assert personal.of_answer(answer, Ledger(), desk) == {} == personal.sample_links(answer, desk)
    assert personal.is_whole({})
    assert not personal.has_nobody(answer, Ledger(), desk)


def test_what_reads_mail_knows_no_personal_link() -> None:
    assert SECRET not in repr(with_tokens())
    assert LINKS[0] not in repr(a_pool())
    (event,) = a_pool().for_reading().events
    assert event.links == ()
    assert with_tokens().for_reading().events[0].token_secret == ""
