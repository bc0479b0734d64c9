"""An answer that a real Postfix takes and sends back: told to a person, and nothing more is sent there."""

import json
from pathlib import Path

import pytest

from tests.builders import SIGNED
from tests.e2e.command import Office, await_that
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix

pytestmark = pytest.mark.xdist_group("e2e")

TEXT = SIGNED.replace(" am 24. November", "")


@pytest.mark.parametrize("verp", ["true", "false"])
def test_an_answer_that_comes_back_is_told_and_ends_it(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, verp: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, dovecot, postfix)
    monkeypatch.setenv("INBOX_WORKER_SMTP__VERP", verp)
    assert "ok    SMTP" in office.run("check")
    office.run("once")
    gone = f"zurueck-{office.name}@zeitung.example"
    mail = (
        f"From: Anna Schmitt <{gone}>\r\nTo: {office.address}\r\nSubject: Anmeldung\r\n"
        "Message-ID: <{}@zeitung.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ) + TEXT.format("Anna Schmitt").replace("\n", "\r\n")
    postfix.submit(mail.format("one").encode(), sender=gone, to=office.address)
    await_that(lambda: len(dovecot.mails(office.address)) == 1, "the mail is there")
    office.run("once")
    assert len(office.entries("reply-sent")) == 1
    # the answer was taken; the bounce comes into the desk's own mailbox
    await_that(lambda: len(dovecot.mails(office.address)) == 1, "the bounce is there")
    (bounce,) = dovecot.mails(office.address)
    assert bounce.startswith(b"Return-Path: <>")
    assert (b"Delivered-To: presse-" + office.name.encode() + b"+" in bounce) is (verp == "true")

    office.run("once")
    (back,) = office.entries("undeliverable")
    assert back["personal"]["address"] == gone
    assert "mailbox is full" in back["personal"]["response"]
    assert back["facts"]["reply"] == office.entries("reply-sent")[0]["facts"]["reply"]
    assert "unzustellbar" in office.run("registrants")
    assert f"Unzustellbar: {gone}" in office.run("held")
    assert json.loads(office.run("registrants", "--format", "json"))[0]["undeliverable"] is True

    postfix.submit(
        mail.format("two").replace("melde ich mich", "melde ich mich gern").encode(), sender=gone, to=office.address
    )
    await_that(lambda: len(dovecot.mails(office.address)) >= 1, "the second mail is there")
    office.run("once")
    assert len(office.entries("reply-sent")) == 1
    assert "an diese Adresse war schon eine frühere Mail unzustellbar" in office.run("held")
    (number,) = [row["number"] for row in json.loads(office.run("held", "--json"))["held"] if row["withheld"]]
    office.run("release", str(number))
    office.run("once")
    assert len(office.entries("reply-sent")) == 2
