"""Python's search for cycles, paused while a journal is read.

There are no cycles in it, and the search would go in vain, again and again, through all that is in memory already: a
third of the time that 200,000 entries take.

Never leaves it off: it is on again when the block is left, in whatever way.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No search for cycles within the block, in the whole process. Blocks may overlap, also in several threads."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
