"""What the transport tells of a server that misbehaves at any command; over a misbehaving proxy before a real Postfix.

`EXPECTED` says at which stage each misbehaviour is met and what kind of code it has; `told` reads the same from what
the transport reported. No misbehaviour before the final dot leaves doubt, and none spoils the next mail.
"""

import asyncio
import itertools
import ssl
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from inbox_worker.adapters.smtp import SmtpTransport
from inbox_worker.config import SmtpSettings
from inbox_worker.core.delivery import Delivered, Outcome, Reply, Stage
from tests.servers import ground
from tests.servers import proxy as misbehaviours
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.postfix import Postfix, awaited
from tests.servers.proxy import GREETING, Misbehaviour, Proxy, refuse, refuse_when_done
from tests.servers.smtp_proxy import CONTENT, smtp_proxy

Told = tuple[Stage, int] | None  # a stage and the first digit of the code, 0 for no answer; None for delivered

_numbers = itertools.count(1)

LOST: dict[str, Misbehaviour] = {
    "hangs up": misbehaviours.hang_up,
    "hangs up when done": misbehaviours.hang_up_when_done,
    "falls silent": misbehaviours.fall_silent,
    "says garbage": misbehaviours.garbage,
    "says half a line": misbehaviours.half_a_line,
}
SAID = {"421": "421 4.3.2 closing", "451": "451 4.3.0 not now", "554": "554 5.7.1 never"}
COMMANDS = (GREETING, "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", CONTENT)
STAGES: dict[str, Stage] = {
    GREETING: Stage.CONNECTION,
    "EHLO": Stage.CONNECTION,
    "STARTTLS": Stage.CONNECTION,
    "AUTH": Stage.CONNECTION,
    "MAIL": Stage.SESSION,
    "RCPT": Stage.RECIPIENT,
    "DATA": Stage.MESSAGE,
    CONTENT: Stage.MESSAGE,
}


UNSAID = {("EHLO", "451"), ("EHLO", "554"), ("AUTH", "421")}
"""Behind a refused EHLO comes HELO, and then there is no STARTTLS; behind a 421 to AUTH the library hangs up."""


def expected() -> Iterator[tuple[str, str, Told]]:
    """Each command, each misbehaviour, and what is told of it."""
    for command in COMMANDS:
        for how in LOST:
            yield command, how, (STAGES[command], 0)
        for how in SAID:
            yield command, how, (STAGES[command], 0 if (command, how) in UNSAID else int(how[0]))


def misbehaviour(command: str, how: str) -> Misbehaviour:
    """By its name; the content is refused when the server has it, as otherwise it would go on waiting for it."""
    if how in LOST:
        return LOST[how]
    return (refuse_when_done if command == CONTENT else refuse)(SAID[how])


def told(outcome: Outcome) -> Told:
    """What the transport reported, in the terms of the table."""
    if isinstance(outcome, Delivered):
        return None
    first = outcome.code // 100
    return outcome.stage, first if first in {4, 5} else 0


def a_reply(number: int) -> Reply:
    raw = f"Message-ID: <{number}@z.example>\r\nSubject: {number}\r\n\r\n.\r\nTag\r\n".encode()
    return Reply(f"<{number}@z.example>", "desk@z.example", (f"smtp-faults-{number}@zeitung.example",), raw)


@pytest.fixture
def context(certificate: ground.Certificate) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate.cert, certificate.key)
    return made


def over(proxy: Proxy, certificate: ground.Certificate, limit: float = 20) -> SmtpTransport:
    settings = {"host": proxy.host, "port": proxy.port, "security": "starttls", "ca_file": certificate.ca}
    login = {"username": "desk@z.example", "password": SecretStr(PASSWORD), "timeout": limit}
    return SmtpTransport(SmtpSettings.model_validate(settings | login))


async def report(transport: SmtpTransport, reply: Reply) -> Outcome:
    """What comes of one delivery; a call that hangs for ever ends here."""
    async with asyncio.timeout(60):
        return await transport.deliver(reply)


@pytest.mark.parametrize(("command", "how", "fact"), list(expected()))
async def test_what_a_server_does_at_a_command_is_told_and_the_next_mail_goes_out(
    postfix: Postfix, certificate: ground.Certificate, context: ssl.SSLContext, *, command: str, how: str, fact: Told
) -> None:
    async with smtp_proxy(postfix.smtp, starttls=context) as proxy:
        transport = over(proxy, certificate, 0.5 if how == "falls silent" else 20)
        proxy.misbehave(command, misbehaviour(command, how))
        reply = a_reply(next(_numbers))
        while command not in proxy.names():  # the time-out is short: it may end what goes before, on a slow machine
            reported = await report(transport, reply)
        assert told(reported) == fact
        assert (CONTENT in proxy.names()) == (command == CONTENT)
        proxy.behave()
        for _ in range(10):
            if told(await report(transport, a_reply(next(_numbers)))) is None:
                break
        else:
            raise AssertionError("nothing goes out through a server that behaves")
        await transport.close()


@pytest.mark.parametrize("how", [*LOST, *SAID])
async def test_a_mail_is_delivered_whatever_the_server_does_at_the_farewell(
    postfix: Postfix, certificate: ground.Certificate, context: ssl.SSLContext, how: str
) -> None:
    async with smtp_proxy(postfix.smtp, starttls=context) as proxy:
        transport = over(proxy, certificate)
        proxy.misbehave("QUIT", misbehaviour("QUIT", how))
        assert told(await report(transport, a_reply(next(_numbers)))) is None
        async with asyncio.timeout(60):
            await transport.close()
        proxy.behave()
        assert told(await report(transport, a_reply(next(_numbers)))) is None
        await transport.close()


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "STARTTLS"])
async def test_an_answer_that_drips_in_is_an_answer(
    postfix: Postfix, certificate: ground.Certificate, context: ssl.SSLContext, command: str
) -> None:
    async with smtp_proxy(postfix.smtp, starttls=context) as proxy:
        transport = over(proxy, certificate)
        proxy.misbehave(command, misbehaviours.drip)
        assert told(await report(transport, a_reply(next(_numbers)))) is None
        await transport.close()


@pytest.mark.parametrize(("how", "arrives"), [("hangs up", 1), ("hangs up when done", 2)])
async def test_in_doubt_is_right_either_way_the_mail_may_have_arrived_or_not(
    postfix: Postfix,
    dovecot: Dovecot,
    certificate: ground.Certificate,
    context: ssl.SSLContext,
    *,
    how: str,
    arrives: int,
) -> None:
    async with smtp_proxy(postfix.smtp, starttls=context) as proxy:
        transport = over(proxy, certificate)
        proxy.misbehave(CONTENT, LOST[how])
        reply = a_reply(next(_numbers))
        assert told(await report(transport, reply)) == (Stage.MESSAGE, 0)
        proxy.behave()
        assert told(await report(transport, reply)) is None
        await transport.close()
    there = awaited(dovecot, reply.recipients[0], arrives)
    assert len(there) == arrives
    assert all(b"Message-ID: " + reply.message_id.encode() in raw for raw in there)  # so that programs see one mail
