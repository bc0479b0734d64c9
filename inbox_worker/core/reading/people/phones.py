"""Telephone numbers in free text -> E.164, with what kind of number each one is (ITU-T E.164, DIN 5008 spellings).

Never guesses: a number without an area code is none, and dates, postcodes, register and bank numbers are none either.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import phonenumbers

from inbox_worker.core.reading.people import lexicon

Kind = Literal["direct", "fax", "switchboard"]

_NUMBER = re.compile(
    r"(?<![\w+.,:/-])(?:\+|00(?=[1-9\s])|\(\s?(?:\+|0)|0)[\d\s()\[\]./·–‐‑−-]{4,30}\d(?![\w@])"
    r"|(?<=☎)\s*0[\d\s/–-]{5,20}\d"
)
_DATE = re.compile(r"^0?\d{1,2}\.\s?\d{1,2}\.(?:\s?\d{2,4})?$|^0?\d{1,2}\.\d{2}\s?[-–]\s?\d{1,2}\.\d{2}$")
_LABEL = re.compile(r"[^\W\d_]+(?:[-/+.][^\W\d_]+)*|[☎✆📞📱📠]")
# "Durchwahl: 08262 99-44" is a whole number with its area code, not the extension 08262
_NOT_WHOLE = r"(?!0\d{1,5}[\s/–-]{1,3}\d)"
_EXTENSION = re.compile(
    r"[\s,;(/|·-]{0,4}\b(?:" + "|".join(sorted(map(re.escape, lexicon.EXTENSION_LABELS), key=len, reverse=True)) + r")"
    r"\.?\s?:?\s?[-–]?\s?" + _NOT_WHOLE + r"(\d{1,6})\b(?![\d/])",
    re.IGNORECASE,
)
_LATER_EXTENSION = re.compile(
    r"\b(?:durchwahl|dw|klappe|nebenstelle|nst|app|apparat|direktwahl)\.?\s?:?\s{0,3}[-–]?\s?"
    + _NOT_WHOLE
    + r"(\d{1,6})\b(?![\d/ ]{2})",
    re.IGNORECASE,
)
_SWITCH_TAIL = re.compile(r"[\s/–‐‑−-]+0$")
_OPTIONAL_ZERO = re.compile(r"\(\s?0\s?\)")


def _postcode(region: dict[str, list[str]]) -> re.Pattern[str]:
    """'A-1010', '1010 Wien'."""
    prefixes = "|".join(map(re.escape, region["prefixes"]))
    towns = "|".join(map(re.escape, region["towns"])) or "(?!)"
    return re.compile(rf"\b(?:{prefixes})\s?[-–]\s?\d{{4,5}}\b|\b(?!20\d\d)\d{{4}} (?:{towns})\b")


_POSTCODES = {region: _postcode(told) for region, told in lexicon.REGIONS.items()}
# nearly no mail has one: what they have in common is looked for first; it begins with a digit, since that is fast
_ANY_POSTCODE = re.compile(
    r"\d(?:(?:(?<=[^\W\d_][-–]\d)|(?<=[^\W\d_]\s[-–]\d)|(?<=[^\W\d_][-–]\s\d)|(?<=[^\W\d_]\s[-–]\s\d))\d{3,4}\b"
    r"|(?<=\b\d)\d{3} (?<!20\d\d )[^\W\da-z_])"
)
_COUNTRIES = {country: region for region, told in reversed(lexicon.REGIONS.items()) for country in told["countries"]}
_TLDS = {domain: region for region, told in lexicon.REGIONS.items() for domain in told["domains"]}
_NO_TELEPHONE = re.compile(
    r"(?<![^\W_])(?:iban[\s:]*(?:[a-z]{2}\d{2})?[\s\d]{0,30}|hrb|hra|ust[\s.-]*id(?:nr)?|steuer-?(?:nr|nummer)|konto(?:nr|nummer)?|blz|plz|id|kennnummer|aktenzeichen"
    r"|az|siret|code|pin|postfach|meeting-id)[\s.:-]*$"
)
_SHORTEST, _LONGEST = 6, 15


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as it stands at `start`..`end` of the text; `e164` starts with '+'."""

    e164: str
    kind: Kind
    start: int
    end: int
    mobile: bool = False


