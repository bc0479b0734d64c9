"""What the daemon and its child say to each other: frames of pickled values over the child's standard channels.

Letters go over, one answer comes back for each, in the same order. Never reads from anybody but these two.
"""

import pickle
from dataclasses import dataclass

LENGTH = 8
"""Octets that tell how long a frame is."""

OUT_OF_MEMORY = 77
"""The exit status of a child that needed more memory than it may have."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What understanding one mail may take.

    `cpu` seconds of processor time and `memory` octets of address space are kept by the kernel; `wall` seconds, by the
    daemon's clock, are for a child that hangs without computing. An answer of more than `answer` octets would only
    move the trouble to the daemon. `start` seconds are for a new child to get ready.

    Measured: an ordinary mail takes 3 ms; the worst that we could make of 25 MiB take 0.2 s, 155 MiB, and 1.2 MiB
    for the answer.
    """

    cpu: float = 10.0
    memory: int = 512 * 1024 * 1024
    answer: int = 64 * 1024 * 1024
    wall: float = 60.0
    start: float = 60.0


@dataclass(frozen=True, slots=True)
class Ready:
    """The child has loaded what it needs."""


@dataclass(frozen=True, slots=True)
class Raised:
    """Our own code raised: which exception, and at which line of it. Its message is left out: it may quote the mail."""

    name: str
    place: str


def frame(value: object) -> bytes:
    """A value as it goes over."""
    content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(LENGTH, "big") + content
