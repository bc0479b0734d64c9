"""Two events near each other, a mail that names neither, on real servers: the answer to our question settles it."""

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.e2e.command import Office, await_that, end
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix, awaited

pytestmark = pytest.mark.xdist_group("e2e")


def _write(office: Office, text: str, *, answers: EmailMessage | None = None) -> None:
    """A journalist's mail, perhaps in answer to one of ours."""
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"] = f"Anna Schmitt <{office.journalist()}>", office.address
    mail["Subject"] = f"Re: {answers['Subject']}" if answers else "Anmeldung"
    mail["Message-ID"] = f"<{'answer' if answers else 'first'}-{office.name}@zeitung.example>"
    if answers:
        mail["In-Reply-To"] = answers["Message-ID"]
        mail["References"] = f"{answers['References']} {answers['Message-ID']}"
    mail.set_content(text)
    office.postfix.submit(mail.as_bytes(), sender=office.journalist(), to=office.address)


def _read(office: Office, count: int) -> EmailMessage:
    """The last of so many mails in the journalist's mailbox."""
    mail = email.message_from_bytes(
        awaited(office.dovecot, office.journalist(), count)[-1], policy=email.policy.default
    )
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_mail_that_names_no_event_is_asked_back_about_and_its_answer_settles_it(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix
) -> None:
    office = Office(tmp_path, dovecot, postfix)
    march = tmp_path / "events" / "zwk-presse-23.toml"
    near = re.sub(r"2099-\d\d-\d\d(?=T)", "2099-11-30", march.read_text("utf-8"))
    march.write_text(near.replace("14. März", "30. November").replace("14.03.", "30.11."), "utf-8")
    office.run("once")
    running = office.start("run")
    _write(office, "Guten Tag,\n\nhiermit melde ich mich an.\n\nViele Grüße\nAnna Schmitt\n")
    question = _read(office, 1)
    body = question.get_body(("plain",))
    assert body is not None
    assert "Welche meinen Sie?" in body.get_content()
    assert "https://meet.example.org" not in body.get_content()
    assert "nachgefragt, welche Veranstaltung gemeint ist" in office.run("held")

    _write(office, "Das Pressegespräch bitte!\n\nViele Grüße\nAnna Schmitt\n", answers=question)
    confirmation = _read(office, 2)
    body = confirmation.get_body(("plain",))
    assert body is not None
    assert "https://meet.example.org/zwk-presse-23" in body.get_content()
    assert "zwk-fachdiskurs-22" not in body.get_content()
    await_that(lambda: len(office.entries("filed")) >= 2, "both mails are filed")
    assert "nachgefragt" not in office.run("held")
    assert len(office.entries("settled")) == 1
    assert end(running)[0] == 0
    assert [entry["facts"]["event"] for entry in office.entries("registered")] == ["zwk-presse-23"]
    assert "unbroken" in office.run("journal", "verify")
