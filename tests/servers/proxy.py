"""A proxy in front of a real server that knows where one command ends and the next begins.

It carries one request after the other, counts what passes, and misbehaves at the commands that a test names. Each
misbehaviour is a named coroutine that is given one exchange: it may pass the request on, hold back or tear the answer,
say something else, or hang up. What belongs to one protocol only stands in `imap_proxy` and `smtp_proxy`.
"""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.servers import ground

GREETING = "GREETING"
"""What the server says first, as if it had been asked."""

LONGEST = 64 * 1024 * 1024  # bytes of one line


class Over(Exception):  # noqa: N818 - an end, not a fault
    """The conversation is over; both sides are hung up on."""


@dataclass(frozen=True, slots=True)
class Request:
    """One command as the client sent it; `name` in capitals and with its UID, `tag` as the protocol has one."""

    name: str
    raw: bytes = b""
    tag: bytes = b""


@dataclass
class Sides:
    """The two connections of one conversation."""

    client: asyncio.StreamReader
    to_client: asyncio.StreamWriter
    server: asyncio.StreamReader
    to_server: asyncio.StreamWriter


class Conversation(ABC):
    """One client and one server, and the proxy between them; a protocol adds where requests and answers end."""

    def __init__(self, proxy: "Proxy", sides: Sides) -> None:
        self.proxy, self.sides = proxy, sides

    @abstractmethod
    async def request(self) -> Request:
        """The client's next request."""

    @abstractmethod
    async def piece(self) -> bytes:
        """The server's next line, with the literals that belong to it."""

    @abstractmethod
    def answer(self, request: Request) -> AsyncIterator[bytes]:
        """The pieces of the server's answer, up to the last one."""

    @abstractmethod
    def refused(self, request: Request, words: str) -> bytes:
        """How this protocol says no, or what else `words` begin with."""

    def agreed(self, request: Request) -> bytes:
        """How this protocol says: go on with TLS."""
        return self.refused(request, "OK go on")

    async def carry(self) -> None:
        """Carry everything until somebody hangs up."""
        await self._exchange(Request(GREETING))
        while True:
            asked, told = asyncio.create_task(self.request()), asyncio.create_task(self.piece())
            try:
                await asyncio.wait({asked, told}, return_when=asyncio.FIRST_COMPLETED)
                if told.done():
                    await self.say(told.result())
                    if not asked.done():
                        continue
            finally:
                told.cancel()  # a cancelled reader keeps what it has not handed out
                if not asked.done():
                    asked.cancel()
                await asyncio.gather(asked, told, return_exceptions=True)
            await self._exchange(asked.result())

    async def _exchange(self, request: Request) -> None:
        self.proxy.seen(request)
        upgrade = self.proxy.starttls is not None and request.name == "STARTTLS"
        usual = start_tls if upgrade else honest
        await self.proxy.faults.get(request.name, usual)(Exchange(self, request))

    async def hear(self, data: bytes) -> bytes:
        """Note what the client said."""
        self.proxy.sent += data
        if self.sides.to_client.get_extra_info("ssl_object") is None:
            self.proxy.clear += data
        if not data:
            raise Over
        return data

    async def say(self, data: bytes) -> None:
        """Tell the client."""
        self.proxy.received += len(data)
        self.sides.to_client.write(data)
        await self.sides.to_client.drain()

    async def pass_on(self, data: bytes) -> None:
        """Tell the server."""
        self.sides.to_server.write(data)
        await self.sides.to_server.drain()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, and what can be done about it."""

    line: Conversation
    request: Request

    async def pass_on(self) -> None:
        """Let the server have it."""
        await self.line.pass_on(self.request.raw)

    async def answer(self) -> AsyncIterator[bytes]:
        """What the server says to it, as the proxy is told to rewrite it."""
        async for piece in self.line.answer(self.request):
            rewritten = piece
            for rewrite in self.line.proxy.rewrites:
                rewritten = rewrite(rewritten)
            yield rewritten

    async def say(self, data: bytes) -> None:
        """Tell the client something."""
        await self.line.say(data)

    async def start_tls(self) -> None:
        """Speak TLS with the client from here on, in the server's name."""
        context, sides = self.line.proxy.starttls, self.line.sides
        assert context is not None
        await sides.to_client.start_tls(context)


Misbehaviour = Callable[[Exchange], Awaitable[None]]


async def honest(exchange: Exchange) -> None:
    """What a proxy usually does."""
    await exchange.pass_on()
    async for piece in exchange.answer():
        await exchange.say(piece)


async def start_tls(exchange: Exchange) -> None:
    """Agree to TLS in the server's place."""
    await exchange.say(exchange.line.agreed(exchange.request))
    await exchange.start_tls()


async def hang_up(_exchange: Exchange) -> None:
    """The connection is closed; the server never heard of it."""
    raise Over


