"""The whole worker over a misbehaving proxy before a real Dovecot: whatever happens, every mail is treated once."""

import asyncio
import itertools

import pytest

from tests.builders import a_mail
from tests.servers import proxy as misbehaviours
from tests.servers.dovecot import ASCII_PASSWORD, Dovecot
from tests.servers.imap_proxy import imap_proxy, say_bye, without
from tests.servers.proxy import GREETING, Misbehaviour, Proxy, refuse
from tests.servers.wired_desk import ANNA, AUTO_REPLY, AUTOMATIC, BEN, DONE, WiredDesk

FIRST, SECOND = a_mail(ANNA, number=1), a_mail(BEN, number=2, name="Ben Yilmaz")
RECEIVERS = ["a1@teutoburger-bote.example", "a2@teutoburger-bote.example"]

SESSION = (GREETING, "CAPABILITY", "AUTHENTICATE", "SELECT", "NOOP", "UID SEARCH", "IDLE", "DONE", "LOGOUT")
WORK = ("UID FETCH", "UID FETCH BODY", "UID STORE", "UID MOVE", "LIST", "APPEND")
ONCE_IN_A_LIFE = ("NAMESPACE", "CREATE", "SUBSCRIBE")  # when a folder is made; they fail as LIST does
AT_ONCE: dict[str, Misbehaviour] = {
    "hangs up": misbehaviours.hang_up,
    "hangs up when done": misbehaviours.hang_up_when_done,
    "says BYE": say_bye,
    "says NO": refuse("NO [SERVERBUG] not today"),
    "says BAD": refuse("BAD what was that"),
    "says garbage": misbehaviours.garbage,
    "says half a line": misbehaviours.half_a_line,
    "drips": misbehaviours.drip,
}
IMPATIENT = {"connect_timeout": 0.4, "read_timeout": 0.4}

_users = itertools.count(1)


@pytest.fixture
def user() -> str:
    return f"faults{next(_users)}@example.org"


async def is_treated_once_all_the_same(
    desk: WiredDesk, proxy: Proxy, command: str, how: Misbehaviour, *, passes: int = 2
) -> None:
    """Some passes with the misbehaviour, then passes without it: all mails are treated, and each of them once."""
    await desk.run()  # the baseline
    await desk.imap.close()
    desk.dovecot.fill(desk.user, [FIRST, SECOND, AUTO_REPLY])
    idle = command in {"IDLE", "DONE"}
    proxy.misbehave(command, how)
    async with asyncio.timeout(60):  # a call that hangs for ever ends here
        while command not in proxy.names():
            await desk.attempt(idle=idle)
        for _ in range(1, passes):
            await desk.attempt(idle=idle)
    proxy.behave()
    for _ in range(10):  # time-outs are short, and the machine may be slow: then that is one more fault to survive
        if await desk.attempt() is None:
            break
    else:
        raise AssertionError("no pass was completed with a server that behaves")
    told = len(desk.journal.entries)
    desk.restarted()
    assert await desk.attempt() is None
    assert len(desk.journal.entries) == told
    assert list(desk.recorded().values()) == [1, 1, 1]
    assert sorted(desk.receivers()) == RECEIVERS
    assert len(desk.copies()) <= 2  # a copy that could not be laid down is not worth a second answer


@pytest.mark.parametrize(
    ("command", "how"),
    [
        *itertools.product(SESSION + WORK, AT_ONCE),
        *itertools.product(ONCE_IN_A_LIFE, ["hangs up when done", "says NO"]),
    ],
)
async def test_whatever_the_server_does_at_any_command_every_mail_is_treated_once(
    dovecot: Dovecot, user: str, command: str, how: str
) -> None:
    async with imap_proxy(dovecot.imap) as proxy:
        desk = WiredDesk(dovecot=dovecot, user=user, port=proxy.port)
        await is_treated_once_all_the_same(desk, proxy, command, AT_ONCE[how])
        assert desk.lies("INBOX") == []
        assert desk.lies(DONE) == sorted([FIRST, SECOND])
        assert desk.lies(AUTOMATIC) == [AUTO_REPLY]


@pytest.mark.parametrize("command", SESSION + WORK)
async def test_a_server_that_never_answers_is_given_up_at_any_command_and_every_mail_is_treated_once(
    dovecot: Dovecot, user: str, command: str
) -> None:
    async with imap_proxy(dovecot.imap) as proxy:
        desk = WiredDesk(dovecot=dovecot, user=user, port=proxy.port, changes=IMPATIENT)
        await is_treated_once_all_the_same(desk, proxy, command, misbehaviours.fall_silent)
        assert desk.lies("INBOX") == []
        assert desk.lies(DONE) == sorted([FIRST, SECOND])
        assert desk.lies(AUTOMATIC) == [AUTO_REPLY]


@pytest.mark.parametrize("command", ["CAPABILITY", "UID FETCH BODY"])
async def test_a_server_that_talks_for_ever_is_given_up_and_every_mail_is_treated_once(
    dovecot: Dovecot, user: str, command: str
) -> None:
    async with imap_proxy(dovecot.imap) as proxy:
        desk = WiredDesk(dovecot=dovecot, user=user, port=proxy.port, changes=IMPATIENT)
        await is_treated_once_all_the_same(desk, proxy, command, misbehaviours.talk_for_ever, passes=1)
        assert desk.lies(DONE) == sorted([FIRST, SECOND])


@pytest.mark.parametrize("how", [*AT_ONCE, "falls silent"])
async def test_where_only_the_login_command_is_offered_it_is_no_weaker(dovecot: Dovecot, user: str, how: str) -> None:
    async with imap_proxy(dovecot.imap, rewrites=[without("AUTH=PLAIN")]) as proxy:
        changes = IMPATIENT | {"password": ASCII_PASSWORD}
        desk = WiredDesk(dovecot=dovecot, user=user, port=proxy.port, changes=changes)
        fault = AT_ONCE.get(how, misbehaviours.fall_silent)
        await is_treated_once_all_the_same(desk, proxy, "LOGIN", fault)
        assert desk.lies(DONE) == sorted([FIRST, SECOND])


@pytest.mark.parametrize("how", [*AT_ONCE, "falls silent"])
@pytest.mark.parametrize("command", ["UID COPY", "UID EXPUNGE"])
async def test_where_mails_must_be_copied_none_is_lost_between_copying_and_expunging(
    dovecot: Dovecot, user: str, command: str, how: str
) -> None:
    async with imap_proxy(dovecot.imap, rewrites=[without("MOVE")]) as proxy:
        desk = WiredDesk(dovecot=dovecot, user=user, port=proxy.port, changes=IMPATIENT)
        fault = AT_ONCE.get(how, misbehaviours.fall_silent)
        await is_treated_once_all_the_same(desk, proxy, command, fault)
        assert desk.lies("INBOX") == []
        # When the server has copied and is gone before it says so, nobody can know it: then there are two copies.
        assert set(desk.lies(DONE)) == {FIRST, SECOND}
        if command == "UID EXPUNGE":
            assert desk.lies(DONE) == sorted([FIRST, SECOND])
