"""What `pass.py` measures, each in a process of its own: `subjects.py floor|worker|empty|reading JSON`.

The last line is JSON. Seconds are given twice: as they passed, and as this process used a processor (`cpu`), which
still means something on a busy machine; the worker's includes the child that understands its mails (the whole pass's
does; of the step "understand" only what this process spends on it).
"""

import asyncio
import cProfile
import email
import email.policy
import json
import logging
import os
import pstats
import resource
import smtplib
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

BATCH = 100
_DESK = "desk@example.org"
_Steps = dict[str, dict[str, float]]
_FIXED = "Guten Tag,\n\nvielen Dank für Ihre Anmeldung! Hier ist Ihr Zugangslink:\nhttps://meet.example.org/zwk\n" * 8


def floor(given: dict[str, Any]) -> dict[str, Any]:
    """The least: fetch, parse, send something, flag, write a line."""
    from imapclient import IMAPClient  # type: ignore[import-untyped]  # noqa: PLC0415 - no other subject's memory

    begin = _Stopwatch()
    with (
        IMAPClient("127.0.0.1", given["imap"], ssl=False, timeout=60) as imap,
        smtplib.SMTP("127.0.0.1", given["smtp"], timeout=60) as smtp,
        (Path(given["work"]) / "journal").open("ab") as journal,
    ):
        imap.plain_login(given["user"], given["password"])
        imap.select_folder("INBOX")
        uids = imap.search()
        for start in range(0, len(uids), BATCH):
            batch = uids[start : start + BATCH]
            for uid, items in sorted(imap.fetch(batch, ["BODY.PEEK[]", "INTERNALDATE"]).items()):
                message = email.message_from_bytes(items[b"BODY[]"], policy=email.policy.default)
                sender, subject = message["From"].addresses[0].addr_spec, message["Subject"]
                body = message.get_body(("plain", "html"))
                text = body.get_content() if body else ""
                head = (
                    f"From: desk@example.org\r\nTo: {sender}\r\nSubject: Re: {subject.encode('ascii', 'replace')!r}\r\n"
                )
                smtp.sendmail("desk@example.org", [sender], head.encode() + b"\r\n" + _FIXED.encode())
                journal.write(json.dumps({"uid": uid, "from": sender, "size": len(text)}).encode() + b"\n")
                journal.flush()
                os.fsync(journal.fileno())
            imap.add_flags(batch, ["\\Answered"], silent=True)
    return begin.spent()


def worker(given: dict[str, Any]) -> dict[str, Any]:
    """The real worker: one pass over everything."""
    office = _office(given, since="2022-11-01")
    steps: _Steps = {}
    if given.get("steps"):
        _measure(office, steps)
    start_megabytes = _megabytes()

    async def whole() -> tuple[bool, dict[str, float]]:
        try:
            child = await _ready_child(office)
            begin, before = _Stopwatch(), _cpu_of(child)
            completed = bool(await office.run_pass())
            spent = begin.spent()
            spent["cpu"] += _cpu_of(child) - before
            return completed, spent
        finally:
            await office.close()

    completed, spent = asyncio.run(whole())
    over_there = resource.getrusage(resource.RUSAGE_CHILDREN)
    ledger = office.worker.ledger
    if not completed or ledger.outbox or ledger.unfiled or ledger.failed or len(ledger.digests) != given["mails"]:
        raise SystemExit(f"not all was done: {len(ledger.digests)} mails, {len(ledger.outbox)} replies owed")
    if len(ledger.sent) < given["mails"]:  # else the floor does work that the worker does not
        raise SystemExit(f"not all were answered: {len(ledger.sent)} of {given['mails']}")
    return {
        **spent,
        "answers": len(ledger.sent),
        "megabytes": _megabytes(),
        "child_megabytes": over_there.ru_maxrss / 1024,
        "start_megabytes": start_megabytes,
        "steps": steps,
    }


async def _ready_child(office: Any) -> int:
    """The process id of the child that understands mails, loaded as everything else is when the pass begins."""
    from inbox_worker.core.message import Letter, Ref  # noqa: PLC0415 - as above

    await office.understanding([Letter(Ref("", "", 0, 0), b"", 0, datetime(2022, 11, 3, tzinfo=UTC))])
    return int(office.understanding.pid)


def _cpu_of(process: int) -> float:
    """Seconds of processor time that another process has used."""
    spent = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


