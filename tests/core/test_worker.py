"""The spine on fakes: what is recorded, delivered and filed, and in which order."""

import asyncio
from collections.abc import Sequence

import pytest

from inbox_worker.core import journey
from inbox_worker.core.decision import Decision
from inbox_worker.core.delivery import Outcome, Reply, Stage, Trouble
from inbox_worker.core.filing import FilingPlan
from inbox_worker.core.journey import Poison, Understood
from inbox_worker.core.message import Letter, Ref
from inbox_worker.core.terms import german
from inbox_worker.errors import JournalUnwritable, MailboxError, UnderstandingError
from tests.builders import OUT_OF_OFFICE, SIGNED, a_mail
from tests.office import FakeOffice, UnderstandingHere

ANNA = SIGNED.format("Anna Schmitt")
NO_ROUTE = Trouble(Stage.CONNECTION, 0, "no route")


async def test_a_mail_becomes_a_registration_and_one_threaded_answer() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    assert [one.registrant.name for one in worker.ledger.roster()] == ["Anna Schmitt"]
    assert office.receivers() == ["a1@teutoburger-bote.example"]
    assert b"In-Reply-To: <mail-1@teutoburger-bote.example>" in office.transport.sent[0].content
    assert office.journal.kinds() == [
        *("event-told", "event-told", "baseline"),
        *("mail", "registered", "reply-owed"),
        "reply-claimed",
        "reply-sent",
        "filed",
    ]


async def test_a_second_pass_does_nothing_again() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    told = len(office.journal.entries)
    await worker.run_pass()
    await office.worker().run_pass()  # nor after a restart
    assert len(office.journal.entries) == told
    assert len(office.transport.sent) == 1


async def test_mail_that_lay_there_before_the_first_start_is_left_alone() -> None:
    office = FakeOffice()
    office.mailbox.put(a_mail(ANNA))
    worker = await office.started()
    assert office.receivers() == []
    office.mailbox.put(a_mail(ANNA, number=2))
    await worker.run_pass()
    assert office.receivers() == ["a2@teutoburger-bote.example"]


async def test_since_a_date_takes_older_mail_in() -> None:
    office = FakeOffice()
    at = office.clock.now.replace(day=1)
    office.mailbox.put(a_mail(ANNA, number=1), at=at.replace(day=2))
    office.mailbox.put(a_mail(ANNA, number=2), at=at.replace(day=8))
    await office.started(since=at.replace(day=5))
    assert office.receivers() == ["a2@teutoburger-bote.example"]


async def test_a_mailbox_numbered_anew_is_gone_through_again_and_nobody_is_answered_twice() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.clock.goes_on(minutes=1)
    office.mailbox.put(a_mail(ANNA, number=1), at=office.clock.now)
    await worker.run_pass()
    office.mailbox.uidvalidity = 2
    office.mailbox.put(a_mail(ANNA, number=2), at=office.clock.now)
    await worker.run_pass()
    assert office.receivers() == ["a1@teutoburger-bote.example", "a2@teutoburger-bote.example"]


async def test_answered_mail_is_flagged_and_moved_automatic_mail_only_moved() -> None:
    office = FakeOffice()
    filing = FilingPlan(keyword="InboxWorker", done="Erledigt", held="Zu prüfen", automatic="Automatisch")
    worker = await office.started(filing=filing)
    office.mailbox.put(a_mail(ANNA, number=1))
    office.mailbox.put(a_mail(OUT_OF_OFFICE, number=2, headers="Auto-Submitted: auto-replied\r\n"))
    office.mailbox.put(a_mail("Wird das Podium aufgezeichnet?\n\nGruß\nUwe Lang\n", number=3, name="Uwe Lang"))
    await worker.run_pass()
    assert office.mailbox.mails() == []
    assert office.mailbox.flags("Erledigt") == [{"\\Answered", "InboxWorker"}]
    assert office.mailbox.flags("Automatisch") == [{"InboxWorker"}]
    assert office.mailbox.flags("Zu prüfen") == [{"\\Answered", "InboxWorker"}]


