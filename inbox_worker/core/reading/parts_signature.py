"""Where a letter's text ends and its signature begins; postscripts, disclaimers and what devices append.

Never names a person: it only says which lines are the signature, closing line included.
"""

import re
from dataclasses import dataclass

from inbox_worker.core.reading.parts_phrases import LineStarts, anyone, words

_STRONG = re.compile(
    r"gr(?:ü|u|ue)(?:ß|ss)|regards|wishes|sincerely|faithfully|hochachtung|ergebenst|herzlichst|salutations|cordialement"
    r"|groet|hilsen|hälsning|saluti|saludo|pozdraw|poważan|^\s*(?:lg|vg|mfg|mfkg|bg|mkg|glg|vlg|mvg|mvh|br|kr)\b",
    re.IGNORECASE,
)
_STARTS = LineStarts(*words("closing", "starts"))
_ENDS = re.compile(rf"(?:^|.*[\s,]){anyone(*words('closing', 'ends'))}[\s,.!*]*$", re.IGNORECASE)
_GREETS = LineStarts(*words("closing", "greetings"))
_INLINE = re.compile(
    r"^(.{3,}?[.!?,)…])\s+((?:(?:viele|beste|liebe|herzliche|schöne|freundliche|mit \w+)\s+)?"
    r"(?:grüße?n?|gruß|gruss|lg|vg|mfg|best regards|kind regards|regards|cheers)\b[^.!?]{0,60})$",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(rf"\s*{anyone(*words('postscript', 'starts'))}\s*[:.\-–]?\s", re.IGNORECASE)
_DEVICE = LineStarts(*words("boilerplate", "lines"), lead="<([*_")
_NOTICE = LineStarts(*words("boilerplate", "paragraphs"), lead="*_([")
_LEGAL_NOTICE = LineStarts(*words("boilerplate", "legal_paragraphs"), lead="*_([")
_LEGAL = re.compile("|".join(words("boilerplate", "legal")), re.IGNORECASE)
_PRINTING = re.compile(r"mail\w*\b.{0,40}\b(?:aus)?(?:ge)?druck|print(?:ing)? this e?-?mail", re.IGNORECASE)
_COMPANY = re.compile(anyone(*words("boilerplate", "company")) + r"[^\n]{0,60}\d", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_DELIMITER = re.compile(r"\s*(?:--|—|––|__+|-{5,}|={5,}|\*{5,}|~{3,})\s*")
_CONNECTING = frozenset(words("closing", "connecting"))
_PARTICLES = frozenset(words("closing", "particles"))
_WORD = re.compile(r"[\w'’.&-]+")
_SENTENCE_END = re.compile(r"[.!?:;…]$")
_CONTACT = re.compile(
    r"@|https?:|www\.|\+\d|\b(?:tel|telefon|fon|phone|fax|telefax|mobil|mobile|handy|ruf|e-?mail|mail|durchwahl|cell|t|m|f|d)\b\.?\s*:?\s*[+(]?\d"
    r"|\d{2,5}\s?[/ -]\s?\d{2,}|\b\d{4,5}\s+[A-ZÄÖÜ]",
    re.IGNORECASE,
)
_FIELD = re.compile(r"[-•*]?\s?[\w /.-]{2,30}?\s?[.:]*:\s\S")
"""For lines whose words stand one blank apart: a long gap could be divided among its parts in ever so many ways."""
_GREETING = LineStarts(*words("closing", "salutations"))


@dataclass(frozen=True, slots=True)
class Signed:
    """Lines of one's own text, taken apart."""

    text: list[str]
    signature: list[str]
    boilerplate: list[str]


def take_off(lines: list[str], names: frozenset[str], *, last: bool = True) -> Signed:
    """Part text, signature and boilerplate; `names` are the lower-case words of the sender's display name.

    Between quotes (`last` is False) only a closing formula begins a signature: a bare name there is an answer.
    """
    kept, boilerplate = _without_boilerplate(lines)
    kept = _trimmed(kept)
    while kept and _DELIMITER.fullmatch(kept[-1]):
        kept = _trimmed(kept[:-1])
    start, kept = _signature_start(kept, names, last=last)
    text, signature = kept[:start], kept[start:]
    postscript: list[str] = []
    for number, line in enumerate(signature):
        if number and _POSTSCRIPT.match(line):
            postscript, signature = signature[number:], signature[:number]
            break
    if postscript:
        after, more = _postscript(postscript)
        text, signature = [*_trimmed(text), "", *after], [*signature, *more]
    return Signed(_trimmed(text), _trimmed(signature), boilerplate)


def _postscript(lines: list[str]) -> tuple[list[str], list[str]]:
    """A postscript's text and what follows it: a contact block after an empty line is signature again."""
    for number, line in enumerate(lines):
        if number and (_DELIMITER.fullmatch(line) or (not lines[number - 1].strip() and _CONTACT.search(line))):
            return lines[:number], lines[number:]
    return lines, []


def _without_boilerplate(lines: list[str]) -> tuple[list[str], list[str]]:
    kept: list[str] = []
    dropped: list[str] = []
    in_notice = False
    for number, line in enumerate(lines):
        if not line.strip():
            in_notice = False
            kept.append(line)
        elif in_notice or (begins := _begins_notice(lines, number)) or _is_noise(line, len(kept)):
            # A notice runs to the end of its paragraph; a device's line is alone.
            in_notice = in_notice or (begins and len(line) > 40)
            dropped.append(line)
        else:
            kept.append(line)
    return kept, dropped


def _begins_notice(lines: list[str], number: int) -> bool:
    if _NOTICE.match(lines[number]):
        return True
    if not _LEGAL_NOTICE.match(lines[number]):
        return False
    paragraph = lines[number : next((at for at in range(number, len(lines)) if not lines[at].strip()), len(lines))]
    return bool(_LEGAL.search(" ".join(paragraph)))


def _is_noise(line: str, above: int) -> bool:
    if _DEVICE.match(line):
        return True
    if above <= 1:
        return False
    numbered = _DIGIT.search(line) and _COMPANY.search(line)
    return bool(numbered or (len(line) < 120 and _PRINTING.search(line)))


def _signature_start(lines: list[str], names: frozenset[str], *, last: bool) -> tuple[int, list[str]]:
    """Where the signature begins (len(lines) for none), and the lines, one of them perhaps cut in two."""
    if lines and _closes(lines[0]) and not _STRONG.search(lines[0]):  # "Danke!" is all the text, or its beginning
        start, below = _signature_start(lines[1:], names, last=last)
        return start + 1, [lines[0], *below]
    for number, line in enumerate(lines):
        if _closes(line) and (_STRONG.search(line) or not _talks(lines[number + 1 :])):
            return number, lines
        if line.strip() in {"--", "—"} or (
            number and _DELIMITER.fullmatch(line) and not _talks(lines[number + 1 :]) and len(lines) - number < 20
        ):
            return _before_delimiter(lines, number, names), lines
        if (inline := _INLINE.match(line)) and not _talks(lines[number + 1 :]):
            return number + 1, [*lines[:number], inline[1], inline[2], *lines[number + 1 :]]
    return _trailing_block(lines, names) if last else len(lines), lines


def _before_delimiter(lines: list[str], number: int, names: frozenset[str]) -> int:
    """A name set directly above the delimiter belongs to the signature."""
    start = _trailing_block(_trimmed(lines[:number]), names)
    return min(start, number) if number - start <= 6 else number


def _closes(line: str) -> bool:
    stripped = line.strip(" *_~>-–—")
    if not stripped or len(stripped) > 75 or stripped.endswith("?") or _GREETS.match(stripped):
        return False
    if _ENDS.match(stripped) and len(stripped.split()) <= 7:
        return True
    match = _STARTS.match(stripped)
    if not match:
        return False
    rest = stripped[len(match) :]
    following = _WORD.findall(rest)
    if not following or (len(following) == 1 and not rest.strip().endswith(".")):
        return True
    if len(following) > 7 or re.search(r"[.!?]\s+\S+\s+\S+\s+\S+", rest):
        return False
    strong = bool(_STRONG.search(stripped))
    first = following[0]
    return (first[0].isupper() or first.lower() in _CONNECTING or strong) and (strong or len(following) <= 5)


def _talks(lines: list[str]) -> bool:
    """Whether somebody still says something in these lines, other than name, contact data and postscript."""
    for line in lines:
        if _POSTSCRIPT.match(line):
            return False
        stripped = line.strip()
        words_in = stripped.split()
        if len(words_in) >= 5 and not _CONTACT.search(stripped):
            small = sum(word[0].islower() and word.lower() not in _PARTICLES for word in words_in)
            if small >= 3 and (_SENTENCE_END.search(stripped) or small >= 0.5 * len(words_in)):
                return True
    return False


def _trailing_block(lines: list[str], names: frozenset[str]) -> int:
    """Where a signature without a closing formula begins: the last lines that say nothing but who and where."""
    start = len(lines)
    for number in range(len(lines) - 1, max(len(lines) - 16, -1), -1):
        line = lines[number]
        if line.strip() and not _is_signature_line(line):
            break
        start = number
    candidates = [number for number in range(start, len(lines)) if _opens(lines, number, names)]
    for number in candidates:
        if number and not lines[number - 1].strip():
            return number
        if number and _named(lines[number], names) and _is_farewell(lines, number - 1):
            return number - 1
        if number and _SENTENCE_END.search(lines[number - 1].strip()) and not _is_signature_line(lines[number - 1]):
            return number
        if number == 0 and (_named(lines[0], names) or (len(lines) > 1 and any(map(_CONTACT.search, lines)))):
            return 0
    return len(lines)


def _is_farewell(lines: list[str], number: int) -> bool:
    """A few words of their own above the name ("Ganz matt", "Ihr sehr ergebener") close the letter as well."""
    line = lines[number].strip()
    alone = not number or not lines[number - 1].strip() or bool(_SENTENCE_END.search(lines[number - 1].strip()))
    return alone and len(line.split()) <= 6 and len(line) < 60 and not line.endswith((".", "?", ":"))


def _opens(lines: list[str], number: int, names: frozenset[str]) -> bool:
    line = lines[number].strip()
    return bool(line) and (_named(line, names) or _is_name_like(line))


def _named(line: str, names: frozenset[str]) -> bool:
    found = {word.lower().strip(".") for word in _WORD.findall(line)}
    return len(line.split()) <= 8 and bool(found & names)


def _is_name_like(line: str) -> bool:
    head = re.split(r"\s[|/·•–-]\s|,|\(", line)[0]
    tokens = head.split()
    if not 1 <= len(tokens) <= 6 or any(letter.isdigit() for letter in head):
        return False
    return all(token[0].isupper() or token.lower() in _PARTICLES for token in tokens) and tokens[-1][0].isupper()


def _is_signature_line(line: str) -> bool:
    stripped = line.strip()
    if len(stripped) > 90 or _GREETING.match(stripped) or stripped.endswith(("?", ":")):
        return False
    is_field = _FIELD.match(" ".join(stripped.split())) is not None
    if _CONTACT.search(stripped):
        return not (is_field and stripped.split(":")[0].strip().lower().startswith(("name", "vorname")))
    if is_field:
        return False
    tokens = stripped.split()
    if len(tokens) <= 3 and not stripped.endswith((".", "!")):
        return True
    small = [word for word in tokens if word[0].islower() and word.lower() not in _PARTICLES]
    if stripped.endswith(("!", ".")) and len(tokens) > 1 and not re.search(r"\b\w{1,3}\.$", stripped):
        return False
    return len(small) <= max(1, len(tokens) // 3) and len(tokens) <= 10


def _trimmed(lines: list[str]) -> list[str]:
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]
