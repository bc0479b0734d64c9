"""The proxy's IMAP (RFC 3501): tags, literals, continuations and IDLE; and what only an IMAP server can do wrong."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.servers.proxy import (
    GREETING,
    Conversation,
    Exchange,
    Over,
    Proxy,
    Request,
    serving,
)

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


class ImapConversation(Conversation):
    """One IMAP session."""

    _idle = b""  # the tag of the IDLE that DONE will end

    async def request(self) -> Request:
        """The next command (`UID FETCH BODY` where bytes of mails are asked for).

        A literal that the server must ask for comes later, with the answer.
        """
        client = self.sides.client
        raw = await self.hear(await client.readline())
        if raw.upper() == b"DONE\r\n":
            return Request("DONE", raw, self._idle)
        while (literal := _LITERAL.search(raw)) and literal[2]:
            raw += await self.hear(await client.readexactly(int(literal[1])))
            raw += await self.hear(await client.readline())
        tag, _, rest = raw.partition(b" ")
        words = rest.decode("ascii", "replace").upper().split(" ")
        name = " ".join(words[: 2 if words[0] == "UID" else 1]).strip()
        return Request(f"{name} BODY" if name == "UID FETCH" and b"BODY" in raw else name, raw, tag)

    async def piece(self) -> bytes:
        """One response."""
        server = self.sides.server
        data = await server.readline()
        while literal := _LITERAL.search(data):
            data += await server.readexactly(int(literal[1])) + await server.readline()
        if not data:
            raise Over
        return data

    async def answer(self, request: Request) -> AsyncIterator[bytes]:
        """Up to the tagged response; to IDLE up to the invitation to idle."""
        raw = request.raw
        while True:
            piece = await self.piece()
            yield piece
            if piece.startswith(b"+"):
                if request.name == "IDLE":
                    self._idle = request.tag
                    return
                more = b""
                if literal := _LITERAL.search(raw):
                    more = await self.hear(await self.sides.client.readexactly(int(literal[1])))
                raw = await self.hear(await self.sides.client.readline())
                await self.pass_on(more + raw)
            elif request.name == GREETING or piece.startswith(request.tag + b" "):
                return

    def refused(self, request: Request, words: str) -> bytes:
        """`words` begin with NO, BAD or OK; untagged where there is no tag."""
        return (request.tag or b"*") + f" {words}\r\n".encode()


def imap_proxy(port: int, **how: Any) -> AbstractAsyncContextManager[Proxy]:
    """A proxy to the IMAP server at `port`."""
    return serving(Proxy(port, ImapConversation, **how))


async def say_bye(exchange: Exchange) -> None:
    """The server takes its leave instead of answering."""
    await exchange.say(b"* BYE going down for maintenance\r\n")
    raise Over


async def preauth(exchange: Exchange) -> None:
    """A greeting that pretends one is logged in already, so that STARTTLS is not allowed any more."""
    async for _ in exchange.answer():
        await exchange.say(b"* PREAUTH [CAPABILITY IMAP4rev1 AUTH=PLAIN] come in\r\n")


async def inject_before_tls(exchange: Exchange) -> None:
    """Somebody in the middle adds a response in clear behind the server's, to be read as if it had come by TLS."""
    injected = b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n* BYE injected\r\n"
    await exchange.say(exchange.line.agreed(exchange.request) + injected)
    await exchange.start_tls()


def without(*capabilities: str) -> Callable[[bytes], bytes]:
    """The server does not say that it can these; what is not said, no client may use."""
    named = "|".join(map(re.escape, capabilities))
    word = re.compile(rf" (?:{named})(?=[ \]\r])".encode())
    return lambda piece: word.sub(b"", piece) if b"CAPABILITY" in piece else piece


def without_keywords(piece: bytes) -> bytes:
    r"""PERMANENTFLAGS has no `\*`: keywords of clients' own are not kept."""
    return re.sub(rb"(\[PERMANENTFLAGS \([^)]*?) ?\\\*", rb"\1", piece)


def without_special_use(piece: bytes) -> bytes:
    """LIST does not tell which folder is Drafts and which is Sent."""
    return re.sub(rb" ?\\(?:Drafts|Sent)(?=[ )])", b"", piece) if piece.startswith(b"* LIST") else piece
