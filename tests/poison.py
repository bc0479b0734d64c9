"""Mails that are poison, and what they do to whoever understands them: for processes that may die of it.

A letter's content is an order: `good`, or one of the deeds below with an argument behind it.
"""

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from inbox_worker.core.journey import Understood
from inbox_worker.core.message import Letter, Message, Ref
from inbox_worker.core.registration import Intent
from inbox_worker.core.request import Request
from tests.builders import NOW

DEADLY_BODY = "deadly body"
"""Behind a head that is good."""

SECRET = "Anna Schmitt wants the link"
"""Words of a mail, which must not get into a log."""


def a_letter(order: str, uid: int = 1) -> Letter:
    """A letter that has this done."""
    raw = order.encode()
    return Letter(Ref("desk", "INBOX", 1, uid), raw, len(raw), NOW)


def letters(*orders: str) -> list[Letter]:
    """Letters in a row."""
    return [a_letter(order, uid) for uid, order in enumerate(orders, start=1)]


def understand(letter: Letter) -> Understood:
    """Do as the letter says; what is good comes back with its own content as text."""
    order = letter.raw.decode()
    deed, _, argument = order.partition("\r\n")[0].partition(" ")
    if DEADLY_BODY in order:
        _kill("")
    text = DEEDS[deed](argument) if deed in DEEDS else order
    return Understood(Message(text=text), Request(Intent.UNCLEAR, "de"))


def _catastrophe(_: str) -> str:
    """A regular expression that takes longer than the world exists, and holds the interpreter's lock meanwhile."""
    return str(re.match(r"(?:a+)+$", "a" * 100 + "b"))


def _announced_catastrophe(path: str) -> str:
    Path(path).write_text(str(os.getpid()), "utf-8")
    return _catastrophe("")


def _kill(_: str) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def _leave(_: str) -> str:
    sys.exit(0)


def _devour(_: str) -> str:
    eaten = []
    while True:
        eaten.append(bytearray(4 * 1024 * 1024))


def _raise(_: str) -> str:
    raise ValueError(SECRET)


def _hang(_: str) -> str:
    while True:
        time.sleep(60)


def _swell(octets: str) -> str:
    return "x" * int(octets)


def _talk(said: bytes) -> None:
    """Say something to the daemon past our own code, as a damaged child might."""
    for descriptor in (int(one.name) for one in Path("/proc/self/fd").iterdir() if one.is_fifo()):
        if descriptor > 2:
            os.write(descriptor, said)


def _break_off(_: str) -> str:
    """Dies in the middle of its answer."""
    _talk((1000).to_bytes(8, "big") + b"half")
    return _kill("")


def _garble(_: str) -> str:
    _talk((4).to_bytes(8, "big") + b"junk")
    return "good"


def _threaten(_: str) -> str:
    """Announces an answer of 64 GiB."""
    _talk((1 << 36).to_bytes(8, "big"))
    return "good"


def _print(words: str) -> str:
    print(words)  # noqa: T201 - that is the attack
    os.write(1, words.encode())
    return words


def _once(path: str) -> str:
    """Dies the first time; a file remembers it."""
    if not Path(path).exists():
        Path(path).touch()
        _kill("")
    return "good"


def _know(_: str) -> str:
    """What an attacker who got this far would find: the environment and what is open."""
    opened = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.exists()]
    return "\n".join([*(f"{name}={value}" for name, value in os.environ.items()), *opened])


DEEDS: dict[str, Callable[[str], str]] = {
    "loop": _catastrophe,
    "loop-and-tell": _announced_catastrophe,
    "kill": _kill,
    "leave": _leave,
    "devour": _devour,
    "raise": _raise,
    "hang": _hang,
    "swell": _swell,
    "break-off": _break_off,
    "garble": _garble,
    "threaten": _threaten,
    "print": _print,
    "once": _once,
    "know": _know,
}
