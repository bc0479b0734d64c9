"""The daemon's side of the child: starts it, hands letters over, and replaces it when a mail was too much for it.

A mail is tried three times, each further time in a fresh process; the ones before it are understood already, the ones
behind it have not been touched. Plain pipes on purpose: they need no semaphores (so neither /dev/shm nor a writable
/tmp), a child that dies in the middle of an answer leaves nothing locked, and the loop waits for them without a thread.

DIAGNOSTICS
    UnderstandingError  no child can be started, or `close` was called: says nothing about any mail; try again later.
    A mail that costs too much, kills the child or makes our code raise: a Poison, after one warning for each try.
"""

import asyncio
import logging
import os
import pickle
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from inbox_worker.adapters.understanding.line import LENGTH, OUT_OF_MEMORY, Bounds, Raised, frame
from inbox_worker.core.journey import CRASHED, FAILED, TOO_LONG, TOO_MUCH, Poison, Understood
from inbox_worker.core.message import Letter, Message
from inbox_worker.core.registration import Reason
from inbox_worker.errors import UnderstandingError

log = logging.getLogger(__name__)

TRIES = 3

_BOOT = """
import sys
daemon, *sys.path[:] = sys.argv[1:]
from inbox_worker.adapters.understanding.child import main
main(int(daemon))
"""
"""The child finds its modules where the daemon found them, and nowhere else: not in the directory that it starts in."""

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_BURIAL = 5.0
"""Seconds in which a process that was killed, or closed its output, is gone."""
_LONGEST_HEAD = 256 * 1024
_CLOSED = "the process that understands mails was told to end"


class UnderstandingProcess:
    """Calls `understand` (a function of a module, or a `partial` of one) in a child. Not for two tasks at a time."""

    def __init__(
        self, understand: Callable[[Letter], Understood], bounds: Bounds | None = None, *, tries: int = TRIES
    ) -> None:
        self._understand, self._bounds, self._tries = understand, bounds or Bounds(), tries
        self._child: _Child | None = None
        self._closed = False
        self._changing = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return self._child.process.pid if self._child and self._child.alive else None

    async def start(self) -> None:
        """Have a child get ready beside us, so that the first mail need not wait. Raises UnderstandingError."""
        async with self._changing:
            if self._closed:
                raise UnderstandingError(_CLOSED)
            if self._child and not self._child.alive:
                await self._end_child()  # it died idle: nobody's fault
            if self._child is None:
                self._child = await _Child.started(self._understand, self._bounds)

    async def __call__(self, letters: Sequence[Letter]) -> list[Understood | Poison]:
        """Answers for the first letters, in their order: all of them, or the ones up to and with the first Poison.

        Whoever calls can record them before it asks for the rest: a flood of poison never undoes what is done.
        """
        done: list[Understood | Poison] = []
        tries = 0
        while len(done) < len(letters):
            before = len(done)
            try:
                await self._go_on(letters, done)
            except _Failed as failed:
                tries = tries + 1 if len(done) == before else 1
                uid = letters[len(done)].ref.uid
                log.warning("mail uid=%d: try %d of %d at understanding it: %s", uid, tries, self._tries, failed)
                if tries == self._tries:
                    return [*done, Poison(failed.reason, await self._head(letters[len(done)]))]
        return done

    async def close(self) -> None:
        """End the child, at once; a call that is under way raises UnderstandingError."""
        self._closed = True
        async with self._changing:
            await self._end_child()

    async def _go_on(self, letters: Sequence[Letter], done: list[Understood | Poison]) -> None:
        """Add to `done` what is understood of the letters behind it. Raises _Failed when one is too much."""
        await self.start()
        child = self._child
        assert child is not None  # noqa: S101 - by `start`
        try:
            await child.understand(letters[len(done) :], done.append)
        except (EOFError, TimeoutError) as error:
            if self._closed:
                raise UnderstandingError(_CLOSED) from error
            raise await child.blamed(error) from error
        finally:
            if len(done) < len(letters):  # it may be anywhere: in a mail, in the middle of an answer
                await self._end_child()

    async def _head(self, letter: Letter) -> Message | None:
        """What the header fields alone tell of a poison mail; tried once."""
        head = _END_OF_HEAD.split(letter.raw, maxsplit=1)[0]
        if len(head) == len(letter.raw) or len(head) > _LONGEST_HEAD:
            return None
        done: list[Understood | Poison] = []
        with suppress(_Failed):
            await self._go_on([replace(letter, raw=head, whole=False)], done)
        return done[0].message if done and isinstance(done[0], Understood) else None

    async def _end_child(self) -> None:
        child, self._child = self._child, None
        if child:
            await child.end()


