"""Attacks by size and depth: whatever the bytes, an answer within bounded time and memory, and never an exception."""

import json
import subprocess
import sys

import pytest

from tests.attacks.bombs import BOMBS, SECONDS

_MEGABYTES = 600
"""Resident at the most, the bombs' own tens of MB included."""


@pytest.mark.timeout(600)
def test_every_bomb_is_held_or_left_alone_in_bounded_time_and_memory() -> None:
    """In one child process that the kernel watches; of a bomb that ended it the last word is its name."""
    done = subprocess.run([sys.executable, "-m", "tests.attacks.bombs"], capture_output=True, text=True, check=False)
    told = {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert told.keys() == BOMBS.keys(), done.stderr
    for name, one in told.items():
        assert one["error"] == "", name
        assert one["seconds"] < SECONDS, name
        assert one["megabytes"] < _MEGABYTES, name
        assert (one["answers"], one["joining"]) == (0, 0), name
        assert one["outcome"] in {"held", "automatic"}, name
        assert not any(defect.startswith("unreadable") for defect in one["defects"]), name