async def hang_up_when_done(exchange: Exchange) -> None:
    """The server has done it, and the connection is closed before the client hears so."""
    await exchange.pass_on()
    async for piece in exchange.answer():
        if goes_on(piece):
            await exchange.say(piece)
    raise Over


async def fall_silent(exchange: Exchange) -> None:
    """Half-open: nothing is ever said again on a connection that stays open."""
    while await exchange.line.sides.client.read(65536):
        pass
    raise Over


async def talk_for_ever(exchange: Exchange) -> None:
    """Always something, and never the answer."""
    while True:
        await exchange.say(exchange.line.refused(Request("", tag=b"*"), "OK still busy"))
        await asyncio.sleep(0.01)  # a bounded load: some hundred lines for each time-out


async def half_a_line(exchange: Exchange) -> None:
    """The answer is torn in the middle of its first line, and the connection is closed."""
    await exchange.pass_on()
    async for piece in exchange.answer():
        if goes_on(piece):
            await exchange.say(piece)
            continue
        await exchange.say(piece[: len(piece) // 2])
        break
    raise Over


async def garbage(exchange: Exchange) -> None:
    """Bytes that are no line of any protocol; the real answer comes behind them."""
    await exchange.say(b'\x00\xff\xfe%s((("{17 \r\n')
    await honest(exchange)


async def drip(exchange: Exchange) -> None:
    """The right answer, byte by byte."""
    await exchange.pass_on()
    async for piece in exchange.answer():
        for byte in piece:
            await exchange.say(bytes([byte]))
            await asyncio.sleep(0)


def refuse(words: str) -> Misbehaviour:
    """The server says this instead of doing it."""

    async def refusing(exchange: Exchange) -> None:
        await exchange.say(exchange.line.refused(exchange.request, words))

    return refusing


def refuse_when_done(words: str) -> Misbehaviour:
    """The server has all of the request and has done it, and says this."""

    async def refusing(exchange: Exchange) -> None:
        await exchange.pass_on()
        async for _ in exchange.answer():
            pass
        await exchange.say(exchange.line.refused(exchange.request, words))

    return refusing


def meanwhile(work: Callable[[], object]) -> Misbehaviour:
    """Nothing wrong with the server, but something else happens before it hears of this, once."""
    pending = [work]

    async def interrupted(exchange: Exchange) -> None:
        while pending:
            await asyncio.to_thread(pending.pop())
        await honest(exchange)

    return interrupted


def goes_on(piece: bytes) -> bool:
    """Whether the server asks the client for the rest of its request."""
    return piece.startswith((b"+", b"334"))


@dataclass
class Proxy:
    """Where clients connect, and what is done to them."""

    target: int
    speaks: type[Conversation]
    target_host: str = ground.ADDRESS
    tls: ssl.SSLContext | None = None  # speak TLS from the start
    starttls: ssl.SSLContext | None = None  # carry out STARTTLS, in the server's place
    port: int = 0
    connections: int = 0
    faults: dict[str, Misbehaviour] = field(default_factory=dict)
    rewrites: list[Callable[[bytes], bytes]] = field(default_factory=list)
    commands: list[Request] = field(default_factory=list)
    sent: bytearray = field(default_factory=bytearray)  # all that clients said
    clear: bytearray = field(default_factory=bytearray)  # what of it was not encrypted
    received: int = 0  # how many bytes clients were told
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    host = ground.HOST

    def misbehave(self, command: str, how: Misbehaviour) -> None:
        """From now on do this whenever `command` comes, and count from here."""
        self.faults = {command: how}
        self.forget()

    def behave(self) -> None:
        """From now on do nothing but carry."""
        self.faults = {}

    def forget(self) -> None:
        """Count anew."""
        self.commands, self.sent, self.clear, self.received = [], bytearray(), bytearray(), 0

    def names(self) -> list[str]:
        """The commands that came."""
        return [request.name for request in self.commands]

    def seen(self, request: Request) -> None:
        """A request came."""
        self.commands.append(request)

    def cut(self) -> None:
        """Hang up on everybody."""
        for writer in list(self.writers):
            writer.transport.abort()

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Carry one connection until either side hangs up."""
        self.connections += 1
        server, to_server = await asyncio.open_connection(self.target_host, self.target, limit=LONGEST)
        writers = {to_client, to_server}
        self.writers |= writers
        try:
            await self.speaks(self, Sides(client, to_client, server, to_server)).carry()
        except (Over, OSError, EOFError):
            pass
        finally:
            self.writers -= writers
            to_server.transport.abort()
            to_client.close()  # what was said before is still told


@asynccontextmanager
async def serving(proxy: Proxy) -> AsyncIterator[Proxy]:
    """The proxy at its port, taken down at the end."""
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        task = asyncio.create_task(proxy.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, ground.ADDRESS, 0, ssl=proxy.tls, limit=LONGEST)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()
