"""What the tests of the torture share."""

import os
import random
import secrets

import pytest


@pytest.fixture
def dice() -> random.Random:
    """The draws of this run; its seed stands in the output of a failed test, and TORTURE_SEED gives it again."""
    seed = int(os.environ.get("TORTURE_SEED") or secrets.randbits(32))
    print(f"TORTURE_SEED={seed}")  # noqa: T201 - to repeat it
    return random.Random(seed)  # noqa: S311 - moments, no secrets
