"""Days that a text speaks of: '24.11.', 'March 14th', 'am Vierundzwanzigsten', 'übermorgen', 'next Thursday'.

Never decides whether such a day is an event's; relative words count from the mail's own date.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

_PLAIN = str.maketrans("äöüßéèáíóú", "aouseeaiou")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar janner jaenner jan january janvier",
            "februar feber feb february fevrier",
            "marz maerz mar march mrz mars marzo maart",
            "april apr",
            "mai may",
            "juni jun june",
            "juli jul july",
            "august aug",
            "september sep sept",
            "oktober okt oct october",
            "november nov novembre noviembre listopada",
            "dezember dez dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "montag monday",
            "dienstag tuesday",
            "mittwoch wednesday",
            "donnerstag donnerstags donnertag thursday thu thurs donderdag torsdag",
            "freitag friday",
            "samstag sonnabend saturday",
            "sonntag sunday",
        )
    )
    for name in names.split()
}
_ORDINALS = {
    spelling: number
    for number, name in enumerate(
        [
            "ersten",
            "zweiten",
            "dritten",
            "vierten",
            "fünften",
            "sechsten",
            "siebten",
            "achten",
            "neunten",
            "zehnten",
            "elften",
            "zwölften",
            "dreizehnten",
            "vierzehnten",
            "fünfzehnten",
            "sechzehnten",
            "siebzehnten",
            "achtzehnten",
            "neunzehnten",
            "zwanzigsten",
            "einundzwanzigsten",
            "zweiundzwanzigsten",
            "dreiundzwanzigsten",
            "vierundzwanzigsten",
            "fünfundzwanzigsten",
            "sechsundzwanzigsten",
            "siebenundzwanzigsten",
            "achtundzwanzigsten",
            "neunundzwanzigsten",
            "dreißigsten",
            "einunddreißigsten",
        ],
        start=1,
    )
    for spelling in {name.translate(_PLAIN), name.replace("ü", "ue").replace("ö", "oe").replace("ß", "ss")}
}
_RELATIVE = {
    "heute": 0,
    "today": 0,
    "heut": 0,
    "tonight": 0,
    "morgen": 1,
    "tomorrow": 1,
    "ubermorgen": 2,
    "uebermorgen": 2,
    "gleich": 0,
    "heutigen": 0,
    "heutige": 0,
    "morgigen": 1,
    "morgige": 1,
}
_LONG_MONTH = "|".join(name for name in sorted(_MONTHS, key=len, reverse=True) if len(name) > 4 or name == "marz")
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:\.|st|nd|rd|th|e)?\s*(?:of\s|de\s|di\s)?\s?({_MONTH})\b\.?(?:\s*'?(\d{{4}}|"
    rf"\d{{2}})\b(?!\s*(?:uhr|:)))?"
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\.?\s(?:the\s)?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:uhr|:|\.\d))(?:,?\s*(\d{{4}}))?"
)
_NUMERIC = re.compile(r"(?<![\d./-])(\d{1,2})\s?\.\s?(\d{1,2})(?:\s?\.\s?(\d{4}|\d{2})?)?(?![\d./-])")
_SLASHED = re.compile(r"(?<![\d./-])(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?(?![\d./-])")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DAY_ONLY = re.compile(
    r"\b(?:am|vom|zum|den|dem|der|dr|on the|the|fue?r den|bis|kommenden)\s(?:\w+tag,?\s(?:den\s|"
    r"dem\s)?)?(\d{1,2})(?:\.|st|nd|rd|th)(?!\s?\d|\w)"
)
_ORDINAL = re.compile(
    r"\b(" + "|".join(sorted(_ORDINALS, key=len, reverse=True)) + rf")(?:\s({_MONTH}|" + "|".join(_ORDINALS) + r"))?\b"
)
_MONTH_ONLY = re.compile(
    rf"\b(?:im|in|fue?r|bis|ab|mitte|anfang|ende|kommenden|nae?chsten|den|der|your|the|"
    rf"to|for|und|and|on|am|from|beim)\s({_MONTH})\b(?!\s\d)|\b({_LONG_MONTH})\w*"
)
_WEEKDAY = re.compile(
    r"\b(?:(nae?chste[nrm]?|kommende[nrm]?|diese[nrm]?|next|this|coming|letzte[nrm]?|vergangene[nrm]?|last)\s)?("
    + "|".join(_WEEKDAYS)
    + r")(s?)\b(\snae?chster woche|\snext week|\sin einer woche)?"
)
_RELATIVE_WORD = re.compile(r"\b(" + "|".join(_RELATIVE) + r")\b")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"\w+")
_STEM = 4
_STEMS = frozenset(
    spelling[:_STEM]
    for names in (_MONTHS, _WEEKDAYS, _ORDINALS, _RELATIVE)
    for name in names
    for spelling in (name, f"{name}s")
)
_NOT_A_DAY = re.compile(
    r"guten morgen|good morning|schoe?nen morgen|am morgen|heute morgen|frue?h morgens|"
    r"good day|heute (?:noch|schon|nur|leider|vormittag zug|frue?h)|\bbis heute\b|gleich "
    r"(?:fue?r|zwei|beide|mit|auch|noch)"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as told: `on` when it is a whole date; else the month, or the day of the month, that was named.

    `exact` days are dates with day and month; the others follow from relative words or are incomplete.
    """

    words: str
    start: int
    on: date | None = None
    month: int | None = None
    day: int | None = None
    exact: bool = False
    past: bool = False


