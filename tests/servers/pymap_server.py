"""pymap, the embedded IMAP server of the demo: another server's view of the same protocol."""

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker.demo.servers import EmbeddedImap
from tests.servers.view import MailView

PASSWORD = "pymap-geheim"


class Pymap(MailView):
    """The running server; users are made by `add_user`."""

    password = PASSWORD

    def __init__(self) -> None:
        self._server = EmbeddedImap().start()
        self.imap = self._server.port

    def stop(self) -> None:
        """End the server; its mail was in memory only."""
        self._server.stop()

    def add_user(self, name: str) -> None:
        """Let `name` log in with PASSWORD."""
        self._server.add_user(name, PASSWORD)

    def log_in(self, client: IMAPClient, user: str) -> None:
        """Log in as `user`."""
        client.login(user, PASSWORD)
