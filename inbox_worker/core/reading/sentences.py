"""Running text as sentences and words: the units in which evidence is looked for.

Never judges what words mean. Words are folded ('Grüße' and 'Gruesse' are one), positions stay those of the text, so
that a reason can show the mail's own words.
"""

import re
from dataclasses import dataclass

_FOLDED = {"ä": "ae", "ö": "oe", "ü": "ue", "’": "'", "‘": "'", "`": "'", "´": "'"}
_WORD = re.compile(r"(?P<url>(?:https?://|www\.)\S+)|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|\w+(?:['’´`.-]\w+)*['’]?")
_ABBREVIATIONS = frozenset(
    [
        "dr",
        "prof",
        "hr",
        "fr",
        "frl",
        "nr",
        "tel",
        "str",
        "st",
        "ca",
        "bzw",
        "usw",
        "etc",
        "evtl",
        "ggf",
        "inkl",
        "exkl",
        "vgl",
        "bspw",
        "sog",
        "stellv",
        "mag",
        "dipl",
        "ing",
        "med",
        "phil",
        "jur",
        "rer",
        "hd",
        "zt",
        "zb",
        "dh",
        "ua",
        "uvm",
        "mo",
        "di",
        "mi",
        "do",
        "fr",
        "sa",
        "so",
        "jan",
        "feb",
        "mär",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "okt",
        "nov",
        "dez",
        "mr",
        "mrs",
        "ms",
        "vs",
        "approx",
        "no",
        "abs",
        "art",
        "allg",
        "geb",
        "max",
        "min",
        "mind",
        "tgl",
        "zzgl",
        "abt",
        "betr",
        "anm",
        "teiln",
        "mobil",
        "durchw",
        "resp",
        "i.a",
        "i.v",
        "v.a",
        "z.b",
        "d.h",
        "u.a",
        "o.g",
        "s.o",
    ]
)
_END = re.compile(r"[.!?…]+[\"”“»)']*(?=\s|$)|[!?…]{2,}|[:;]-?[)(](?=\s|$)|;(?=\s)|\n")
_STARTERS = frozenset(
    [
        "Ich",
        "Wir",
        "Bitte",
        "Das",
        "Es",
        "Mein",
        "Meine",
        "Unser",
        "Unsere",
        "Die",
        "Der",
        "Ist",
        "Gibt",
        "Wird",
        "Kann",
        "Können",
        "Könnten",
        "Danke",
        "Vielen",
        "Leider",
        "Den",
        "Dazu",
        "Aber",
        "Und",
        "Da",
        "I",
        "We",
        "Please",
        "Could",
        "Can",
        "Is",
        "Thanks",
        "Mit",
        "Viele",
    ]
)
_SHORT = 3
_CLAUSE = re.compile(r"[,:;()–—.]| - ")
_BULLET = re.compile(r"\s*(?:[-–—*•·▪►>]\s+|\(?\d{1,2}[.)]\s|[a-z]\)\s)")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a sentence: folded, with its place in the text."""

    folded: str
    start: int
    end: int
    clause: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, list item or short line: `text[start:end]` of the part of the mail that `where` names."""

    text: str
    start: int
    end: int
    where: str
    words: tuple[Word, ...]

    @property
    def asks(self) -> bool:
        """Whether it ends as a question does."""
        return "?" in self.text[-4:]

    def said(self, first: int, last: int) -> str:
        """The mail's own words from word number `first` to `last`."""
        if not self.words:
            return self.text
        return self.text[self.words[first].start - self.start : self.words[last].end - self.start]


def fold(text: str) -> str:
    """Lower case, umlauts spelled out, one kind of apostrophe: 'Für’s Büro' becomes 'fuer's buero'."""
    folded = text.casefold()  # turns ß into ss
    if folded.isascii():
        return folded.replace("`", "'")
    for letter, plain in _FOLDED.items():
        folded = folded.replace(letter, plain)  # faster than str.translate, for a few characters
    return folded


def sentences(text: str, where: str) -> tuple[Sentence, ...]:
    """Cut `text` into sentences; wrapped lines are joined, list items and lines of their own stay apart."""
    found: list[Sentence] = []
    start = 0
    for match in _END.finditer(text):
        if _ends(text, match):
            _add(found, text, start, match.end(), where)
            start = match.end()
    _add(found, text, start, len(text), where)
    return tuple(found)


def words_of(text: str, offset: int = 0) -> tuple[Word, ...]:
    """The words of `text`; the clause number grows at commas, colons, brackets and dashes."""
    found: list[Word] = []
    clause, last = 0, 0
    for match in _WORD.finditer(text):
        between = text[last : match.start()]
        if between != " " and _CLAUSE.search(between):
            clause += 1
        last = match.end()
        folded = f"<{match.lastgroup}>" if match.lastgroup else fold(match.group()).rstrip("'")
        found.append(Word(folded, offset + match.start(), offset + match.end(), clause))
    return tuple(found)


def _add(found: list[Sentence], text: str, start: int, end: int, where: str) -> None:
    part = text[start:end]
    stripped = part.strip()
    if not stripped:
        return
    begin = start + part.index(stripped[0])
    words = words_of(stripped, begin)
    if words or "?" in stripped:
        found.append(Sentence(stripped, begin, begin + len(stripped), where, words))


def _ends(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark == "\n":
        return _line_ends(text, match.start())
    if mark != ".":
        return True
    before = text[max(0, match.start() - 14) : match.start()].rsplit(None, 1)
    word = before[-1].lstrip("(„\"'“").casefold() if before else ""
    following = text[match.end() : match.end() + 24].lstrip()
    if word[-1:].isdigit():
        # "am 24. ist", "am 24.11. tagt" go on, "Punkt 24. Ich" ends; before a month's name it goes on.
        return not following or following.split()[0].rstrip(",") in _STARTERS
    if len(word) == 1 or word in _ABBREVIATIONS:
        return False
    return len(word) > _SHORT or not following[:1].islower()


def _line_ends(text: str, at: int) -> bool:
    """Whether a line break is more than a mail program's wrapping."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    following_end = text.find("\n", at + 1)
    following = text[at + 1 : following_end if following_end >= 0 else len(text)]
    if not before.strip() or not following.strip() or _BULLET.match(following):
        return True
    first = following.lstrip()[0]
    if first.islower():
        return False
    # A wrapped line was full: what fits into it would not have been broken.
    room = len(before.rstrip()) + 1 + len(following.split(None, 1)[0])
    return room < 60 or (_BULLET.match(before) is not None and room < 50)
