"""One mail's journey through the core: screen, read, decide. The daemon, `explain` and the tests run this very code."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from inbox_worker.core.deciding import decide
from inbox_worker.core.decision import Decision
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Letter, Message
from inbox_worker.core.reading import read
from inbox_worker.core.registration import Desk, Reason
from inbox_worker.core.request import Request
from inbox_worker.core.screening import screen


@dataclass(frozen=True, slots=True)
class Understood:
    """A mail and what it asks for; what is done about it depends on the Ledger and comes later."""

    message: Message
    request: Request

    def decide(self, ledger: Ledger, desk: Desk, now: datetime) -> Decision:
        """What is to be done, given all that happened before `now` (aware)."""
        return decide(self.message, self.request, ledger, desk, now)


TOO_LONG = "reading it took too long in three tries"
TOO_MUCH = "reading it needed too much memory in three tries"
CRASHED = "reading it ended the program in three tries"
FAILED = "reading it failed in three tries"
NOT_HANDED_OVER = "the mail server can't hand it over"
"""Why a mail could not be understood."""


@dataclass(frozen=True, slots=True)
class Poison:
    """A mail that could not be understood, and why: a person must look.

    `head` is a Message of its header fields alone, so that the person finds it; None when those are the poison.
    """

    reason: Reason
    head: Message | None = None


class Parse(Protocol):
    """From bytes to a Message; never raises for a mail's sake."""

    def __call__(self, raw: bytes, *, received: datetime | None, size: int | None, whole: bool) -> Message:
        """Read one mail."""


def understand_letter(letter: Letter, *, parse: Parse, desk: Desk) -> Understood:
    """From the server's bytes to what the mail asks for."""
    message = parse(letter.raw, received=letter.received, size=letter.size, whole=letter.whole)
    return understand(replace(message, answered=letter.answered), desk)


def understand(message: Message, desk: Desk) -> Understood:
    """Screen and read a parsed mail."""
    return Understood(message, read(message, screen(message, desk), desk))