@lru_cache(maxsize=64)  # one mail asks several times about the same text
def region_of(text: str, address: str = "") -> str:
    """The country whose numbers `text` writes without a prefix: by postal address, else the mail address, else DE."""
    told = {_COUNTRIES[country] for country in map(_last_words, text.split("\n")) if country in _COUNTRIES}
    if _ANY_POSTCODE.search(text):
        told.update(region for region, postcode in _POSTCODES.items() if postcode.search(text))
    if told:
        return next(region for region in _POSTCODES if region in told)
    return _TLDS.get(address.rpartition(".")[2].casefold(), "DE")


def _last_words(line: str) -> str:
    """What stands alone at the end of a line: the country in 'Ringstr. 5, 1010 Wien, Österreich'."""
    return line[max(line.rfind(mark) for mark in ",|·") + 1 :].lstrip(" \t").rstrip(" \t.")


def find_phones(text: str, *, region: str = "DE") -> tuple[Phone, ...]:
    """Every telephone number of `text` in reading order, fax and switchboard marked as such."""
    if "0" not in text and "+" not in text:
        return ()
    found: list[Phone] = []
    bases: list[tuple[str, Phone]] = []
    for match in _NUMBER.finditer(text):
        written = match[0].strip()
        line_start = text.rfind("\n", 0, match.start()) + 1
        for piece, offset in _pieces(written):
            start = match.start() + match[0].find(written) + offset
            if _DATE.match(piece.strip()) or text[start + len(piece) : start + len(piece) + 1] == ":":
                continue
            label = _label(text[max(line_start, start - 60) : start])
            if label is None:
                continue
            end = start + len(piece)
            extension = _EXTENSION.match(text, end)
            digits = _join(piece, extension[1]) if extension else piece
            number = _e164(digits, region)
            if number is None:
                continue
            label = _label_behind(text[end : end + 40]) or label
            if extension and label == "switchboard":
                label = "direct"
            phone = Phone(number[0], label, start, extension.end() if extension else end, mobile=number[1])
            found.append(phone)
            bases.append((piece, phone))
    if not found:
        return ()
    found = [*_later_extensions(text, bases, region), *found]
    found.sort(key=lambda phone: phone.start)
    found = [_switchboard(phone, text, found) for phone in found]
    return tuple(_without_national_twins(found))


def _switchboard(phone: Phone, text: str, found: list[Phone]) -> Phone:
    """'… 017-0 | … 017-44': where an extension of the same line is told, the '-0' is the switchboard."""
    stem = phone.e164[:-1]
    if phone.kind != "direct" or not _SWITCH_TAIL.search(text[phone.start : phone.end]):
        return phone
    if any(other.kind == "direct" and other.e164 != phone.e164 and other.e164.startswith(stem) for other in found):
        return replace(phone, kind="switchboard")
    return phone


def direct_phone(text: str, *, region: str = "DE") -> str | None:
    """The first number in `text` that is a person's own: neither fax nor switchboard; None when there is none."""
    own = [phone for phone in find_phones(text, region=region) if phone.kind == "direct"]
    return own[0].e164 if own else None


def _pieces(written: str) -> list[tuple[str, int]]:
    """Two numbers run together ('030 1234 - 0 / 0171 2345678') are taken apart; one number stays whole."""
    cut = re.search(r"\s*(?:/|\s–|\s-|\n)\s*(?=\+\d|0[1-9]\d{1,4}[\s/-])", written[6:])
    if cut and "\n" not in written[: 6 + cut.start()]:
        first = written[: 6 + cut.start()]
        second = written[6 + cut.end() :]
        if sum(c.isdigit() for c in first) >= _SHORTEST and sum(c.isdigit() for c in second) >= _SHORTEST:
            return [(first, 0), (second, 6 + cut.end())]
    first = written.split("\n", maxsplit=1)[0]
    if first != written and sum(c.isdigit() for c in first) >= _SHORTEST:
        rest = written[len(first) :]
        stripped = rest.lstrip("\n ")
        more = [(stripped, len(written) - len(stripped))] if stripped[:1] in "+0(" and len(stripped) > 6 else []
        return [(first, 0), *more]
    return [(written, 0)]


