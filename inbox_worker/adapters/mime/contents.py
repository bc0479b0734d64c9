"""What a MIME tree holds: one Message, by a walk that finds its text, its parts and the mails attached to it."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message as Tree

from inbox_worker.adapters.mime.tree import content_type, decoded, encoding, mended, parameters, raw_content
from inbox_worker.core import headers as field_text
from inbox_worker.core.charsets import clean, decode, one_line
from inbox_worker.core.cms import signed_content
from inbox_worker.core.damage import TEXT_LIMIT, bounded
from inbox_worker.core.field_values import addresses, date_of
from inbox_worker.core.html_text import to_text
from inbox_worker.core.message import Header, Message, Part
from inbox_worker.core.mime_text import decode_base64, unflow, unwrap_pgp

LONGEST_TEXT = 200_000
"""Characters of a mail's text; what stands behind them is left out."""

_HEADERS = 500
_ATTACHED = 20
_DEPTH = 6
_WORDY = ("application/ics", "application/vcard", "application/pgp-encrypted")
_STUB = re.compile(
    r"html|browser|mail client|e-?mail-programm|mail program|nicht (?:richtig |korrekt )?(?:angezeigt|dargestellt)|"
    r"not displayed|cannot (?:view|read|display)",
    re.IGNORECASE,
)


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


def read(tree: Tree, depth: int = 0) -> Message:
    """The Message of a tree that lies `depth` mails deep. May raise what the email package raises for wild input."""
    headers: list[Header] = []
    fields: dict[str, list[str]] = {}
    for name, value in list(tree.raw_items())[:_HEADERS]:
        headers.append(Header(one_line(name), field_text.header_text(value)))
        fields.setdefault(name.lower(), []).append(value)
    body = _Body()
    found = _walk(mended(tree), body, depth)
    text, encrypted = unwrap_pgp(found.rendered()[:LONGEST_TEXT])
    kind = content_type(tree)
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
        content_type=kind,
        text=text,
        html="\n".join(body.html),
        text_from_html=bool(found.html),
        parts=tuple(body.parts),
        attached=tuple(body.attached),
        defects=tuple(body.defects),
        encrypted=encrypted or body.encrypted or kind == "multipart/encrypted",
    )


def _walk(tree: Tree, body: _Body, depth: int) -> _Text:
    kind = content_type(tree)
    payload = tree.get_payload() if tree.is_multipart() else None
    children = [child for child in payload if isinstance(child, Tree)] if isinstance(payload, list) else []
    if kind.startswith("message/") and payload is not None:
        _embedded(tree, kind, children, body, depth)
        return _Text()
    if payload is None:
        return _leaf(tree, kind, body, depth)
    texts = [_walk(mended(child), body, depth) for child in children]
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
    data = decoded(tree)
    told = parameters(tree)
    name = field_text.header_text(told.get("filename") or told.get("name", ""))
    disposition = (tree.get_content_disposition() or "")[:40]
    extension = name.rpartition(".")[2].lower()
    wordy = kind.startswith(("text/", "message/")) or kind in _WORDY or extension in {"vcf", "ics"}
    text = clean(decode(data[:TEXT_LIMIT], told.get("charset"))) if wordy else ""
    if kind == "text/plain" and told.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=told.get("delsp", "").lower() == "yes")
    kept = tuple((key, one_line(told[key])) for key in ("method", "charset", "smime-type") if told.get(key))
    body.parts.append(Part(kind, name, disposition, text, len(data), kept))
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
    return _walk(mended(message_from_bytes(bounded(content)[0])), body, depth + 1)


def _embedded(tree: Tree, kind: str, children: list[Tree], body: _Body, depth: int) -> None:
    """A message part: a mail read by itself, or a report whose fields are its text."""
    if kind in {"message/rfc822", "message/global"} and children:
        if depth >= _DEPTH or len(body.attached) >= _ATTACHED:
            body.defects.append("attached message left out")
            return
        inner = children[0]
        if encoding(tree) == "base64":
            body.attached.append(_inner(decode_base64(raw_content(inner)), depth))
        else:
            body.attached.append(_with_digest(read(inner, depth + 1)))
        return
    text = "\n\n".join(map(_fields_as_text, children))[:TEXT_LIMIT]
    body.parts.append(Part(kind, "", (tree.get_content_disposition() or "")[:40], text, len(text)))


def _fields_as_text(block: Tree) -> str:
    return "\n".join(f"{name}: {field_text.header_text(value)}" for name, value in block.raw_items())


def _inner(data: bytes, depth: int) -> Message:
    data = bounded(data.lstrip(b"\r\n"))[0]
    return _with_digest(read(message_from_bytes(data), depth + 1))


def _with_digest(message: Message) -> Message:
    senders = (sender.addr_spec for sender in message.senders)
    content = "\n".join((message.message_id, message.subject, *senders, message.text))
    return replace(message, digest=hashlib.sha256(content.encode("utf-8", "replace")).hexdigest())


def _path(value: str) -> str:
    return one_line(value).strip("<> ")


def _first(fields: dict[str, list[str]], name: str) -> str:
    values = fields.get(name)
    return str(values[0]) if values else ""
