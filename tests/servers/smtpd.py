"""aiosmtpd in the test's own loop: keeps what it accepts, and misbehaves where a test says so.

Like the tests' Postfix it refuses `niemand@…` with 550 and puts `spaeter@…` off with 450.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers import ground

PASSWORD = "Schlüssel-7"

Answer = Callable[[SMTP], Awaitable[str]]


class Smtpd:
    """The server's memory, and how it answers; `on_mail`, `on_rcpt`, `on_data` replace an answer."""

    host = ground.HOST

    def __init__(self) -> None:
        self.port = 0
        self.accepted: list[Envelope] = []
        self.commands: list[str] = []
        self.connections = 0
        self.on_mail: Answer | None = None
        self.on_rcpt: Answer | None = None
        self.on_data: Answer | None = None
        self.servers: list[SMTP] = []

    def hang_up(self) -> None:
        """Close every open connection, as a server does with idle clients."""
        for server in self.servers:
            _abort(server)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append(f"MAIL {address} {' '.join(options)}")
        if self.on_mail is not None:
            return await self.on_mail(server)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.commands.append(f"RCPT {address}")
        if self.on_rcpt is not None:
            return await self.on_rcpt(server)
        if address.startswith("niemand@"):
            return "550 5.1.1 no such person"
        if address.startswith("spaeter@"):
            return "450 4.2.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.on_data is not None:
            return await self.on_data(server)
        self.accepted.append(envelope)
        return "250 2.0.0 taken"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, auth_data: object
    ) -> AuthResult:
        good = isinstance(auth_data, LoginPassword) and auth_data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=False)


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        with suppress(AttributeError):  # Python 3.11.2: aborting a TLS connection that is gone already
            server.transport.abort()


async def hang_up(server: SMTP) -> str:
    """An answer that never comes: the connection is lost instead."""
    _abort(server)
    return "250 never sent"


async def fall_silent(_server: SMTP) -> str:
    """An answer that never comes, on a connection that stays open."""
    await asyncio.Event().wait()
    return "250 never sent"


def say(text: str) -> Answer:
    """Always this answer."""

    async def answer(_server: SMTP) -> str:
        return text

    return answer


@asynccontextmanager
async def smtpd(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, login: bool = False, utf8: bool = True
) -> AsyncIterator[Smtpd]:
    """A server that speaks TLS from the start (`tls`) or on demand, and may ask for PASSWORD first."""
    made = Smtpd()
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        made.connections += 1
        server = SMTP(
            made,
            hostname="mx.test.example",
            loop=loop,
            enable_SMTPUTF8=utf8,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=login,  # then `starttls` is needed, too
            authenticator=made.authenticate if login else None,
        )
        made.servers.append(server)
        return server

    listener = await loop.create_server(protocol, ground.ADDRESS, 0, ssl=tls)
    made.port = listener.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listener.close()
        made.hang_up()
        await listener.wait_closed()
