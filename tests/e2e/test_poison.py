"""The real daemon and mails that kill or hold the process that reads them: the others are answered all the same."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e import poisoned
from tests.e2e.command import Office, await_that, end
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix, awaited

TEXT = "Guten Tag,\n\nich melde mich zum Fachdiskurs an.\n\nMit freundlichen Grüßen\n{}\nTeutoburger Bote\n"
ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.xdist_group("e2e")


@pytest.fixture
def office(tmp_path: Path, dovecot: Dovecot, postfix: Postfix) -> Office:
    """A desk that has set its baseline: whatever arrives now is to be treated."""
    office = Office(tmp_path, dovecot, postfix)
    office.run("once")
    return office


def start(office: Office) -> "subprocess.Popen[str]":
    code = "from tests.e2e.poisoned import main; main()"
    command = [sys.executable, "-c", code, "run", "--config", str(office.directory)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def children(pid: int) -> list[int]:
    """The process ids of its children."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # a thread that has ended meanwhile
            found += [int(one) for one in (task / "children").read_text().split()]
    return found


def test_between_mails_that_kill_or_hold_the_reader_everybody_is_answered_and_nothing_stays_behind(
    office: Office,
) -> None:
    words = ["", poisoned.KILLS.decode(), "", poisoned.LOOPS.decode(), ""]
    names = ["Anna Schmitt", "Ben Yilmaz", "Carla Hoppe", "David Brandt", "Eva Lindner"]
    for number, (name, word) in enumerate(zip(names, words, strict=True), start=1):
        office.write(f"{TEXT.format(name)}\n{word}\n", number=number, name=name)
    await_that(lambda: len(office.dovecot.mails(office.address)) == 5, "all are in the mailbox")
    daemon = start(office)
    try:
        await_that(lambda: len(office.entries("mail")) >= 2, "the deadly one is held")
        await_that(lambda: len(office.entries("mail")) >= 4, "the endless one is held")
        await_that(lambda: len(office.entries("reply-sent")) == 3, "the good ones are answered")
        office.write(TEXT.format("Frank Nowak"), number=6, name="Frank Nowak")
        await_that(lambda: len(office.entries("reply-sent")) == 4, "the daemon goes on")
        assert office.run("health")
        (child,) = children(daemon.pid)
    finally:
        status, log = end(daemon)
    assert status == 0, log
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert [len(awaited(office.dovecot, office.journalist(number))) for number in (1, 3, 5, 6)] == [1] * 4
    held = {one["from"]: one["concerns"] for one in json.loads(office.run("held", "--json"))["held"]}
    assert held == {
        office.journalist(2): [
            "diese Mail konnte nicht verarbeitet werden",
            "das Lesen brach in drei Versuchen ganz ab",
        ],
        office.journalist(4): [
            "diese Mail konnte nicht verarbeitet werden",
            "das Lesen dauerte in drei Versuchen zu lange",
        ],
    }
    assert log.count("at understanding it: the process ended (exit status -9)") == 3
    assert log.count("at understanding it: more than 1 s of processor time") == 3
    assert not any(word in log for word in ("Yilmaz", "Brandt", "zeitung.example"))
