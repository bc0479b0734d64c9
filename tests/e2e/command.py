"""The installed command as a process, with a configuration of its own, against the private servers."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from inbox_worker.config import packaged_dir
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.postfix import Postfix

COMMAND = Path(sys.executable).with_name("inbox-worker")
LIMIT = 30.0
"""Seconds to wait for what takes less than one."""

_MAIN = """
mode = "send"
[desk]
address = "{address}"
name = "Zukunftswerkstatt Kommunen"
contact = {{ name = "Christina Haaf", email = "haaf@zukunftswerkstatt-kommunen.de", phone = "0521 1067328" }}
[imap]
host = "localhost"
port = {imaps}
security = "tls"
ca_file = "{ca}"
username = "{address}"
password_file = "password"
done_folder = "Erledigt & geprüft"
[smtp]
host = "localhost"
port = {smtps}
security = "tls"
ca_file = "{ca}"
username = "{address}"
password_file = "password"
[schedule]
poll = 1
[digest]
to = []  # else what leaves would depend on the time of day
[journal]
path = "state/journal.jsonl"
"""


class Office:
    """A configured desk with a mailbox of its own in the tests' Dovecot."""

    def __init__(self, directory: Path, dovecot: Dovecot, postfix: Postfix) -> None:
        self.directory, self.dovecot, self.postfix = directory, dovecot, postfix
        self.name = uuid4().hex[:12]
        self.address = f"presse-{self.name}@desk.example"
        self.journal = directory / "state" / "journal.jsonl"
        values = {"address": self.address, "imaps": dovecot.imaps, "smtps": postfix.smtps, "ca": dovecot.ca_file}
        (directory / "inbox_worker.toml").write_text(_MAIN.format(**values), "utf-8")
        (directory / "password").write_text(PASSWORD + "\n", "utf-8")
        (directory / "events").mkdir()
        for path in packaged_dir("config").glob("events/*.toml"):
            # in a year that stays ahead of every test run
            coming = re.sub(r"\b202[23]-", "2099-", path.read_text("utf-8"))
            (directory / "events" / path.name).write_text(coming, "utf-8")

    def journalist(self, number: int = 1) -> str:
        """An address that nobody else writes from; also the name of that person's mailbox."""
        return f"a{number}-{self.name}@zeitung.example"

    def write(self, text: str, *, number: int = 1, name: str = "Anna Schmitt") -> None:
        """A journalist's mail goes out to Postfix, as any mail program would send it."""
        raw = (
            f"From: {name} <{self.journalist(number)}>\r\nTo: {self.address}\r\nSubject: Anmeldung Fachdiskurs\r\n"
            f"Message-ID: <mail-{number}-{self.name}@zeitung.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        ) + text.replace("\n", "\r\n")
        self.postfix.submit(raw.encode(), sender=self.journalist(number), to=self.address)

    def start(self, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
        """Start the command in the background."""
        return subprocess.Popen(
            [COMMAND, *arguments, *([] if "--config" in arguments else ["--config", str(self.directory)])],
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0, **environ: str) -> str:
        """Run the command to its end; what it printed on standard output."""
        process = self.start(*arguments, **environ)
        out, err = process.communicate(timeout=LIMIT)
        assert process.returncode == status, f"{arguments}: exit {process.returncode}\n{out}\n{err}"
        return out

    def entries(self, what: str = "") -> list[dict[str, Any]]:
        """The journal's finished lines, all or of one kind."""
        if not self.journal.exists():
            return []
        lines = self.journal.read_text("utf-8").splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.endswith("\n")]
        return [line for line in told if not what or line["what"] == what]


def await_that(holds: Callable[[], object], what: str) -> None:
    """Return as soon as it holds; fail with `what` after LIMIT seconds."""
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)


def end(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> tuple[int, str]:
    """Send a signal; exit status and log."""
    process.send_signal(number)
    _, log = process.communicate(timeout=LIMIT)
    return process.returncode, log
