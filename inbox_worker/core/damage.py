"""Bytes made safe to parse before anybody parses them: size, depth and number of parts are bounded here.

Never touches an ordinary mail: each repair stands behind a cheap test that only large or hostile mails pass.
"""

import re

LARGE = 128 * 1024
TEXT_LIMIT = 256 * 1024
TOTAL_LIMIT = 1024 * 1024
_OTHER_LIMIT = 8 * 1024
_HEADER_LIMIT = 64 * 1024
_HEADER_LINES = 1500
_PARTS = 2000
_LEVELS = 70
_DEEP = 20
_READ = re.compile(
    rb"^content-type:\s*(text/|message/|multipart/|application/(pkcs7|x-pkcs7|vcard|ics))", re.IGNORECASE | re.MULTILINE
)
_NAMED = re.compile(rb"name\*?0?\*?=[^\n]{0,200}\.(vcf|ics|eml|p7m)", re.IGNORECASE)
_BOUNDARY = re.compile(rb"boundary\s{0,3}=\s{0,3}\"?([^\"\s;]{1,200})", re.IGNORECASE)
_MULTIPART = re.compile(rb"^content-type:\s*multipart/[^\n]*", re.IGNORECASE | re.MULTILINE)
_MIME_FIELD = re.compile(rb"^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)


def bounded(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """`raw` with what no reader needs cut off, and a word for each cut. At most about 1 MiB comes out.

    Attachments keep their first 8 KiB, text parts 256 KiB, the header 64 KiB; at most 2,000 parts and 70 levels.
    """
    defects: list[str] = []
    start = _body_start(raw)
    head = raw[:start]
    if start > _HEADER_LIMIT or head.count(b"\n") > _HEADER_LINES:
        head = _shorter_head(head)
        defects.append("header too large")
    if len(raw) > LARGE:
        raw = head + _shorter_body(raw, start, head, defects)
    elif defects:
        raw = head + raw[start:]
    if raw.count(b";") > 2000:
        raw = _MIME_FIELD.sub(lambda match: match[0][:4000].replace(b"\n", b" ").rstrip(), raw)
    levels = raw.lower().count(b"boundary=")
    # Every line passes through every level above it: deep and long together are as bad as very deep.
    if levels > _LEVELS or (levels > _DEEP and len(raw) > LARGE):
        raw = flattened(raw)
        defects.append("too many levels")
    return raw, tuple(defects)


def _body_start(raw: bytes) -> int:
    found = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0]
    return min(found, default=len(raw))


def _shorter_head(head: bytes) -> bytes:
    lines = head[:_HEADER_LIMIT].split(b"\n")[:_HEADER_LINES]
    return b"\n".join(lines[:-1] or [lines[0][:1000]]) + b"\n\n"


def _shorter_body(raw: bytes, position: int, owner: bytes, defects: list[str]) -> bytes:
    # Between two lines that may be boundaries lies at most one part: its own header tells whether it is ever read.
    out: list[bytes] = []
    room = TOTAL_LIMIT
    for _ in range(_PARTS):
        dashes = raw.find(b"\n--", position)
        if dashes < 0:
            out.append(_section(raw[position : position + TOTAL_LIMIT], owner, room, defects))
            return b"".join(out)
        end = raw.find(b"\n", dashes + 1)
        end = len(raw) if end < 0 or end - dashes > 300 else end
        part = (
            raw[position:end]
            if end - position < TOTAL_LIMIT
            else raw[position : position + TEXT_LIMIT] + raw[dashes:end]
        )
        out.append(_section(part, owner, room, defects))
        room -= len(out[-1])
        position, owner = end, raw[end : end + 2000]
        if room <= 0:
            break
    defects.append("too many parts")
    return b"".join(out)


def _section(section: bytes, owner: bytes, room: int, defects: list[str]) -> bytes:
    read = owner[:2000]
    declared = b"content-type:" in read.lower()
    limit = TEXT_LIMIT if not declared or _READ.search(read) or _NAMED.search(read) else _OTHER_LIMIT
    limit = min(limit, room)
    if len(section) <= limit + 300:
        return section
    if "part shortened" not in defects:
        defects.append("part shortened")
    # The last line is the next part's boundary and must survive.
    return section[: section.rfind(b"\n", 0, limit) + 1 or limit] + b"\r\n" + section[section.rfind(b"\n") + 1 :][:300]


def flattened(raw: bytes) -> bytes:
    """All parts of a hopelessly nested mail side by side, so that its texts can be read without recursion."""
    start = _body_start(raw)
    head, body = raw[:start].rstrip(b"\r\n"), raw[start:]
    known = {name.rstrip(b"-") for name in _BOUNDARY.findall(raw)}
    kept = [
        b"--flat" if line.startswith(b"--") and line[2:].rstrip(b"-\r \t") in known else line
        for line in body.split(b"\n")
    ]
    head = _MIME_FIELD.sub(b"X-Nested: yes", head)
    inner = _MULTIPART.sub(b"Content-Type: application/x-nested", b"\n".join(kept))
    return head + b"\nContent-Type: multipart/mixed; boundary=flat\n\n--flat\n" + inner
