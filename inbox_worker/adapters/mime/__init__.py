"""From a letter's bytes to a Message: MIME, charsets, addresses, and all the damage that arrives in practice.

mail-parser builds the MIME tree and knows the grammar of addresses and dates; what it computes besides (every
Received hop, attachments as base64 text) nobody here reads, so that part of its work is left out.
Never fetches, verifies a signature or decrypts, and never decides what a mail means.

DIAGNOSTICS: defers nothing and dies of nothing: whatever the bytes, a Message comes out, at worst one without sender
and text. What was mended, cut or left out is named in `Message.defects`; encrypted mail has `Message.encrypted`.
"""

import logging
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes

# mail-parser ships no type information.
from mailparser import MailParser  # type: ignore[import-untyped]
from mailparser.exceptions import MailParserRecursionError  # type: ignore[import-untyped]

from inbox_worker.adapters.mime.contents import LONGEST_TEXT, read
from inbox_worker.core.charsets import clean, decode
from inbox_worker.core.damage import bounded, flattened
from inbox_worker.core.delivery_report import delivery_report
from inbox_worker.core.field_values import digest_of
from inbox_worker.core.message import Message

logging.getLogger("mailparser").setLevel(logging.ERROR)  # it warns of parts that are treated here


class _Reader(MailParser):  # type: ignore[misc] # mail-parser ships no type information
    """mail-parser as far as it is needed: a guarded parse to a tree. The rest took four fifths of its time."""

    def parse(self) -> "_Reader":
        return self


def parse(raw: bytes, *, received: datetime | None = None, size: int | None = None, whole: bool = True) -> Message:
    """Read one mail. Never raises, whatever the bytes.

    `received` (aware) stands in where no Received field tells when the mail arrived. `size` is the server's
    RFC822.SIZE in bytes; a shorter `raw`, or `whole=False`, marks the Message as not whole.
    """
    complete = whole and (size is None or size <= len(raw))
    data, defects = bounded(raw.lstrip(b"\r\n") if raw[:1] in {b"\r", b"\n"} else raw)
    try:
        message = read(_Reader.from_bytes(data).message)
    except (RecursionError, MailParserRecursionError):
        message = _salvaged(data)
        defects = (*defects, "nested too deeply")
    except Exception as error:  # noqa: BLE001 - the promise: a mail that no rule foresaw is read as far as possible
        message = _salvaged(data)
        defects = (*defects, f"unreadable ({type(error).__name__})")
    return replace(
        message,
        received=message.received or received,
        defects=(*defects, *message.defects),
        whole=complete,
        digest=digest_of(raw),
        report=delivery_report(data, message),
    )


def _salvaged(data: bytes) -> Message:
    """What can be had without the tree: header fields, and the texts side by side."""
    try:
        return read(message_from_bytes(flattened(data)))
    except Exception:  # noqa: BLE001 - the last resort has no further one
        return Message(text=clean(decode(data[:LONGEST_TEXT])))
