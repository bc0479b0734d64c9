"""The mails of the demo: the packaged examples, and those that somebody brings along."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from inbox_worker.adapters.mime import parse
from inbox_worker.core.message import Message
from inbox_worker.errors import ConfigError

EXAMPLES = Path(__file__).parent / "mails"

OWN_MAIL = datetime(2022, 11, 23, 7, 30, tzinfo=UTC)
"""When the first mail of one's own arrives: behind the examples, and before the reminders."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that arrives: what it shows, when (aware), its bytes with CRLF line ends, and what it says."""

    title: str
    at: datetime
    raw: bytes
    message: Message


def examples() -> Iterator[Arrival]:
    """The packaged mails in the order of their numbers, each arriving when its topmost Received says."""
    for path in sorted(EXAMPLES.glob("*.eml")):
        raw = _on_the_wire(path.read_bytes())
        message = parse(raw)
        title = path.stem.partition("-")[2].replace("-", " ").capitalize()
        yield Arrival(title, message.arrived or OWN_MAIL, raw, message)


def own(paths: Sequence[Path]) -> Iterator[Arrival]:
    """Mails from files, arriving on the demo's calendar ten seconds apart, whatever day they were written.

    Raises ConfigError when a file can't be read.
    """
    for position, path in enumerate(paths):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigError([f"--mail: {path}: {error.strerror}; name a mail saved as .eml"]) from error
        at = OWN_MAIL + timedelta(seconds=10 * position)
        # the line that a server writes on top when it takes a mail (RFC 5321 §4.4)
        trace = f"Received: by localhost (inbox-worker demo); {format_datetime(at)}\r\n"
        raw = trace.encode("ascii") + _on_the_wire(content)
        yield Arrival(f"Yours: {path.name}", at, raw, parse(raw))


def _on_the_wire(content: bytes) -> bytes:
    """Line ends as a server keeps them (RFC 5322 §2.1), however the file was saved."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
