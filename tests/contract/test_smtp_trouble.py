"""What the SMTP adapter makes of servers that differ, refuse and fail."""

import asyncio
import re
import ssl

import pytest
from pydantic import SecretStr

from inbox_worker.adapters.smtp import SmtpTransport
from inbox_worker.config import SmtpSettings
from inbox_worker.core.delivery import Delivered, Outcome, Reply, Stage, Trouble
from inbox_worker.errors import TransportError
from tests.servers import ground
from tests.servers.dovecot import PASSWORD as DOVECOT_PASSWORD
from tests.servers.postfix import Postfix
from tests.servers.smtpd import PASSWORD, Smtpd, fall_silent, hang_up, say, smtpd
from tests.servers.wire import wire

REPLY = Reply("<1@z.example>", "desk@z.example", ("anke@zeitung.example",), b"Message-ID: <1@z.example>\r\n\r\nTag\r\n")


def to(server: Smtpd, **changes: object) -> SmtpTransport:
    values = {"host": server.host, "port": server.port, "security": "none", "timeout": 10} | changes
    return SmtpTransport(SmtpSettings.model_validate(values))


def of(outcome: Outcome, stage: Stage, code: int) -> str:
    """The words of an attempt that ended at `stage` with `code`."""
    assert isinstance(outcome, Trouble)
    assert (outcome.stage, outcome.code) == (stage, code)
    return outcome.text


def context(certificate: ground.Certificate) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate.cert, certificate.key)
    return made


async def test_nobody_at_home_is_the_transports_trouble() -> None:
    [port] = ground.free_ports(1)
    transport = SmtpTransport(SmtpSettings(host="localhost", port=port, security="none"))
    trouble = of(await transport.deliver(REPLY), Stage.CONNECTION, 0)
    assert trouble.startswith(f"localhost:{port}: connecting")
    with pytest.raises(TransportError, match="connecting"):
        await transport.check(REPLY.envelope_from)
    await transport.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_postfix_is_reached_with_tls_and_login(postfix: Postfix, security: str) -> None:
    values = {
        "host": postfix.host,
        "port": postfix.smtps if security == "tls" else postfix.smtp,
        "security": security,
        "ca_file": postfix.ca_file,
        "username": "desk@z.example",
        "password": SecretStr(DOVECOT_PASSWORD),
    }
    transport = SmtpTransport(SmtpSettings.model_validate(values))
    await transport.check(REPLY.envelope_from)
    assert isinstance(await transport.deliver(REPLY), Delivered)
    await transport.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_of_a_stranger_is_not_trusted(postfix: Postfix, security: str) -> None:
    port = postfix.smtps if security == "tls" else postfix.smtp
    transport = SmtpTransport(SmtpSettings.model_validate({"host": "localhost", "port": port, "security": security}))
    told = of(await transport.deliver(REPLY), Stage.CONNECTION, 0)
    assert re.search(r"certificate is not trusted.*ca_file", told)
    await transport.close()


async def test_nothing_is_sent_in_clear_when_the_server_offers_no_starttls() -> None:
    async with smtpd() as server:
        transport = to(server, security="starttls")
        of(await transport.deliver(REPLY), Stage.CONNECTION, 0)
        assert server.accepted == []
        assert server.commands == []


async def test_a_refused_login_is_the_transports_trouble_and_shows_no_password(
    certificate: ground.Certificate,
) -> None:
    async with smtpd(starttls=context(certificate), login=True) as server:
        settings = {"security": "starttls", "ca_file": certificate.ca, "username": "desk@z.example"}
        transport = to(server, **settings, password="falsches-Kennwort")
        told = of(await transport.deliver(REPLY), Stage.CONNECTION, 535)
        assert "falsches-Kennwort" not in told
        good = to(server, **settings, password=PASSWORD)
        assert isinstance(await good.deliver(REPLY), Delivered)
        await good.close()


async def test_an_idle_connection_that_was_closed_is_replaced_silently() -> None:
    async with smtpd() as server:
        transport = to(server)
        assert isinstance(await transport.deliver(REPLY), Delivered)
        server.hang_up()
        assert isinstance(await transport.deliver(REPLY), Delivered)
        assert len(server.accepted) == 2
        assert server.connections == 2
        await transport.close()


