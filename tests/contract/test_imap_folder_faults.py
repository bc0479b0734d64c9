r"""The whole worker on a real Dovecot whose folder changes under it, is huge, or may not be written; what it asks for.

The proxy only listens here (or lets something happen between two commands): what is asserted is what the server was
asked, and what lies where in the end.
"""

import itertools
import logging
import os
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inbox_worker.adapters.imap.mailbox import PATIENCE
from inbox_worker.errors import MailboxError
from tests.builders import SIGNED, a_mail
from tests.servers.dovecot import SENT, Dovecot
from tests.servers.imap_proxy import imap_proxy, without, without_keywords, without_special_use
from tests.servers.proxy import Proxy, meanwhile, refuse
from tests.servers.view import ARRIVED
from tests.servers.wired_desk import ANNA, AUTO_REPLY, AUTOMATIC, BEN, DONE, WiredDesk

FIRST, SECOND = a_mail(ANNA, number=1), a_mail(BEN, number=2, name="Ben Yilmaz")
THIRD = a_mail(SIGNED.format("Cem Acar"), number=3, name="Cem Acar")
ANNAS, BENS, CEMS = (f"a{number}@teutoburger-bote.example" for number in (1, 2, 3))
READ_ONLY = "127.0.0.4"

_users = itertools.count(1)


@pytest.fixture
def user() -> str:
    return f"folders{next(_users)}@example.org"


@pytest.fixture
async def proxy(dovecot: Dovecot) -> AsyncIterator[Proxy]:
    async with imap_proxy(dovecot.imap) as made:
        yield made


@pytest.fixture
async def opened(dovecot: Dovecot, user: str, proxy: Proxy) -> AsyncIterator[Callable[..., WiredDesk]]:
    """Makes desks, and closes their mailboxes."""
    made: list[WiredDesk] = []

    def open_desk(**changes: object) -> WiredDesk:
        at: dict[str, Any] = {"user": user, "port": proxy.port} | changes
        made.append(WiredDesk(dovecot=dovecot, **at))
        return made[-1]

    yield open_desk
    for each in made:
        await each.imap.close()


@pytest.fixture
def desk(opened: Callable[..., WiredDesk]) -> WiredDesk:
    return opened()


async def completed(desk: WiredDesk) -> None:
    """Passes until one is completed: trouble with a folder may cost the connection and with it one pass."""
    for _ in range(3):
        if await desk.attempt() is None:
            return
    raise AssertionError("no pass was completed")


# -- numbers that change ----------------------------------------------------------------------------------------------


def numbered_anew(dovecot: Dovecot, user: str) -> None:
    """Give the INBOX another UIDVALIDITY, as a restored server does; the mails stay."""
    maildir = dovecot.maildir(user)
    uids = maildir / "dovecot-uidlist"
    told = uids.read_text(encoding="ascii")
    uids.write_text(re.sub(r"\bV(\d+)", lambda old: f"V{int(old[1]) + 1}", told, count=1), encoding="ascii")
    for index in maildir.glob("dovecot.index*"):
        index.unlink()


@pytest.mark.parametrize("connected", [True, False])
async def test_in_a_folder_that_is_numbered_anew_only_new_mails_are_answered(
    dovecot: Dovecot, user: str, desk: WiredDesk, connected: bool
) -> None:
    desk.restarted(filing=type(desk.plan().filing)())  # nothing is moved away: the treated mails stay
    await desk.run()
    desk.clock.now = desk.clock.now.replace(second=1)
    dovecot.put(user, FIRST, at=desk.clock.now)
    await desk.run()
    if not connected:
        await desk.imap.close()
    numbered_anew(dovecot, user)
    dovecot.put(user, SECOND, at=desk.clock.now)
    await completed(desk)
    await completed(desk)  # to a session that was open the server may tell it at the next SELECT only
    assert desk.receivers() == [ANNAS, BENS]
    dovecot.put(user, THIRD, at=desk.clock.now)
    await completed(desk)
    assert desk.receivers() == [ANNAS, BENS, CEMS]


