"""What the worker and a transport say to each other (RFC 5321): values only.

A transport reports facts: how far it got, and what the server said there. What follows from them is decided in
`outbox.py` and nowhere else.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Reply:
    """A composed outgoing mail: `content` is the finished message with CRLF line ends.

    `message_id` includes its angle brackets and is the same at every attempt. `envelope_from` is the reverse-path.
    """

    message_id: str
    envelope_from: str
    recipients: tuple[str, ...]
    content: bytes


class Stage(StrEnum):
    """How far an attempt got before it met trouble; each stage is judged by what it says something about."""

    CONNECTION = "connection"
    """The way to the server: address, TLS, greeting, EHLO, login. Says nothing about any mail."""
    SESSION = "session"
    """MAIL FROM: the server wants nothing from our sender, or not now. It would say so to every mail."""
    RECIPIENT = "recipient"
    """RCPT TO: about this address."""
    MESSAGE = "message"
    """The size, the content, the final dot: about this mail."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server took responsibility: 250 after DATA."""

    response: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """An attempt that ended at `stage` with the server's `code`; 0 when it was lost, silent or unintelligible."""

    stage: Stage
    code: int
    text: str


Outcome = Delivered | Trouble
