"""The process dies by SIGKILL at any moment of its work, again and again, and is started again at once.

TORTURE_SEED=N repeats the draws of another run (not its moments: those depend on the machine).
"""

import random
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.torture.desk import Moments, Tormented
from tests.torture.journalists import writers
from tests.torture.reckoning import reckon

pytestmark = pytest.mark.xdist_group("torture")

_SHORT, _FULL = (8, 20), (100, 200)
"""Kills that must hit while work is going on, and journalists who write meanwhile."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("copies", [True, False], ids=["with copies in Sent", "without copies in Sent"])
def test_killed_again_and_again_it_loses_nothing_and_doubles_only_in_the_one_window(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, dice: random.Random, *, copies: bool
) -> None:
    torment(Tormented.settled(tmp_path, dovecot, postfix, copies=copies), dice, *_SHORT)


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("copies", [True, False], ids=["with copies in Sent", "without copies in Sent"])
def test_a_hundred_kills_over_two_hundred_journalists(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, dice: random.Random, *, copies: bool
) -> None:
    torment(Tormented.settled(tmp_path, dovecot, postfix, copies=copies), dice, *_FULL)


def torment(desk: Tormented, dice: random.Random, kills: int, journalists: int) -> None:
    """Kill until enough kills have hit and everybody has written; then let it work, and reckon."""
    began = time.monotonic()
    people = writers(desk.office.name)
    moments = Moments(dice, desk.copies)
    hits: Counter[str] = Counter()
    idle = 0
    while hits.total() < kills or len(desk.writers) < journalists:
        assert idle < 3 * kills, "work enough for so many kills"
        group = list(islice(people, max(2, -(-(journalists - len(desk.writers)) // max(1, kills - hits.total())))))
        early = dice.randint(0, len(group))
        moment = moments.draw()
        daemon = desk.start()
        for writer in group[:early]:
            desk.write(writer)
        desk.await_started(daemon)
        for writer in group[early:]:
            desk.write(writer)
        moment.await_it(desk, daemon)
        daemon.kill()
        desk.remember_claims()
        left = desk.work_left()
        moments.learn(moment, hit=bool(left))
        if left:
            hits[left] += 1
        else:
            idle += 1
        desk.cancel()
    daemon = desk.start()
    desk.await_settled(daemon)
    status, _ = daemon.stop()
    assert status == 0
    figures = reckon(desk)
    # read by people who run `make torture`
    print(  # noqa: T201
        f"\n{'with' if desk.copies else 'without'} copies in Sent: {hits.total()} kills at work "
        f"({', '.join(f'{count} with {what}' for what, count in hits.most_common())}), {idle} while idle\n{figures}\n"
        f"{time.monotonic() - began:.0f} s"
    )