async def test_a_folder_that_is_renamed_while_we_run_is_named_and_taken_up_again_when_it_is_back(
    dovecot: Dovecot, user: str, opened: Callable[..., WiredDesk]
) -> None:
    with dovecot.client(user) as person:
        person.create_folder("Anmeldungen")
        desk = opened(changes={"folder": "Anmeldungen"})
        await desk.run()
        dovecot.put(user, FIRST, folder="Anmeldungen")
        await desk.run()
        dovecot.put(user, SECOND, folder="Anmeldungen")
        person.rename_folder("Anmeldungen", "Weg")
        with pytest.raises(MailboxError, match="Anmeldungen"):
            await desk.run()
        assert "Anmeldungen" in str(await desk.attempt())
        person.rename_folder("Weg", "Anmeldungen")
    await completed(desk)
    assert desk.receivers() == [ANNAS, BENS]
    assert list(desk.recorded().values()) == [1, 1]


async def test_a_folder_that_is_deleted_while_we_run_and_made_again_goes_on_with_what_is_new(
    dovecot: Dovecot, user: str, opened: Callable[..., WiredDesk]
) -> None:
    with dovecot.client(user) as person:
        person.create_folder("Anmeldungen")
        desk = opened(changes={"folder": "Anmeldungen"})
        await desk.run()
        dovecot.put(user, FIRST, folder="Anmeldungen")
        await desk.run()
        person.delete_folder("Anmeldungen")
        with pytest.raises(MailboxError, match="Anmeldungen"):
            await desk.run()
        person.create_folder("Anmeldungen")
    dovecot.fill(user, [FIRST, SECOND], folder="Anmeldungen", at=desk.clock.now)  # a person put the old one back
    await completed(desk)
    assert desk.receivers() == [ANNAS, BENS]


# -- mails that vanish ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["UID FETCH", "UID FETCH BODY"])
async def test_a_mail_that_is_expunged_between_search_and_fetch_is_passed_over(
    dovecot: Dovecot, user: str, desk: WiredDesk, proxy: Proxy, command: str
) -> None:
    await desk.run()
    first = dovecot.put(user, FIRST)
    dovecot.put(user, SECOND)
    proxy.misbehave(command, meanwhile(lambda: dovecot.remove(user, first)))
    await completed(desk)
    assert desk.receivers() == [BENS]
    assert desk.lies(DONE) == [SECOND]


@pytest.mark.parametrize("command", ["UID STORE", "UID MOVE"])
async def test_a_mail_that_is_expunged_before_it_is_filed_is_answered_and_the_others_are_filed(
    dovecot: Dovecot, user: str, desk: WiredDesk, proxy: Proxy, command: str
) -> None:
    await desk.run()
    first = dovecot.put(user, FIRST)
    dovecot.put(user, SECOND)
    proxy.misbehave(command, meanwhile(lambda: dovecot.remove(user, first)))
    await completed(desk)
    assert desk.receivers() == [ANNAS, BENS]
    assert desk.lies(DONE) == [SECOND]
    assert list(desk.recorded().values()) == [1, 1]


async def test_a_mail_that_the_server_cannot_read_is_held_after_three_tries_and_the_next_ones_go_on(
    dovecot: Dovecot, user: str, desk: WiredDesk
) -> None:
    await desk.run()
    dovecot.put(user, FIRST)
    [first] = dovecot.maildir(user).glob("*/*,S=*")
    for raw in (SECOND, AUTO_REPLY):
        dovecot.put(user, raw)
    name, _, _ = first.name.partition(":")  # what comes behind it, and the directory, change with flags
    [moved] = dovecot.maildir(user).glob(f"*/{name}*")
    moved.chmod(0)
    for _ in range(PATIENCE - 1):
        assert await desk.attempt() is not None
        assert desk.receivers() == []
    assert await desk.attempt() is None
    assert desk.receivers() == [BENS]
    assert desk.outcomes() == ["held", "done", "automatic"]