def days(text: str, today: date) -> tuple[Day, ...]:  # noqa: C901, PLR0912 - one arm for each way to name a day
    """Every day named in `text`, seen from `today`, the day the mail was written."""
    flat = _flat(text)
    # most sentences have no digit and no word of a day: then nothing is looked for
    numbered = flat if _DIGIT.search(flat) else ""
    worded = "" if _STEMS.isdisjoint(word[:_STEM] for word in _WORD.findall(flat)) else flat
    found: list[Day] = []
    taken: list[tuple[int, int]] = []

    def add(match: re.Match[str], **facts: object) -> None:
        if not any(start < match.end() and match.start() < end for start, end in taken):
            taken.append(match.span())
            found.append(Day(words=text[match.start() : match.end()], start=match.start(), **facts))  # type: ignore[arg-type]

    for match in _ISO.finditer(numbered):
        if on := _date(int(match[1]), int(match[2]), int(match[3])):
            add(match, on=on, exact=True)
    for match in _DAY_MONTH.finditer(numbered):
        if on := _near(int(match[1]), _MONTHS[match[2]], match[3], today):
            add(match, on=on, exact=True)
    for match in _MONTH_DAY.finditer(numbered):
        if on := _near(int(match[2]), _MONTHS[match[1]], match[3], today):
            add(match, on=on, exact=True)
    for pattern in (_NUMERIC, _SLASHED):
        for match in pattern.finditer(numbered):
            if on := _near(int(match[1]), int(match[2]), match[3], today):
                add(match, on=on, exact=True)
    for match in _ORDINAL.finditer(worded):
        second = match[2]
        if second:
            month = _MONTHS.get(second) or _ORDINALS.get(second, 0)
            if on := _near(_ORDINALS[match[1]], month, None, today):
                add(match, on=on, exact=True)
        elif _ORDINALS[match[1]] > 12:
            add(match, day=_ORDINALS[match[1]])
    for match in _DAY_ONLY.finditer(numbered):
        if 1 <= int(match[1]) <= 31:
            add(match, day=int(match[1]))
    for match in _WEEKDAY.finditer(worded):
        weekday = _WEEKDAYS[match[2]]
        ahead = (weekday - today.weekday()) % 7
        past = (match[1] or "").startswith(("letzt", "vergang", "last"))
        if match[4]:
            ahead = (weekday - today.weekday()) + 7
        add(match, on=today + timedelta(days=ahead - (7 if past else 0)), past=past)
    for match in _RELATIVE_WORD.finditer(worded):
        if not any(other.start() <= match.start() < other.end() for other in _NOT_A_DAY.finditer(flat)):
            add(match, on=today + timedelta(days=_RELATIVE[match[1]]))
    for match in _MONTH_ONLY.finditer(worded):
        add(match, month=_MONTHS[match[1] or match[2]])
    return tuple(sorted(found, key=lambda day: day.start))


def _flat(text: str) -> str:
    """Lower case without umlauts, letter for letter, so that places stay the same."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower()[:1] for letter in text)
    return lowered if lowered.isascii() else lowered.translate(_PLAIN)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _near(day: int, month: int, year: str | None, today: date) -> date | None:
    """The date meant by day and month: in the given year, else the one nearest to `today`, rather in the future."""
    if year:
        number = int(year)
        return _date(number + 2000 if number < 100 else number, month, day)
    candidates = [on for offset in (-1, 0, 1) if (on := _date(today.year + offset, month, day))]
    return min(candidates, key=lambda on: abs((on - today).days - 120), default=None)
