"""What the IMAP adapter does where servers differ and where they fail; each against a real Dovecot."""

import asyncio
import itertools
import logging
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from inbox_worker.adapters.imap import ImapMailbox
from inbox_worker.adapters.imap.mailbox import PATIENCE
from inbox_worker.config import ImapSettings
from inbox_worker.core.mailbox import Filing
from inbox_worker.errors import MailboxAuthError, MailboxError
from tests.servers import ground
from tests.servers.dovecot import DRAFTS, SENT, Dovecot
from tests.servers.pymap_server import Pymap
from tests.servers.view import ARRIVED
from tests.servers.wire import Wire, wire

RAW = b"From: a@zeitung.example\r\nMessage-ID: <1@zeitung.example>\r\n\r\nAnmeldung\r\n"
WITHOUT_MOVE, WITHOUT_EXTENSIONS = "127.0.0.2", "127.0.0.3"

_users = itertools.count(1)


@pytest.fixture
def user() -> str:
    return f"trouble{next(_users)}@example.org"


@pytest.fixture
def settings(dovecot: Dovecot, user: str) -> ImapSettings:
    return ImapSettings(
        host=dovecot.host,
        port=dovecot.imap,
        security="none",
        username=user,
        password=SecretStr(dovecot.password),
        read_timeout=10,
    )


@pytest.fixture
async def line(dovecot: Dovecot) -> AsyncIterator[Wire]:
    async with wire(dovecot.imap) as made:
        yield made


def over(line: Wire, settings: ImapSettings) -> ImapMailbox:
    return ImapMailbox(settings.model_copy(update={"port": line.port}))


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_of_the_given_authority_is_trusted(
    dovecot: Dovecot, settings: ImapSettings, security: str
) -> None:
    port = dovecot.imaps if security == "tls" else dovecot.imap
    changes = {"security": security, "port": port, "ca_file": dovecot.ca_file}
    mailbox = ImapMailbox(settings.model_copy(update=changes))
    assert (await mailbox.open()).uidnext == 1
    await mailbox.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_of_a_stranger_is_not_trusted(
    dovecot: Dovecot, settings: ImapSettings, security: str
) -> None:
    port = dovecot.imaps if security == "tls" else dovecot.imap
    mailbox = ImapMailbox(settings.model_copy(update={"security": security, "port": port}))
    with pytest.raises(MailboxError, match=r"certificate is not trusted.*ca_file"):
        await mailbox.open()
    await mailbox.close()


async def test_a_certificate_for_another_host_is_not_trusted(dovecot: Dovecot, settings: ImapSettings) -> None:
    changes = {"security": "tls", "port": dovecot.imaps, "ca_file": dovecot.ca_file, "host": "127.0.0.2"}
    mailbox = ImapMailbox(settings.model_copy(update=changes))
    with pytest.raises(MailboxError, match="certificate is not trusted"):
        await mailbox.open()


async def test_tls_towards_a_plain_port_says_where_to_look(dovecot: Dovecot, settings: ImapSettings) -> None:
    changes = {"security": "tls", "ca_file": dovecot.ca_file}
    mailbox = ImapMailbox(settings.model_copy(update=changes))
    with pytest.raises(MailboxError, match=r"imap\.security and imap\.port"):
        await mailbox.open()


