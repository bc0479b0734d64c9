"""SIGTERM at any moment: the daemon ends in time with status 0, and nothing at all is lost or doubled."""

import random
from itertools import islice
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.torture.desk import Moments, Tormented
from tests.torture.journalists import writers
from tests.torture.reckoning import reckon

pytestmark = pytest.mark.xdist_group("torture")


@pytest.mark.timeout(600)
def test_stopped_twice_by_sigterm_nothing_is_doubled_though_sent_keeps_no_copies(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, dice: random.Random
) -> None:
    stop_again_and_again(Tormented.settled(tmp_path, dovecot, postfix, copies=False), dice, times=5)


@pytest.mark.torture
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("copies", [True, False], ids=["with copies in Sent", "without copies in Sent"])
def test_twenty_times_sigterm(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, dice: random.Random, *, copies: bool
) -> None:
    stop_again_and_again(Tormented.settled(tmp_path, dovecot, postfix, copies=copies), dice, times=20)


def stop_again_and_again(desk: Tormented, dice: random.Random, times: int) -> None:
    people, moments, took, hits = writers(desk.office.name), Moments(dice, desk.copies), [0.0], 0
    for _ in range(times):
        daemon, moment = desk.start(), moments.draw()
        for writer in islice(people, 4):
            desk.write(writer)
        desk.await_started(daemon)
        moment.await_it(desk, daemon)
        status, seconds = daemon.stop()
        assert status == 0, daemon.log()
        assert seconds < 10, daemon.log()
        assert not desk.state().claimed_by("worker"), "a claim is settled or given back"
        left = desk.work_left()
        moments.learn(moment, hit=bool(left))
        hits += bool(left)
        took.append(seconds)
        desk.cancel()
    daemon = desk.start()
    desk.await_settled(daemon)
    assert daemon.stop()[0] == 0
    figures = reckon(desk)  # nothing was ever in doubt, so that no duplicate is excused
    assert figures.duplicates == 0
    # read by people who run `make torture`
    print(f"\nSIGTERM: {times} times, {hits} at work, at most {max(took):.1f} s\n{figures}")  # noqa: T201