def _label(before: str) -> Kind | None:
    """What the words in front of a number say it is; None for numbers that are no telephones."""
    lowered = before.casefold()
    if _NO_TELEPHONE.search(lowered):
        return None
    words = [word.casefold().rstrip(".") for word in _LABEL.findall(before)]
    kinds = [_kind(word) for word in words[-5:]]
    for kind in reversed(kinds):
        if kind in {"fax", "switchboard"}:
            return kind
        if kind == "direct":
            # "Zentrale: Tel. 0511 …" and "Sekretariat Telefon …" are still the switchboard's
            parted = re.search(r"[,|;)]", before[-25:])
            return "switchboard" if "switchboard" in kinds and not parted else "direct"
    return "direct"


def _label_behind(behind: str) -> Kind | None:
    """'(Zentrale)', '(Fax)', '(Durchwahl)' behind a number; None when nothing stands there."""
    match = re.match(r"\s*[(\[]\s*(?:nur |über |via )?([^\W\d_]+)[^\d)\]]{0,20}[)\]]", behind)
    return _kind(match[1].casefold()) if match else None


def _kind(word: str) -> Kind | None:
    kind = lexicon.PHONE_LABELS.get(word)
    if kind is None and len(word) > 6:
        kind = next(
            (
                k
                for label, k in lexicon.PHONE_LABELS.items()
                if k != "direct" and len(label) > 3 and word.endswith(label)
            ),
            None,
        )
    return (
        "fax" if kind == "fax" else "switchboard" if kind == "switchboard" else "direct" if kind == "direct" else None
    )


def _join(base: str, extension: str) -> str:
    return _SWITCH_TAIL.sub("", base) + extension if _SWITCH_TAIL.search(base) else base.rstrip() + extension


def _later_extensions(text: str, bases: list[tuple[str, Phone]], region: str) -> list[Phone]:
    found = []
    for match in _LATER_EXTENSION.finditer(text):
        before = [(piece, phone) for piece, phone in bases if phone.end <= match.start()]
        if not before or any(phone.start <= match.start() < phone.end for _, phone in bases):
            continue
        piece, phone = before[-1]
        if phone.kind == "fax" or not _SWITCH_TAIL.search(piece):
            continue
        number = _e164(_join(piece, match[1]), region)
        if number:
            # it takes the place of the switchboard that it completes, so it sorts in front of it
            found.append(Phone(number[0], "direct", phone.start, phone.start, mobile=False))
    return found


def _without_national_twins(found: list[Phone]) -> list[Phone]:
    """'01 99 00 43 18 (from abroad: +33 1 99 00 43 18)': the international spelling tells what the first one was."""
    kept: list[Phone] = []
    for phone in found:
        tail = phone.e164[-8:]
        twin = next((i for i, other in enumerate(kept) if other.e164 != phone.e164 and other.e164.endswith(tail)), None)
        if twin is None:
            kept.append(phone)
        else:
            old = kept[twin]
            kept[twin] = Phone(phone.e164, old.kind, old.start, old.end, mobile=phone.mobile)
    return kept


@lru_cache(maxsize=4096)
def _e164(written: str, region: str) -> tuple[str, bool] | None:
    digits = re.sub(
        r"[^\d+]", "", _OPTIONAL_ZERO.sub("", written) if re.match(r"\s*\(?(?:\+|00)", written) else written
    )
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not _SHORTEST <= len(digits.lstrip("+0")) <= _LONGEST or not digits.startswith(("+", "0")):
        return None
    try:
        number = phonenumbers.parse(digits, None if digits.startswith("+") else region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), mobile
