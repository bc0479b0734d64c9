"""The mails of the benchmarks: the demo's and the tests' letters that get an answer, each time from another person.

Every mail of a workload is answered, so that a program which answers everything sends as many as the worker does.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from inbox_worker.adapters.mime import parse
from inbox_worker.cli.explain import explained
from inbox_worker.core.registration import Desk

ROOT = Path(__file__).resolve().parent.parent
_SOURCES = (ROOT / "inbox_worker" / "demo" / "mails", ROOT / "tests" / "letters")
_SYLLABLES = (
    "ber",
    "dorf",
    "eck",
    "feld",
    "gart",
    "hau",
    "hof",
    "kamp",
    "lind",
    "mei",
    "ol",
    "ren",
    "sand",
    "tal",
    "wied",
)
_LARGEST = 50_000
"""Octets of a mail that is ordinary."""
_GIVEN = ("Anna", "Bernd", "Carla", "Dirk", "Elif", "Frank", "Greta", "Hans", "Ines", "Jonas", "Karin", "Lukas", "Mira")

# what big senders' mails carry on their way: most of a real mail's head, and nothing that anybody reads
_TRACE = (
    "".join(
        f"Received: from hop{number}.sender.example (hop{number}.sender.example [192.0.2.{number}])\r\n"
        f"\tby hop{number + 1}.sender.example with ESMTPS id {number:032x}\r\n"
        "\t(version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384); Thu, 3 Nov 2022 08:59:50 +0000\r\n"
        for number in range(1, 5)
    )
    + "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=s1;\r\n"
    + "".join(f"\t{'b=' if number == 0 else ''}{'QWxsZXNBdXNnZWRhY2h0' * 3}\r\n" for number in range(6))
)


@dataclass(frozen=True, slots=True)
class _Base:
    raw: bytes
    domain: bytes
    given: str
    family: str


def workload(count: int, desk: Desk) -> Iterator[bytes]:
    """`count` mails with CRLF line ends, the same ones each time."""
    bases = [base for base in _bases(desk) if _is_plain(base)]
    chance = random.Random(2022)  # noqa: S311 - the same mails each time
    for number in range(count):
        yield _varied(bases[number % len(bases)], number, chance)


def _bases(desk: Desk) -> Iterator[_Base]:
    for path in sorted(path for source in _SOURCES for path in source.rglob("*.eml")):
        raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        answer = explained(raw, desk)
        sender = parse(raw).sender
        if answer["reply"] is None or sender is None or not sender.addr_spec.isascii() or len(raw) > _LARGEST:
            continue
        person: dict[str, Any] = next(iter(answer["registrants"]), {})
        yield _Base(raw, sender.domain.encode(), person.get("given_name") or "", person.get("family_name") or "")


def _is_plain(base: _Base) -> bool:
    """Whether the floor's standard library, too, finds the address to answer in such a mail."""
    sender = message_from_bytes(_varied(base, 0, random.Random(0)), policy=SMTP)["From"]  # noqa: S311 - as above
    return bool(sender.addresses) and "@" in sender.addresses[0].addr_spec


def _varied(base: _Base, number: int, chance: random.Random) -> bytes:
    """The same mail from another person of another house."""
    raw = base.raw.replace(base.domain, b"m%d.%s" % (number, base.domain))
    message = message_from_bytes(raw, _class=EmailMessage, policy=SMTP)
    names = {base.family: "".join(chance.choices(_SYLLABLES, k=3)).title(), base.given: chance.choice(_GIVEN)}
    names.pop("", None)
    del message["Message-ID"]
    message["Message-ID"] = f"<{number}.{chance.getrandbits(64):x}@m{number}.{base.domain.decode()}>"
    if names and message.get_content_type() in {"text/plain", "text/html"}:
        try:
            text, sender = message.get_content(), str(message["From"])
        except (LookupError, UnicodeError):
            return _TRACE.encode() + message.as_bytes()
        for old, new in names.items():
            text, sender = text.replace(old, new), sender.replace(old, new)
        message.replace_header("From", sender)
        message.set_content(text, subtype=message.get_content_subtype(), charset="utf-8")
    return _TRACE.encode() + message.as_bytes()
