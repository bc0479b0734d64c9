"""Where one mail ends and another begins: attributions, '>' lines, header blocks, "Original Message" lines.

Never judges what was said. An unmarked quote whose program left no trace can't be told from new text, and stays it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from inbox_worker.core.headers import addr_spec
from inbox_worker.core.message import Address
from inbox_worker.core.reading.parts_phrases import anyone, words

_KINDS = {label: kind for kind in ("from", "sent", "to", "cc", "subject") for label in words("header_labels", kind)}
_LABELS = "|".join(sorted(map(re.escape, _KINDS), key=len, reverse=True))
_LABEL = re.compile(
    rf"\s*[*_]{{0,2}}({_LABELS})\s?[*_]{{0,2}}:[*_]{{0,2}}[ \t]*(.*)",
    re.IGNORECASE,
)
_VERB = re.compile(anyone(*words("attribution", "verbs")), re.IGNORECASE)
_DATED = re.compile(r"\d{1,2}[.:/ -]\d{1,2}|\b(?:19|20)\d\d\b|@")
_RULE = re.compile(r"\s*[-_=*]{8,}\s*")
_QUOTED = re.compile(anyone(*words("separators", "quoted")), re.IGNORECASE)
_FORWARDED = re.compile(anyone(*words("separators", "forwarded")), re.IGNORECASE)
_FORWARD_LINE = re.compile(rf"\s*{anyone(*words('separators', 'forwarded_lines'))}", re.IGNORECASE)
_PREFIXES = "|".join((*words("subject", "forward"), *words("subject", "reply")))
_PREFIX = re.compile(
    rf"\s*(?:\[[^\]]{{1,20}}\]\s*)?({_PREFIXES})\s?(?:\[\d+\])?\s?:\s*",
    re.IGNORECASE,
)
_FORWARD = frozenset(words("subject", "forward"))
_ADDRESS = re.compile(r"[^\s<>\[\]()\",;:]{1,64}@[\w.-]{1,200}\w")
_NAME = re.compile(r"^\s*\"?'?([^<\[(\"]{0,120}?)'?\"?\s*(?:[<\[(].*)?$")
_FIELD = 1000
_ZONE = ZoneInfo("Europe/Berlin")
_MONTHS = {name: number for number, names in enumerate(words("months"), start=1) for name in names.split()}
_WORDED = re.compile(
    r"(\d{1,2})\.?\s+(?:de\s+)?([^\W\d]{3,12})\.?,?\s+(?:de\s+)?(\d{4})|([^\W\d]{3,12})\.?\s+(\d{1,2}),?\s+(\d{4})"
)
_NUMBERED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})\b")
_TIME = re.compile(r"(\d{1,2})[:.h](\d{2})(?::\d{2})?\s*([AaPp]\.?[Mm]\.?)?(?!\.?\d)")


@dataclass(frozen=True, slots=True)
class Block:
    """The little header block above another mail; `length` counts its lines."""

    length: int
    sender: Address | None = None
    name: str = ""
    date: datetime | None = None
    dated: bool = False
    to: str = ""
    subject: str = ""


def block_at(lines: list[str], start: int) -> Block | None:
    """The header block that begins at `lines[start]`, or None. It needs a From line and a date or a subject."""
    values: dict[str, str] = {}
    position, last, gap = start, "", False
    while position < len(lines) and position < start + 14:
        # Longer lines are no header fields, and would be slow to try.
        line = lines[position][:_FIELD]
        match = _LABEL.match(line)
        if match:
            kind = _KINDS[match[1].lower()]
            values[kind] = f"{values.get(kind, '')} {match[2]}".strip()
            last = kind
        elif not line.strip():
            # Word's HTML puts an empty line between the fields; a real end is followed by something else.
            following = _LABEL.match(lines[position + 1]) if position + 1 < len(lines) else None
            if not following or len(values) >= 4 or gap:
                break
            gap = True
        elif (
            last in {"to", "cc", "from"} and ("@" in line or values[last].endswith((",", ";", "<"))) and len(line) < 200
        ):
            values[last] += " " + line.strip()
        elif last == "subject" and line.startswith((" ", "\t")):
            values["subject"] += " " + line.strip()
        else:
            break
        position += 1
    if "from" not in values or not ({"sent", "subject"} & values.keys()) or len(values) < 2:
        return None
    name, sender = _person(" ".join(values["from"].split()))
    return Block(
        length=position - start,
        sender=sender,
        name=name,
        date=date_of(values.get("sent", "")),
        dated="sent" in values,
        to=values.get("to", ""),
        subject=values.get("subject", "").strip(),
    )


def attribution_at(lines: list[str], start: int) -> int:
    """How many lines of an attribution ("Am … schrieb …:", "On … wrote:") begin here; 0 for none."""
    if len(lines[start]) > 400 or not lines[start].strip():
        return 0
    text = ""
    for count in range(1, 5):
        if start + count > len(lines):
            return 0
        line = lines[start + count - 1]
        if count > 1 and (not line.strip() or line.startswith(">")):
            return 0
        text += " " + line.strip()
        if len(text) > 500:
            return 0
        if text.rstrip(" *_>-").endswith(":") and (count == 1 or not text.endswith("::")):
            said = _VERB.search(text)
            return count if said and _DATED.search(text) else 0
    return 0


def between_arrows_at(lines: list[str], start: int) -> int:
    """How many lines GroupWise's mark begins with here: '>>> "Name" <address> 17.11.2022 15:53 >>>'; 0 for none.

    What stands below it is the other mail, without any mark of its own.
    """
    text = ""
    for count, line in enumerate(lines[start : start + 3], start=1):
        text += f"{line[:_FIELD].strip()} "
        if not text.startswith(">>> "):
            return 0
        if text.endswith(">>> ") and len(text) > len(">>> >>> "):
            return count if _DATED.search(text) else 0
    return 0


def separator_at(line: str) -> str:
    """'forwarded' or 'quoted' for a line that announces another mail, 'rule' for a mere line, '' otherwise."""
    if len(line) > 200:
        return ""
    if _FORWARD_LINE.match(line):
        return "forwarded"
    if _RULE.fullmatch(line):
        return "rule"
    inside = _ruled(line)
    if inside and len(inside) < 120:
        if _FORWARDED.match(inside):
            return "forwarded"
        if _QUOTED.match(inside) or (_VERB.search(inside) and line.rstrip(" :").endswith("-")):
            return "quoted"
    return ""


def _ruled(line: str) -> str:
    """The words of "-------- Original Message --------:", or '' for a line that no rule begins."""
    bare = line.strip()
    if not bare.startswith(("--", "__", "==", "**", "~~", ">>")):
        return ""
    # One expression for this would try every way to divide a long gap between its four kinds of blanks.
    bare = bare.lstrip("-_=*>~").removesuffix(":")
    return bare.rstrip().rstrip("-_=*").strip()


def unquoted(lines: list[str]) -> list[str]:
    """The lines without one level of '> '."""
    return [line[2:] if line.startswith("> ") else line.removeprefix(">") for line in lines]


def subject_kind(subject: str) -> str:
    """'forward', 'reply' or '' by the first prefix of a subject."""
    match = _PREFIX.match(subject)
    if not match:
        return ""
    return "forward" if match[1].lower() in _FORWARD else "reply"


def date_of(text: str) -> datetime | None:
    """A date as mail programs write it above a quote, as aware UTC; without a zone it is taken as Europe/Berlin."""
    text = text[:100]
    try:
        exact = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        exact = None
    try:
        if exact is not None and exact.tzinfo:
            return exact.astimezone(UTC)
        day = _day(text)
        if day is None:
            return None
        hours = minutes = 0
        rest = _NUMBERED.sub(" ", text)
        if clock := _TIME.search(rest):
            half = (clock[3] or " ").lower()[0]
            hours, minutes = int(clock[1]), int(clock[2])
            hours = hours % 12 + (12 if half == "p" else 0) if half in "ap" else hours
        local = datetime(*day, tzinfo=_ZONE) + timedelta(hours=hours, minutes=minutes)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> tuple[int, int, int] | None:
    for match in _WORDED.finditer(text):
        day, month, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        if number := _MONTHS.get(month.casefold()):
            return int(year), number, int(day)
    if numbers := _NUMBERED.search(text):
        if numbers[1]:
            return int(numbers[1]), int(numbers[2]), int(numbers[3])
        year = int(numbers[6])
        first, second = int(numbers[4]), int(numbers[5])
        day, month_number = (second, first) if second > 12 else (first, second)
        return year + 2000 if year < 100 else year, month_number, day
    return None


def _person(value: str) -> tuple[str, Address | None]:
    found = _ADDRESS.search(value.replace("mailto:", " "))
    name = match[1].strip(" *_'") if (match := _NAME.match(value)) else ""
    spec = addr_spec(found[0]) if found else None
    if "@" in name:
        name = ""
    return name, Address(name, spec) if spec else None
