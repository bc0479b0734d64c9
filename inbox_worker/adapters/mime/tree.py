"""One node of the MIME tree: its content, its kind and its parameters, also where they are damaged. Never raises."""

import re
from email import message_from_bytes
from email.message import Message as Tree

from inbox_worker.core.charsets import decode
from inbox_worker.core.mime_text import decode_base64, decode_quoted_printable, undeclared_encoding

_LOST_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\s\"]{1,70})[ \t]*\r?\n(?=content-[a-z-]+:)", re.IGNORECASE)


def mended(tree: Tree) -> Tree:
    """A multipart whose boundary is missing or wrong, with its parts found by the lines that look like boundaries."""
    if tree.is_multipart():
        return tree
    kind = content_type(tree)
    if not kind.startswith("multipart/") and "Content-Type" in tree:
        return tree
    content = b"" if encoding(tree) in {"base64", "quoted-printable"} else raw_content(tree)
    found = _LOST_BOUNDARY.search(content)
    if not found or not (kind.startswith("multipart/") or content.lstrip().startswith(b"--")):
        return tree
    kind = kind if kind.startswith("multipart/") else "multipart/mixed"
    return message_from_bytes(f'Content-Type: {kind}; boundary="'.encode() + found[1] + b'"\n\n' + content)


def raw_content(tree: Tree) -> bytes:
    """A leaf's bytes with their transfer encoding, if any, still on; the tree is ours, so the field may go."""
    del tree["Content-Transfer-Encoding"]
    payload = tree.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def decoded(tree: Tree) -> bytes:
    """A leaf's bytes without their transfer encoding."""
    declared = encoding(tree)
    data = raw_content(tree)
    match declared:
        case "base64":
            return decode_base64(data)
        case "quoted-printable":
            return decode_quoted_printable(data)
        case _:
            return undeclared_encoding(data) if tree.get_content_maintype() == "text" else data


def encoding(tree: Tree) -> str:
    """The transfer encoding, as declared; '' for none."""
    return str(tree.get("Content-Transfer-Encoding", "")).strip().lower().rstrip(";")


def content_type(tree: Tree) -> str:
    """The media type, in small letters."""
    kind = tree.get_content_type()
    return kind if kind.isascii() and len(kind) < 100 else "application/octet-stream"


def parameters(tree: Tree) -> dict[str, str]:
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