async def test_a_copy_of_every_answer_lies_in_sent() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    assert office.mailbox.mails("Gesendet") == [office.transport.sent[0].content]


async def test_observing_writes_the_journal_and_touches_nothing() -> None:
    office = FakeOffice()
    worker = await office.started(mode="observe")
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    assert office.transport.attempts == []
    assert office.mailbox.flags() == [frozenset()]
    assert [one.registrant.name for one in worker.ledger.roster()] == ["Anna Schmitt"]
    sending = office.worker()
    await sending.run_pass()
    assert office.transport.attempts == []  # what was only looked at is not answered later by surprise
    assert office.mailbox.flags() == [frozenset()]


async def test_drafting_puts_the_answer_into_drafts_and_sends_nothing() -> None:
    office = FakeOffice()
    worker = await office.started(mode="draft")
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    assert office.transport.attempts == []
    assert len(office.mailbox.mails("Entwürfe")) == 1
    assert office.mailbox.flags("Entwürfe") == [{"\\Draft"}]
    assert office.mailbox.flags() == [frozenset()]  # not answered: a person has yet to send it


async def test_a_mail_that_our_code_stumbles_over_is_held_and_the_next_ones_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = FakeOffice()
    worker = await office.started()
    usual = UnderstandingHere().understand

    def stumbling(letter: Letter) -> Understood:
        if b"mail-1@" in letter.raw:
            raise ZeroDivisionError
        return usual(letter)

    monkeypatch.setattr(worker.tools, "understand", UnderstandingHere(stumbling))
    office.mailbox.put(a_mail(ANNA, number=1))
    office.mailbox.put(a_mail(ANNA, number=2))
    await worker.run_pass()
    assert office.receivers() == ["a2@teutoburger-bote.example"]
    assert [mail.entry.ref.uid for mail in worker.ledger.held.values()] == [1]


async def test_a_mail_that_deciding_stumbles_over_is_held_under_its_writers_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = FakeOffice()
    worker = await office.started()

    def stumbling(*_: object) -> Decision:
        raise ZeroDivisionError

    monkeypatch.setattr(journey, "decide", stumbling)
    office.mailbox.put(a_mail(ANNA, number=1))
    await worker.run_pass()
    (held,) = worker.ledger.held.values()
    assert (held.entry.sender, held.entry.subject != "") == ("a1@teutoburger-bote.example", True)
    assert german(held.entry.concerns) == (
        "diese Mail konnte nicht verarbeitet werden; beim Entscheiden trat ein Programmfehler auf: „ZeroDivisionError“"
    )


async def test_a_poison_mail_and_the_ones_before_it_are_recorded_before_the_ones_behind_it_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = FakeOffice()
    worker = await office.started()
    usual = UnderstandingHere().understand
    recorded_by_then = []

    def dying(letter: Letter) -> Understood:
        recorded_by_then.append((letter.ref.uid, len(worker.ledger.digests), len(worker.ledger.held)))
        if b"mail-2@" in letter.raw:
            raise ZeroDivisionError
        return usual(letter)

    monkeypatch.setattr(worker.tools, "understand", UnderstandingHere(dying))
    for number, name in enumerate(("Anna Schmitt", "Ben Yilmaz", "Carla Hoppe"), start=1):
        office.mailbox.put(a_mail(SIGNED.format(name), number=number))
    await worker.run_pass()
    assert recorded_by_then == [(1, 0, 0), (2, 0, 0), (3, 2, 1)]
    assert [person.registrant.name for person in worker.ledger.roster()] == ["Anna Schmitt", "Carla Hoppe"]


