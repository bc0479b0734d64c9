"""`inbox-worker demo`: the real worker on servers inside this process, told mail by mail.

Nothing is simulated but the day: the mails lie in a real IMAP mailbox, the answers leave over real SMTP, the journal is
a file, and what is shown was read back from there. Touches nothing outside of the output directory and connects to
nothing but loopback.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from inbox_worker.demo.arrivals import examples, own
from inbox_worker.demo.stage import Stage
from inbox_worker.demo.story import beginning, told
from inbox_worker.demo.style import Style
from inbox_worker.demo.summary import ending

__all__ = ["demo"]


def demo(mails: Sequence[Path], output: Path) -> int:
    """Play the example mails and then `mails` (RFC 5322 files); journal and replies lie in `output` afterwards.

    Returns the exit code 0. Raises ServersMissingError without the extra `demo`, ConfigError for a file of `mails` that
    can't be read or an `output` that holds something else.
    """
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may not know every letter
    asyncio.run(_play(mails, output, Style.of(sys.stdout)))
    return 0


async def _play(mails: Sequence[Path], output: Path, style: Style) -> None:
    arrivals = [*examples(), *own(mails)]
    with Stage(output) as stage:
        print(beginning(stage.desk, len(arrivals), style))
        acts = []
        async for act in stage.play(arrivals):
            print(told(act, stage.settings, style, of=len(arrivals)), flush=True)
            acts.append(act)
        print(ending(acts, stage, style))
