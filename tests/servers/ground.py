"""What every private server stands on: a directory, free ports, a certificate, a process that is surely ended."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HOST = "localhost"
ADDRESS = "127.0.0.1"
START_LIMIT = 30.0  # seconds
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class MissingServerError(AssertionError):
    """A server that the tests need is not installed: the tests fail, they never skip."""


def program(name: str, package: str) -> str:
    """The path of an installed program; fails with what to install."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postfix/sbin")
    if found is None:
        raise MissingServerError(f"{name} is not installed, and the tests need the real one: apt-get install {package}")
    return found


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now; all held at once, so that no two are the same."""
    sockets = [socket.create_server((ADDRESS, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def directory(name: str) -> Path:
    """A fresh directory that the servers' own users may enter, with a path short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix=f"iw-{name}-"))
    path.chmod(0o755)
    return path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server certificate for localhost, and the private authority that signed it."""

    ca: Path
    cert: Path
    key: Path


def certificate(where: Path, *, names: str = "DNS:localhost,IP:127.0.0.1", days: int = 2) -> Certificate:
    """Make an authority and have it sign a certificate; needs the openssl program (comes with dovecot)."""
    openssl = program("openssl", "openssl")
    made = Certificate(where / "ca.pem", where / "cert.pem", where / "key.pem")
    ca_key, request, extensions = where / "ca.key", where / "cert.csr", where / "san.txt"
    extensions.write_text(f"subjectAltName={names}\n", encoding="ascii")
    for command in (
        ["req", "-x509", *_NEW_KEY, "-keyout", ca_key, "-out", made.ca, "-days", "2", "-subj", "/CN=Test CA"],
        ["req", *_NEW_KEY, "-keyout", made.key, "-out", request, "-subj", "/CN=localhost"],
        [
            *("x509", "-req", "-in", request, "-CA", made.ca, "-CAkey", ca_key, "-CAcreateserial"),
            *("-out", made.cert, "-days", str(days), "-extfile", extensions),
        ],
    ):
        subprocess.run([openssl, *map(str, command)], check=True, capture_output=True)
    return made


def self_signed(where: Path, authority: Path) -> Certificate:
    """A certificate that vouches for itself, beside an authority that does not know it."""
    made = Certificate(authority, where / "cert.pem", where / "key.pem")
    command = [
        "req",
        "-x509",
        *_NEW_KEY,
        "-keyout",
        made.key,
        "-out",
        made.cert,
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([program("openssl", "openssl"), *map(str, command)], check=True, capture_output=True)
    return made


def await_port(port: int, alive: Callable[[], bool], log: Path) -> None:
    """Return when somebody listens on `port`; fail with the server's log when it died or takes too long."""
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        try:
            socket.create_connection((ADDRESS, port), timeout=1).close()
        except OSError:
            if not alive():
                break
            time.sleep(0.02)
        else:
            return
    told = log.read_text(encoding="utf-8", errors="replace")[-3000:] if log.exists() else "(no log)"
    raise AssertionError(f"the server did not start on port {port}:\n{told}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask, then insist; the process leads a group of its own, so that its children go with it."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
