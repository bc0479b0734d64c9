"""A copy of the journal, made while the daemon works, takes the journal's place (README, 'Backup and restore')."""

import random
import shutil
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.torture.desk import DONE, Moments, State, Tormented, await_that
from tests.torture.journalists import Kind, writers
from tests.torture.reckoning import message_ids

pytestmark = [pytest.mark.xdist_group("torture"), pytest.mark.timeout(600)]


def restored(desk: Tormented, dice: random.Random) -> tuple[State, Counter[str]]:
    """Copy the journal in the middle of the work, go on, stop, and put the copy in the journal's place.

    What the journal said at the copy, and how often each answer lay in a journalist's mailbox before the restore.
    """
    people = writers(desk.office.name, only=Kind.REGISTRATION)
    for writer in islice(people, 8):
        desk.write(writer)
    daemon = desk.start()
    desk.await_started(daemon)
    await_that(lambda: desk.office.entries("reply-claimed"), "it is at work", pause=0.001)
    Moments(dice, desk.copies).draw().await_it(desk, daemon)
    backup = desk.office.directory / "backup.jsonl"
    shutil.copy(desk.office.journal, backup)
    for writer in islice(people, 8):
        desk.write(writer)
    desk.await_settled(daemon)
    assert daemon.stop()[0] == 0
    before = delivered(desk)
    assert set(before.values()) == {1}
    assert "unbroken" in desk.office.run("journal", "verify", "--file", str(backup))
    shutil.copy(backup, desk.office.journal)
    return desk.state(), before


def delivered(desk: Tormented) -> Counter[str]:
    """How often each answer lies in a journalist's mailbox, once all of them are there."""
    await_that(lambda: not desk.office.postfix.waiting(), "Postfix has delivered everything")
    return sum((message_ids(desk.office.dovecot.mails(writer.address)) for writer in desk.writers), Counter[str]())


def go_on(desk: Tormented) -> None:
    assert "unbroken" in desk.office.run("journal", "verify")
    desk.one_pass()
    desk.one_pass()
    assert "unbroken" in desk.office.run("journal", "verify")


def test_after_a_restore_later_mails_are_on_the_list_again_and_only_what_was_owed_at_the_copy_may_come_twice(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, dice: random.Random
) -> None:
    desk = Tormented.settled(tmp_path, dovecot, postfix)
    desk.environ["INBOX_WORKER_IMAP__DONE_FOLDER"] = ""  # mail stays in the inbox
    copied, before = restored(desk, dice)
    go_on(desk)
    after = delivered(desk)
    assert after.keys() == before.keys(), "the same answers, with the same Message-IDs"
    owed = set(copied.ledger.outbox) - copied.claimed_by("worker")  # those claimed are found in Sent
    assert {reply for reply, times in after.items() if times == 2} == owed
    assert set(after.values()) <= {1, 2}
    assert Counter(one.address for one in desk.state().ledger.roster()) == Counter(
        writer.address for writer in desk.writers
    )


def test_after_a_restore_what_was_filed_away_later_is_treated_again_once_it_is_moved_back(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, dice: random.Random
) -> None:
    desk = Tormented.settled(tmp_path, dovecot, postfix)
    copied, before = restored(desk, dice)
    go_on(desk)
    missing = desk.submitted - copied.recorded
    assert missing, "mails that came after the copy"
    known = {one.address for one in desk.state().ledger.roster()}
    assert len(known) == len(desk.writers) - missing.total(), (
        "they lie in the done folder, where nobody looks for new mail"
    )
    with dovecot.client(desk.office.address) as client:
        client.select_folder(DONE)
        client.move(client.search("ALL"), "INBOX")
    go_on(desk)
    after = delivered(desk)
    assert after.keys() == before.keys(), "the same answers, with the same Message-IDs"
    owed = set(copied.ledger.outbox)
    assert {reply for reply, times in after.items() if times > 1} <= owed, "what is moved bears its flag \\Answered"
    assert Counter(one.address for one in desk.state().ledger.roster()) == Counter(
        writer.address for writer in desk.writers
    )
