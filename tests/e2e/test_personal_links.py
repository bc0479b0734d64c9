"""Personal links on real servers: a file of two for three people, a daemon that dies, and the file filled up."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from inbox_worker.config import load
from tests.builders import FACHDISKURS
from tests.e2e.command import Office
from tests.e2e.test_life_of_an_event import REGISTERS, Desk, name
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix, awaited

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(120)]

LINKS = [f"https://meet.example.org/own/{number}" for number in range(1, 10)]
OWN = re.compile(rb"https://meet\.example\.org/own/\d")


def fill_up(office: Office, many: int) -> None:
    (office.directory / "events" / "own.csv").write_text("\r\n".join(["link;name", *LINKS[:many]]), "utf-8-sig")


def with_a_pool(office: Office) -> Desk:
    desk = Desk(office)
    event = office.directory / "events" / f"{FACHDISKURS}.toml"
    text = re.sub(r"(?m)^capacity = .*$", "", event.read_text("utf-8"))
    event.write_text(re.sub(r'(?m)^link = ".*"$', 'links_file = "own.csv"', text), "utf-8")
    desk.settings = load(office.directory, os.environ)
    return desk


async def links_of(desk: Desk, number: int, count: int) -> list[list[bytes]]:
    """The links in each mail in this person's own mailbox."""
    mails = await asyncio.to_thread(awaited, desk.office.dovecot, desk.person(number), count)
    return [sorted(set(OWN.findall(mail.replace(b"=\r\n", b"").replace(b"\r\n ", b"")))) for mail in mails]


async def test_each_gets_a_link_of_their_own_and_who_comes_too_late_gets_it_when_the_file_is_longer(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix
) -> None:
    office = Office(tmp_path, dovecot, postfix)
    fill_up(office, 2)
    desk = with_a_pool(office)
    await desk.work()  # the first start
    desk.get(0, 1, 2, text=REGISTERS)
    await desk.work(dies_after=1)
    given = [entry["facts"]["registration"] for entry in office.entries("link-given")]
    assert len(given) == 2, "kept before the first answer left"
    for _ in range(3):
        desk.now += desk.event.end - desk.event.start  # a claim of a daemon that is gone is taken up
        await desk.work()
    assert await links_of(desk, 0, 1) == [[LINKS[0].encode()]]
    assert await links_of(desk, 1, 1) == [[LINKS[1].encode()]]
    assert await links_of(desk, 2, 1) == [[]], "a receipt"
    held = office.run("held")
    assert "wartet auf Freigabe" in office.run("registrants", "--format", "csv")
    assert "kein persönlicher Zugangslink ist mehr frei" in held
    assert f"Vorrat an Zugangslinks für {FACHDISKURS}: 0 von 2" in office.run("registrants")
    checked = office.run("check")
    assert f"NOTE  {FACHDISKURS}: 0 of 2 personal links are left: add more to its links_file" in checked

    fill_up(office, 9)
    number = next(line.split()[0] for line in held.splitlines() if desk.person(2) in line)
    office.run("release", number)
    desk.settings = load(office.directory, os.environ)
    await desk.work()
    assert await links_of(desk, 2, 2) == [[], [LINKS[2].encode()]]
    assert [entry["facts"]["registration"] for entry in office.entries("link-given")][:2] == given
    assert "unbroken" in office.run("journal", "verify")
    journal = office.run("journal")
    assert f"vergeben an {name(2)} ({desk.person(2)})." in journal
    assert "/own/" not in office.journal.read_text("utf-8"), "the journal does not tell them"
    listed = office.run("registrants", "--format", "csv", "--event", FACHDISKURS)
    assert [LINKS[each] in listed for each in range(4)] == [True, True, True, False]
