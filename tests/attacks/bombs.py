"""Mails made to cost time and memory, each treated within limits: `python -m tests.attacks.bombs`.

A child process of the test: the kernel ends it when a mail hangs it or eats its memory. One line of JSON before and
one after each mail, so that the mail that ended it can be named.
"""

import base64
import json
import resource
import signal
import sys
import time
from collections.abc import Callable

from tests.attacks.desk import treated

SECONDS, BYTES = 10, 1024**3
"""CPU time for one mail (generous: none takes half a second here), and address space for the whole process."""
_HEAD = b"From: X <x@evil.example>\r\nTo: veranstaltungen@zukunftswerkstatt-kommunen.de\r\nSubject: y\r\n"
_PART = b"--b\r\nContent-Type: %s\r\n\r\nx\r\n"
_MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
_QP = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_HTML = b"Content-Type: text/html\r\n\r\n"


def _nested(levels: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(levels))


def _wrapped_in_base64(levels: int) -> bytes:
    inner = b"From: x@evil.example\r\n\r\nx"
    for _ in range(levels):
        head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        inner = head + base64.encodebytes(inner)
    return inner


def _plain(charset: bytes, text: bytes) -> bytes:
    return b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\n" + text


def _field(name: bytes, value: bytes) -> bytes:
    return name + b": " + value + b"\r\n" + _HEAD + b"\r\nx"


