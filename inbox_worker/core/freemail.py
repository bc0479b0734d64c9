"""Domains whose addresses belong to strangers: sharing one does not make two people colleagues.

The list is data (`data/freemail.txt`): one domain a line.
"""

from importlib.resources import files

_SHARED = frozenset(
    line.strip()
    for line in files("inbox_worker.core").joinpath("data/freemail.txt").read_text("utf-8").splitlines()
    if line
)


def is_shared_domain(domain: str) -> bool:
    """Whether anybody can get an address at `domain` (lower case)."""
    return domain in _SHARED