def empty(given: dict[str, Any]) -> dict[str, Any]:
    """Passes that find nothing new: the first, which connects, and the median of the ones behind it."""
    office = _office(given, since="now")

    async def timed() -> float:
        begin = time.perf_counter()
        if not await office.run_pass():
            raise SystemExit("a pass was not completed")
        return time.perf_counter() - begin

    async def whole() -> list[float]:
        try:
            return [await timed() for _ in range(101)]
        finally:
            await office.close()

    first, *others = asyncio.run(whole())
    return {"first": first, "pass": sorted(others)[len(others) // 2]}


def reading(given: dict[str, Any]) -> dict[str, Any]:
    """Parse, screen and read alone, offline: prints the dearest functions, the first mail (warming up) left out."""
    from benchmarks.workload import workload  # noqa: PLC0415 - as above
    from inbox_worker.adapters.mime import parse  # noqa: PLC0415
    from inbox_worker.config import load_for_reading, packaged_dir  # noqa: PLC0415
    from inbox_worker.core.journey import understand  # noqa: PLC0415

    desk = load_for_reading(packaged_dir("config"), {}).desk()
    first, *others = workload(given["mails"], desk)
    understand(parse(first), desk)
    begin = _Stopwatch()
    for raw in others:
        understand(parse(raw), desk)
    spent = begin.spent()
    profile = cProfile.Profile()
    with profile:
        for raw in others:
            understand(parse(raw), desk)
    for order in ("tottime", "cumtime"):
        pstats.Stats(profile).sort_stats(order).print_stats("inbox_worker|re.Pattern|phonenumbers", 25)
    return spent


def _office(given: dict[str, Any], *, since: str) -> Any:
    from inbox_worker import daemon  # noqa: PLC0415 - the floor does not carry it
    from inbox_worker.config import load, packaged_dir  # noqa: PLC0415

    logging.basicConfig(level=logging.WARNING)
    values = {
        "MODE": "send",
        "IMAP__HOST": "127.0.0.1",
        "IMAP__PORT": str(given["imap"]),
        "IMAP__SECURITY": "none",
        "IMAP__USERNAME": given["user"],
        "IMAP__PASSWORD": given["password"],
        "IMAP__SINCE": since,
        "IMAP__SENT": given.get("sent", ""),
        "SMTP__HOST": "127.0.0.1",
        "SMTP__PORT": str(given["smtp"]),
        "SMTP__SECURITY": "none",
        "SMTP__USERNAME": "",
        "SMTP__PASSWORD": "unused",
        "DIGEST__TO": "[]",
        **dict.fromkeys((f"CAPS__{cap}" for cap in ("THREAD", "ADDRESS", "TEXT", "DOMAIN", "ALL")), "100000"),
        "JOURNAL__PATH": str(Path(given["work"]) / "journal.jsonl"),
    }
    settings = load(packaged_dir("config"), {f"INBOX_WORKER_{key}": value for key, value in values.items()})
    began, start = datetime(2022, 11, 3, 9, 0, tzinfo=UTC), time.monotonic()
    return daemon.build(settings, lambda: began + timedelta(seconds=time.monotonic() - start))


class _Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> dict[str, float]:
        """As they passed, and as this process used a processor."""
        return {"seconds": time.perf_counter() - self._wall, "cpu": time.process_time() - self._cpu}

    def add_to(self, steps: _Steps, step: str) -> None:
        """Add them to what `step` spent before."""
        before = steps.get(step, {"seconds": 0.0, "cpu": 0.0})
        steps[step] = {key: before[key] + value for key, value in self.spent().items()}


def _measure(office: Any, steps: _Steps) -> None:
    """Have every step of the journey add up its time."""
    from inbox_worker.core import journey  # noqa: PLC0415 - as above

    patched: Any = journey
    tools = office.worker.tools
    tools.understand = _timed_async("understand", tools.understand, steps)
    tools.compose = _timed("compose", tools.compose, steps)
    patched.decide = _timed("decide", patched.decide, steps)
    for adapter, step, names in (
        (office.journal, "journal", ("append", "read")),
        (office.transport, "smtp", ("deliver",)),
        (office.mailbox, "imap", ("open", "list_new", "list_since", "fetch", "file", "append")),
    ):
        for name in names:
            setattr(adapter, name, _timed_async(step, getattr(adapter, name), steps))


def _timed(step: str, function: Callable[..., Any], steps: _Steps) -> Callable[..., Any]:
    @wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        begin = _Stopwatch()
        try:
            return function(*args, **kwargs)
        finally:
            begin.add_to(steps, step)

    return timed


def _timed_async(step: str, function: Callable[..., Any], steps: _Steps) -> Callable[..., Any]:
    @wraps(function)
    async def timed(*args: Any, **kwargs: Any) -> Any:
        begin = _Stopwatch()
        try:
            return await function(*args, **kwargs)
        finally:
            begin.add_to(steps, step)

    return timed


def _megabytes() -> float:
    """The most memory that this process ever had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    subject = {"floor": floor, "worker": worker, "empty": empty, "reading": reading}[sys.argv[1]]
    print(json.dumps(subject(json.loads(sys.argv[2]))))
