"""Waiting for news with IDLE (RFC 2177), as a plain function on a connection.

Never waits on a dead connection: an answer that is none is followed by a command that a dead server can't answer.

DIAGNOSTICS
    A server that is gone raises; the library reports it as an empty answer, at once and for ever, which is why every
    empty answer ends the IDLE and asks.
"""

import selectors
import socket
import time
from collections.abc import Sequence

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

from inbox_worker.adapters.imap import reading

RENEW = 600.0  # seconds; routers forget quiet connections, and RFC 2177 asks for less than 29 minutes


class Alarm:
    """Ends a wait from another thread; used once."""

    def __init__(self) -> None:
        self.bell, self._rope = socket.socketpair()

    def ring(self) -> None:
        """End the wait."""
        self._rope.send(b"!")

    def close(self) -> None:
        """Give the sockets back; by the waiting thread only."""
        self.bell.close()
        self._rope.close()


def idle(client: IMAPClient, known: int, seconds: float, alarm: Alarm) -> bool:
    """True as soon as there is a mail with a UID above `known`; False after `seconds` or when the alarm rings.

    Servers announce a mail once, and it may be in the answer to any command: so ask before each IDLE, and take what
    the library put aside meanwhile for an announcement, too.
    """
    announced = client._imap.untagged_responses  # noqa: SLF001 - there is no public way to it
    end = time.monotonic() + seconds
    rung = False
    try:
        while True:
            announced.pop("EXISTS", None)
            if reading.newer(client, known):
                return True
            left = end - time.monotonic()
            if rung or left <= 0:
                return False
            client.idle()
            if "EXISTS" not in announced:
                rung = _listen(client, min(left, RENEW), alarm)
            client.idle_done()
    finally:
        alarm.close()


def _listen(client: IMAPClient, seconds: float, alarm: Alarm) -> bool:
    """Return at news, after `seconds`, or at a sign that the server may be gone; True when the alarm rang."""
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(client.socket(), selectors.EVENT_READ)
        selector.register(alarm.bell, selectors.EVENT_READ)
        # TLS may have read ahead what the selector can't see any more: first look without waiting.
        responses = client.idle_check(timeout=0)
        while not _arrived(responses):
            ready = {key.fileobj for key, _ in selector.select(max(0.0, end - time.monotonic()))}
            if alarm.bell in ready:
                return True
            if not ready:
                return False
            responses = client.idle_check(timeout=0)
            if not responses:  # readable and nothing to read: half a line, or the end
                return False
    return False


def _arrived(responses: Sequence[object]) -> bool:
    return any(isinstance(item, tuple) and item[1:2] == (b"EXISTS",) for item in responses)
