"""What stands between decoded MIME parts and the text a person reads: transfer encodings, flowed lines, PGP armour.

Pure helpers of `adapters/mime`; each mends the damage that its encoding suffers in practice. Never raises.
"""

import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_PADDING = re.compile(rb"=+")
_SOFT = re.compile(rb"=[ \t]*\r?\n")
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_LOOKS_QP = re.compile(rb"=(?:C3=[89AB][0-9A-F]|E2=80|E4|F6|FC|DF|20(?=\r?\n)|3D)|[^\s=]=\r?\n")
_LOOKS_BASE64 = re.compile(rb"\s*(?:[A-Za-z0-9+/]{40,76}\r?\n)+[A-Za-z0-9+/]{2,76}={0,2}\s*")
_BEGIN, _SIGNATURE = "-----BEGIN PGP SIGNED MESSAGE-----\n", "\n-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"
_ARMOUR = re.compile(r"(?:[A-Za-z-]{1,30}:[^\n]*\n)*\n?")
_DASHED = re.compile(r"^- ", re.MULTILINE)
_ENCRYPTED = re.compile(r"^-----BEGIN PGP MESSAGE-----$", re.MULTILINE)
_QUOTED = re.compile(r"(>(?: ?>)*) ?(.*)", re.DOTALL)


def decode_base64(data: bytes) -> bytes:
    """RFC 2045 §6.8, forgiving: strange bytes are skipped, a lost end costs the end; prose is left as it is."""
    kept = _NOT_BASE64.sub(b"", data)
    if len(kept) < 0.8 * len(data.translate(None, b" \t\r\n")) or (data.count(b" ") * 8 > len(data)):
        return data
    out: list[bytes] = []
    for chunk in _PADDING.split(kept):
        usable = chunk[:-1] if len(chunk) % 4 == 1 else chunk
        out.append(binascii.a2b_base64(usable + b"=" * (-len(usable) % 4)))
    return b"".join(out)


def decode_quoted_printable(data: bytes) -> bytes:
    """RFC 2045 §6.7, forgiving: blanks after a soft break are dropped, a broken escape stays as it stands."""
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), _SOFT.sub(b"", data))


def undeclared_encoding(data: bytes) -> bytes:
    """Undo a transfer encoding that the part does not declare, where its traces are unmistakable."""
    if len(_LOOKS_QP.findall(data[:20_000])) >= 3:
        return decode_quoted_printable(data)
    if len(data) > 80 and b" " not in data.strip() and _LOOKS_BASE64.fullmatch(data):
        return decode_base64(data)
    return data


def unflow(text: str, *, delete_space: bool) -> str:
    """format=flowed (RFC 3676) joined to paragraphs: quote depth kept, '-- ' never joined, DelSp respected."""
    out: list[str] = []
    open_depth = -1
    for raw in text.split("\n"):
        depth, line = 0, raw
        if raw.startswith(">") and (match := _QUOTED.match(raw)):
            depth, line = match[1].count(">"), match[2]
        elif raw.startswith(" "):
            line = raw[1:]
        flows = line.endswith(" ") and line != "-- "
        content = line[:-1] if flows and delete_space else line
        if open_depth == depth and line != "-- ":
            out[-1] += content
        else:
            out.append(f"{'> ' * depth if depth else ''}{content}")
        open_depth = depth if flows else -1
    return "\n".join(line.rstrip() if line != "-- " else line for line in out)


def unwrap_pgp(text: str) -> tuple[str, bool]:
    """The text with clear-signed parts unwrapped (RFC 4880 §7), and whether something in it is encrypted."""
    if "-----BEGIN PGP" not in text:
        return text, False
    out: list[str] = []
    rest = text
    # Plain searches instead of one expression: its time would grow with the square of hostile input.
    while (start := rest.find(_BEGIN)) >= 0 and (end := rest.find(_SIGNATURE, start)) >= 0:
        head = _ARMOUR.match(rest, start + len(_BEGIN))
        content = rest[head.end() if head else start : end]
        out += (rest[:start], _DASHED.sub("", content))
        after = rest.find(_END, end)
        rest = rest[after + len(_END) :] if after >= 0 else ""
    text = "".join((*out, rest))
    return text, bool(_ENCRYPTED.search(text))
