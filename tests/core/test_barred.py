"""Who hears of a registration by itself, and who does not: it goes by whose own answer was withheld."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from inbox_worker.core.decision import AnswerKind
from inbox_worker.core.entries import Corrected, Entry, Undeliverable
from inbox_worker.core.notices import Occasion, mailing
from inbox_worker.core.recording import settled
from inbox_worker.core.registration import Desk
from tests.builders import BERLIN, FACHDISKURS, PRESSE, a_desk, a_mail, an_event
from tests.core.test_duties import FORGED, GOODBYE, Life, a_limited, address, the_mail
from tests.core.test_notify import kinds

TWO = (
    "Guten Tag,\n\nbitte melden Sie mich und meinen Kollegen Emil Vogt (vogt@teutoburger-bote.example) zum "
    "Fachdiskurs am 24. November an.\n\nMit freundlichen Grüßen\nAnna Schmitt\n"
)
BOTH = "Guten Tag,\n\nbitte melden Sie mich zu beiden Veranstaltungen am 24. November an.\n\nAnna Schmitt\n"
ANNA, EMIL = address(0), "vogt@teutoburger-bote.example"


async def begun(desk: Desk | None = None, *returned: str) -> Life:
    """At work, and mails of ours to these addresses have come back."""
    life = await Life(replace(desk or a_limited(None), authserv_id="mx.ours.example")).begins()
    await records(life, *(Undeliverable(address=one) for one in returned))
    return life


async def records(life: Life, *entries: Entry) -> None:
    await life.office.journal.append(entries, after=life.ledger.seq, at=life.office.clock())


async def settles(life: Life, *, release: bool) -> None:
    """A person deals with all that is held."""
    ledger = life.ledger
    for ref, held in ledger.held.items():
        await records(life, *settled(held, ledger.offered.get(ref), release=release))
    await life.passes()


async def reminded(life: Life) -> list[str]:
    """To whom the last reminder goes."""
    life.office.clock.now = an_event().start - timedelta(minutes=30)
    await life.passes()
    return [one for one in (ANNA, EMIL) if AnswerKind.REMINDER in kinds(life, one)]


def a_mail_of_two(headers: str = "") -> bytes:
    return a_mail(TWO, number=0, name="Anna Schmitt", headers=headers)


@pytest.mark.parametrize("settle", [None, False], ids=["still held", "settled"])
@pytest.mark.parametrize(("lost", "other"), [(ANNA, EMIL), (EMIL, ANNA)], ids=["the writer", "the colleague"])
async def test_of_two_people_only_the_one_whose_address_came_back_is_not_reminded(
    settle: bool | None, lost: str, other: str
) -> None:
    life = await begun(None, lost)
    await life.gets(a_mail_of_two())
    assert len(life.placed()) == 2
    assert (kinds(life, lost), kinds(life, other)) == ([], [AnswerKind.CONFIRMATION])
    if settle is not None:
        await settles(life, release=settle)
    assert [one.through for one in mailing(life.ledger, life.desk.events[0], Occasion.MESSAGE, "Hallo.").barred] == [
        lost
    ]
    assert await reminded(life) == [other]


async def test_of_two_who_wait_the_one_who_was_told_so_moves_up() -> None:
    life = await begun(a_limited(1), ANNA)
    await life.gets(the_mail(1), a_mail_of_two())
    assert life.waiting() == ["Anna Schmitt", "Emil Vogt"]
    await life.gets(the_mail(1, GOODBYE))
    assert life.waiting() == ["Anna Schmitt"]
    assert kinds(life, EMIL) == [AnswerKind.WAITLIST, AnswerKind.PROMOTION]


@pytest.mark.parametrize(
    ("release", "expected"), [(None, []), (False, []), (True, [ANNA, EMIL])], ids=["held", "settled", "released"]
)
async def test_of_a_forged_mail_nobody_is_reminded_until_it_is_released(
    release: bool | None, expected: list[str]
) -> None:
    life = await begun()
    await life.gets(a_mail_of_two(FORGED))
    assert len(life.placed()) == 2
    if release is not None:
        await settles(life, release=release)
    assert await reminded(life) == expected


async def test_a_release_lets_in_whose_address_had_come_back() -> None:
    life = await begun(None, EMIL)
    await life.gets(a_mail_of_two())
    await settles(life, release=True)
    assert await reminded(life) == [ANNA, EMIL]


async def test_who_was_held_back_once_and_is_answered_later_is_reminded() -> None:
    life = await begun()
    await life.gets(a_mail_of_two(FORGED))
    await settles(life, release=False)
    await life.gets(the_mail(0))
    assert kinds(life, ANNA) == [AnswerKind.LINK]
    assert await reminded(life) == [ANNA]


async def test_an_answer_about_another_event_vouches_for_nothing() -> None:
    life = await begun(
        a_desk(a_limited(None).events[0], an_event(PRESSE, datetime(2023, 3, 14, 10, 30, tzinfo=BERLIN)))
    )
    await life.gets(a_mail_of_two(FORGED))
    text = "Guten Tag,\n\nbitte melden Sie mich zum Gespräch am 14. März an.\n\nMit freundlichen Grüßen\n{}\n"
    await life.gets(the_mail(0, text))
    assert [one.event for one in life.ledger.roster()] == [FACHDISKURS, FACHDISKURS, PRESSE]
    assert await reminded(life) == []


async def test_what_waits_for_approval_at_one_event_holds_back_no_reminder_of_another() -> None:
    desk = a_desk(a_limited(None).events[0], replace(an_event(PRESSE), approval=True))
    life = await begun(desk)
    await life.gets(a_mail(BOTH, number=0, name="Anna Schmitt"))
    assert [one.event for one in life.ledger.roster()] == [FACHDISKURS]
    assert [one.event for one in life.ledger.pending()] == [PRESSE]
    assert await reminded(life) == [ANNA]


async def test_who_waits_for_approval_by_a_forged_mail_hears_of_no_change_either() -> None:
    life = await begun(a_limited(None, approval=True))
    await life.gets(the_mail(1), a_mail_of_two(FORGED))
    assert len(life.ledger.pending()) == 3
    told = mailing(life.ledger, life.desk.events[0], Occasion.CANCELLED)
    assert [answer.to.addr_spec for _, answer in told.owed] == [address(1)]
    assert [one.through for one in told.barred] == [ANNA, EMIL]


async def test_whoever_was_told_of_it_is_so_at_their_new_address_too() -> None:
    """Also when the mail that corrects it brings no answer there."""
    life = await begun(None, EMIL)
    await life.gets(a_mail_of_two())
    for one in life.ledger.roster():
        new = f"new.{one.address}"
        await records(life, Corrected(one.id, one.event, "d", one.registrant, one.registrant, new, new))
    barred = {one.through: life.ledger.is_barred(one) for one in life.ledger.roster()}
    assert barred == {f"new.{ANNA}": False, f"new.{EMIL}": True}


async def test_a_forged_mail_to_an_open_event_and_one_with_approval_brings_both_links_when_released() -> None:
    desk = a_desk(a_limited(None).events[0], replace(an_event(PRESSE), approval=True))
    life = await begun(desk)
    await life.gets(a_mail(BOTH, number=0, name="Anna Schmitt", headers=FORGED))
    assert kinds(life, ANNA) == []
    await settles(life, release=True)
    sent = [reply.content for reply in life.office.transport.sent if reply.recipients == (ANNA,)]
    assert [any(event.link.encode() in content for content in sent) for event in desk.events] == [True, True]
