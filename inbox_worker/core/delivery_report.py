"""Which addresses a returned mail names: RFC 3464 delivery status, and the hundreds of forms that flufl.bounce knows.

A pure function on a mail's bytes. Never decides whether the mail is a bounce of ours: `bounces` does.
"""

import logging
import re
from email import message_from_bytes

from flufl.bounce import all_failures

from inbox_worker.core.charsets import one_line
from inbox_worker.core.message import DeliveryReport, Message

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it tells of every detector that it tries

_DAEMONS = ("mailer-daemon", "postmaster", "mail-delivery", "maildelivery", "microsoftexchange", "mdaemon")
_DIAGNOSIS = re.compile(r"^(?:Diagnostic-Code|X-Notes|Status):[ \t]*(.{1,300})$", re.IGNORECASE | re.MULTILINE)
_REPLY = re.compile(r"\b[45]\d\d[ -][^\n]{1,200}")
_LARGEST = 1_000_000
"""Characters of one mail's texts beyond which nobody looks for addresses: the detectors try line by line."""


def delivery_report(raw: bytes, message: Message) -> DeliveryReport | None:
    """What `message`, read from `raw`, reports; None when it does not look like a mail system's.

    Where no known form names an address, both lists are empty.
    """
    if not _from_a_mail_system(message) or sum(part.size for part in message.parts) > _LARGEST:
        return None
    try:
        delayed, failed = all_failures(message_from_bytes(raw))
    except Exception:  # noqa: BLE001 - its detectors trust the mails that they were written for
        delayed, failed = frozenset(), frozenset()
    return DeliveryReport(_addresses(failed), _addresses(delayed - failed), _response(message))


def _from_a_mail_system(message: Message) -> bool:
    return (
        message.return_path == ""
        or message.content_type == "multipart/report"
        or bool(message.first("X-Failed-Recipients"))
        or any(part.content_type == "message/delivery-status" for part in message.parts)
        or any(one.local.casefold().startswith(_DAEMONS) for one in message.senders)
    )


def _addresses(found: frozenset[bytes]) -> tuple[str, ...]:
    return tuple(sorted(one_line(address.decode("utf-8", "replace"))[:254] for address in found))


def _response(message: Message) -> str:
    """The receiving server's words, as far as the report quotes them."""
    for part in message.parts:
        if part.content_type == "message/delivery-status" and (said := _DIAGNOSIS.findall(part.text)):
            return one_line(max(said, key=len).partition(";")[2] or said[0]).strip()[:300]
    found = _REPLY.search(message.text[:20_000])
    return one_line(found[0]).strip() if found else ""
