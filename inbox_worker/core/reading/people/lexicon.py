"""The word lists of `data/people/`, read once at import: names, titles, roles, media, labels, closing formulas.

Never decides anything: a press office extends the files, the modules beside this one ask. Nothing is read later.
"""

import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path

from inbox_worker.core.registration import Salutation

_FOLDER = Path(__file__).resolve().parent.parent / "data" / "people"
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i", "ø": "o", "ł": "l", "đ": "d"})


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """`text` for comparing: lower case, umlauts spelt out, accents dropped, letters and digits only."""
    if text.isascii():
        return "".join(c for c in text.lower() if c.isalnum())
    spelt = unicodedata.normalize("NFC", text).casefold().translate(_SPELT_OUT)
    plain = unicodedata.normalize("NFD", spelt)
    return "".join(c for c in plain if c.isalnum())


def without_accents(text: str) -> str:
    """'thị' -> 'thi': marks dropped, everything else kept."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _lines(name: str) -> tuple[str, ...]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return tuple(line for line in (raw.strip() for raw in text.splitlines()) if line and not line.startswith("#"))


def _table(name: str) -> dict[str, dict[str, dict[str, list[str]]]]:
    loaded: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return loaded


def _rows(name: str) -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return loaded


def _by_gender(kind: str, shape: str) -> dict[str, str]:
    return {word: gender for gender, words in _ORGANISATIONS[kind][shape].items() for word in words}


GIVEN_NAMES = frozenset(name.casefold() for name in _lines("given_names.txt"))
NOT_NAMES = frozenset(word.casefold() for word in _lines("not_names.txt"))
PARTICLES = frozenset(_lines("particles.txt"))
PREPOSITIONS = frozenset(_lines("prepositions.txt"))
TITLES = frozenset(word.casefold().rstrip(".") for word in _lines("titles.txt"))
TITLE_FOLLOW = frozenset(word.casefold().rstrip(".") for word in _lines("title_follow.txt"))
NAME_SUFFIXES = frozenset(word.casefold().replace(".", "") for word in _lines("name_suffixes.txt"))
NOBILITY = frozenset(_lines("nobility.txt"))
PATRONYMICS = _lines("patronymics.txt")
HONORIFICS = frozenset(_lines("honorifics.txt"))
COURTESIES = {word: Salutation(said) for said, words in _rows("salutations.toml").items() for word in words}
SIGNING = tuple(sorted(_lines("signing.txt"), key=len, reverse=True))
CLOSINGS = tuple(sorted(_lines("closings.txt"), key=len, reverse=True))
CLOSING_WORDS = frozenset(_lines("closing_words.txt"))
ROLES = frozenset(_lines("roles.txt"))
NOT_ROLES = frozenset(_lines("not_roles.txt"))
ROLE_FIRST = frozenset(_lines("role_first.txt"))
ASSISTANTS = frozenset(_lines("assistants.txt"))
DEPARTMENTS = tuple(sorted(_lines("departments.txt"), key=len, reverse=True))
STREETS = _lines("streets.txt")
LEGAL = tuple(_lines("legal.txt"))

_ORGANISATIONS = _table("organisations.toml")
MEDIA_ENDINGS = _by_gender("media", "endings")
MEDIA_WORDS = _by_gender("media", "words")
PUBLIC_ENDINGS = _by_gender("public", "endings")
PUBLIC_WORDS = _by_gender("public", "words")
KINDS_BEFORE = tuple(sorted(_rows("organisations.toml")["strip"]["before"], key=len, reverse=True))  # type: ignore[call-overload]

_PHONES = _rows("phones.toml")
PHONE_LABELS = {label: kind for kind, labels in _PHONES.items() for label in labels if kind != "extension"}
EXTENSION_LABELS = frozenset(_PHONES["extension"])

REGIONS: dict[str, dict[str, list[str]]] = tomllib.loads((_FOLDER / "regions.toml").read_text(encoding="utf-8"))

LABELS = {label: field for field, labels in _rows("labels.toml").items() for label in labels}

_MENTIONS = _rows("mentions.toml")
COLLEAGUES = frozenset(_MENTIONS["colleague"])
SALUTATIONS = frozenset(_MENTIONS["salutation"])
SELF_WORDS = tuple(_MENTIONS["self"])
OFFICES = frozenset(_MENTIONS["office"])
PARTNERS = frozenset(_MENTIONS["partner"])
ADDRESS_WISHES = tuple(_MENTIONS["address_wish"])
WORK_VERBS = frozenset(_MENTIONS["work"])
CLAUSE_WORDS = frozenset(_MENTIONS["clause"])
