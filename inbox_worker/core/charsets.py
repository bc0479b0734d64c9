"""From bytes and wild Unicode to text that can be read: charset repair and the removal of what no reader sees.

Never raises and never refuses: a wrong declaration costs at most a letter, not the mail.
"""

import codecs
import re
import unicodedata

_LATIN = re.compile(r"(us-?ascii|ascii|iso-?8859-?1|latin-?1|windows-?1252|cp-?1252|iso-?8859-?15|ansi.*|unknown.*|)")
# Only real character sets: Python's other codecs (punycode, unicode_escape, idna) are slow or warn on hostile input.
_CHARSET = re.compile(
    r"(utf[-_]?(7|8|16|32)([-_]?[bl]e)?|iso[-_]?8859[-_]?\d{1,2}|windows[-_]?\d{3,4}|cp[-_]?\d{3,5}|latin[-_]?\d{1,2}"
    r"|koi8[-_]?[rtu]|big5(hkscs)?|gb(k|2312|18030)|hz|euc[-_]?(jp|kr)|s(hift)?[-_]?jis|iso[-_]?2022[-_]?(jp|kr)(-\d)?"
    r"|mac[-_a-z]{0,14}|ks_c_5601-1987|tis-620)"
)
_TO_NEWLINE = dict.fromkeys((0x0B, 0x0C, 0x2028, 0x2029), "\n")
_TO_SPACE = dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_INVISIBLE: dict[int, None] = dict.fromkeys(
    (
        *range(9),
        *range(0x0E, 0x20),
        0x7F,
        0xAD,
        0x34F,
        0x61C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0x3164,
        *range(0xD800, 0xE000),
        *range(0xFE00, 0xFE10),
        0xFEFF,
        0xFFA0,
        *range(0xFFF9, 0xFFFC),
        *range(0xE0000, 0xE0080),
    )
)
# Compatibility letters that a mail uses for looks (full width, mathematical bold, ligatures); ½ and ² are left alone.
_COMPATIBLE = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFF01, 0xFF5F), *range(0x1D400, 0x1D800), *range(0xFB00, 0xFB07))
}
_C1 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_COMPOSED = 1000
_TABLE = _INVISIBLE | _TO_NEWLINE | _TO_SPACE | _COMPATIBLE | _C1


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 as Windows-1252, as the mail programs that wrote them meant."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(map(_one, error.object[error.start : error.end])), error.end


def _one(byte: int) -> str:
    return _C1.get(byte) or ("�" if 0x80 <= byte < 0xA0 else chr(byte))


codecs.register_error("inbox_worker.cp1252", _as_cp1252)


def decode(data: bytes, declared: str | None = None) -> str:
    """Text of `data`, by the declared charset where it is plausible, else as UTF-8 with Windows-1252 for the rest.

    Valid UTF-8 under a Latin-1 or missing declaration is read as UTF-8: real Latin-1 text is practically never that.
    """
    name = (declared or "").strip().strip("\"'").lower()[:40].removeprefix("x-")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and len(data) > 2:
        name = "utf-16"
    if not _LATIN.fullmatch(name) and _CHARSET.fullmatch(name) and name not in {"utf-8", "utf8"}:
        try:
            return data.decode(name, "replace")
        except (LookupError, UnicodeError, ValueError):
            pass
    return data.decode("utf-8", "inbox_worker.cp1252")


def clean(text: str) -> str:
    """`text` as a reader sees it: composed (NFC), plain newlines, no controls, nothing invisible, no bidi tricks."""
    if text.isascii():
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text if text.isprintable() else text.translate(_TABLE)
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE)
    return _composed(text)


def _composed(text: str) -> str:
    """NFC, line by line and at most 1,000 letters at once: the time for a heap of accents grows with its square."""
    if len(text) <= _COMPOSED:
        return unicodedata.normalize("NFC", text)
    return "".join(
        unicodedata.normalize("NFC", line[at : at + _COMPOSED])
        for line in text.splitlines(keepends=True)
        for at in range(0, len(line), _COMPOSED)
    )


def one_line(text: str) -> str:
    """`text` cleaned, with every run of white space as one blank: safe in a header, a log and a table."""
    return " ".join(clean(text).split())
