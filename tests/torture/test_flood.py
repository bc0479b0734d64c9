"""One attacker floods the mailbox: the journalists behind the flood have their answers after the pass that follows."""

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.torture.desk import Tormented, await_that
from tests.torture.journalists import NAMES, Kind, Writer, writers
from tests.torture.reckoning import message_ids

pytestmark = pytest.mark.xdist_group("torture")

SENDERS: dict[str, Callable[[int], str]] = {
    "one address": lambda _: "flut@flut.example",
    "addresses of one domain": lambda number: f"flut{number}@flut.example",
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("sender", SENDERS)
def test_a_journalist_behind_a_flood_is_answered_after_the_next_pass(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, sender: str
) -> None:
    flood(Tormented.settled(tmp_path, dovecot, postfix), SENDERS[sender], mails=120)


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("sender", SENDERS)
def test_five_thousand_mails_at_once(tmp_path: Path, dovecot: Dovecot, postfix: Postfix, sender: str) -> None:
    flood(Tormented.settled(tmp_path, dovecot, postfix), SENDERS[sender], mails=5000)


def flood(desk: Tormented, sender: Callable[[int], str], mails: int) -> None:
    """Half of the journalists write behind the flood, half while a pass works on it."""
    people = writers(desk.office.name, only=Kind.REGISTRATION)
    began = time.monotonic()
    floods = [Writer(number, NAMES[number % len(NAMES)], sender(number), Kind.REGISTRATION) for number in range(mails)]
    raws = [one.first.to(desk.office.address).replace(b"<first-", b"<%d-" % one.number) for one in floods]
    desk.office.dovecot.fill(desk.office.address, raws)
    poured = time.monotonic() - began

    behind, amidst = list(islice(people, 3)), list(islice(people, 3))
    for writer in behind:
        desk.write(writer)
    await_that(lambda: not desk.office.postfix.waiting(), "Postfix has delivered everything")
    began = time.monotonic()
    one_pass = desk.start("once")
    await_that(lambda: one_pass.journal.has(b'"what":"mail"'), "the pass is at work")
    for writer in amidst:
        desk.write(writer)
    await_that(lambda: one_pass.process.poll() is not None, "the pass ends", limit=3000, pause=0.05)
    assert one_pass.process.returncode == 0, one_pass.log()
    first = time.monotonic() - began
    answered(desk, behind)
    began = time.monotonic()
    desk.one_pass()
    second = time.monotonic() - began
    answered(desk, amidst)
    flooded = sum(one.sender.endswith("@flut.example") and bool(one.answers) for one in desk.state().mails)
    # read by people who run `make torture`
    print(  # noqa: T201
        f"\n{mails} mails in {poured:.0f} s: {flooded} of them answered; the pass over them took {first:.0f} s, "
        f"the one behind it {second:.1f} s"
    )


def answered(desk: Tormented, people: list[Writer]) -> None:
    """Each of these has exactly the one answer."""
    await_that(lambda: not desk.office.postfix.waiting(), "Postfix has delivered everything", limit=1200)
    got = {writer.number: message_ids(desk.office.dovecot.mails(writer.address)).total() for writer in people}
    assert got == {writer.number: 1 for writer in people}
