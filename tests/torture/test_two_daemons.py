"""Two daemons of different names on one journal and one mailbox, as real processes."""

import random
import time
from itertools import islice
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.torture.desk import Daemon, Moments, Tormented
from tests.torture.journalists import writers
from tests.torture.reckoning import reckon

pytestmark = pytest.mark.xdist_group("torture")

NAMES = ("east", "west")


@pytest.mark.timeout(600)
def test_two_daemons_share_the_work_and_answer_each_mail_once(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix
) -> None:
    desk = Tormented.settled(tmp_path, dovecot, postfix, copies=False)
    people = writers(desk.office.name)
    east, west = (named(desk, name) for name in NAMES)
    for daemon in (east, west):
        desk.await_started(daemon)
    for writer in islice(people, 50):
        desk.write(writer)
    desk.await_settled(east)
    assert east.stop()[0] == 0
    desk.write(next(people))
    desk.await_settled(west)  # which goes on alone
    back = named(desk, "east")
    desk.await_started(back)
    assert west.stop()[0] == 0
    desk.write(next(people))
    desk.await_settled(back)
    assert back.stop()[0] == 0
    assert not any("Traceback" in daemon.log() for daemon in (east, west, back))
    assert not desk.claimed_at_kills
    figures = reckon(desk)
    assert figures.mails == 62
    assert figures.duplicates == 0
    assert {entry["facts"]["worker"] for entry in desk.office.entries("reply-claimed")} == set(NAMES), "both worked"


@pytest.mark.timeout(600)
def test_two_daemons_either_of_which_is_killed_double_only_in_the_one_window(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, dice: random.Random
) -> None:
    kill_either(Tormented.settled(tmp_path, dovecot, postfix), dice, kills=4)


@pytest.mark.torture
@pytest.mark.timeout(1800)
def test_two_daemons_forty_kills(tmp_path: Path, dovecot: Dovecot, postfix: Postfix, dice: random.Random) -> None:
    kill_either(Tormented.settled(tmp_path, dovecot, postfix), dice, kills=40)


def named(desk: Tormented, name: str) -> Daemon:
    return desk.start(INBOX_WORKER_JOURNAL__WORKER=name)


def kill_either(desk: Tormented, dice: random.Random, kills: int) -> None:
    """Kill one while both work, start it again at once."""
    began, people, moments = time.monotonic(), writers(desk.office.name), Moments(dice, desk.copies)
    running = {name: named(desk, name) for name in NAMES}
    for _ in range(kills):
        for daemon in running.values():
            desk.await_started(daemon)
        for writer in islice(people, 4):
            desk.write(writer)
        victim = dice.choice(NAMES)
        moments.draw().await_it(desk, running[victim])
        running[victim].kill()
        desk.remember_claims(victim)
        running[victim] = named(desk, victim)
        desk.cancel()
    for daemon in running.values():
        desk.await_started(daemon)
    desk.await_settled(running[NAMES[0]])
    assert [daemon.stop()[0] for daemon in running.values()] == [0, 0]
    # read by people who run `make torture`
    print(f"\ntwo daemons: {kills} kills, {time.monotonic() - began:.0f} s\n{reckon(desk)}")  # noqa: T201
