"""What the process that understands mails does with mails that want to end, exhaust or outlive it."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from inbox_worker.adapters.mime import parse
from inbox_worker.adapters.understanding.line import Bounds
from inbox_worker.adapters.understanding.process import TRIES, UnderstandingProcess
from inbox_worker.core.journey import CRASHED, FAILED, TOO_LONG, TOO_MUCH, Poison, Understood, understand_letter
from inbox_worker.core.message import Letter, Ref
from inbox_worker.core.registration import Reason
from inbox_worker.errors import UnderstandingError
from tests import poison
from tests.builders import NOW, a_desk

LIMIT = 30.0
"""Seconds to wait for what takes less than one."""

ROOT = Path(__file__).resolve().parent.parent.parent
SMALL = Bounds(memory=400 * 1024 * 1024, answer=1024 * 1024)
SHORT = Bounds(cpu=0.3)

Start = Callable[..., UnderstandingProcess]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Makes processes that understand the orders of `tests/poison.py`, and ends them."""
    made = []

    def start(bounds: Bounds | None = None, *, tries: int = TRIES) -> UnderstandingProcess:
        made.append(UnderstandingProcess(poison.understand, bounds, tries=tries))
        return made[-1]

    yield start
    for one in made:
        await one.close()


async def all_answers(process: UnderstandingProcess, letters: list[Letter]) -> list[str]:
    """As the worker asks: again and again for the rest. The text of each, or why there is none."""
    answers: list[str] = []
    while len(answers) < len(letters):
        part = await process(letters[len(answers) :])
        answers += [one.reason.what if isinstance(one, Poison) else one.message.text for one in part]
    return answers


def runs(pid: int) -> bool:
    """Whether this process can still do anything; one that only waits to be buried can't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def children() -> list[int]:
    """The ids of this process's children."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread that has ended meanwhile
            found += [int(one) for one in (task / "children").read_text().split()]
    return found


