"""The installed command against a real Dovecot and a real Postfix: from a journalist's mail to their own mailbox."""

import email
import email.policy
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders import SIGNED
from tests.e2e.command import Office, await_that, end
from tests.servers import ground
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix, awaited

TEXT = "Guten Tag,\n\nich melde mich zum Fachdiskurs an.\n\nMit freundlichen Grüßen\n{}\nTeutoburger Bote\n"

pytestmark = pytest.mark.xdist_group("e2e")


@pytest.fixture
def office(tmp_path: Path, dovecot: Dovecot, postfix: Postfix) -> Office:
    """A desk that has set its baseline: whatever arrives now is to be treated."""
    office = Office(tmp_path, dovecot, postfix)
    office.run("once")
    return office


def arrived(office: Office, count: int = 1) -> None:
    """Wait until Postfix has brought so many mails into the office's mailbox."""
    await_that(lambda: len(office.dovecot.mails(office.address)) >= count, f"{count} mails are in the mailbox")


def test_a_mail_through_postfix_gets_one_threaded_answer_in_the_journalists_own_mailbox(office: Office) -> None:
    office.write(TEXT.format("Anna Schmitt"))
    arrived(office)
    office.run("once")
    (raw,) = awaited(office.dovecot, office.journalist())
    reply = email.message_from_bytes(raw, policy=email.policy.default)
    assert reply["In-Reply-To"] == f"<mail-1-{office.name}@zeitung.example>"
    assert reply["References"] == f"<mail-1-{office.name}@zeitung.example>"
    assert reply["Subject"].startswith("Ihr Zugangslink: ")
    assert reply["Auto-Submitted"] == "auto-replied"
    assert reply["To"].addresses[0].addr_spec == office.journalist()
    body = reply.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Guten Tag Anna Schmitt" in text
    assert "https://" in text
    assert "24.\N{NO-BREAK SPACE}November" in text

    (registered,) = json.loads(office.run("registrants", "--format", "json"))
    assert registered["registrant"]["organisation"] == "Teutoburger Bote"
    assert registered["address"] == office.journalist()
    assert "Anna Schmitt" in office.run("registrants")
    story = [line["what"] for line in office.entries() if line["what"] != "event-told"]
    assert story == ["baseline", "mail", "registered", "reply-owed", "reply-claimed", "reply-sent", "filed"]
    assert "unbroken" in office.run("journal", "verify")
    assert "Angemeldet zu" in office.run("journal")

    with office.dovecot.client(office.address) as client:
        client.select_folder("Erledigt & geprüft")
        (uid,) = client.search("ALL")
        flags = client.get_flags([uid])[uid]
    assert b"\\Answered" in flags
    assert b"InboxWorker" in flags
    assert b"\\Seen" not in flags
    assert len(office.dovecot.mails(office.address, "Gesendet")) == 1

    office.run("once")  # and never again
    assert len(awaited(office.dovecot, office.journalist(), 2, limit=0.5)) == 1


def test_the_daemon_answers_within_seconds_and_ends_on_sigterm(office: Office) -> None:
    daemon = office.start("run")
    try:
        await_that(lambda: office.run("health"), "the daemon is healthy")
        office.write(TEXT.format("Anna Schmitt"))
        assert len(awaited(office.dovecot, office.journalist())) == 1
    finally:
        status, log = end(daemon)
    assert status == 0, log
    assert "intent=registration outcome=done answers=confirmation" in log
    assert "Schmitt" not in log
    assert "zeitung.example" not in log


def test_killed_between_record_and_send_there_is_still_exactly_one_answer(office: Office) -> None:
    office.write(TEXT.format("Anna Schmitt"))
    arrived(office)
    with a_server_that_never_answers() as port:
        daemon = office.start("run", INBOX_WORKER_SMTP__PORT=str(port))
        await_that(lambda: office.entries("reply-claimed"), "the reply is claimed")
        end(daemon, signal.SIGKILL)
    assert [line["what"] for line in office.entries()][-1] == "reply-claimed"
    office.run("once")
    assert len(awaited(office.dovecot, office.journalist())) == 1
    office.run("once")
    assert len(awaited(office.dovecot, office.journalist(), 2, limit=0.5)) == 1
    assert len(json.loads(office.run("registrants", "--format", "json"))) == 1


def test_sigterm_during_a_batch_of_fifty_loses_nothing_and_doubles_nothing(office: Office) -> None:
    names = [f"{given} {family}" for given in ["Anna", "Ben", "Carla", "David", "Eva"] for family in FAMILIES]
    for number, name in enumerate(names):
        office.write(TEXT.format(name), number=number, name=name)
    arrived(office, 50)
    daemon = office.start("run")
    await_that(lambda: office.entries("reply-sent"), "the first reply is sent")
    started = time.monotonic()
    status, log = end(daemon)
    assert status == 0, log
    assert time.monotonic() - started < 10
    owed = len(office.entries("reply-owed")) - len(office.entries("reply-sent"))
    assert owed > 0, "it was stopped in the middle"
    office.run("once")
    assert [len(awaited(office.dovecot, office.journalist(number))) for number in range(50)] == [1] * 50
    assert len(office.entries("reply-sent")) == 50
    assert len(json.loads(office.run("registrants", "--format", "json"))) == 50


def test_a_second_worker_of_the_same_name_is_refused(office: Office) -> None:
    daemon = office.start("run")
    try:
        await_that(lambda: office.run("health"), "the daemon is healthy")
        second = office.start("once")
        _, told = second.communicate(timeout=30)
        assert second.returncode == 2
        assert "journal.worker" in told
    finally:
        end(daemon)


def test_check_logs_in_everywhere_and_says_what_is_wrong(office: Office) -> None:
    assert "ok    SMTP" in office.run("check")
    assert "WRONG IMAP" in office.run("check", status=1, INBOX_WORKER_IMAP__PORT="1")


def test_drafts_are_laid_into_the_drafts_folder(office: Office) -> None:
    office.write(SIGNED.format("Anna Schmitt").replace(" am 24. November", ""))
    arrived(office)
    office.run("once", INBOX_WORKER_MODE="draft")
    (draft,) = office.dovecot.mails(office.address, "Entwürfe")
    assert b"Auto-Submitted: auto-replied" in draft
    assert awaited(office.dovecot, office.journalist(), limit=0.5) == []


FAMILIES = ["Abel", "Brandt", "Conrad", "Dietz", "Engel", "Fuchs", "Graf", "Huber", "Immel", "Jahn"]


@contextmanager
def a_server_that_never_answers() -> Iterator[int]:
    """Accepts connections and says nothing: the worker waits for a greeting."""
    listening = socket.create_server((ground.ADDRESS, 0))
    connections: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connections.append(listening.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()
    for connection in connections:
        connection.close()
