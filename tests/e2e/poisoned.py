"""The real command over a reader that some mails kill or hold for ever: what a bug of ours could make of it.

python -c "from tests.e2e.poisoned import main; main()" run --config DIR
"""

import os
import re
import signal
import sys
from functools import partial

from inbox_worker import cli
from inbox_worker.adapters.understanding.line import Bounds
from inbox_worker.adapters.understanding.process import UnderstandingProcess
from inbox_worker.core import journey
from inbox_worker.core.journey import Parse, Understood
from inbox_worker.core.message import Letter
from inbox_worker.core.registration import Desk
from inbox_worker.daemon import office

KILLS, LOOPS = b"this word kills", b"this word never ends"


def understand_letter(letter: Letter, *, parse: Parse, desk: Desk) -> Understood:
    """As usual, but for two kinds of mail."""
    if KILLS in letter.raw:
        os.kill(os.getpid(), signal.SIGKILL)
    if LOOPS in letter.raw:
        re.match(r"(?:a+)+$", "a" * 100 + "b")
    return journey.understand_letter(letter, parse=parse, desk=desk)


def main() -> None:
    """The command with the arguments of the process."""
    vars(office)["understand_letter"] = understand_letter
    vars(office)["UnderstandingProcess"] = partial(UnderstandingProcess, bounds=Bounds(cpu=1))
    sys.exit(cli.main(sys.argv[1:]))