class _Failed(Exception):  # noqa: N818 - one try of a mail
    """A mail was too much for the child."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


class _Child:
    """One process, from start to end."""

    def __init__(self, process: Process, bounds: Bounds) -> None:
        assert process.stdin is not None  # noqa: S101 - asked for
        assert process.stdout is not None  # noqa: S101 - asked for
        self.process, self._bounds = process, bounds
        self._letters, self._said = process.stdin, process.stdout
        self._ready = False

    @classmethod
    async def started(cls, understand: Callable[[Letter], Understood], bounds: Bounds) -> "_Child":
        environment = {name: value for name, value in os.environ.items() if not name.startswith("INBOX_WORKER_")}
        command = (sys.executable, "-P", "-W", "ignore", "-c", _BOOT, str(os.getpid()), *sys.path)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, env=environment, process_group=0
            )
        except OSError as error:
            raise UnderstandingError(f"can't start a process that understands mails: {error.strerror}") from error
        child = cls(process, bounds)
        child._letters.write(frame(bounds) + frame(understand))
        return child

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def understand(self, letters: Sequence[Letter], add: Callable[[Understood], None]) -> None:
        """Adds one for each letter. Raises EOFError when the child ends, TimeoutError, _Failed, UnderstandingError."""
        await self._get_ready()
        handing_over = asyncio.create_task(self._hand_over(letters))
        try:
            for _ in letters:
                async with asyncio.timeout(self._bounds.wall):
                    answer = await self._next()
                if isinstance(answer, Raised):
                    raise _Failed(Reason(FAILED, answer.name), f"{answer.name} at {answer.place}")
                if not isinstance(answer, Understood):
                    raise _Failed(Reason(CRASHED), f"a {type(answer).__name__} is no answer")
                add(answer)
        finally:
            handing_over.cancel()
            await asyncio.wait([handing_over])

    async def blamed(self, error: EOFError | TimeoutError) -> _Failed:
        """What the mail did to it that was being understood."""
        if isinstance(error, TimeoutError):
            return _Failed(Reason(TOO_LONG), f"given up after {self._bounds.wall:g} s")
        match await self._exit_status():
            case int(status) if status == OUT_OF_MEMORY:
                return _Failed(Reason(TOO_MUCH), f"more than {self._bounds.memory >> 20} MiB")
            case int(status) if status == -signal.SIGPROF:
                return _Failed(Reason(TOO_LONG), f"more than {self._bounds.cpu:g} s of processor time")
            case status:
                return _Failed(Reason(CRASHED), f"the process ended (exit status {status})")

    async def end(self) -> None:
        self._letters.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        with suppress(BrokenPipeError, ConnectionResetError):
            await self._letters.wait_closed()
        with suppress(TimeoutError):  # the kernel may be slow to end what waits for a disk; we go on
            async with asyncio.timeout(_BURIAL):
                await self.process.wait()

    async def _get_ready(self) -> None:
        if self._ready:
            return
        try:
            async with asyncio.timeout(self._bounds.start):
                await self._next()
        except TimeoutError as error:
            raise UnderstandingError(
                f"the process that understands mails was not ready within {self._bounds.start:g} s"
            ) from error
        except EOFError as error:
            status = await self._exit_status()
            raise UnderstandingError(
                f"the process that understands mails ended before it was ready (exit status {status})"
            ) from error
        self._ready = True

    async def _hand_over(self, letters: Sequence[Letter]) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # it ended: whoever waits for an answer hears of it
            for letter in letters:
                self._letters.write(frame(letter))
                await self._letters.drain()

    async def _next(self) -> object:
        length = int.from_bytes(await self._said.readexactly(LENGTH), "big")
        if length > self._bounds.answer:
            raise _Failed(Reason(TOO_MUCH), f"an answer of {length} octets")
        content = await self._said.readexactly(length)
        try:
            return pickle.loads(content)  # noqa: S301 - our own child
        except Exception as error:  # whatever pickle makes of garbage
            raise _Failed(Reason(CRASHED), f"its answer can't be read ({type(error).__name__})") from error

    async def _exit_status(self) -> int | None:
        """Its end, which follows the end of its output at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_BURIAL):
                return await self.process.wait()
        return None