async def test_a_farewell_instead_of_an_answer_to_mail_from_is_answered_by_a_new_connection() -> None:
    async with smtpd() as server:
        transport = to(server)
        await transport.deliver(REPLY)

        async def farewell(_server: object) -> str:
            server.on_mail = None
            return "421 4.4.2 idle for too long"

        server.on_mail = farewell
        assert isinstance(await transport.deliver(REPLY), Delivered)
        assert server.connections == 2
        await transport.close()


async def test_one_connection_carries_all_replies() -> None:
    async with smtpd() as server:
        transport = to(server)
        for _ in range(5):
            await transport.deliver(REPLY)
        assert server.connections == 1
        await transport.close()


async def test_a_connection_lost_after_the_content_leaves_doubt() -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_data = hang_up
        of(await transport.deliver(REPLY), Stage.MESSAGE, 0)
        server.on_data = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()


async def test_silence_after_the_content_leaves_doubt() -> None:
    async with smtpd() as server:
        transport = to(server, timeout=0.5)
        server.on_data = fall_silent
        of(await transport.deliver(REPLY), Stage.MESSAGE, 0)
        await transport.close()


async def test_a_connection_lost_before_the_content_leaves_none(postfix: Postfix) -> None:
    async with wire(postfix.smtp) as line:
        settings = SmtpSettings(host=line.host, port=line.port, security="none", timeout=10)
        transport = SmtpTransport(settings)
        line.cut_after = b"RCPT TO"
        of(await transport.deliver(REPLY), Stage.RECIPIENT, 0)
        line.cut_after = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()


@pytest.mark.parametrize("answer", ["452 4.3.1 no space", "421 4.3.0 closing", "554 5.7.1 content not wanted"])
async def test_what_the_server_says_to_the_content_is_said_to_this_mail(answer: str) -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_data = say(answer)
        assert of(await transport.deliver(REPLY), Stage.MESSAGE, int(answer[:3])) == answer[4:]
        server.on_data = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()


async def test_a_server_that_closes_at_the_recipient_says_so_of_this_mail_and_takes_the_next() -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_rcpt = say("421 4.7.0 too many")
        of(await transport.deliver(REPLY), Stage.RECIPIENT, 421)
        server.on_rcpt = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        assert server.connections == 2
        await transport.close()


@pytest.mark.parametrize(
    "answer",
    ["553 5.7.1 not your address", "530 5.7.0 log in first", "421 4.3.2 not now", "432 4.3.2 too many connections"],
)
async def test_a_server_that_wants_nothing_from_our_sender_says_nothing_about_the_mail(answer: str) -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_mail = say(answer)
        assert answer in of(await transport.deliver(REPLY), Stage.SESSION, int(answer[:3]))
        with pytest.raises(TransportError, match=answer[:3]):
            await transport.check(REPLY.envelope_from)
        await transport.close()


async def test_a_mail_that_is_too_large_for_the_server_is_refused_as_this_mail() -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_mail = say("552 5.3.4 message size exceeds fixed limit")
        of(await transport.deliver(REPLY), Stage.MESSAGE, 552)
        await transport.close()


async def test_umlauts_before_the_at_need_smtputf8_and_behind_it_do_not() -> None:
    umlaut_local = Reply("<1@z>", "desk@z.example", ("jürgen@zeitung.example",), REPLY.content)
    umlaut_domain = Reply("<1@z>", "desk@z.example", ("anke@bücher.example",), REPLY.content)
    async with smtpd(utf8=True) as server:
        transport = to(server)
        assert isinstance(await transport.deliver(umlaut_local), Delivered)
        assert server.accepted[0].rcpt_tos == ["jürgen@zeitung.example"]
        assert "SMTPUTF8" in server.commands.pop(0)
        assert isinstance(await transport.deliver(umlaut_domain), Delivered)
        assert server.accepted[1].rcpt_tos == ["anke@xn--bcher-kva.example"]
        assert not any("SMTPUTF8" in command for command in server.commands)
        await transport.close()
    async with smtpd(utf8=False) as server:
        transport = to(server)
        assert "SMTPUTF8" in of(await transport.deliver(umlaut_local), Stage.RECIPIENT, 553)
        assert isinstance(await transport.deliver(umlaut_domain), Delivered)
        await transport.close()


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
async def test_a_cancelled_delivery_does_not_confuse_the_next(command: str) -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_data = fall_silent
        delivering = asyncio.create_task(transport.deliver(REPLY))
        while not any(each.startswith(command) for each in server.commands):  # noqa: ASYNC110 - the server is a stranger's, without an event to wait for
            await asyncio.sleep(0)
        delivering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivering
        server.on_data = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()
