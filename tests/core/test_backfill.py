"""Old mail is answered on somebody's explicit word only, after a look at what would happen."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from inbox_worker.core.entries import MailRecorded
from inbox_worker.core.journey import Poison, Understood
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Letter
from inbox_worker.errors import MailboxError
from inbox_worker.worker.backfill import Backfill, OldMail
from tests.builders import SIGNED, a_mail
from tests.office import FakeOffice

ANNAS, BENS, CARLAS = (f"a{number}@teutoburger-bote.example" for number in (1, 2, 3))
OLD = datetime(2022, 11, 2, 8, 0, tzinfo=UTC)


def the_mail(number: int, name: str) -> bytes:
    return a_mail(SIGNED.format(name), number=number, name=name)


async def look(office: FakeOffice, *, record: bool, since: datetime = OLD) -> list[OldMail]:
    worker = office.worker()
    return await Backfill(worker.plan, worker.tools).run(since, record=record)


def senders(found: list[OldMail]) -> list[str]:
    return [old.message.sender.addr_spec for old in found if old.message and old.message.sender]


@pytest.fixture
async def office() -> FakeOffice:
    """Two old mails, of which the second came later; then the first start, and a new mail."""
    office = FakeOffice()
    office.mailbox.put(the_mail(1, "Anna Schmitt"), at=OLD)
    office.mailbox.put(the_mail(2, "Ben Yilmaz"), at=OLD + timedelta(days=1))
    worker = await office.started()
    office.mailbox.put(the_mail(3, "Carla Groß"), at=OLD + timedelta(days=2))
    await worker.run_pass()
    assert office.receivers() == [CARLAS]
    return office


async def test_the_preview_tells_what_would_be_answered_and_changes_nothing(office: FakeOffice) -> None:
    before = list(office.journal.entries)
    found = await look(office, record=False)
    assert senders(found) == [ANNAS, BENS]
    assert [old.decision and [answer.kind for answer in old.decision.answers] for old in found] == [
        ["confirmation"]
    ] * 2
    assert office.journal.entries == before
    assert office.receivers() == [CARLAS]


async def test_what_is_sent_is_sent_once_and_no_longer_in_the_preview(office: FakeOffice) -> None:
    await look(office, record=True)
    await office.worker().run_pass()
    assert sorted(office.receivers()) == [ANNAS, BENS, CARLAS]
    assert await look(office, record=True) == []
    await office.worker().run_pass()
    assert len(office.receivers()) == 3
    assert len(Ledger().fold(office.journal.entries).roster()) == 3


async def test_only_mail_since_the_given_day_is_looked_at(office: FakeOffice) -> None:
    assert senders(await look(office, record=False, since=OLD + timedelta(hours=1))) == [BENS]


async def test_what_a_person_has_answered_is_put_on_the_list_and_not_answered_again(office: FakeOffice) -> None:
    office.mailbox.flag(1, "\\Answered")
    found = await look(office, record=True)
    assert [bool(old.decision and old.decision.answers) for old in found] == [False, True]
    await office.worker().run_pass()
    assert sorted(office.receivers()) == [BENS, CARLAS]
    assert len(Ledger().fold(office.journal.entries).roster()) == 3


async def test_a_second_mail_of_the_same_person_is_seen_as_one_in_the_preview_too(office: FakeOffice) -> None:
    office.mailbox.folders["INBOX"].insert(0, office.mailbox.folders["INBOX"][0])
    assert senders(await look(office, record=False)) == [ANNAS, BENS]


async def test_what_was_only_observed_can_be_answered_later() -> None:
    office = FakeOffice()
    worker = await office.started(mode="observe")
    office.mailbox.put(the_mail(1, "Anna Schmitt"), at=OLD)
    await worker.run_pass()
    await office.worker().run_pass()
    assert office.receivers() == [], "to change the mode answers nobody's old mail"
    assert senders(await look(office, record=True)) == [ANNAS]
    await office.worker().run_pass()
    assert office.receivers() == [ANNAS]
    assert await look(office, record=False) == []
    assert len(Ledger().fold(office.journal.entries).roster()) == 1


async def test_a_daemon_that_records_meanwhile_is_no_trouble(office: FakeOffice) -> None:
    worker = office.worker()
    backfill = Backfill(worker.plan, worker.tools)
    understand = worker.tools.understand

    async def overtaken(letters: Sequence[Letter]) -> list[Understood | Poison]:
        office.mailbox.put(the_mail(4, "Daria Nowak"), at=OLD + timedelta(days=3))
        await office.worker().run_pass()
        return await understand(letters)

    worker.tools.understand = overtaken
    assert len(await backfill.run(OLD, record=True)) == 2
    mails = [one.entry.sender for one in office.journal.entries if isinstance(one.entry, MailRecorded)]
    assert len(mails) == len(set(mails)) == 4


async def test_before_the_first_start_nothing_is_old() -> None:
    office = FakeOffice()
    office.mailbox.put(the_mail(1, "Anna Schmitt"), at=OLD)
    with pytest.raises(MailboxError, match="inbox-worker once"):
        await look(office, record=True)


async def test_a_mail_that_a_person_answered_before_us_gets_no_second_answer() -> None:
    office = FakeOffice()
    worker = await office.started()
    uid = office.mailbox.put(the_mail(1, "Anna Schmitt"))
    office.mailbox.flag(uid, "\\Answered")
    await worker.run_pass()
    assert office.receivers() == []
    assert len(worker.ledger.roster()) == 1
