"""What the SMTP adapter makes of servers that differ, refuse and fail."""

import asyncio
import ssl

import pytest
from pydantic import SecretStr

from inbox_worker.adapters.smtp import SmtpTransport
from inbox_worker.config import SmtpSettings
from inbox_worker.core.delivery import Deferred, Delivered, InDoubt, Refused, Reply
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


def context(certificate: ground.Certificate) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate.cert, certificate.key)
    return made


async def test_nobody_at_home_is_the_transports_trouble() -> None:
    [port] = ground.free_ports(1)
    transport = SmtpTransport(SmtpSettings(host="localhost", port=port, security="none"))
    with pytest.raises(TransportError, match=f"localhost:{port}: connecting"):
        await transport.deliver(REPLY)
    with pytest.raises(TransportError):
        await transport.check()
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
    await transport.check()
    assert isinstance(await transport.deliver(REPLY), Delivered)
    await transport.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_of_a_stranger_is_not_trusted(postfix: Postfix, security: str) -> None:
    port = postfix.smtps if security == "tls" else postfix.smtp
    transport = SmtpTransport(SmtpSettings.model_validate({"host": "localhost", "port": port, "security": security}))
    with pytest.raises(TransportError, match=r"certificate is not trusted.*ca_file"):
        await transport.deliver(REPLY)
    await transport.close()


async def test_nothing_is_sent_in_clear_when_the_server_offers_no_starttls() -> None:
    async with smtpd() as server:
        transport = to(server, security="starttls")
        with pytest.raises(TransportError):
            await transport.deliver(REPLY)
        assert server.accepted == []
        assert server.commands == []


async def test_a_refused_login_is_the_transports_trouble_and_shows_no_password(
    certificate: ground.Certificate,
) -> None:
    async with smtpd(starttls=context(certificate), login=True) as server:
        settings = {"security": "starttls", "ca_file": certificate.ca, "username": "desk@z.example"}
        transport = to(server, **settings, password="falsches-Kennwort")
        with pytest.raises(TransportError, match="535") as caught:
            await transport.deliver(REPLY)
        told = f"{caught.value!r} {caught.value.__cause__!r}"
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
        outcome = await transport.deliver(REPLY)
        assert isinstance(outcome, InDoubt)
        server.on_data = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()


async def test_silence_after_the_content_leaves_doubt() -> None:
    async with smtpd() as server:
        transport = to(server, timeout=0.5)
        server.on_data = fall_silent
        assert isinstance(await transport.deliver(REPLY), InDoubt)
        await transport.close()


async def test_a_connection_lost_before_the_content_leaves_none(postfix: Postfix) -> None:
    async with wire(postfix.smtp) as line:
        settings = SmtpSettings(host=line.host, port=line.port, security="none", timeout=10)
        transport = SmtpTransport(settings)
        line.cut_after = b"RCPT TO"
        with pytest.raises(TransportError):
            await transport.deliver(REPLY)
        line.cut_after = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("452 4.3.1 no space", Deferred(452, "4.3.1 no space")),
        ("421 4.3.0 closing", Deferred(421, "4.3.0 closing")),
        ("554 5.7.1 content not wanted", Refused(554, "5.7.1 content not wanted")),
    ],
)
async def test_what_the_server_says_to_the_content_is_said_to_this_mail(
    answer: str, outcome: Deferred | Refused
) -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_data = say(answer)
        assert await transport.deliver(REPLY) == outcome
        server.on_data = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        await transport.close()


async def test_a_server_that_closes_at_the_recipient_defers_this_mail_and_takes_the_next() -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_rcpt = say("421 4.7.0 too many")
        outcome = await transport.deliver(REPLY)
        assert isinstance(outcome, Deferred)
        assert outcome.code == 421
        server.on_rcpt = None
        assert isinstance(await transport.deliver(REPLY), Delivered)
        assert server.connections == 2
        await transport.close()


@pytest.mark.parametrize("answer", ["553 5.7.1 not your address", "530 5.7.0 log in first", "421 4.3.2 not now"])
async def test_a_server_that_wants_nothing_from_us_is_the_transports_trouble(answer: str) -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_mail = say(answer)
        with pytest.raises(TransportError, match=answer[:3]):
            await transport.deliver(REPLY)
        await transport.close()


async def test_too_many_connections_elsewhere_defer_this_mail() -> None:
    async with smtpd() as server:
        transport = to(server)
        server.on_mail = say("432 4.3.2 concurrent connections limit exceeded")
        assert await transport.deliver(REPLY) == Deferred(432, "4.3.2 concurrent connections limit exceeded")
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
        outcome = await transport.deliver(umlaut_local)
        assert isinstance(outcome, Refused)
        assert "SMTPUTF8" in outcome.text
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
