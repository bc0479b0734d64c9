"""Embedded mail servers on loopback, for the demo and for tests: IMAP with mailboxes in memory, SMTP that keeps it all.

Each runs in a thread of its own and is gone when stopped. The IMAP server (pymap) has IDLE, MOVE and UIDPLUS, but no
keywords of our own and no SPECIAL-USE. The SMTP server (aiosmtpd) delivers nothing. Plain connections only: they never
leave this machine.

DIAGNOSTICS
    ServersMissingError  pymap or aiosmtpd is not installed: says what to install.
    OSError              loopback has no free port.
"""

import asyncio
import secrets
import socket
import threading
from abc import ABC, abstractmethod
from argparse import Namespace
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self

from inbox_worker.errors import InboxWorkerError

try:
    from aiosmtpd.smtp import SMTP, Envelope, Session
    from pymap.backend.dict import Config, DictBackend
    from pymap.imap import IMAPService
    from pymap.user import Passwords, UserMetadata
except ImportError as error:
    _missing: ImportError | None = error
else:
    _missing = None

HOST = "127.0.0.1"
_LIMIT = 30.0
"""Seconds within which a server must have started, or have done what it was asked."""


class ServersMissingError(InboxWorkerError):
    """The libraries of the embedded servers are not installed."""


class EmbeddedServer(ABC):
    """A server in a thread of its own, with an event loop of its own; a context manager that starts and stops it."""

    host = HOST

    def __init__(self) -> None:
        if _missing:
            raise ServersMissingError(
                f"the demo needs its mail servers ({_missing.name} is not installed): pip install 'inbox-worker[demo]'"
            ) from _missing
        self.port = 0
        self._loop: asyncio.AbstractEventLoop
        self._end = asyncio.Event()
        self._started = threading.Event()
        self._trouble: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def start(self) -> Self:
        """Listen on a free port; returns itself when the server is ready. Raises what kept it from starting."""
        self._thread.start()
        if not self._started.wait(_LIMIT):
            raise TimeoutError(f"{type(self).__name__} did not start within {_LIMIT:g} s")
        if self._trouble:
            raise self._trouble
        return self

    def stop(self) -> None:
        """End the server; what it held in memory is gone."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(_LIMIT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    async def _listen(self, stack: AsyncExitStack) -> None:
        """Open the server's socket, set `port`, and have `stack` close it all."""

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for the start
            self._trouble = error
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._started.set()

    async def _serve(self) -> None:
        async with AsyncExitStack() as stack:
            await self._listen(stack)
            self._started.set()
            await self._end.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class EmbeddedImap(EmbeddedServer):
    """pymap with its mailboxes in memory; users are made by `add_user`."""

    def __init__(self) -> None:
        super().__init__()
        self._config: Config | None = None
        self._backend: DictBackend | None = None

    def add_user(self, name: str, password: str) -> None:
        """Let `name` log in with `password`, to an empty mailbox."""
        asyncio.run_coroutine_threadsafe(self._add_user(name, password), self._loop).result(_LIMIT)

    async def _listen(self, stack: AsyncExitStack) -> None:
        with socket.create_server((HOST, 0)) as free:
            self.port = free.getsockname()[1]
        args = Namespace(
            host=HOST,
            port=self.port,
            debug=False,
            cert=None,
            key=None,
            tls=False,
            proxy_protocol=None,
            passlib_cfg=None,
            inherited_sockets=None,
            demo_data=False,
            demo_user="nobody",
            demo_password=secrets.token_hex(),
        )
        self._backend, self._config = await DictBackend.init(args)
        self._config.apply_context()
        await self._backend.start(stack)
        await IMAPService(self._backend, self._config).start(stack)

    async def _add_user(self, name: str, password: str) -> None:
        if self._config is None or self._backend is None:
            raise RuntimeError("the server is not started")
        user = UserMetadata(self._config, name, password=await Passwords(self._config).hash_password(password))
        self._backend.login.users_dict[name] = user


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail that was handed over: its envelope (RFC 5321 §2.3.1) and its bytes with CRLF line ends."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class EmbeddedSmtp(EmbeddedServer):
    """aiosmtpd that accepts everything and delivers nothing: it lies in `posted`, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Posted] = []

    async def handle_DATA(self, server: "SMTP", session: "Session", envelope: "Envelope") -> str:  # noqa: N802 - aiosmtpd's name
        """Called by aiosmtpd for every mail; returns the server's answer."""
        del server, session
        content = envelope.original_content or b""
        self.posted.append(Posted(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return f"250 2.0.0 kept as mail {len(self.posted)}"

    async def _listen(self, stack: AsyncExitStack) -> None:
        server = await self._loop.create_server(
            lambda: SMTP(self, hostname="localhost", enable_SMTPUTF8=True, loop=self._loop), HOST, 0
        )
        await stack.enter_async_context(server)
        self.port = server.sockets[0].getsockname()[1]
