"""A finished mail as bytes: header fields, two alternatives and files, by hand, since the library takes 1.6 ms for it.

What stands here is proved against the standard library's parser by a property test. Every line is ASCII and shorter
than 998 octets (RFC 5322 §2.1.1) unless a local part is not ASCII (RFC 6532); no value can begin a header of its own:
names and subjects come cleaned, and identifiers that are not identifiers are left out.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from inbox_worker.core.message import Address

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_MSG_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\ud7ff\ue000-\U0010ffff-]"
_LOCAL = re.compile(rf"(?=.{{1,64}}\Z){_ATEXT}+(?:\.{_ATEXT}+)*")
_DOMAIN = re.compile(r"[^\s\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\xa0]{1,253}")
_REPLY_PREFIX = re.compile(r"(?:\s*(?:re|aw|antw|antwort|sv|vs)\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*:)+\s*", re.IGNORECASE)
_WORD = 42
"""Octets of text in an encoded word: 68 characters then, and 75 are allowed."""

_KEPT = 20
"""A thread's first and last so many identifiers are kept; the ones between tell no mail program anything."""


def encoded(value: str) -> str:
    """Unstructured text for a header: as it is when ASCII, else RFC 2047 encoded words, one a line."""
    if value.isascii() and "=?" not in value:
        return value
    words: list[bytes] = []
    word = b""
    for character in value:
        octets = character.encode()
        if len(word) + len(octets) > _WORD:  # a character is never cut in two (RFC 2047 §5)
            words.append(word)
            word = b""
        word += octets
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(each).decode()}?=" for each in (*words, word))


def ascii_address(addr_spec: str) -> str:
    """The address with its domain in ASCII (RFC 5891); ValueError when it is no address to write to."""
    local, at, domain = addr_spec.rpartition("@")
    if not (at and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise ValueError(f"not an address that can be answered: {addr_spec!a}")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ValueError(f"not an address that can be answered: {addr_spec!a}") from error
    return f"{local}@{domain}"


@lru_cache(maxsize=1024)
def mailbox(address: Address) -> str:
    """name-addr of RFC 5322 §3.4; the name must be clean."""
    spec = ascii_address(address.addr_spec)
    if not address.name:
        return spec
    if not address.name.isascii() or "=?" in address.name:
        return f"{encoded(address.name)}\r\n <{spec}>"
    if _ATOMS.fullmatch(address.name):
        return f"{address.name} <{spec}>"
    quoted = address.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{spec}>'


def thread(in_reply_to: str, references: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References of an answer to a mail with this identifier and these references (§3.6.4)."""
    parent = in_reply_to.strip()
    if not _MSG_ID.fullmatch(parent):
        parent = ""
    known = dict.fromkeys(each for each in references if _MSG_ID.fullmatch(each) and each != parent)
    chain = (*known, parent) if parent else tuple(known)
    if len(chain) > 2 * _KEPT:
        chain = chain[:_KEPT] + chain[-_KEPT:]
    return parent, chain


def reply_subject(subject: str) -> str:
    """'Re: …' with every earlier Re: and AW: gone; '' when nothing is left. `subject` must be clean."""
    core = _REPLY_PREFIX.sub("", subject, count=1) if _REPLY_PREFIX.match(subject) else subject
    return f"Re: {core}" if core.strip() else ""


def quoted_printable(text: str) -> str:
    """RFC 2045 §6.7 with CRLF line ends."""
    return binascii.b2a_qp(text.replace("\n", "\r\n").encode(), istext=True).decode("ascii")


class File(NamedTuple):
    """A file to be attached; `name` is ASCII without quotes, `kind` the media type with its parameters."""

    name: str
    kind: str
    content: bytes


def body(text: str, html: str, files: Sequence[File], message_id: str) -> tuple[str, str]:
    """Content-Type and body: multipart/alternative (RFC 2046 §5.1.4), with files in a multipart/mixed (§5.1.3)."""
    # "=_" can't occur in quoted-printable, nor "--" in base64, so no boundary can occur in a part
    digest = hashlib.sha256(message_id.encode()).hexdigest()
    inner, outer = f"=_{digest[:24]}", f"=_{digest[24:48]}"
    parts = (
        f"--{inner}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{quoted_printable(content)}\r\n"
        for subtype, content in (("plain", text), ("html", html))
    )
    letter = f"{''.join(parts)}--{inner}--\r\n"
    kind = f'multipart/alternative;\r\n boundary="{inner}"'
    if not files:
        return kind, letter
    attached = "".join(f"--{outer}\r\n{_attached(file)}\r\n" for file in files)
    return (
        f'multipart/mixed;\r\n boundary="{outer}"',
        f"--{outer}\r\nContent-Type: {kind}\r\n\r\n{letter}\r\n{attached}--{outer}--\r\n",
    )


def _attached(file: File) -> str:
    """In base64: a calendar's line ends must arrive as they are."""
    return (
        f'Content-Type: {file.kind};\r\n name="{file.name}"\r\n'
        f'Content-Disposition: attachment; filename="{file.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.encodebytes(file.content).decode('ascii').replace(chr(10), chr(13) + chr(10))}"
    )
