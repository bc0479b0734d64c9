"""From a letter's bytes to a Message: MIME, charsets, addresses, and all the damage that arrives in practice.

DIAGNOSTICS: defers nothing and dies of nothing: whatever the bytes, a Message comes out, at worst one without sender
and text. What was mended or left out is named in `Message.defects`.
"""

import hashlib
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message as Tree

from mailparser.dates import parse_mail_date
from mailparser.utils import get_addresses

from inbox_worker.core.charsets import clean, decode
from inbox_worker.core.headers import addr_spec, decode_words, header_bytes, header_text, message_ids, one_line
from inbox_worker.core.html_text import to_text
from inbox_worker.core.message import Address, Header, Message, Part


def parse(raw: bytes, *, received: datetime | None = None, size: int | None = None, whole: bool = True) -> Message:
    """Read one mail. Never raises. `received` (aware) is taken where no Received field tells a time."""
    tree = message_from_bytes(raw)
    return _message(tree, raw, received, whole=whole and (size is None or size <= len(raw)))


def _message(tree: Tree, raw: bytes, received: datetime | None, *, whole: bool = True) -> Message:
    headers = tuple(Header(name, header_text(value)) for name, value in tree.raw_items())
    fields: dict[str, list[str]] = {}
    for name, value in tree.raw_items():
        fields.setdefault(name.lower(), []).append(str(value))
    parts: list[Part] = []
    attached: list[Message] = []
    plain: list[str] = []
    html: list[str] = []
    _walk(tree, parts, attached, plain, html)
    text = "\n".join(plain)
    from_html = not text.strip() and bool(html)
    if from_html:
        text = to_text("\n".join(html))
    arrival = next(iter(fields.get("received", [])), "").rpartition(";")[2]
    return_path = fields.get("return-path")
    ids = message_ids(next(iter(fields.get("message-id", [])), ""))
    return Message(
        senders=_addresses(fields.get("from", [])),
        reply_to=_addresses(fields.get("reply-to", [])),
        to=_addresses(fields.get("to", [])),
        cc=_addresses(fields.get("cc", [])),
        subject=header_text(next(iter(fields.get("subject", [])), "")),
        message_id=ids[0] if ids else "",
        in_reply_to=message_ids(" ".join(fields.get("in-reply-to", []))),
        references=message_ids(" ".join(fields.get("references", []))),
        date=_date(next(iter(fields.get("date", [])), "")),
        received=_date(arrival) or received,
        return_path=return_path[0].strip().strip("<>").strip() if return_path else None,
        headers=headers,
        content_type=tree.get_content_type(),
        text=text,
        html="\n".join(html),
        text_from_html=from_html,
        parts=tuple(parts),
        attached=tuple(attached),
        whole=whole,
        digest=hashlib.sha256(raw).hexdigest(),
    )


def _walk(tree: Tree, parts: list[Part], attached: list[Message], plain: list[str], html: list[str]) -> None:
    payload = tree.get_payload()
    if tree.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
        inner = payload[0]
        if isinstance(inner, Tree):
            attached.append(_message(inner, bytes(inner), None))
        return
    if isinstance(payload, list):
        for child in payload:
            if isinstance(child, Tree):
                _walk(child, parts, attached, plain, html)
        return
    data = tree.get_payload(decode=True)
    data = data if isinstance(data, bytes) else b""
    kind = tree.get_content_type()
    text = clean(decode(data, tree.get_content_charset())) if kind.startswith("text/") else ""
    disposition = tree.get_content_disposition() or ""
    parts.append(Part(kind, header_text(tree.get_filename() or ""), disposition, text, len(data)))
    if disposition != "attachment" and kind == "text/plain":
        plain.append(text)
    if disposition != "attachment" and kind == "text/html":
        html.append(text)


def _addresses(values: list[str]) -> tuple[Address, ...]:
    found: dict[str, Address] = {}
    for value in values:
        for name, address in get_addresses(header_bytes(value)):
            spec = addr_spec(address)
            if spec:
                found.setdefault(spec.casefold(), Address(one_line(decode_words(name)), spec))
    return tuple(found.values())


def _date(value: str) -> datetime | None:
    found = parse_mail_date(value.strip()).value
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
