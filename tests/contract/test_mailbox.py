"""What the worker may rely on in every mailbox: the same promises, kept by the fake, by pymap and by Dovecot."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from inbox_worker.adapters.imap import ImapMailbox
from inbox_worker.config import ImapSettings
from inbox_worker.core.mailbox import Filing
from inbox_worker.core.message import Ref
from inbox_worker.worker.ports import Mailbox
from tests.fakes import FakeMailbox
from tests.servers.dovecot import Dovecot
from tests.servers.pymap_server import Pymap

_users = itertools.count(1)
AT = datetime(2022, 11, 3, 9, 0, tzinfo=UTC)


def letter(number: int = 1, text: str = "Hiermit melde ich mich an.") -> bytes:
    return (
        f"From: Anke Terhorst <anke@zeitung.example>\r\nSubject: Anmeldung {number}\r\n"
        f"Message-ID: <{number}@zeitung.example>\r\n\r\n{text}\r\n"
    ).encode()


@dataclass(frozen=True, slots=True)
class Bench:
    """A mailbox under test, and the hands of other people in it."""

    mailbox: Mailbox
    put: Callable[..., int]
    remove: Callable[[int], None]
    mails: Callable[[str], list[bytes]]
    flags: Callable[[str], list[frozenset[str]]]
    keywords: bool


def _on_server(server: Dovecot | Pymap) -> Bench:
    user = f"mailbox{next(_users)}@example.org"
    if isinstance(server, Pymap):
        server.add_user(user)
    settings = ImapSettings(
        host=server.host, port=server.imap, security="none", username=user, password=server.password, read_timeout=10
    )

    def put(raw: bytes, *, at: datetime = AT) -> int:
        return server.put(user, raw, at=at)

    return Bench(
        ImapMailbox(settings),
        put,
        lambda uid: server.remove(user, uid),
        lambda folder: server.mails(user, folder),
        lambda folder: server.flags(user, folder),
        keywords=isinstance(server, Dovecot),
    )


@pytest.fixture(params=["fake", "pymap", "dovecot"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "fake":
        fake = FakeMailbox()
        made = Bench(fake, fake.put, fake.remove, fake.mails, fake.flags, keywords=True)
    else:
        made = _on_server(request.getfixturevalue(request.param))
    yield made
    await made.mailbox.close()


async def test_an_open_folder_tells_which_uid_the_next_mail_gets(bench: Bench) -> None:
    before = await bench.mailbox.open()
    uid = bench.put(letter())
    after = await bench.mailbox.open()
    assert uid >= before.uidnext
    assert after.uidnext > uid
    assert after.uidvalidity == before.uidvalidity
    assert after.writable
    assert after.keywords == bench.keywords


async def test_new_mails_are_listed_ascending_with_size_and_arrival(bench: Bench) -> None:
    state = await bench.mailbox.open()
    first, second = letter(1), letter(2, "Wir kommen zu zweit.")
    uids = [bench.put(first, at=AT + timedelta(hours=1)), bench.put(second, at=AT)]
    listed = await bench.mailbox.list_new(state.uidnext - 1)
    assert [seen.ref for seen in listed] == [
        Ref(state.account, state.folder, state.uidvalidity, uid) for uid in sorted(uids)
    ]
    assert [seen.size for seen in listed] == [len(first), len(second)]
    assert [seen.received for seen in listed] == [AT + timedelta(hours=1), AT]


async def test_nothing_is_new_behind_the_last_mail(bench: Bench) -> None:
    uid = bench.put(letter())
    await bench.mailbox.open()
    assert await bench.mailbox.list_new(uid) == []
    assert await bench.mailbox.list_new(uid + 1000) == []


async def test_an_empty_folder_has_nothing_new(bench: Bench) -> None:
    await bench.mailbox.open()
    assert await bench.mailbox.list_new(0) == []
    assert await bench.mailbox.fetch([], max_bytes=1000) == []
    await bench.mailbox.file([])


async def test_a_date_is_kept_to_the_second_and_not_to_the_day(bench: Bench) -> None:
    await bench.mailbox.open()
    bench.put(letter(1), at=AT - timedelta(seconds=1))
    bench.put(letter(2), at=AT)
    bench.put(letter(3), at=AT + timedelta(days=3))
    bench.put(letter(4), at=AT - timedelta(days=30))
    letters = await bench.mailbox.fetch([mail.ref for mail in await bench.mailbox.list_since(AT)], max_bytes=10_000)
    assert [letter.raw.split(b"\r\n")[1] for letter in letters] == [b"Subject: Anmeldung 2", b"Subject: Anmeldung 3"]


async def test_a_letter_is_the_mail_byte_for_byte(bench: Bench) -> None:
    raw = letter(text="Grüße aus Köln\r\n.\r\nFrom hier\r\n" + "x" * 990).replace(b"ln\r\n", b"ln\xff\r\n")
    await bench.mailbox.open()
    bench.put(raw)
    [got] = await bench.mailbox.fetch([seen.ref for seen in await bench.mailbox.list_new(0)], max_bytes=10_000)
    assert got.raw == raw
    assert got.size == len(raw)
    assert got.received == AT
    assert got.whole


async def test_letters_come_oldest_first_however_they_were_asked_for(bench: Bench) -> None:
    await bench.mailbox.open()
    for number in range(5):
        bench.put(letter(number))
    refs = [seen.ref for seen in await bench.mailbox.list_new(0)]
    letters = await bench.mailbox.fetch([*reversed(refs), refs[0]], max_bytes=10_000)
    assert [letter.ref for letter in letters] == refs


async def test_a_mail_that_vanished_is_left_out(bench: Bench) -> None:
    await bench.mailbox.open()
    uids = [bench.put(letter(number)) for number in range(3)]
    refs = [seen.ref for seen in await bench.mailbox.list_new(0)]
    bench.remove(uids[1])
    letters = await bench.mailbox.fetch(refs, max_bytes=10_000)
    assert [letter.ref.uid for letter in letters] == [uids[0], uids[2]]


async def test_a_ref_of_another_uidvalidity_names_no_mail_here(bench: Bench) -> None:
    await bench.mailbox.open()
    bench.put(letter())
    [seen] = await bench.mailbox.list_new(0)
    stranger = replace(seen.ref, uidvalidity=seen.ref.uidvalidity + 1)
    assert await bench.mailbox.fetch([stranger], max_bytes=10_000) == []
    await bench.mailbox.file([Filing(stranger, answered=True, folder="Erledigt")])
    assert bench.flags("INBOX") == [frozenset()]
    assert bench.mails("Erledigt") == []


async def test_of_an_oversized_mail_only_the_beginning_is_loaded(bench: Bench) -> None:
    await bench.mailbox.open()
    big = letter(1, "Hiermit melde ich mich an.\r\n" + "x" * 70 + "\r\n" * 2000)
    bench.put(letter(0))
    bench.put(big)
    bench.put(letter(2))
    refs = [seen.ref for seen in await bench.mailbox.list_new(0)]
    small, cut, last = await bench.mailbox.fetch(refs, max_bytes=1000)
    assert small.whole
    assert last.raw == letter(2)
    assert not cut.whole
    assert cut.size == len(big)
    assert cut.raw == big[:1000]


async def test_seen_belongs_to_people(bench: Bench) -> None:
    await bench.mailbox.open()
    bench.put(letter())
    [seen] = await bench.mailbox.list_new(0)
    await bench.mailbox.fetch([seen.ref], max_bytes=10_000)
    await bench.mailbox.fetch([seen.ref], max_bytes=10)
    await bench.mailbox.file([Filing(seen.ref, answered=True)])
    assert bench.flags("INBOX") == [frozenset({"\\Answered"})]


async def test_a_keyword_is_set_where_the_server_keeps_it_and_harmless_elsewhere(bench: Bench) -> None:
    await bench.mailbox.open()
    bench.put(letter())
    [seen] = await bench.mailbox.list_new(0)
    await bench.mailbox.file([Filing(seen.ref, answered=True, keyword="InboxWorker")])
    expected = {"\\Answered", "InboxWorker"} if bench.keywords else {"\\Answered"}
    assert bench.flags("INBOX") == [frozenset(expected)]


async def test_a_mail_moves_into_a_folder_that_is_made_for_it(bench: Bench) -> None:
    await bench.mailbox.open()
    for number in range(3):
        bench.put(letter(number))
    refs = [seen.ref for seen in await bench.mailbox.list_new(0)]
    await bench.mailbox.file([Filing(ref, answered=True, folder="Zu prüfen & mehr") for ref in refs[:2]])
    assert bench.mails("Zu prüfen & mehr") == [letter(0), letter(1)]
    assert bench.flags("Zu prüfen & mehr") == [frozenset({"\\Answered"})] * 2
    assert bench.mails("INBOX") == [letter(2)]


async def test_filing_again_changes_nothing(bench: Bench) -> None:
    await bench.mailbox.open()
    bench.put(letter())
    [seen] = await bench.mailbox.list_new(0)
    filing = Filing(seen.ref, answered=True, folder="Erledigt")
    await bench.mailbox.file([filing])
    await bench.mailbox.file([filing])
    assert bench.mails("Erledigt") == [letter()]
    assert bench.mails("INBOX") == []


async def test_each_mail_gets_its_own_treatment(bench: Bench) -> None:
    await bench.mailbox.open()
    for number in range(4):
        bench.put(letter(number))
    refs = [seen.ref for seen in await bench.mailbox.list_new(0)]
    await bench.mailbox.file(
        [
            Filing(refs[0], answered=True),
            Filing(refs[1], folder="Automatisch"),
            Filing(refs[2]),
            Filing(refs[3], answered=True, folder="INBOX"),
        ]
    )
    assert bench.mails("INBOX") == [letter(0), letter(2), letter(3)]
    assert bench.flags("INBOX") == [frozenset({"\\Answered"}), frozenset(), frozenset({"\\Answered"})]
    assert bench.mails("Automatisch") == [letter(1)]
    assert bench.flags("Automatisch") == [frozenset()]


async def test_what_is_put_into_a_folder_is_found_there_by_its_message_id(bench: Bench) -> None:
    await bench.mailbox.open()
    assert not await bench.mailbox.find_message_id("Ausgang", "<7@zeitung.example>")
    await bench.mailbox.append("Ausgang", letter(7), flags=["\\Seen"], at=AT)
    assert await bench.mailbox.find_message_id("Ausgang", "<7@zeitung.example>")
    assert not await bench.mailbox.find_message_id("Ausgang", "<8@zeitung.example>")
    assert bench.mails("Ausgang") == [letter(7)]
    assert bench.flags("Ausgang") == [frozenset({"\\Seen"})]


async def test_a_special_folder_is_found_whatever_its_name(bench: Bench) -> None:
    await bench.mailbox.open()
    await bench.mailbox.append("\\Drafts", letter(9), flags=["\\Draft"], at=AT)
    assert await bench.mailbox.find_message_id("\\Drafts", "<9@zeitung.example>")
    assert not await bench.mailbox.find_message_id("\\Sent", "<9@zeitung.example>")


async def test_looking_into_another_folder_does_not_lose_the_own_one(bench: Bench) -> None:
    await bench.mailbox.open()
    bench.put(letter(1))
    await bench.mailbox.find_message_id("\\Sent", "<1@zeitung.example>")
    [seen] = await bench.mailbox.list_new(0)
    await bench.mailbox.append("\\Sent", letter(2), flags=["\\Seen"], at=AT)
    await bench.mailbox.find_message_id("\\Sent", "<2@zeitung.example>")
    await bench.mailbox.file([Filing(seen.ref, answered=True)])
    assert bench.flags("INBOX") == [frozenset({"\\Answered"})]


async def test_waiting_for_nothing_ends_in_time(bench: Bench) -> None:
    bench.put(letter())
    await bench.mailbox.open()
    await bench.mailbox.list_new(0)
    assert not await bench.mailbox.wait(0.05)


async def test_waiting_ends_when_a_mail_arrives(bench: Bench) -> None:
    await bench.mailbox.open()
    waiting = asyncio.create_task(bench.mailbox.wait(30))
    await asyncio.sleep(0)
    bench.put(letter())
    assert await asyncio.wait_for(waiting, 10)


async def test_a_mail_that_came_before_the_waiting_is_not_waited_over(bench: Bench) -> None:
    await bench.mailbox.open()
    await bench.mailbox.list_new(0)
    bench.put(letter())
    await bench.mailbox.find_message_id("\\Sent", "<1@zeitung.example>")
    assert await asyncio.wait_for(bench.mailbox.wait(30), 10)


async def test_a_cancelled_wait_leaves_the_mailbox_usable(bench: Bench) -> None:
    await bench.mailbox.open()
    waiting = asyncio.create_task(bench.mailbox.wait(30))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    bench.put(letter())
    assert len(await asyncio.wait_for(bench.mailbox.list_new(0), 10)) == 1


async def test_a_closed_mailbox_opens_again(bench: Bench) -> None:
    before = await bench.mailbox.open()
    await bench.mailbox.close()
    await bench.mailbox.close()
    assert await bench.mailbox.open() == before
