"""One IMAP connection and the one thread that may use it.

The library blocks and is not thread-safe, so each connection owns a single worker thread, and every command is handed
to that thread. A connection is used until its first trouble and then thrown away; it never repairs itself, and it
never sends the password over a connection that the settings want encrypted and that is not.

DIAGNOSTICS
    Raises only MailboxError and MailboxAuthError (see `trouble`), and each of them has discarded the connection:
    the socket is shut down, which also ends a command that still hangs in the thread.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker.adapters.imap.trouble import translated
from inbox_worker.config import ImapSettings
from inbox_worker.errors import MailboxAuthError, MailboxError

T = TypeVar("T")


class Connection:
    """A logged-in session, opened by its first command; `selected` is the folder that is open in it."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._client: IMAPClient | None = None
        self.selected: str | None = None
        self.dead = False

    @property
    def server(self) -> str:
        """Host and port, as the log names them."""
        return f"{self._settings.host}:{self._settings.port}"

    @property
    def opened(self) -> bool:
        """Whether there is a server at the other end."""
        return self._client is not None and not self.dead

    async def run(self, doing: str, work: Callable[[IMAPClient], T], *, deadline: float | None = None) -> T:
        """What `work` returns, done in this connection's thread.

        The socket's time-outs limit each silence; `deadline` (seconds) limits the whole, against a server that drips.
        A cancelled call goes on in its thread and the next one queues behind it, so the protocol stays in step.
        """
        self._check_alive(doing)
        settings = self._settings
        limit = deadline or settings.connect_timeout + 4 * settings.read_timeout
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(limit):
                return await loop.run_in_executor(self._thread, self._call, doing, work)
        except TimeoutError as error:
            self.discard()
            raise MailboxError(f"{self.server}: {doing}: not done after {limit:.0f} s") from error
        except MailboxError:
            self.discard()
            raise

    def discard(self) -> None:
        """Throw the connection away at once, from any thread and in any state; twice does no harm."""
        if self.dead and self._client is None:
            self._thread.shutdown(wait=False)
            return
        self.dead = True
        if self._client is not None:
            # Shut down a duplicate of the descriptor: the TLS object belongs to the thread that may be reading in it.
            with suppress(OSError), socket.socket(fileno=os.dup(self._client.socket().fileno())) as raw:
                raw.shutdown(socket.SHUT_RDWR)
        with suppress(RuntimeError):  # discarded before
            self._thread.submit(self._release)
        self._thread.shutdown(wait=False)

    def _check_alive(self, doing: str) -> None:
        if self.dead:
            raise MailboxError(f"{self.server}: {doing}: the connection is gone")

    def _call(self, doing: str, work: Callable[[IMAPClient], T]) -> T:
        try:
            with translated(self.server, doing):
                if self._client is None:
                    self._client = self._connected()
                self._check_alive(doing)  # it may have been discarded while it was being opened
                return work(self._client)
        except BaseException:
            self.dead = True
            self._release()
            raise

    def _release(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError):
                client.shutdown()

    def _connected(self) -> IMAPClient:
        settings = self._settings
        with translated(self.server, "connecting"):
            context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
            client = IMAPClient(
                settings.host,
                settings.port,
                ssl=settings.security == "tls",
                ssl_context=context if settings.security == "tls" else None,
                timeout=SocketTimeout(settings.connect_timeout, settings.read_timeout),
            )
        # The library keeps imaplib's debug level at 5, which formats every line, passwords included, for a logger.
        client._imap.debug = 0  # noqa: SLF001 - there is no public switch
        client.normalise_times = False  # else INTERNALDATE comes naive, in this machine's zone
        # The library sends a SEARCH or FETCH in pieces; without this each waits for the server's delayed ACK (40 ms).
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if settings.security == "starttls":
                with translated(self.server, "STARTTLS"):
                    client.starttls(context)
            with translated(self.server, f"logging in as {settings.username}"):
                self._log_in(client)
        except BaseException:
            with suppress(OSError):
                client.shutdown()
            raise
        return client

    def _log_in(self, client: IMAPClient) -> None:
        user, password = self._settings.username, self._settings.secret
        # SASL PLAIN carries UTF-8 (RFC 4616); the LOGIN command only ASCII, and passwords here have umlauts.
        if client.has_capability("AUTH=PLAIN"):
            client.plain_login(user, password)
        elif (user + password).isascii():
            client.login(user, password)
        else:
            raise MailboxAuthError(
                f"{self.server}: the server only knows the LOGIN command, which can't carry a user name or password "
                "with characters other than ASCII"
            )