async def test_a_server_that_hands_over_no_mail_at_all_for_a_while_gets_none_of_them_held(
    dovecot: Dovecot, user: str, desk: WiredDesk, proxy: Proxy
) -> None:
    await desk.run()
    dovecot.fill(user, [FIRST, SECOND])
    proxy.misbehave("UID FETCH BODY", refuse("NO [SERVERBUG] the store is down"))
    for _ in range(2 * PATIENCE):
        assert "the store is down" in str(await desk.attempt())
    proxy.behave()
    await completed(desk)
    assert desk.receivers() == [ANNAS, BENS]
    assert desk.outcomes() == ["done", "done"]


# -- servers that can less --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rewrite", "inbox", "done"),
    [
        (without("MOVE"), [], [FIRST]),
        (without("MOVE", "UIDPLUS"), [FIRST], [FIRST]),
        (without("IDLE"), [], [FIRST]),
        (without("NAMESPACE"), [], [FIRST]),
        (without("SPECIAL-USE"), [], [FIRST]),
        (without_special_use, [], [FIRST]),
        (without_keywords, [], [FIRST]),
        (without("MOVE", "UIDPLUS", "IDLE", "NAMESPACE", "SPECIAL-USE", "LITERAL+", "SASL-IR"), [FIRST], [FIRST]),
    ],
    ids=["MOVE", "UIDPLUS", "IDLE", "NAMESPACE", "SPECIAL-USE", "special folders", "keywords", "all of it"],
)
async def test_a_server_without_this_extension_is_served_without_it(
    dovecot: Dovecot,
    user: str,
    desk: WiredDesk,
    proxy: Proxy,
    *,
    rewrite: Callable[[bytes], bytes],
    inbox: list[bytes],
    done: list[bytes],
) -> None:
    proxy.rewrites.append(rewrite)
    await desk.run()
    dovecot.put(user, FIRST)
    await desk.run()
    await desk.imap.wait(0.02)
    await desk.run()
    assert desk.receivers() == [ANNAS]
    assert desk.lies("INBOX") == inbox
    assert desk.lies(DONE) == done
    keywords = set[str]() if rewrite is without_keywords else {"InboxWorker"}
    assert dovecot.flags(user, DONE) == [{"\\Answered"} | keywords]
    own = "Sent" if rewrite is without_special_use else SENT
    assert len(desk.lies(own)) == 1


