"""Addresses, dates and the digest of a mail, from its raw header fields.

mail-parser knows the grammars; here stands what real mails do besides: unquoted commas, names that are addresses,
dates off the grammar. Never raises; what can't be answered is no address.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.errors import MessageError
from email.utils import parsedate_to_datetime

# mail-parser ships no type information.
from mailparser.dates import parse_mail_date  # type: ignore[import-untyped]
from mailparser.utils import get_addresses  # type: ignore[import-untyped]

from inbox_worker.core import headers as field_text
from inbox_worker.core.charsets import one_line
from inbox_worker.core.message import Address

_ADDRESSES = 8_000
"""Characters of one address field that are read: some hundred and fifty recipients."""
_HEAD = 256 * 1024
_SIMPLE = re.compile(r"(?:\"((?:[^\"\\\x00-\x1f]|\\.)*)\" ?|([^\"<>()@:;\\,]*(?:,[^\"<>()@:;\\,]*)?))<([^<>\s,;]+)>")
_BARE = re.compile(r"<?([^\s<>()\",:;@]+@[^\s<>()\",:;@]+)>?")
_OURS = frozenset({"from", "to", "cc", "subject", "date", "message-id", "reply-to", "in-reply-to", "sender"})


def addresses(values: Iterable[str]) -> tuple[Address, ...]:
    """All valid addresses of these fields, each once; names are decoded only after the addresses are told apart."""
    found: dict[str, Address] = {}
    for value in values:
        for name, address in _mailboxes(field_text.header_bytes(value)[:_ADDRESSES]):
            spec = field_text.addr_spec(one_line(field_text.decode_words(address)))
            if spec:
                label = field_text.header_text(name).strip(" \"'")
                label = "" if label.casefold() in {spec.casefold(), address.casefold()} else label
                known = found.get(spec.casefold())
                if known is None or (label and not known.name):
                    found[spec.casefold()] = Address(label, spec)
    return tuple(found.values())


def _mailboxes(value: str) -> Iterable[tuple[str, str]]:
    # Runs of blanks say nothing here, and would let the pattern below try every way to divide them.
    value = " ".join(value.split())
    # Nearly every field is one of these two; an unquoted comma in the only name is "Family, Given".
    if match := _SIMPLE.fullmatch(value):
        name = re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2]
        return ((name.strip(), match[3]),)
    if match := _BARE.fullmatch(value):
        return (("", match[1]),)
    try:
        return [(str(name), str(address)) for name, address in get_addresses(value)]
    except (ValueError, LookupError, TypeError, MessageError):
        return ()


def date_of(value: str) -> datetime | None:
    """A date as aware UTC; mail-parser's strict grammar first, then the standard library's patience."""
    value = one_line(str(value)[:200])
    if not value:
        return None
    found: datetime | None = parse_mail_date(value).value
    if found is None:
        try:
            found = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:
        return None


def digest_of(raw: bytes) -> str:
    """SHA-256 over the fields the sender writes and the body; trace fields differ between two copies of one mail."""
    start = min((at for mark in (b"\n\n", b"\n\r\n") if (at := raw.find(mark)) >= 0), default=len(raw))
    digest = hashlib.sha256()
    for line in re.split(rb"\r?\n(?![ \t])", raw[: min(start, _HEAD)]):
        if line.partition(b":")[0].strip().lower().decode("ascii", "replace") in _OURS:
            digest.update(b" ".join(line.split()) + b"\n")
    if len(raw) < _HEAD:
        digest.update(raw[start:].replace(b"\r\n", b"\n").strip())
    else:
        digest.update(memoryview(raw)[start:])
    return digest.hexdigest()
