"""From a letter's bytes to a Message: MIME, charsets, addresses, and all the damage that arrives in practice.

mail-parser builds the MIME tree and knows the grammar of addresses and dates; what it computes besides (every
Received hop, attachments as base64 text) nobody here reads, so that part of its work is left out.
Never fetches, verifies a signature or decrypts, and never decides what a mail means.

DIAGNOSTICS: defers nothing and dies of nothing: whatever the bytes, a Message comes out, at worst one without sender
and text. What was mended, cut or left out is named in `Message.defects`; encrypted mail has `Message.encrypted`.
"""

import hashlib
import logging
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message as Tree

# mail-parser ships no type information.
from mailparser import MailParser  # type: ignore[import-untyped]
from mailparser.exceptions import MailParserRecursionError  # type: ignore[import-untyped]

from inbox_worker.core import headers as field_text
from inbox_worker.core.charsets import clean, decode, one_line
from inbox_worker.core.cms import signed_content
from inbox_worker.core.damage import TEXT_LIMIT, bounded, flattened
from inbox_worker.core.delivery_report import delivery_report
from inbox_worker.core.field_values import addresses, date_of, digest_of
from inbox_worker.core.html_text import to_text
from inbox_worker.core.message import Header, Message, Part
from inbox_worker.core.mime_text import (
    decode_base64,
    decode_quoted_printable,
    undeclared_encoding,
    unflow,
    unwrap_pgp,
)

logging.getLogger("mailparser").setLevel(logging.ERROR)  # it warns of parts that are treated here

_HEADERS = 500
_TEXT = 200_000
_ATTACHED = 20
_DEPTH = 6
_WORDY = ("application/ics", "application/vcard", "application/pgp-encrypted")
_STUB = re.compile(
    r"html|browser|mail client|e-?mail-programm|mail program|nicht (?:richtig |korrekt )?(?:angezeigt|dargestellt)|"
    r"not displayed|cannot (?:view|read|display)",
    re.IGNORECASE,
)
_LOST_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\s\"]{1,70})[ \t]*\r?\n(?=content-[a-z-]+:)", re.IGNORECASE)


class _Reader(MailParser):  # type: ignore[misc] # mail-parser ships no type information
    """mail-parser as far as it is needed: a guarded parse to a tree. The rest took four fifths of its time."""

    def parse(self) -> "_Reader":
        return self


