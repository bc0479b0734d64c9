"""The proxy's SMTP (RFC 5321): replies of several lines, and the content behind DATA as a request of its own."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.servers.proxy import Conversation, Exchange, Over, Proxy, Request, serving

CONTENT = "CONTENT"
"""The mail itself, up to the final dot."""


class SmtpConversation(Conversation):
    """One SMTP session."""

    _content = False
    _challenged = False

    async def request(self) -> Request:
        """The next command, or the content."""
        if self._content:
            self._content = False
            return Request(CONTENT, await self.hear(await self.sides.client.readuntil(b"\r\n.\r\n")))
        raw = await self.hear(await self.sides.client.readline())
        if self._challenged:
            self._challenged = False
            return Request("AUTH", raw)
        return Request(re.split(r"[ \r\n]", raw.decode("utf-8", "replace").upper(), maxsplit=1)[0], raw)

    async def piece(self) -> bytes:
        """One line of a reply."""
        data = await self.sides.server.readline()
        if not data:
            raise Over
        return data

    async def answer(self, request: Request) -> AsyncIterator[bytes]:
        """Up to the line that has no hyphen."""
        while True:
            piece = await self.piece()
            if piece[3:4] != b"-":
                self._content = request.name == "DATA" and piece.startswith(b"354")
                self._challenged = piece.startswith(b"334")
                yield piece
                return
            yield piece

    def refused(self, request: Request, words: str) -> bytes:  # noqa: ARG002 - replies have no tag
        """`words` begin with the code; where there is none, one line of a reply that goes on."""
        return (f"{words}\r\n" if words[:3].isdecimal() else f"250-{words}\r\n").encode()

    def agreed(self, request: Request) -> bytes:
        """220."""
        return self.refused(request, "220 2.0.0 go on")


def smtp_proxy(port: int, **how: Any) -> AbstractAsyncContextManager[Proxy]:
    """A proxy to the SMTP server at `port`."""
    return serving(Proxy(port, SmtpConversation, **how))


async def inject_before_tls(exchange: Exchange) -> None:
    """Somebody in the middle adds a reply in clear behind the server's, to be read as if it had come by TLS."""
    await exchange.say(exchange.line.agreed(exchange.request) + b"250-mx.test.example\r\n250 AUTH PLAIN LOGIN\r\n")
    await exchange.start_tls()


def without_starttls(piece: bytes) -> bytes:
    """The server, or somebody in the middle, does not offer STARTTLS."""
    return piece.replace(b"250-STARTTLS\r\n", b"").replace(b"STARTTLS", b"XXXXXXXX")
