"""What runs in the child: letters in, answers out, until the daemon hangs up or is gone.

Not a sandbox: it bounds what a mail may cost, and has neither the daemon's secrets nor its connections. It never
writes a file and logs nothing; it says what happened by its answers and by its exit status.

DIAGNOSTICS
    An ordinary exception is an answer. Too much memory ends it with OUT_OF_MEMORY, too much processor time with
    SIGPROF; a daemon that dies in whatever way takes it along.
"""

import ctypes
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import BinaryIO

from inbox_worker.adapters.understanding.line import LENGTH, OUT_OF_MEMORY, Bounds, Raised, Ready, frame

_PR_SET_PDEATHSIG = 1


def main(daemon: int) -> None:
    """Serve the process with this id. The first two frames are the Bounds and the function to call on letters."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # meant for the daemon, which ends us when it is done
    _die_with(daemon)
    letters, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not talk into the answers
    try:
        bounds = pickle.loads(_next(letters))  # noqa: S301 - from our own daemon
        _bound(bounds)
        understand = pickle.loads(_next(letters))  # noqa: S301 - as above
        _say(answers, frame(Ready()))
        while content := _next(letters):
            _say(answers, _answer(understand, content, bounds))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # nothing that needs memory, not even a clean end
    except BrokenPipeError:
        os._exit(0)  # the daemon hung up; there is nobody to tell


def _answer(understand: Callable[[object], object], content: bytes, bounds: Bounds) -> bytes:
    signal.setitimer(signal.ITIMER_PROF, bounds.cpu)  # SIGPROF ends us even in the middle of a regular expression
    try:
        answer = frame(understand(pickle.loads(content)))  # noqa: S301 - as above
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever our own code raises is told to the daemon
        answer = frame(Raised(type(error).__name__, _place(error)))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if len(answer) > bounds.answer:
        raise MemoryError
    return answer


def _next(letters: BinaryIO) -> bytes:
    """The next frame's content; empty when the daemon hung up."""
    length = int.from_bytes(letters.read(LENGTH), "big")
    content = letters.read(length)
    return content if len(content) == length else b""


def _say(answers: BinaryIO, said: bytes) -> None:
    answers.write(said)
    answers.flush()


def _place(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{PurePath(last.filename).name}:{last.lineno}"


def _die_with(daemon: int) -> None:
    """An idle child sees its input end; one that is computing would go on without this."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != daemon:  # gone before we could ask
        os._exit(0)


def _bound(bounds: Bounds) -> None:
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory, bounds.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would be a mail on the disk