async def until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end, f"waited in vain until {what}"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("deed", "bounds", "reason"),
    [
        ("loop", SHORT, TOO_LONG),
        ("kill", Bounds(), CRASHED),
        ("devour", SMALL, TOO_MUCH),
        ("raise", Bounds(), FAILED),
    ],
)
async def test_poison_between_good_mails_is_held_after_three_tries_and_the_good_ones_are_understood(
    start: Start, deed: str, bounds: Bounds, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    letters = poison.letters("good 1", "good 2", deed, "good 4", "good 5")
    with caplog.at_level(logging.WARNING):
        answers = await all_answers(start(bounds), letters)
    assert answers == ["good 1", "good 2", reason, "good 4", "good 5"]
    assert [line.partition(" at ")[0] for line in caplog.messages] == [
        f"mail uid=3: try {number} of {TRIES}" for number in (1, 2, 3)
    ]
    assert poison.SECRET not in caplog.text


async def test_a_mail_that_hangs_without_computing_is_given_up_by_the_daemons_clock(start: Start) -> None:
    process = start(Bounds(wall=2), tries=2)
    assert await all_answers(process, poison.letters("hang", "good 2")) == [TOO_LONG, "good 2"]


async def test_a_mail_whose_answer_would_swamp_the_daemon_is_too_much(start: Start) -> None:
    assert await all_answers(start(SMALL, tries=1), poison.letters("swell 2000000", "good 2")) == [TOO_MUCH, "good 2"]


@pytest.mark.parametrize(("deed", "reason"), [("break-off", CRASHED), ("garble", CRASHED), ("threaten", TOO_MUCH)])
async def test_a_child_that_talks_nonsense_is_replaced(start: Start, deed: str, reason: str) -> None:
    assert await all_answers(start(tries=1), poison.letters("good 1", deed, "good 3")) == ["good 1", reason, "good 3"]


async def test_asked_for_twice_at_once_only_one_child_is_started(start: Start) -> None:
    process = start()
    before = set(children())
    answers, *_ = await asyncio.gather(process(poison.letters("good 1")), process.start(), process.start())
    assert len(answers) == 1
    assert set(children()) - before == {process.pid}


async def test_a_mail_that_ends_the_process_as_if_all_were_well_is_held_too(start: Start) -> None:
    assert await all_answers(start(tries=1), poison.letters("leave", "good 2")) == [CRASHED, "good 2"]


async def test_only_poison_from_end_to_end_is_held_mail_by_mail(start: Start) -> None:
    process = start(SHORT, tries=1)
    letters = poison.letters("kill", "loop")
    assert len(await process(letters)) == 1  # it can be recorded before the next one is tried
    assert await all_answers(process, letters[1:]) == [TOO_LONG]


async def test_a_mail_that_kills_the_process_only_once_is_understood(start: Start, tmp_path: Path) -> None:
    letters = poison.letters("good 1", f"once {tmp_path}/died", "good 3")
    assert await all_answers(start(), letters) == ["good 1", "good", "good 3"]


async def test_tries_are_counted_for_each_mail_by_itself(start: Start, tmp_path: Path) -> None:
    letters = poison.letters(*(f"once {tmp_path}/died-{number}" for number in range(3)))
    assert await all_answers(start(tries=2), letters) == ["good"] * 3


async def test_of_a_mail_whose_body_is_poison_the_header_fields_are_still_told(start: Start) -> None:
    (answer,) = await start(tries=1)(poison.letters("kill\r\n\r\nbody"))
    assert answer == Poison(Reason(CRASHED))  # here the head is poison, too
    (answer,) = await start(tries=1)(poison.letters("good head\r\n\r\n" + poison.DEADLY_BODY))
    assert isinstance(answer, Poison)
    assert answer.head
    assert answer.head.text == "good head"


async def test_what_our_code_prints_does_not_get_among_the_answers(start: Start) -> None:
    assert await all_answers(start(), poison.letters("print \x00\x01", "good 2")) == ["\x00\x01", "good 2"]


async def test_the_child_has_no_secrets_and_none_of_the_daemons_files(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_WORKER_IMAP__PASSWORD", "open sesame")
    with (tmp_path / "journal").open("w") as journal:
        os.set_inheritable(journal.fileno(), True)  # noqa: FBT003 - the worst case
        (known,) = await all_answers(start(), poison.letters("know"))
    assert "PATH=" in known
    assert "open sesame" not in known
    assert "pipe:" in known
    assert "journal" not in known


async def test_the_signals_that_end_the_daemon_do_not_end_the_child_before_it(start: Start) -> None:
    process = start()
    await process(poison.letters("good 1"))
    pid = process.pid
    assert pid
    assert os.getpgid(pid) != os.getpgid(0)  # Ctrl-C at a terminal goes to the group
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(pid, number)
    assert await all_answers(process, poison.letters("good 2")) == ["good 2"]
    assert process.pid == pid


async def test_a_child_that_died_while_it_had_nothing_to_do_is_replaced_and_no_mail_is_blamed(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    process = start()
    await process(poison.letters("good 1"))
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    await until(lambda: process.pid is None, "its death is known")
    assert await all_answers(process, poison.letters("good 2")) == ["good 2"]
    assert caplog.messages == []


async def test_closing_in_the_middle_of_a_mail_ends_the_child_and_blames_no_mail(start: Start, tmp_path: Path) -> None:
    process = start()
    letters = poison.letters("good 1", f"loop-and-tell {tmp_path}/pid")
    at_work = asyncio.create_task(process(letters))
    await until((tmp_path / "pid").exists, "it is in the middle")
    pid = process.pid
    assert pid
    await process.close()
    with pytest.raises(UnderstandingError):
        await at_work
    assert not runs(pid)
    with pytest.raises(UnderstandingError):
        await process(letters)


async def test_a_pass_that_is_cancelled_leaves_no_child_behind_and_the_next_one_begins_anew(
    start: Start, tmp_path: Path
) -> None:
    process = start()
    at_work = asyncio.create_task(process(poison.letters("good 1", f"loop-and-tell {tmp_path}/pid")))
    await until((tmp_path / "pid").exists, "it is in the middle")
    pid = process.pid
    assert pid
    at_work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await at_work
    assert not runs(pid)
    assert await all_answers(process, poison.letters("good 2")) == ["good 2"]


class _Unloadable:
    """A function that does something else where it is loaded."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._instead = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._instead

    def __call__(self, letter: Letter) -> Understood:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "words"),
    [(_Unloadable(sys.exit, 3), r"exit status 3"), (_Unloadable(time.sleep, 600), "not ready within 0.5 s")],
)
async def test_a_child_that_does_not_get_ready_is_no_mails_fault(function: _Unloadable, words: str) -> None:
    process = UnderstandingProcess(function, Bounds(start=0.5 if "ready" in words else 60))
    with pytest.raises(UnderstandingError, match=words):
        await process(poison.letters("good 1"))
    assert process.pid is None
    await process.close()


async def test_a_child_that_cannot_be_started_is_no_mails_fault_and_the_next_call_tries_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start()
    with monkeypatch.context() as without:
        without.setattr(sys, "executable", "/nonexistent/python")
        with pytest.raises(UnderstandingError, match="No such file"):
            await process(poison.letters("good 1"))
    assert await all_answers(process, poison.letters("good 1")) == ["good 1"]


_DAEMON = """
import asyncio, sys
from inbox_worker.adapters.understanding.process import UnderstandingProcess
from tests import poison

async def main():
    process = UnderstandingProcess(poison.understand)
    await process.start()
    print(process.pid, flush=True)
    await process(poison.letters(*sys.argv[1:]))
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["starting", "idle", "computing"])
async def test_no_child_outlives_a_daemon_that_is_killed(moment: str, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    orders = {"starting": [], "idle": ["good"], "computing": [f"loop-and-tell {told}"]}[moment]
    command = [sys.executable, "-c", _DAEMON, *orders]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as daemon:  # noqa: ASYNC220 - it is quick
        assert daemon.stdout
        child = int(await asyncio.to_thread(daemon.stdout.readline))
        assert runs(child)
        if moment == "computing":
            await until(told.exists, "it computes")
        daemon.kill()
        await asyncio.to_thread(daemon.wait, LIMIT)
    await until(lambda: not runs(child), "the child is gone")


async def test_over_there_a_mail_is_understood_as_it_would_be_here() -> None:
    function = partial(understand_letter, parse=parse, desk=a_desk())
    raws = [path.read_bytes() for path in sorted((ROOT / "tests" / "letters").glob("*.eml"))[::7]]
    assert len(raws) > 20
    letters = [Letter(Ref("desk", "INBOX", 1, uid), raw, len(raw), NOW) for uid, raw in enumerate(raws, start=1)]
    process = UnderstandingProcess(function)
    answers = await process(letters)
    await process.close()
    assert answers == [function(letter) for letter in letters]
