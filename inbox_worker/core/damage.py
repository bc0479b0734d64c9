"""Bytes made safe to parse before anybody parses them: size, depth and number of parts are bounded here.

Never touches an ordinary mail: each repair stands behind a cheap test that only large or hostile mails pass.
"""

import re

LARGE = 256 * 1024
TEXT_LIMIT = 1024 * 1024
TOTAL_LIMIT = 3 * 1024 * 1024
_OTHER_LIMIT = 8 * 1024
_HEADER_LIMIT = 256 * 1024
_FIELD_LIMIT = 64 * 1024
_PARTS = 2000
_LEVELS = 100
_END = re.compile(rb"\r?\n\r?\n")
_READ = re.compile(
    rb"^content-type:\s*(text/|message/|multipart/|application/(pkcs7|x-pkcs7|vcard|ics))", re.IGNORECASE | re.MULTILINE
)
_NAMED = re.compile(rb"name\*?0?\*?=[^\n]{0,200}\.(vcf|ics|eml|p7m)", re.IGNORECASE)
_BOUNDARY = re.compile(rb"boundary\s{0,3}=\s{0,3}\"?([^\"\s;]{1,200})", re.IGNORECASE)
_LINE = re.compile(rb"^--[^\r\n]{1,250}(?=\r?$)", re.MULTILINE)
_MULTIPART = re.compile(rb"^content-type:\s*multipart/[^\n]*", re.IGNORECASE | re.MULTILINE)
_MIME_FIELD = re.compile(rb"^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)


def bounded(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """`raw` with what no reader needs cut off, and a word for each cut. At most about 3 MiB come out.

    Attachments keep their first 8 KiB, text parts 1 MiB, the header 256 KiB; at most 2,000 parts and 100 levels.
    """
    defects: list[str] = []
    if len(raw) > LARGE:
        raw = _shorten(raw, defects)
    if raw.count(b";") > 2000:
        raw = _MIME_FIELD.sub(lambda match: match[0][:4000].replace(b"\n", b" ").rstrip(), raw)
    if raw.lower().count(b"boundary=") > _LEVELS:
        raw = flattened(raw)
        defects.append("too many levels")
    return raw, tuple(defects)


def _shorten(raw: bytes, defects: list[str]) -> bytes:
    end = _END.search(raw, 0, _HEADER_LIMIT)
    start = end.end() if end else raw.rfind(b"\n", 0, _HEADER_LIMIT) + 1 or _HEADER_LIMIT
    head, body = raw[:start], raw[start:]
    if end is None:
        head += b"\r\n"
        defects.append("header too large")
    out, room, number = [head], TOTAL_LIMIT, 0
    # Between two lines that may be boundaries lies at most one part: its own header tells whether it is ever read.
    position = 0
    owner = head
    for number, match in enumerate(_LINE.finditer(body)):
        if number >= _PARTS or room <= 0:
            break
        out.append(_section(body[position : match.end()], owner, room, defects))
        room -= len(out[-1])
        position, owner = match.end(), body[match.end() : match.end() + 2000]
    if number >= _PARTS or room <= 0:
        defects.append("too many parts")
    else:
        out.append(_section(body[position:], owner, room, defects))
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
    end = _END.search(raw)
    if end is None:
        return raw[:_HEADER_LIMIT]
    head, body = raw[: end.start()], raw[end.end() :]
    known = {name.rstrip(b"-") for name in _BOUNDARY.findall(raw)}
    kept = [
        b"--flat" if line.startswith(b"--") and line[2:].rstrip(b"-\r \t") in known else line
        for line in body.split(b"\n")
    ]
    head = _MIME_FIELD.sub(b"X-Nested: yes", head)
    inner = _MULTIPART.sub(b"Content-Type: application/x-nested", b"\n".join(kept))
    return head + b"\nContent-Type: multipart/mixed; boundary=flat\n\n--flat\n" + inner
