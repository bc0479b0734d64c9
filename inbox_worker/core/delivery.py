"""What the worker and a transport say to each other (RFC 5321): values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """A composed outgoing mail: `content` is the finished message with CRLF line ends.

    `message_id` includes its angle brackets and is the same at every attempt. `envelope_from` is the reverse-path.
    """

    message_id: str
    envelope_from: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server took responsibility: 250 after DATA."""

    response: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """The server said 4yz to this mail: try again later."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server said 5yz to this mail: a person must look."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The connection died after DATA was begun: the server may or may not have taken it."""

    text: str


Outcome = Delivered | Deferred | Refused | InDoubt
