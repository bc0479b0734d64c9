"""`notify` as somebody types it whose event got another link, on real servers and with the daemon running."""

from pathlib import Path

import pytest

from tests.builders import FACHDISKURS, SIGNED
from tests.e2e.command import Office, await_that, end
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix, awaited

pytestmark = pytest.mark.xdist_group("e2e")

CHANGE = ("notify", FACHDISKURS, "--reason", "change")


def test_a_new_link_is_shown_first_and_sent_by_a_daemon_that_knows_it(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix
) -> None:
    office = Office(tmp_path, dovecot, postfix)
    office.run("once")
    running = office.start("run")
    office.write(SIGNED.replace(" am 24. November", "").format("Anna Schmitt"))
    await_that(lambda: office.entries("reply-sent"), "the link is sent")

    event = tmp_path / "events" / f"{FACHDISKURS}.toml"
    event.write_text(event.read_text("utf-8").replace("example.org/zwk", "example.org/neu-zwk"), "utf-8")
    shown = office.run(*CHANGE)
    assert office.journalist() in shown
    assert "Subject: Geändert: " in shown
    assert "Nothing was sent" in shown
    refused = office.start(*CHANGE, "--send")
    assert "start it anew" in refused.communicate(timeout=60)[1]
    assert refused.returncode == 2
    assert len(office.entries("reply-owed")) == 1

    assert end(running)[0] == 0
    running = office.start("run")
    await_that(lambda: len(office.entries("event-told")) == 3, "it has learned of the new link")
    assert "A daemon is running" in office.run(*CHANGE, "--send")
    await_that(lambda: len(office.entries("reply-sent")) == 2, "the change is sent")
    assert "0 mails" in office.run(*CHANGE, "--send")
    assert end(running)[0] == 0
    mails = awaited(dovecot, office.journalist(), 2)
    assert len(mails) == 2
    assert b"https://meet.example.org/neu-zwk-fachdiskurs-22" in mails[1].replace(b"=\r\n", b"")
    assert "unbroken" in office.run("journal", "verify")
    assert "neuer Zugangslink. Eine Person hat noch die alten Angaben" in office.run("journal")
