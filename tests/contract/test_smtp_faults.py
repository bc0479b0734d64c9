"""What the transport tells of a server that misbehaves at any command; over a misbehaving proxy before a real Postfix.

`EXPECTED` says at which stage each misbehaviour is met and what kind of code it has; `told` reads the same from what
the transport reported. No misbehaviour before the final dot leaves doubt, and none spoils the next mail.
"""

import asyncio
import itertools
import ssl
from collections.abc import Iterator
from typing import Literal

import pytest
from pydantic import SecretStr

from inbox_worker.adapters.smtp import SmtpTransport
from inbox_worker.config import SmtpSettings
from inbox_worker.core.delivery import Deferred, Delivered, InDoubt, Outcome, Refused, Reply
from inbox_worker.errors import TransportError
from tests.servers import ground
from tests.servers import proxy as misbehaviours
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.postfix import Postfix, awaited
from tests.servers.proxy import GREETING, Misbehaviour, Proxy, refuse, refuse_when_done
from tests.servers.smtp_proxy import CONTENT, smtp_proxy

Stage = Literal["connection", "session", "message", "recipient", "in doubt", "delivered"]
Told = tuple[Stage, int]  # a stage and the first digit of the code; 0 where the server was lost, silent or unreadable

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
    GREETING: "connection",
    "EHLO": "session",
    "STARTTLS": "session",
    "AUTH": "session",
    "MAIL": "message",
    "RCPT": "recipient",
    "DATA": "message",
    CONTENT: "message",
}


def expected() -> Iterator[tuple[str, str, Told]]:
    """Each command, each misbehaviour, and what is told of it."""
    for command in COMMANDS:
        for how in LOST:
            # From DATA on the transport does not tell how far the server came.
            yield command, how, ("in doubt" if command in {"DATA", CONTENT} else "connection", 0)
        for how in SAID:
            stage = "session" if (command, how) == ("MAIL", "421") else STAGES[command]
            yield command, how, (stage, int(how[0]))


def misbehaviour(command: str, how: str) -> Misbehaviour:
    """By its name; the content is refused when the server has it, as otherwise it would go on waiting for it."""
    if how in LOST:
        return LOST[how]
    return (refuse_when_done if command == CONTENT else refuse)(SAID[how])


def told(report: Outcome | TransportError) -> Told:
    """What the transport reported. Of trouble that is not the mail's it tells neither the stage nor the code apart."""
    match report:
        case Delivered():
            return "delivered", 2
        case InDoubt():
            return "in doubt", 0
        case Deferred(code) | Refused(code):
            assert (code // 100 == 4) == isinstance(report, Deferred)
            return "message", code // 100
        case TransportError():
            return "session", 0


def as_told(fact: Told) -> Told:
    """`fact` as far as the transport's interface can tell it: recipient and message are one, and so is all trouble."""
    stage, code = fact
    match stage:
        case "connection" | "session":
            return "session", 0
        case "recipient":
            return "message", code
        case _:
            return fact


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


async def report(transport: SmtpTransport, reply: Reply) -> Outcome | TransportError:
    """What comes of one delivery; a call that hangs for ever ends here."""
    async with asyncio.timeout(60):
        try:
            return await transport.deliver(reply)
        except TransportError as error:
            return error


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
        assert told(reported) == as_told(fact)
        assert (CONTENT in proxy.names()) == (command == CONTENT)
        proxy.behave()
        for _ in range(10):
            if told(await report(transport, a_reply(next(_numbers)))) == ("delivered", 2):
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
        assert told(await report(transport, a_reply(next(_numbers)))) == ("delivered", 2)
        async with asyncio.timeout(60):
            await transport.close()
        proxy.behave()
        assert told(await report(transport, a_reply(next(_numbers)))) == ("delivered", 2)
        await transport.close()


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "STARTTLS"])
async def test_an_answer_that_drips_in_is_an_answer(
    postfix: Postfix, certificate: ground.Certificate, context: ssl.SSLContext, command: str
) -> None:
    async with smtp_proxy(postfix.smtp, starttls=context) as proxy:
        transport = over(proxy, certificate)
        proxy.misbehave(command, misbehaviours.drip)
        assert told(await report(transport, a_reply(next(_numbers)))) == ("delivered", 2)
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
        assert told(await report(transport, reply)) == ("in doubt", 0)
        proxy.behave()
        assert told(await report(transport, reply)) == ("delivered", 2)
        await transport.close()
    there = awaited(dovecot, reply.recipients[0], arrives)
    assert len(there) == arrives
    assert all(b"Message-ID: " + reply.message_id.encode() in raw for raw in there)  # so that programs see one mail