async def test_a_refused_login_is_told_apart_and_shows_no_password(
    settings: ImapSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mailbox = ImapMailbox(settings.model_copy(update={"password": SecretStr("falsches-Kennwort")}))
    with pytest.raises(MailboxAuthError, match="refused the login") as caught:
        await mailbox.open()
    told = f"{caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    assert "falsches-Kennwort" not in told
    assert "ZmFsc2NoZXM" not in told  # its base64, as SASL sends it


async def test_no_password_reaches_the_log_at_a_good_login(
    settings: ImapSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mailbox = ImapMailbox(settings)
    await mailbox.open()
    await mailbox.close()
    assert settings.secret not in caplog.text
    assert "AUTHENTICATE" not in caplog.text


async def test_nobody_at_home_is_a_mailbox_error(settings: ImapSettings) -> None:
    [port] = ground.free_ports(1)
    mailbox = ImapMailbox(settings.model_copy(update={"port": port}))
    with pytest.raises(MailboxError, match=f"localhost:{port}: .*refused"):
        await mailbox.open()
    with pytest.raises(MailboxError):
        await mailbox.list_new(0)
    await mailbox.close()


async def test_a_folder_that_does_not_exist_is_named(settings: ImapSettings) -> None:
    mailbox = ImapMailbox(settings.model_copy(update={"folder": "Anmeldungen"}))
    with pytest.raises(MailboxError, match="selecting Anmeldungen"):
        await mailbox.open()


async def test_a_connection_that_was_closed_while_idle_is_replaced_silently(
    line: Wire, settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    mailbox = over(line, settings)
    await mailbox.open()
    line.cut()
    dovecot.put(user, RAW)
    assert (await mailbox.open()).uidnext == 2
    assert len(await mailbox.list_new(0)) == 1
    assert line.connections == 2
    await mailbox.close()


async def test_a_connection_lost_during_work_is_an_error_and_the_next_open_mends_it(
    line: Wire, settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    dovecot.put(user, RAW)
    mailbox = over(line, settings)
    await mailbox.open()
    [seen] = await mailbox.list_new(0)
    line.cut_after = b"BODY.PEEK"
    with pytest.raises(MailboxError):
        await mailbox.fetch([seen.ref], max_bytes=1000)
    line.cut_after = None
    await mailbox.open()
    assert len(await mailbox.fetch([seen.ref], max_bytes=1000)) == 1
    await mailbox.close()


async def test_a_server_that_falls_silent_is_given_up_and_its_thread_ends(line: Wire, settings: ImapSettings) -> None:
    before = set(threading.enumerate())
    mailbox = over(line, settings.model_copy(update={"read_timeout": 1.0}))
    await mailbox.open()
    line.silent = True
    with pytest.raises(MailboxError, match="in time"):
        await mailbox.list_new(0)
    line.silent = False
    assert (await mailbox.open()).uidnext == 1
    await mailbox.close()
    ours = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("imap")]
    for thread in ours:
        await asyncio.to_thread(thread.join, 5)
    assert not any(thread.is_alive() for thread in ours)


async def test_a_server_that_hangs_up_during_idle_is_noticed_at_once(line: Wire, settings: ImapSettings) -> None:
    mailbox = over(line, settings)
    await mailbox.open()
    waiting = asyncio.create_task(mailbox.wait(3600))
    await line.passed(b" IDLE\r\n")
    line.cut()
    with pytest.raises(MailboxError):
        await asyncio.wait_for(waiting, 5)
    await mailbox.close()


async def test_idle_hears_of_a_mail_at_once(line: Wire, settings: ImapSettings, dovecot: Dovecot, user: str) -> None:
    mailbox = over(line, settings)
    await mailbox.open()
    waiting = asyncio.create_task(mailbox.wait(3600))
    await line.passed(b" IDLE\r\n")
    await asyncio.to_thread(dovecot.put, user, RAW)
    assert await asyncio.wait_for(waiting, 10)
    assert b"DONE\r\n" in line.sent
    await mailbox.close()


async def test_an_announcement_in_pieces_is_no_trouble(
    line: Wire, settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    mailbox = over(line, settings)
    await mailbox.open()
    line.drip = True
    waiting = asyncio.create_task(mailbox.wait(3600))
    await line.passed(b" IDLE\r\n")
    await asyncio.to_thread(dovecot.put, user, RAW)
    try:
        assert await asyncio.wait_for(waiting, 10)
    except MailboxError:  # the library can't put a torn line together: then the connection is replaced
        assert len(await mailbox.list_new(0)) == 1
    await mailbox.close()


async def test_cancelling_ends_idle_and_keeps_the_connection(line: Wire, settings: ImapSettings) -> None:
    mailbox = over(line, settings)
    await mailbox.open()
    waiting = asyncio.create_task(mailbox.wait(3600))
    await line.passed(b" IDLE\r\n")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await asyncio.wait_for(mailbox.list_new(0), 5) == []
    assert line.connections == 1
    await mailbox.close()


async def test_closing_does_not_wait_for_a_server_that_has_fallen_silent(line: Wire, settings: ImapSettings) -> None:
    mailbox = over(line, settings)
    await mailbox.open()
    line.silent = True
    await asyncio.wait_for(mailbox.close(), 4)


async def test_without_idle_it_only_waits_and_still_sees_what_came_before(
    settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    mailbox = ImapMailbox(settings.model_copy(update={"host": WITHOUT_EXTENSIONS}))
    await mailbox.open()
    assert not await mailbox.wait(0.01)
    dovecot.put(user, RAW)
    assert await asyncio.wait_for(mailbox.wait(3600), 5)
    await mailbox.close()


async def test_without_move_a_mail_is_copied_and_only_it_is_expunged(
    settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    filed, others = dovecot.put(user, RAW), dovecot.put(user, RAW.replace(b"<1@", b"<2@"))
    with dovecot.client(user) as client:
        client.select_folder("INBOX")
        client.delete_messages([others])  # a person's mark, which no EXPUNGE of ours may execute
    mailbox = ImapMailbox(settings.model_copy(update={"host": WITHOUT_MOVE}))
    await mailbox.open()
    ref = next(seen.ref for seen in await mailbox.list_new(0) if seen.ref.uid == filed)
    filing = Filing(ref, answered=True, folder="Erledigt")
    await mailbox.file([filing])
    await mailbox.file([filing])
    await mailbox.close()
    assert dovecot.mails(user, "Erledigt") == [RAW]
    assert dovecot.flags(user, "Erledigt") == [frozenset({"\\Answered"})]
    assert dovecot.flags(user) == [frozenset({"\\Deleted"})]


async def test_without_move_and_uidplus_the_original_stays(settings: ImapSettings, dovecot: Dovecot, user: str) -> None:
    dovecot.put(user, RAW)
    mailbox = ImapMailbox(settings.model_copy(update={"host": WITHOUT_EXTENSIONS}))
    await mailbox.open()
    [seen] = await mailbox.list_new(0)
    await mailbox.file([Filing(seen.ref, answered=True, keyword="InboxWorker", folder="Erledigt")])
    await mailbox.close()
    assert dovecot.mails(user, "Erledigt") == [RAW]
    assert dovecot.mails(user) == [RAW]
    assert dovecot.flags(user) == [frozenset({"\\Answered", "InboxWorker"})]


async def test_special_folders_are_found_by_their_use_and_not_by_an_english_name(
    settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    mailbox = ImapMailbox(settings)
    await mailbox.open()
    await mailbox.append("\\Drafts", RAW, flags=["\\Draft"], at=ARRIVED)
    await mailbox.append("\\Sent", RAW, flags=["\\Seen"], at=ARRIVED)
    assert await mailbox.check() == []
    await mailbox.close()
    assert dovecot.flags(user, DRAFTS) == [frozenset({"\\Draft"})]
    assert dovecot.flags(user, SENT) == [frozenset({"\\Seen"})]


async def test_a_folder_made_for_mails_is_subscribed_so_that_people_see_it(
    settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    dovecot.put(user, RAW)
    mailbox = ImapMailbox(settings)
    await mailbox.open()
    [seen] = await mailbox.list_new(0)
    await mailbox.file([Filing(seen.ref, folder="Presse/Geprüft & erledigt")])
    await mailbox.close()
    assert "Presse/Geprüft & erledigt" in dovecot.folders(user)
    assert dovecot.mails(user, "Presse/Geprüft & erledigt") == [RAW]


async def test_more_mails_than_fit_into_one_command_are_listed_fetched_and_filed(
    settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    raws = [RAW.replace(b"<1@", b"<%d@" % number) for number in range(1203)]
    dovecot.fill(user, raws)
    mailbox = ImapMailbox(settings)
    await mailbox.open()
    refs = [seen.ref for seen in await mailbox.list_new(0)]
    letters = await mailbox.fetch(refs, max_bytes=10_000)
    assert [letter.raw for letter in letters] == raws
    await mailbox.file([Filing(ref, answered=True, folder="Erledigt") for ref in refs])
    await mailbox.close()
    assert len(dovecot.mails(user, "Erledigt")) == 1203
    assert dovecot.mails(user) == []


async def test_check_tells_which_folders_the_server_does_not_name(settings: ImapSettings, pymap: Pymap) -> None:
    pymap.add_user("check@example.org")
    changes = {"port": pymap.imap, "username": "check@example.org", "password": SecretStr(pymap.password)}
    mailbox = ImapMailbox(settings.model_copy(update=changes))
    drafts, sent = await mailbox.check()
    assert "imap.drafts" in drafts
    assert "imap.sent" in sent
    await mailbox.close()


async def test_a_server_that_wants_all_folders_below_the_inbox_gets_them_there(
    certificate: ground.Certificate, settings: ImapSettings, user: str
) -> None:
    server = Dovecot(certificate, prefix="INBOX.", separator=".")
    try:
        server.put(user, RAW)
        mailbox = ImapMailbox(settings.model_copy(update={"port": server.imap}))
        await mailbox.open()
        [seen] = await mailbox.list_new(0)
        await mailbox.append("Presse/Antworten", RAW, flags=[], at=ARRIVED)
        await mailbox.file([Filing(seen.ref, folder="Presse/Geprüft")])
        assert await mailbox.find_message_id("Presse/Antworten", "<1@zeitung.example>")
        await mailbox.close()
        assert server.mails(user, "INBOX.Presse.Geprüft") == [RAW]
    finally:
        server.stop()


async def test_a_mail_that_the_server_cannot_read_is_given_up_and_the_others_come(
    settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    def files() -> dict[str, Path]:
        """By the part of the name that stays when flags change; the names do not sort by arrival."""
        return {path.name.partition(":")[0]: path for path in dovecot.maildir(user).glob("*/*,S=*")}

    dovecot.put(user, RAW)
    first = files()
    dovecot.put(user, RAW)
    (second,) = files().keys() - first.keys()
    dovecot.put(user, RAW)
    mailbox = ImapMailbox(settings)
    await mailbox.open()
    refs = [seen.ref for seen in await mailbox.list_new(0)]
    files()[second].chmod(0)
    for _ in range(PATIENCE - 1):
        with pytest.raises(MailboxError, match="fetching"):
            await mailbox.fetch(refs, max_bytes=10_000)
    letters = await mailbox.fetch(refs, max_bytes=10_000)
    await mailbox.close()
    assert [letter.raw for letter in letters] == [RAW, b"", RAW]
    assert [letter.whole for letter in letters] == [True, False, True]


async def test_a_mail_is_not_blamed_for_a_slow_server(
    line: Wire, settings: ImapSettings, dovecot: Dovecot, user: str
) -> None:
    dovecot.put(user, RAW)
    mailbox = over(line, settings.model_copy(update={"read_timeout": 1.0}))
    for _ in range(PATIENCE):
        await mailbox.open()
        [seen] = await mailbox.list_new(0)
        line.silent_after = b"BODY.PEEK"
        with pytest.raises(MailboxError, match="in time"):
            await mailbox.fetch([seen.ref], max_bytes=10_000)
        line.silent_after = None
    await mailbox.open()
    [letter] = await mailbox.fetch([seen.ref], max_bytes=10_000)
    await mailbox.close()
    assert letter.raw == RAW
