"""One worker of a name on a journal, and the sign that it leaves for others: with which configuration it runs."""

import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from inbox_worker.adapters.journal_file import make_private, open_private
from inbox_worker.config import Settings
from inbox_worker.daemon.plan import beside
from inbox_worker.errors import JournalUnwritable, WorkerRunning

log = logging.getLogger(__name__)


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Be the only worker of this name on this journal: that is what makes our own old claims safe to take up again.

    Raises JournalError when another one runs, JournalUnwritable when the directory can't be written.
    """
    path = beside(settings, "lock")
    try:
        make_private(path.parent)
        descriptor = open_private(path)
    except OSError as error:
        raise JournalUnwritable(f"{path}: {error.strerror}: make the journal's directory writable") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _leave_fingerprint(descriptor, settings)
        yield
    except BlockingIOError:
        raise WorkerRunning(
            f"{path}: a worker of this name is running on this journal: stop it first, or give this one another "
            "name (key journal.worker)"
        ) from None
    finally:
        os.close(descriptor)


def is_of_the_same_mind(settings: Settings) -> bool:
    """Whether the worker that is running has read the same configuration."""
    return _fingerprint_of_the_other(settings) == _fingerprint(settings)


def _fingerprint(settings: Settings) -> bytes:
    """What two processes have in common that write the same mails: events, contacts, our name."""
    own = [(event.token_secret, event.links) for event in settings.events]
    return hashlib.sha256(repr((settings.desk(), settings.sender, own)).encode()).hexdigest().encode()


def _leave_fingerprint(descriptor: int, settings: Settings) -> None:
    """For commands that come while we run: with which configuration."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _fingerprint(settings), 0)
    except OSError as error:  # a full disk: the journal tells, and such a command is refused
        log.warning("%s: %s", beside(settings, "lock"), error.strerror)


def _fingerprint_of_the_other(settings: Settings) -> bytes:
    try:
        return beside(settings, "lock").read_bytes()
    except OSError:
        return b""
