"""A wire between client and server that can be cut, go silent, or tell when a word passes; runs in the test's loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.servers import ground


class Wire:
    """Forwards bytes to a port on loopback, and does with them what the test says."""

    host = ground.HOST

    def __init__(self, target: int) -> None:
        self.port = 0
        self.connections = 0
        self.silent = False  # from now on nothing reaches the client any more, and the connection stays open
        self.silent_after: bytes | None = None  # a connection on which the client sends these bytes is silent then
        self.cut_after: bytes | None = None  # hang up at once when the client has sent these bytes
        self.drip = False  # the server's bytes come one by one
        self.sent = b""  # all that clients have sent
        self._target = target
        self._changed = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Hang up on both sides of every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def passed(self, word: bytes) -> None:
        """Return as soon as a client has sent `word`."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: word in self.sent)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side hangs up."""
        self.connections += 1
        there, back = await asyncio.open_connection(ground.ADDRESS, self._target)
        self._writers |= {writer, back}
        with suppress(OSError):
            asked = asyncio.Event()
            out, home = self._carry_out(reader, back, asked), self._carry_home(there, writer, asked)
            done = [asyncio.create_task(out), asyncio.create_task(home)]
            _, running = await asyncio.wait(done, return_when=asyncio.FIRST_COMPLETED)
            for task in running:
                task.cancel()
            await asyncio.gather(*done, return_exceptions=True)
        for each in (writer, back):
            self._writers.discard(each)
            each.transport.abort()

    async def _carry_out(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: asyncio.Event
    ) -> None:
        said = b""
        while data := await reader.read(65536):
            said += data
            if self.silent_after is not None and self.silent_after in said:
                asked.set()
            writer.write(data)
            async with self._changed:
                self.sent += data
                self._changed.notify_all()
            if self.cut_after is not None and self.cut_after in said:
                self.cut()
                return

    async def _carry_home(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: asyncio.Event
    ) -> None:
        while data := await reader.read(1 if self.drip else 65536):
            if not self.silent and not asked.is_set():
                writer.write(data)


@asynccontextmanager
async def wire(target: int) -> AsyncIterator[Wire]:
    """A wire to `target`, taken down at the end."""
    made = Wire(target)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(made.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, ground.ADDRESS, 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