@pytest.mark.parametrize(
    ("changes", "batches"),
    [
        ({"batch": 2}, [2, 2, 1]),
        ({"batch_bytes": 10_000}, [2, 1, 2]),
        ({"batch_bytes": 10}, [1, 1, 1, 1, 1]),
        ({"batch_bytes": 10_000, "max_bytes": 1_000}, [5]),
    ],
)
async def test_a_batch_is_cut_by_number_and_by_what_is_loaded_of_its_mails(
    changes: dict[str, int], batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = FakeOffice()
    worker = await office.started(**changes)
    fetch, fetched = office.mailbox.fetch, []

    async def counted(refs: Sequence[Ref], *, max_bytes: int) -> list[Letter]:
        fetched.append(len(refs))
        return await fetch(refs, max_bytes=max_bytes)

    monkeypatch.setattr(office.mailbox, "fetch", counted)
    for number, extra in enumerate((0, 0, 12_000, 0, 0), start=1):
        office.mailbox.put(a_mail(ANNA + "\n" * extra, number=number))
    await worker.run_pass()
    assert fetched == batches
    assert len(office.transport.sent) == 5


async def test_the_next_batch_is_understood_while_this_one_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    office = FakeOffice()
    worker = await office.started(batch=1)
    usual, deliver = worker.tools.understand, office.transport.deliver
    begun = {uid: asyncio.Event() for uid in (1, 2, 3)}
    next_uids = [2, 3, 3]

    async def understand(letters: Sequence[Letter]) -> list[Understood | Poison]:
        for letter in letters:
            begun[letter.ref.uid].set()
        return await usual(letters)

    async def deliver_slowly(reply: Reply) -> Outcome:
        async with asyncio.timeout(10):
            await begun[next_uids.pop(0)].wait()
        return await deliver(reply)

    monkeypatch.setattr(worker.tools, "understand", understand)
    monkeypatch.setattr(office.transport, "deliver", deliver_slowly)
    for number, name in enumerate(("Anna Schmitt", "Ben Yilmaz", "Carla Hoppe"), start=1):
        office.mailbox.put(a_mail(SIGNED.format(name), number=number))
    await worker.run_pass()
    assert office.receivers() == [f"a{number}@teutoburger-bote.example" for number in (1, 2, 3)]


async def test_when_the_next_batch_cannot_be_fetched_this_one_is_recorded_and_answered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = FakeOffice()
    worker = await office.started(batch=1, sent="")
    fetch = office.mailbox.fetch

    async def fetch_once(refs: Sequence[Ref], *, max_bytes: int) -> list[Letter]:
        if refs[0].uid > 1:
            raise MailboxError("gone")
        return await fetch(refs, max_bytes=max_bytes)

    office.mailbox.put(a_mail(ANNA, number=1))
    office.mailbox.put(a_mail(SIGNED.format("Ben Yilmaz"), number=2))
    with monkeypatch.context() as now:
        now.setattr(office.mailbox, "fetch", fetch_once)
        with pytest.raises(MailboxError):
            await worker.run_pass()
    assert office.receivers() == ["a1@teutoburger-bote.example"]
    await worker.run_pass()
    assert office.receivers() == ["a1@teutoburger-bote.example", "a2@teutoburger-bote.example"]


async def test_a_stop_between_poison_mails_leaves_the_rest_to_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    office = FakeOffice()
    worker = await office.started()

    def stopped_over(_: Letter) -> Understood:
        worker.stopping.set()
        raise ZeroDivisionError

    monkeypatch.setattr(worker.tools, "understand", UnderstandingHere(stopped_over))
    office.mailbox.put(a_mail(ANNA, number=1))
    office.mailbox.put(a_mail(ANNA, number=2))
    await worker.run_pass()
    assert [mail.entry.ref.uid for mail in worker.ledger.held.values()] == [1]
    assert office.transport.sent == []
    again = office.worker()
    await again.run_pass()
    assert office.receivers() == ["a2@teutoburger-bote.example"]


async def test_when_nothing_can_be_understood_no_mail_is_blamed_and_what_is_owed_is_delivered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = FakeOffice()
    worker = await office.started()
    office.transport.outcomes.append(NO_ROUTE)
    office.mailbox.put(a_mail(ANNA, number=1))
    await worker.run_pass()
    usual = worker.tools.understand

    async def without_a_process(_: Sequence[Letter]) -> list[Understood | Poison]:
        raise UnderstandingError("no process")

    monkeypatch.setattr(worker.tools, "understand", without_a_process)
    office.mailbox.put(a_mail(SIGNED.format("Ben Yilmaz"), number=2))
    office.clock.goes_on(minutes=1)
    with pytest.raises(UnderstandingError):
        await worker.run_pass()
    assert office.receivers() == ["a1@teutoburger-bote.example"]
    assert worker.ledger.held == {}
    monkeypatch.setattr(worker.tools, "understand", usual)
    await worker.run_pass()
    assert office.receivers() == ["a1@teutoburger-bote.example", "a2@teutoburger-bote.example"]


async def test_smtp_trouble_counts_against_no_mail_and_everything_waits() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.transport.outcomes.append(NO_ROUTE)
    office.mailbox.put(a_mail(ANNA, number=1))
    office.mailbox.put(a_mail(SIGNED.format("Ben Yilmaz"), number=2))
    await worker.run_pass()
    assert [(one.attempts, one.claimed_by) for one in worker.ledger.outbox.values()] == [(0, "")] * 2
    assert len(worker.ledger.roster()) == 2
    assert worker.delivery.closed is not None
    await worker.run_pass()
    assert len(office.transport.attempts) == 1, "the way out backs off"
    office.clock.goes_on(seconds=30)
    await worker.run_pass()
    assert len(office.transport.sent) == 2
    assert worker.delivery.closed is None


async def test_what_is_owed_is_delivered_while_the_mailbox_is_gone() -> None:
    office = FakeOffice()
    worker = await office.started(sent="")
    office.transport.outcomes.append(NO_ROUTE)
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    office.mailbox.troubles.append(MailboxError("gone"))
    office.clock.goes_on(minutes=1)
    with pytest.raises(MailboxError):
        await worker.run_pass()
    assert len(office.transport.sent) == 1


async def test_a_reply_put_off_comes_again_and_the_mail_is_filed_only_then() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.transport.outcomes.append(Trouble(Stage.RECIPIENT, 451, "greylisted"))
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    assert office.mailbox.flags() == [frozenset()]
    await worker.run_pass()
    assert len(office.transport.attempts) == 1
    office.clock.goes_on(minutes=2)
    await worker.run_pass()
    assert len(office.transport.sent) == 1
    assert office.mailbox.flags() == [{"\\Answered"}]


async def test_a_refused_reply_is_for_a_person_and_the_mail_is_not_answered() -> None:
    office = FakeOffice()
    worker = await office.started(filing=FilingPlan(done="Erledigt", held="Zu prüfen"))
    office.transport.outcomes.append(Trouble(Stage.RECIPIENT, 550, "no such person"))
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    assert [failed.code for failed in worker.ledger.failed.values()] == [550]
    assert office.mailbox.flags("Zu prüfen") == [frozenset()]


async def test_a_reply_in_doubt_that_lies_in_sent_is_not_sent_again() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.transport.outcomes.append(Trouble(Stage.MESSAGE, 0, "lost after DATA"))
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    office.mailbox.put(office.transport.attempts[0].content, folder="Gesendet")
    office.clock.goes_on(minutes=3)
    await worker.run_pass()
    assert len(office.transport.attempts) == 1
    assert not worker.ledger.outbox


async def test_a_reply_in_doubt_that_lies_nowhere_is_sent_once_more_with_the_same_message_id() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.transport.outcomes.append(Trouble(Stage.MESSAGE, 0, "lost after DATA"))
    office.mailbox.put(a_mail(ANNA))
    await worker.run_pass()
    office.clock.goes_on(minutes=3)
    await worker.run_pass()
    first, second = office.transport.attempts
    assert first.message_id == second.message_id
    assert not worker.ledger.outbox


async def test_what_cannot_be_recorded_is_not_answered_and_goes_on_when_it_can() -> None:
    office = FakeOffice()
    worker = await office.started()
    office.mailbox.put(a_mail(ANNA))
    office.journal.full = True
    with pytest.raises(JournalUnwritable):
        await worker.run_pass()
    assert office.transport.attempts == []
    office.journal.full = False
    await worker.run_pass()
    assert len(office.transport.sent) == 1


async def test_a_disk_that_fills_up_behind_a_delivery_does_not_make_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    office = FakeOffice()
    worker = await office.started(sent="")
    deliver = office.transport.deliver

    async def then_full(reply: object) -> object:
        outcome = await deliver(reply)  # type: ignore[arg-type]
        office.journal.full = True
        return outcome

    monkeypatch.setattr(office.transport, "deliver", then_full)
    office.mailbox.put(a_mail(ANNA))
    with pytest.raises(JournalUnwritable):
        await worker.run_pass()
    with pytest.raises(JournalUnwritable):
        await worker.run_pass()
    office.journal.full = False
    await worker.run_pass()
    assert len(office.transport.attempts) == 1
    assert not worker.ledger.outbox


async def test_a_disk_that_is_full_for_a_moment_makes_no_delivery_twice_in_a_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = FakeOffice()
    worker = await office.started(sent="")
    deliver = office.transport.deliver

    async def full_from_the_first_on(reply: object) -> object:
        outcome = await deliver(reply)  # type: ignore[arg-type]
        office.journal.full = True
        return outcome

    monkeypatch.setattr(office.transport, "deliver", full_from_the_first_on)
    for number in range(1, 6):
        office.mailbox.put(a_mail(SIGNED.format("Anna Schmitt"), number=number))
    with pytest.raises(JournalUnwritable):
        await worker.run_pass()
    handed_over = len(office.transport.sent)
    assert handed_over < 3
    office.journal.full = False
    monkeypatch.setattr(office.transport, "deliver", deliver)
    await worker.run_pass()
    assert len(office.transport.attempts) == 5


async def test_two_workers_on_one_journal_and_mailbox_answer_once() -> None:
    office = FakeOffice()
    first, second = await office.started(), office.worker(office.plan(name="second"))
    await second.run_pass()
    for number in range(1, 8):
        office.mailbox.put(a_mail(ANNA, number=number))
    list_new = office.mailbox.list_new

    async def overtaken(after_uid: int) -> object:
        listed = await list_new(after_uid)
        office.mailbox.list_new = list_new  # type: ignore[method-assign]
        await second.run_pass()  # the other one is faster with the very same mails
        return listed

    office.mailbox.list_new = overtaken  # type: ignore[method-assign,assignment]
    await first.run_pass()
    assert sorted(office.receivers()) == [f"a{number}@teutoburger-bote.example" for number in range(1, 8)]


async def test_told_to_stop_it_ends_between_two_replies_and_owes_the_rest() -> None:
    office = FakeOffice()
    worker = await office.started()
    deliver = office.transport.deliver

    async def and_stop(reply: object) -> object:
        worker.stopping.set()
        return await deliver(reply)  # type: ignore[arg-type]

    office.transport.deliver = and_stop  # type: ignore[method-assign,assignment]
    for number in range(1, 6):
        office.mailbox.put(a_mail(ANNA, number=number))
    await worker.run_pass()
    assert len(office.transport.sent) == 1
    assert [one.claimed_by for one in worker.ledger.outbox.values()] == [""] * 4
    office.transport.deliver = deliver  # type: ignore[method-assign]
    await office.worker().run_pass()
    assert len(office.transport.sent) == 5