BOMBS: dict[str, Callable[[], bytes]] = {
    "a thousand levels": lambda: _HEAD + _nested(1_000) + b"\r\nx",
    "ten thousand levels": lambda: _HEAD + _nested(10_000) + b"\r\nx",
    "fifty thousand parts": lambda: _HEAD + _MIXED + _PART % b"text/plain" * 50_000,
    "fifty thousand HTML parts": lambda: _HEAD + _MIXED + _PART % b"text/html" * 50_000,
    "twenty MB of zeros in base64": lambda: (
        _HEAD
        + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"A" * 76 + b"\r\n") * 368_000
    ),
    "a field of five MB": lambda: _field(b"X-Long", b"a" * 5_000_000),
    "a subject of five MB": lambda: _field(b"Subject", b"a " * 2_500_000),
    "a folded field of five MB": lambda: _field(b"From", b"a\r\n " * 1_250_000),
    "a hundred thousand fields": lambda: b"".join(b"X-%d: a\r\n" % n for n in range(100_000)) + _HEAD + b"\r\nx",
    "a hundred thousand From fields": lambda: b"From: a@b.example\r\n" * 100_000 + _HEAD + b"\r\nx",
    "a hundred thousand receivers": lambda: _field(
        b"To", b",\r\n ".join(b"A <a%d@b.example>" % n for n in range(100_000))
    ),
    "a hundred thousand references": lambda: _field(
        b"References", b" ".join(b"<%d@a.example>" % n for n in range(100_000))
    ),
    "a sea of encoded words": lambda: _field(b"Subject", b"\r\n ".join([b"=?utf-8?b?w7bDtsO2?="] * 200_000)),
    "encoded words that never end": lambda: _field(b"From", b"=?utf-8?b?" * 300_000),
    "twenty thousand brackets in From": lambda: _field(b"From", b"(" * 20_000 + b")" * 20_000 + b"a@b.example"),
    "results without end": lambda: _field(b"Authentication-Results", b"mx.desk.example; " + b"dmarc=fail (" * 100_000),
    "soft breaks only": lambda: _HEAD + _QP + b"a=\r\n" * 2_000_000,
    "escapes only": lambda: _HEAD + _QP + b"=41" * 2_000_000,
    "a million open tags": lambda: _HEAD + _HTML + b"<div>" * 1_000_000,
    "half a million nested tags": lambda: _HEAD + _HTML + b"<i>" * 500_000 + b"</i>" * 500_000,
    "nested tables": lambda: _HEAD + _HTML + b"<table><tr><td>" * 50_000,
    "nested quotes": lambda: _HEAD + _HTML + b"<blockquote>a" * 50_000,
    "an attribute of a megabyte": lambda: _HEAD + _HTML + b'<a href="' + b"a" * 1_000_000 + b'">x</a>',
    "a style of a megabyte": lambda: _HEAD + _HTML + b'<p style="' + b"color:" * 200_000 + b'">x</p>',
    "a hundred thousand attributes": lambda: (
        _HEAD + _HTML + b"<p " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">"
    ),
    "a stylesheet that hides everything": lambda: (
        _HEAD + _HTML + b"<style>" + b".a,.b{display:none}" * 100_000 + b"</style>" + b"<p class=a>x</p>" * 5_000
    ),
    "entities only": lambda: _HEAD + _HTML + b"&amp;" * 500_000,
    "a charset of a hundred thousand letters": lambda: _HEAD + _plain(b"x" * 100_000, b"x"),
    "a codec that is no charset": lambda: _HEAD + _plain(b"unicode_escape", b"\\N{x}" * 100_000),
    "a charset that compresses": lambda: _HEAD + _plain(b"zlib", b"x\x9c" * 100_000),
    "broken utf-7": lambda: _HEAD + _plain(b"utf-7", b"+A" * 500_000),
    "broken hz": lambda: _HEAD + _plain(b"hz", b"~{" * 500_000),
    "accents heaped on one letter": lambda: _HEAD + _plain(b"utf-8", "a\u0301\u0315".encode() * 1_000_000),
    "a mail in a mail in a mail": lambda: (
        _HEAD + b"Content-Type: message/rfc822\r\n\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 1_000 + b"x"
    ),
    "mails in base64 in one another": lambda: _HEAD + _wrapped_in_base64(20),
    "five thousand attached mails": lambda: (
        _HEAD + _MIXED + b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\nx\r\n" * 5_000
    ),
    "twenty thousand continued parameters": lambda: (
        _HEAD + b"Content-Type: text/plain" + b"".join(b";\r\n charset*%d*=a" % n for n in range(20_000)) + b"\r\n\r\nx"
    ),
    "a boundary of a megabyte": lambda: (
        _HEAD + b"Content-Type: multipart/mixed; boundary=" + b"b" * 1_000_000 + b"\r\n\r\n--b\r\n"
    ),
    "two million lines like boundaries": lambda: _HEAD + _MIXED + b"\n--" * 2_000_000,
    "a report of fifty thousand blocks": lambda: (
        _HEAD + b"Content-Type: message/delivery-status\r\n\r\n" + b"A: b\r\n\r\n" * 50_000
    ),
    "twenty thousand visiting cards": lambda: (
        _HEAD + b"Content-Type: text/vcard\r\n\r\n" + b"BEGIN:VCARD\r\nFN:A B\r\nEND:VCARD\r\n" * 20_000
    ),
    "rules with a gap and a word": lambda: _HEAD + b"\r\n" + (b" -- 1" + b" " * 190 + b"x\r\n") * 1_000,
    "bullets with a gap": lambda: _HEAD + b"\r\n" + (b"-" + b" " * 87 + b"x\r\n") * 2_000,
    "nothing but NUL": lambda: b"\0" * 5_000_000,
    "nothing at all": lambda: b"",
}


class _TooLongError(Exception):
    """The time for one mail is over."""


def _interrupt(*_: object) -> None:
    raise _TooLongError


def _tell(line: dict[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


def main() -> None:
    """Treat them one after the other."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (len(BOMBS) * SECONDS, len(BOMBS) * SECONDS))
    signal.signal(signal.SIGPROF, _interrupt)
    for name, bomb in BOMBS.items():
        _tell({"name": name, "error": "ended the process"})
        raw = bomb()
        started = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        told: dict[str, object] = {"name": name, "error": ""}
        try:
            found = treated(raw)
            told |= {
                "outcome": found.decision.outcome,
                "answers": len(found.replies),
                "joining": len(found.decision.joining),
                "defects": found.message.defects,
            }
        except _TooLongError:
            told["error"] = f"more than {SECONDS} s"
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the test is about
            told["error"] = repr(error)[:200]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        told["seconds"] = round(time.process_time() - started, 3)
        told["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        _tell(told)


if __name__ == "__main__":
    main()
