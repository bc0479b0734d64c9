"""pymap, the embedded IMAP server of the demo, in a thread of its own: another server's view of the same protocol.

It has IDLE, MOVE and UIDPLUS, but no keywords of our own and no SPECIAL-USE. Plain connections only.
"""

import asyncio
import threading
from argparse import Namespace
from contextlib import AsyncExitStack

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints
from pymap.backend.dict import Config, DictBackend
from pymap.imap import IMAPService
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import Cleartext

from tests.servers import ground
from tests.servers.view import MailView

PASSWORD = "pymap-geheim"


class Pymap(MailView):
    """The running server; users are made by `add_user`."""

    password = PASSWORD

    def __init__(self) -> None:
        (self.imap,) = ground.free_ports(1)
        self._loop = asyncio.new_event_loop()
        self._done = asyncio.Event()
        self._started = threading.Event()
        self._config: Config | None = None
        self._backend: DictBackend | None = None
        self._thread = threading.Thread(target=self._run, name="pymap", daemon=True)
        self._thread.start()
        assert self._started.wait(ground.START_LIMIT), "pymap did not start"

    def stop(self) -> None:
        """End the server; its mail was in memory only."""
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(timeout=5)

    def add_user(self, name: str) -> None:
        """Let `name` log in with PASSWORD."""
        asyncio.run_coroutine_threadsafe(self._add_user(name), self._loop).result(timeout=10)

    def log_in(self, client: IMAPClient, user: str) -> None:
        """Log in as `user`."""
        client.login(user, PASSWORD)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _serve(self) -> None:
        args = Namespace(
            host=ground.ADDRESS,
            port=self.imap,
            debug=False,
            cert=None,
            key=None,
            tls=False,
            proxy_protocol=None,
            passlib_cfg=None,
            inherited_sockets=None,
            demo_data=False,
            demo_user="nobody",
            demo_password=PASSWORD,
        )
        self._backend, self._config = await DictBackend.init(
            args, hash_context=Cleartext()
        )  # a real hash takes 0.3 s a login
        self._config.apply_context()
        async with AsyncExitStack() as stack:
            await self._backend.start(stack)
            await IMAPService(self._backend, self._config).start(stack)
            self._started.set()
            await self._done.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _add_user(self, name: str) -> None:
        assert self._config is not None
        assert self._backend is not None
        user = UserMetadata(self._config, name, password=await Passwords(self._config).hash_password(PASSWORD))
        self._backend.login.users_dict[name] = user