@dataclass(slots=True)
class _Body:
    """What one walk over the tree collects."""

    parts: list[Part] = field(default_factory=list)
    attached: list[Message] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of a subtree: plain, or HTML that is rendered only when nothing better stands beside it."""

    plain: str = ""
    html: str = ""

    @property
    def empty(self) -> bool:
        return not (self.html or self.plain.strip())

    def rendered(self) -> str:
        return to_text(self.html) if self.html else self.plain


def parse(raw: bytes, *, received: datetime | None = None, size: int | None = None, whole: bool = True) -> Message:
    """Read one mail. Never raises, whatever the bytes.

    `received` (aware) stands in where no Received field tells when the mail arrived. `size` is the server's
    RFC822.SIZE in bytes; a shorter `raw`, or `whole=False`, marks the Message as not whole.
    """
    complete = whole and (size is None or size <= len(raw))
    data, defects = bounded(raw.lstrip(b"\r\n") if raw[:1] in {b"\r", b"\n"} else raw)
    try:
        message = _read(_Reader.from_bytes(data).message, 0)
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
        return _read(message_from_bytes(flattened(data)), 0)
    except Exception:  # noqa: BLE001 - the last resort has no further one
        return Message(text=clean(decode(data[:_TEXT])))


def _read(tree: Tree, depth: int) -> Message:
    headers: list[Header] = []
    fields: dict[str, list[str]] = {}
    for name, value in list(tree.raw_items())[:_HEADERS]:
        headers.append(Header(one_line(name), field_text.header_text(value)))
        fields.setdefault(name.lower(), []).append(value)
    body = _Body()
    found = _walk(_mended(tree), body, depth)
    text, encrypted = unwrap_pgp(found.rendered()[:_TEXT])
    content_type = _content_type(tree)
    ids = field_text.message_ids(_first(fields, "message-id"))
    return_path = fields.get("return-path")
    return Message(
        senders=addresses(fields.get("from", ())),
        reply_to=addresses(fields.get("reply-to", ())),
        to=addresses(fields.get("to", ())),
        cc=addresses(fields.get("cc", ())),
        subject=field_text.header_text(_first(fields, "subject")),
        message_id=ids[0] if ids else "",
        in_reply_to=field_text.message_ids(" ".join(fields.get("in-reply-to", ()))),
        references=field_text.message_ids(" ".join(fields.get("references", ()))),
        date=date_of(_first(fields, "date")),
        received=date_of(_first(fields, "received").rpartition(";")[2]),
        return_path=_path(return_path[0]) if return_path else None,
        headers=tuple(headers),
        content_type=content_type,
        text=text,
        html="\n".join(body.html),
        text_from_html=bool(found.html),
        parts=tuple(body.parts),
        attached=tuple(body.attached),
        defects=tuple(body.defects),
        encrypted=encrypted or body.encrypted or content_type == "multipart/encrypted",
    )


def _walk(tree: Tree, body: _Body, depth: int) -> _Text:
    kind = _content_type(tree)
    payload = tree.get_payload() if tree.is_multipart() else None
    children = [child for child in payload if isinstance(child, Tree)] if isinstance(payload, list) else []
    if kind.startswith("message/") and payload is not None:
        _embedded(tree, kind, children, body, depth)
        return _Text()
    if payload is None:
        return _leaf(tree, kind, body, depth)
    texts = [_walk(_mended(child), body, depth) for child in children]
    if kind == "multipart/alternative":
        return _best(texts)
    filled = [text for text in texts if not text.empty]
    if len(filled) <= 1 or kind == "multipart/report":
        return filled[0] if filled else _Text()
    if all(text.html for text in filled):
        return _Text(html="\n".join(text.html for text in filled))
    return _Text("\n".join(text.rendered() for text in filled))


def _best(texts: list[_Text]) -> _Text:
    """The plain alternative, unless it is empty or only says that one should look at the other."""
    plain = next((text for text in texts if text.plain.strip()), None)
    rich = next((text for text in texts if text.html), None)
    if plain is None or rich is None:
        return plain or rich or _Text()
    is_stub = len(plain.plain) < 300 and _STUB.search(plain.plain) and len(rich.rendered()) > len(plain.plain)
    return rich if is_stub else plain


def _leaf(tree: Tree, kind: str, body: _Body, depth: int) -> _Text:
    data = _decoded(tree)
    told = _parameters(tree)
    name = field_text.header_text(told.get("filename") or told.get("name", ""))
    disposition = (tree.get_content_disposition() or "")[:40]
    extension = name.rpartition(".")[2].lower()
    wordy = kind.startswith(("text/", "message/")) or kind in _WORDY or extension in {"vcf", "ics"}
    text = clean(decode(data[:TEXT_LIMIT], told.get("charset"))) if wordy else ""
    if kind == "text/plain" and told.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=told.get("delsp", "").lower() == "yes")
    parameters = tuple((key, one_line(told[key])) for key in ("method", "charset", "smime-type") if told.get(key))
    body.parts.append(Part(kind, name, disposition, text, len(data), parameters))
    if kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"} or extension == "p7m":
        return _unsealed(data, body, depth)
    if extension == "eml" and kind.startswith("application/") and depth < _DEPTH and len(body.attached) < _ATTACHED:
        body.attached.append(_inner(data, depth))
    if disposition == "attachment" or (name and kind == "text/plain" and disposition != "inline"):
        return _Text()
    if kind in {"text/html", "application/xhtml+xml"}:
        body.html.append(text)
        return _Text(html=text)
    if kind in {"text/plain", "text/enriched", "text/richtext"}:
        return _Text(text)
    return _Text()


def _unsealed(data: bytes, body: _Body, depth: int) -> _Text:
    content = signed_content(data) if depth < _DEPTH else None
    if content is None:
        body.encrypted = True
        return _Text()
    return _walk(_mended(message_from_bytes(bounded(content)[0])), body, depth + 1)


def _embedded(tree: Tree, kind: str, children: list[Tree], body: _Body, depth: int) -> None:
    """A message part: a mail read by itself, or a report whose fields are its text."""
    if kind in {"message/rfc822", "message/global"} and children:
        if depth >= _DEPTH or len(body.attached) >= _ATTACHED:
            body.defects.append("attached message left out")
            return
        inner = children[0]
        if _encoding(tree) == "base64":
            body.attached.append(_inner(decode_base64(_raw_content(inner)), depth))
        else:
            body.attached.append(_withdigest_of(_read(inner, depth + 1)))
        return
    text = "\n\n".join(map(_fields_as_text, children))[:TEXT_LIMIT]
    body.parts.append(Part(kind, "", (tree.get_content_disposition() or "")[:40], text, len(text)))


def _fields_as_text(block: Tree) -> str:
    return "\n".join(f"{name}: {field_text.header_text(value)}" for name, value in block.raw_items())


def _inner(data: bytes, depth: int) -> Message:
    data = bounded(data.lstrip(b"\r\n"))[0]
    return _withdigest_of(_read(message_from_bytes(data), depth + 1))


def _withdigest_of(message: Message) -> Message:
    senders = (sender.addr_spec for sender in message.senders)
    content = "\n".join((message.message_id, message.subject, *senders, message.text))
    return replace(message, digest=hashlib.sha256(content.encode("utf-8", "replace")).hexdigest())


def _mended(tree: Tree) -> Tree:
    """A multipart whose boundary is missing or wrong, with its parts found by the lines that look like boundaries."""
    if tree.is_multipart():
        return tree
    kind = _content_type(tree)
    if not kind.startswith("multipart/") and "Content-Type" in tree:
        return tree
    content = b"" if _encoding(tree) in {"base64", "quoted-printable"} else _raw_content(tree)
    found = _LOST_BOUNDARY.search(content)
    if not found or not (kind.startswith("multipart/") or content.lstrip().startswith(b"--")):
        return tree
    kind = kind if kind.startswith("multipart/") else "multipart/mixed"
    return message_from_bytes(f'Content-Type: {kind}; boundary="'.encode() + found[1] + b'"\n\n' + content)


def _raw_content(tree: Tree) -> bytes:
    """A leaf's bytes with their transfer encoding, if any, still on; the tree is ours, so the field may go."""
    del tree["Content-Transfer-Encoding"]
    payload = tree.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(tree: Tree) -> bytes:
    encoding = _encoding(tree)
    data = _raw_content(tree)
    match encoding:
        case "base64":
            return decode_base64(data)
        case "quoted-printable":
            return decode_quoted_printable(data)
        case _:
            return undeclared_encoding(data) if tree.get_content_maintype() == "text" else data


