"""How long to wait before trying again, for mails, for the way out and for the mailbox: doubled up to a limit."""

import hashlib
from datetime import timedelta


def pause(failures: int, *, base: timedelta, longest: timedelta, name: str = "") -> timedelta:
    """The wait after the failure number `failures` (from 1): `base`, doubled each time, at most `longest`.

    With a `name` it is spread by up to a quarter, so that those who failed together do not come back together. The
    spread follows from the name: the same one comes back at the same time, whoever computes it.
    """
    wait = min(base * float(2 ** min(failures - 1, 20)), longest)
    if not name:
        return wait
    spread = hashlib.sha256(f"{name}/{failures}".encode()).digest()[0] / 255
    return wait * (1 + spread / 4)
