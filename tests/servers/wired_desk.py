"""A registration desk whose mailbox is the real adapter on a real server; the rest is that of `tests.office`."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from inbox_worker.adapters.imap import ImapMailbox
from inbox_worker.config import ImapSettings
from inbox_worker.core.entries import MailRecorded
from inbox_worker.core.filing import FilingPlan
from inbox_worker.errors import MailboxError
from inbox_worker.worker import Worker
from tests.builders import OUT_OF_OFFICE, SIGNED, a_mail
from tests.office import FakeOffice
from tests.servers.dovecot import PASSWORD, SENT, Dovecot

DONE, AUTOMATIC, HELD = "Erledigt", "Automatisch", "Zu prüfen"
FILING = FilingPlan(keyword="InboxWorker", done=DONE, held=HELD, automatic=AUTOMATIC)
ANNA, BEN = SIGNED.format("Anna Schmitt"), SIGNED.format("Ben Yilmaz")
AUTO_REPLY = a_mail(OUT_OF_OFFICE, number=9, headers="Auto-Submitted: auto-replied\r\n")


@dataclass
class WiredDesk(FakeOffice):
    """The desk of one user of `dovecot`; `port` may be a proxy's."""

    dovecot: Dovecot = field(kw_only=True)
    user: str = field(kw_only=True)
    port: int = field(kw_only=True)
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        usual = {"host": self.dovecot.host, "port": self.port, "security": "none", "read_timeout": 20}
        login = {"username": self.user, "password": PASSWORD}
        self.imap = ImapMailbox(ImapSettings.model_validate(usual | login | self.changes))
        self.worker_on_imap = self.restarted()

    def restarted(self, **changes: object) -> Worker:
        """A worker as it starts, which becomes the one that `run` has work."""
        plan = self.plan(**({"filing": FILING} | changes))
        self.worker_on_imap = self.worker(plan, wrap=lambda _, transport, journal: (self.imap, transport, journal))
        return self.worker_on_imap

    async def run(self) -> None:
        """One pass."""
        await self.worker_on_imap.run_pass()

    async def attempt(self, *, idle: bool = False) -> MailboxError | None:
        """One pass, if wanted a short wait for news as between passes, and a farewell; what went wrong with it."""
        trouble: MailboxError | None = None
        try:
            await self.run()
            if idle:
                await self.imap.wait(0.02)
        except MailboxError as error:
            trouble = error
        with suppress(MailboxError):
            await self.imap.close()
        return trouble

    def recorded(self) -> Counter[str]:
        """How often each content was recorded."""
        entries = (one.entry for one in self.journal.entries)
        return Counter(entry.digest for entry in entries if isinstance(entry, MailRecorded))

    def outcomes(self) -> list[str]:
        """What each recorded mail came to, in order."""
        entries = (one.entry for one in self.journal.entries)
        return [str(entry.outcome) for entry in entries if isinstance(entry, MailRecorded)]

    def lies(self, folder: str) -> list[bytes]:
        """The mails in a folder, in an order that does not depend on when they came there."""
        return sorted(self.dovecot.mails(self.user, folder))

    def copies(self) -> list[bytes]:
        """What lies in Sent."""
        return self.lies(SENT)
