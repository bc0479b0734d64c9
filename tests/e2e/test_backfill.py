"""`backfill` as somebody types it who has had a mailbox for years."""

from pathlib import Path

import pytest

from tests.builders import SIGNED
from tests.e2e.command import Office, await_that
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix, awaited

pytestmark = pytest.mark.xdist_group("e2e")


def test_old_mail_is_shown_first_and_answered_only_when_that_is_said(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix
) -> None:
    office = Office(tmp_path, dovecot, postfix)
    text = SIGNED.replace(" am 24. November", "")
    for number, name in enumerate(["Anna Schmitt", "Ben Yilmaz"]):
        office.write(text.format(name), number=number, name=name)
    await_that(lambda: len(dovecot.mails(office.address)) == 2, "the old mails are there")
    with dovecot.client(office.address) as client:
        client.select_folder("INBOX")
        (uid,) = client.search(["FROM", office.journalist(1)])
        client.add_flags([uid], ["\\Answered"])
    assert "inbox-worker once" in office.start("backfill", "--since", "2022-01-01").communicate(timeout=60)[1]
    office.run("once")
    assert awaited(dovecot, office.journalist(0), limit=0.5) == []

    shown = office.run("backfill", "--since", "2022-01-01")
    assert f"Bestätigung mit Zugangslink an {office.journalist(0)}" in shown
    assert "keine Antwort: war schon beantwortet" in shown
    assert "Nothing was sent" in shown
    assert awaited(dovecot, office.journalist(0), limit=0.5) == []

    assert "handed over" in office.run("backfill", "--since", "2022-01-01", "--send")
    assert len(awaited(dovecot, office.journalist(0))) == 1
    assert "0 mails" in office.run("backfill", "--since", "2022-01-01", "--send")
    office.run("once")
    assert len(awaited(dovecot, office.journalist(0), 2, limit=0.5)) == 1
    assert awaited(dovecot, office.journalist(1), limit=0.5) == []
    assert office.run("registrants", "--format", "json").count('"family_name"') == 2
    wrong = office.start("backfill", "--since", "gestern")
    assert "--since: 'gestern' is no date; write 2022-11-02" in wrong.communicate(timeout=60)[1]
