"""Waiting for news with IDLE (RFC 2177), as a plain function on a connection.

Never waits on a dead connection: an answer that is none is followed by a command that a dead server can't answer.

DIAGNOSTICS
    A server that is gone raises; the library reports it as an empty answer, at once and for ever, which is why every
    empty answer ends the IDLE and asks with NOOP.
"""

import selectors
import socket
import time

from imapclient import IMAPClient  # type: ignore[import-untyped]  # the library has no type hints

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


def idle(client: IMAPClient, seconds: float, alarm: Alarm) -> bool:
    """True as soon as a mail has arrived in the selected folder; False after `seconds` or when the alarm rings."""
    end = time.monotonic() + seconds
    try:
        while (left := end - time.monotonic()) > 0:
            client.idle()
            news, rung = _listen(client, min(left, RENEW), alarm)
            _, late = client.idle_done()
            client.noop()
            if news or _arrived(late):
                return True
            if rung:
                return False
        return False
    finally:
        alarm.close()


def _listen(client: IMAPClient, seconds: float, alarm: Alarm) -> tuple[bool, bool]:
    """(a mail arrived, the alarm rang), at the latest after `seconds` or at a sign that the server may be gone."""
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(client.socket(), selectors.EVENT_READ)
        selector.register(alarm.bell, selectors.EVENT_READ)
        # TLS may have read ahead what the selector can't see any more: first look without waiting.
        responses = client.idle_check(timeout=0)
        while not _arrived(responses):
            ready = {key.fileobj for key, _ in selector.select(max(0.0, end - time.monotonic()))}
            if alarm.bell in ready:
                return False, True
            if not ready:
                return False, False
            responses = client.idle_check(timeout=0)
            if not responses:  # readable and nothing to read: half a line, or the end
                return False, False
    return True, False


def _arrived(responses: object) -> bool:
    return isinstance(responses, list) and any(
        isinstance(item, tuple) and len(item) > 1 and item[1] == b"EXISTS" for item in responses
    )
