"""One mail's journey through the core: screen, read, decide. The daemon, `explain` and the tests run this very code."""

from dataclasses import dataclass
from datetime import datetime

from inbox_worker.core.deciding import decide
from inbox_worker.core.decision import Decision
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Message
from inbox_worker.core.reading import read
from inbox_worker.core.registration import Desk, Request
from inbox_worker.core.screening import screen


@dataclass(frozen=True, slots=True)
class Understood:
    """A mail and what it asks for; what is done about it depends on the Ledger and comes later."""

    message: Message
    request: Request

    def decide(self, ledger: Ledger, desk: Desk, now: datetime) -> Decision:
        """What is to be done, given all that happened before `now` (aware)."""
        return decide(self.message, self.request, ledger, desk, now)


def understand(message: Message, desk: Desk) -> Understood:
    """Screen and read a parsed mail."""
    return Understood(message, read(message, screen(message, desk), desk))
