"""A person's view into the mailboxes of a running IMAP server: looking, laying mails in, taking them out."""

import imaplib
import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

from tests.servers import ground

ARRIVED = datetime(2022, 11, 3, 9, 0, tzinfo=UTC)


class MailView(ABC):
    """What tests see and do in mailboxes; a server adds how one logs in."""

    host = ground.HOST
    imap: int

    @abstractmethod
    def log_in(self, client: IMAPClient, user: str) -> None:
        """Log in as `user`."""

    def client(self, user: str) -> IMAPClient:
        """A session of `user`; the caller leaves it by `with`."""
        client = IMAPClient(self.host, self.imap, ssl=False, timeout=10)
        client.normalise_times = False
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each command may cost 40 ms
        self.log_in(client, user)
        return client

    def put(self, user: str, raw: bytes, *, folder: str = "INBOX", at: datetime = ARRIVED) -> int:
        """Lay a mail into a folder as it is, with this INTERNALDATE; its UID."""
        with self.client(user) as client:
            client.append(folder, raw, msg_time=at)
            client.select_folder(folder, readonly=True)
            return int(max(client.search(["UID", "*"])))

    def fill(self, user: str, raws: Sequence[bytes], *, folder: str = "INBOX", at: datetime = ARRIVED) -> None:
        """Lay many mails into a folder, fast."""
        with self.client(user) as client:
            for start in range(0, len(raws), 200):
                client.multiappend(folder, [{"msg": raw, "date": at} for raw in raws[start : start + 200]])

    def remove(self, user: str, uid: int) -> None:
        """Delete a mail of the INBOX for good."""
        with self.client(user) as client:
            client.select_folder("INBOX")
            client.delete_messages([uid])
            client.expunge()

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a folder, oldest first; none when there is no such folder."""
        with self.client(user) as client:
            try:
                client.select_folder(folder, readonly=True)
            except imaplib.IMAP4.error:
                return []
            answer = client.fetch(client.search(), ["BODY.PEEK[]"])
            return [items[b"BODY[]"] for _, items in sorted(answer.items())]

    def flags(self, user: str, folder: str = "INBOX") -> list[frozenset[str]]:
        """The flags of each mail of a folder, oldest first, apart from the session's own Recent."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            answer = client.fetch(client.search(), ["FLAGS"])
            flags = [items[b"FLAGS"] for _, items in sorted(answer.items())]
            return [frozenset(flag.decode() for flag in each) - {"\\Recent"} for each in flags]

    def folders(self, user: str) -> set[str]:
        """The names of all folders that the user is subscribed to."""
        with self.client(user) as client:
            return {name for _, _, name in client.list_sub_folders()}