async def test_a_folder_that_we_may_only_read_is_answered_from_and_complained_of_once(
    dovecot: Dovecot, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with imap_proxy(dovecot.imap, target_host=READ_ONLY) as proxy:
        desk = WiredDesk(dovecot=dovecot, user=user, port=proxy.port)
        dovecot.put(user, AUTO_REPLY)  # so that there is an INBOX
        (dovecot.maildir(user) / "dovecot-acl").write_text("owner lr\n", encoding="ascii")
        await desk.run()
        for raw in (FIRST, SECOND):
            dovecot.put(user, raw)
            await desk.run()
            await desk.imap.close()
        assert desk.receivers() == [ANNAS, BENS]
        assert not {"UID STORE", "UID MOVE", "UID COPY"} & set(proxy.names())
        assert desk.lies("INBOX") == sorted([FIRST, SECOND, AUTO_REPLY])
        told = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
        assert len(told) == 1
        assert "INBOX" in told[0]
        assert "read-only" in told[0]


# -- sizes, dates, manners --------------------------------------------------------------------------------------------


def laid_in(maildir: Path, raw: bytes, count: int) -> None:
    """`count` mails with the same content, as files: one inode for all of them."""
    cur = maildir / "cur"
    crlf = len(raw)
    first = cur / f"1000000000.M0.host,S={crlf},W={crlf}:2,"
    first.write_bytes(raw)
    os.utime(first, (ARRIVED.timestamp(), ARRIVED.timestamp()))  # the INTERNALDATE
    for number in range(1, count):
        os.link(first, cur / f"1000000000.M{number}.host,S={crlf},W={crlf}:2,")


async def test_a_pass_costs_the_same_with_many_mails_in_the_folder_as_with_few(dovecot: Dovecot, proxy: Proxy) -> None:
    costs = []
    for count in (100, 50_000):
        user = f"folder-of-{count}@example.org"
        dovecot.put(user, AUTO_REPLY)
        laid_in(dovecot.maildir(user), AUTO_REPLY, count)
        with dovecot.client(user) as person:  # the server's own index, which takes it a while, is not what we look at
            assert person.select_folder("INBOX")[b"EXISTS"] == count + 1
        desk = WiredDesk(dovecot=dovecot, user=user, port=proxy.port)
        await desk.run()
        dovecot.put(user, FIRST)
        proxy.forget()
        await desk.run()  # a mail
        await desk.run()  # none
        await desk.imap.close()
        await desk.run()  # and a new connection
        await desk.imap.close()
        assert desk.receivers() == [ANNAS]
        costs.append((proxy.names(), len(proxy.sent), proxy.received))
    few, many = costs
    assert many[0] == few[0]
    assert many[1] - few[1] < 200  # numbers have more digits
    assert many[2] - few[2] < 200


async def test_of_a_mail_of_60_mb_header_and_text_are_judged_and_the_rest_is_never_loaded(
    dovecot: Dovecot, user: str, desk: WiredDesk, proxy: Proxy
) -> None:
    await desk.run()
    head, _, text = FIRST.partition(b"\r\n\r\n")
    head = head.replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=teil")
    head = head.replace(b"Content-Transfer-Encoding: 8bit\r\n", b"").replace(
        b"\r\nContent-Transfer-Encoding: 8bit", b""
    )
    part = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text
    film = b"Content-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * 770_000
    raw = head + b"\r\n\r\n--teil\r\n" + part + b"\r\n--teil\r\n" + film + b"--teil--\r\n"
    assert len(raw) > 60_000_000
    laid_in(dovecot.maildir(user), raw, 1)
    dovecot.put(user, SECOND)
    proxy.forget()
    await desk.run()
    assert proxy.received < 1_000_000
    assert sorted(desk.receivers()) == [ANNAS, BENS]
    assert {one.registrant.name for one in desk.worker_on_imap.ledger.roster()} == {"Anna Schmitt", "Ben Yilmaz"}


@pytest.mark.parametrize("at", [datetime(1970, 1, 2, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)])
async def test_a_server_whose_clock_is_wrong_loses_no_mail(
    dovecot: Dovecot, user: str, desk: WiredDesk, at: datetime
) -> None:
    await desk.run()
    dovecot.put(user, FIRST, at=at)
    await desk.run()
    dovecot.put(user, SECOND)
    await desk.run()
    assert desk.receivers() == [ANNAS, BENS]
    assert desk.lies(DONE) == sorted([FIRST, SECOND])


@pytest.mark.parametrize("rewrite", [without("XNONE"), without("MOVE")], ids=["MOVE", "no MOVE"])
async def test_seen_is_never_read_nor_set_and_nothing_is_deleted_that_was_not_copied(
    dovecot: Dovecot, user: str, desk: WiredDesk, proxy: Proxy, rewrite: Callable[[bytes], bytes]
) -> None:
    proxy.rewrites.append(rewrite)
    await desk.run()
    dovecot.fill(user, [FIRST, AUTO_REPLY])
    await desk.run()
    await desk.imap.wait(0.02)
    assert desk.lies(DONE) == [FIRST]
    assert desk.lies(AUTOMATIC) == [AUTO_REPLY]
    asked = [request.raw.upper() for request in proxy.commands if request.name != "APPEND"]
    assert any(b"BODY.PEEK[" in raw for raw in asked)
    assert not any(re.search(rb"SEEN|RECENT|BODY\[|RFC822(?!\.SIZE)", raw) for raw in asked)
    assert not {"EXPUNGE", "CLOSE", "DELETE", "RENAME", "STORE", "MOVE"} & set(proxy.names())
    names = [name for name in proxy.names() if name in {"UID STORE", "UID COPY", "UID MOVE", "UID EXPUNGE"}]
    deleting = [raw for raw in asked if b"UID STORE" in raw and b"DELETED" in raw]
    if "UID COPY" in names:
        assert names == ["UID STORE", "UID COPY", "UID STORE", "UID EXPUNGE"] * 2
        assert len(deleting) == 2
    else:
        assert names == ["UID STORE", "UID MOVE"] * 2
        assert deleting == []
    assert all("\\Seen" not in flags for folder in (DONE, AUTOMATIC) for flags in dovecot.flags(user, folder))
