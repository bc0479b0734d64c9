"""What the tests of the torture share."""

import os
import random
import secrets
from collections.abc import Iterator

import pytest

from tests.torture.desk import RUNNING


@pytest.fixture
def dice() -> random.Random:
    """The draws of this run; its seed stands in the output of a failed test, and TORTURE_SEED gives it again."""
    seed = int(os.environ.get("TORTURE_SEED") or secrets.randbits(32))
    print(f"TORTURE_SEED={seed}")  # noqa: T201 - to repeat it
    return random.Random(seed)  # noqa: S311 - moments, no secrets


@pytest.fixture(autouse=True)
def _nothing_stays_running() -> Iterator[None]:
    """A test that fails in the middle leaves no daemon behind."""
    yield
    while RUNNING:
        process = RUNNING.pop()
        process.kill()  # does nothing to one that ended
        process.wait()
