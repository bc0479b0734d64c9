"""The content of an opaque S/MIME mail (RFC 5652 SignedData): read, never verified.

Never decrypts, never checks a signature: who wrote is judged by DMARC alone. Never raises.
"""

_SIGNED = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"  # 1.2.840.113549.1.7.2
_DATA = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"  # 1.2.840.113549.1.7.1
_SEQUENCE, _SET, _OID, _OCTETS, _STRUCTURED_OCTETS, _EXPLICIT = 0x30, 0x31, 0x06, 0x04, 0x24, 0xA0
_DEPTH = 12


def signed_content(der: bytes) -> bytes | None:
    """The signed MIME entity inside `der`, or None when it is encrypted, detached or no SignedData at all."""
    outer = _inside(der, _SEQUENCE)
    if outer is None or not outer[:11].startswith(b"\x06\x09" + _SIGNED):
        return None
    signed = _inside(outer[11:], _EXPLICIT)
    body = _inside(signed, _SEQUENCE) if signed is not None else None
    # SignedData: version, digestAlgorithms, encapContentInfo, … ; only the third is of use.
    while body:
        element = _element(body)
        if element is None:
            return None
        tag, content, body = element
        if tag == _SEQUENCE and content.startswith(b"\x06\x09" + _DATA):
            wrapped = _inside(content[11:], _EXPLICIT)
            return _octets(wrapped, _DEPTH) if wrapped else None
    return None


def _element(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Tag, content and what follows; BER's indefinite length gives all that is left as content."""
    if len(data) < 2:
        return None
    tag, length, start = data[0], data[1], 2
    if length == 0x80:
        return tag, data[2:], b""
    if length > 0x80:
        count = length & 0x7F
        if count > 4 or len(data) < 2 + count:
            return None
        length = int.from_bytes(data[2 : 2 + count], "big")
        start += count
    return tag, data[start : start + length], data[start + length :]


def _inside(data: bytes, tag: int) -> bytes | None:
    element = _element(data)
    return element[1] if element is not None and element[0] == tag else None


def _octets(data: bytes, depth: int) -> bytes:
    """An OCTET STRING's bytes; BER senders cut it into chunks."""
    out: list[bytes] = []
    while data and depth:
        element = _element(data)
        if element is None or element[0] not in {_OCTETS, _STRUCTURED_OCTETS}:
            break
        tag, content, data = element
        out.append(content if tag == _OCTETS else _octets(content, depth - 1))
    return b"".join(out)
