"""Header field bodies as people meant them: encoded words, raw 8-bit letters, message ids, strict addresses.

Never raises; what is no valid address or id is left out rather than guessed.
"""

import binascii
import re

from inbox_worker.core.charsets import decode, one_line

_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]{0,8000})\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_ID = re.compile(r"<\s*([^<>\s]{1,980})\s*>")
_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]{1,64}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


def header_bytes(value: str) -> str:
    """The field body with its raw 8-bit letters decoded; `value` comes from a bytes parser (surrogate escapes)."""
    if value.isascii():
        return value
    return decode(value.encode("utf-8", "surrogateescape"))


def decode_words(value: str) -> str:
    """RFC 2047 encoded words decoded; neighbours of one charset are joined as bytes, since many split letters."""
    if "=?" not in value:
        return value
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for match in _WORD.finditer(value):
        between = value[end : match.start()]
        name = match[1].lower()
        if pending and (between.strip() or name != charset):
            out.append(decode(pending, charset))
            pending = b""
        if end == 0 or between.strip():
            out.append(between)
        pending += _word_bytes(match[2], match[3])
        charset, end = name, match.end()
    out.append(decode(pending, charset))
    out.append(value[end:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    if encoding in "qQ":
        return _HEX.sub(lambda match: bytes([int(match[1], 16)]), raw.replace(b"_", b" "))
    raw = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(raw) % 4 == 1:
        raw = raw[:-1]
    try:
        return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return b""


def header_text(value: str) -> str:
    """A field body as one clean line: decoded, unfolded, no control character left (also no encoded CR LF)."""
    return one_line(decode_words(header_bytes(value)))


def message_ids(value: str) -> tuple[str, ...]:
    """All ids of a References, In-Reply-To or Message-ID field, with angle brackets; `<>` is none."""
    return tuple(f"<{found}>" for found in _ID.findall(value))


def addr_spec(address: str) -> str | None:
    """A strict addr-spec with a lower-case ASCII domain (IDN as A-labels), or None when nobody could be answered."""
    local, at, domain = address.strip().rpartition("@")
    domain = domain.strip().rstrip(".").lower()
    if not at or len(domain) > 253 or not _LOCAL.fullmatch(local) or local.startswith(".") or ".." in local:
        return None
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    labels = domain.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        return None
    return f"{local.rstrip('.')}@{domain}"