def _encoding(tree: Tree) -> str:
    return str(tree.get("Content-Transfer-Encoding", "")).strip().lower().rstrip(";")


def _content_type(tree: Tree) -> str:
    kind = tree.get_content_type()
    return kind if kind.isascii() and len(kind) < 100 else "application/octet-stream"


def _parameters(tree: Tree) -> dict[str, str]:
    """The Content-Type's parameters, decoded (RFC 2231), and the file name from wherever it stands."""
    found: dict[str, str] = {}
    try:
        if ";" in str(tree.get("Content-Type", "")):
            for name, value in (tree.get_params() or [])[1:]:
                found.setdefault(name.lower(), _decoded_parameter(value))
        if "Content-Disposition" in tree and (filename := tree.get_filename()):
            found["filename"] = filename
    except (ValueError, LookupError, TypeError):
        # A parameter off the grammar is no parameter; those before it are kept.
        pass
    return found


def _decoded_parameter(value: object) -> str:
    if isinstance(value, tuple):
        charset, _, text = value
        return decode(str(text).encode("utf-8", "surrogateescape"), charset)
    return value if isinstance(value, str) else ""


def _path(value: str) -> str:
    return one_line(value).strip("<> ")


def _first(fields: dict[str, list[str]], name: str) -> str:
    values = fields.get(name)
    return str(values[0]) if values else ""
