"""Which words are an organisation's proper name, and which are a role or a department.

Never looks anything up: an organisation is known by its words ("…zeitung", "Landkreis …"), by where it stands, and by
the sender's domain, which is evidence for words in the mail and never a name by itself.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from inbox_worker.core.reading.people import lexicon
from inbox_worker.core.reading.people.lexicon import fold

QUOTED = re.compile(r"[„“\"»«›‹‚‘]([^„“”\"»«›‹‚‘’]{2,60})[“”\"»«›‹‘’]")
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_LEGAL_FORM = re.compile(
    r"[\s,]*\b(?:gGmbH|GmbH(?: ?& ?Co\.? ?KG(?:aA)?)?|AG|e\. ?V\.|eG|KG|UG(?: \(haftungsbeschränkt\))?"
    r"|mbH|SE|Ltd\.?|Inc\.?|B\.V\.|S\.A\.|AöR|GbR|OHG)(?=\s|$|,)"
)
_COMPANY = re.compile(
    r"verlagsges|medienges|medien ?gruppe|verlag(?:s|shaus|sgruppe)?\b"
    r"|\b(?:holding|publishing|pressevertrieb|druck(?:erei)?)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W_][\w'’.\-]*|&|\+")
_PLAIN_WORDS = re.compile(r"[^\W_][^\W_'’]*")
ARTICLE = re.compile(r"^(?:der|die|das|dem|den|des|vom|beim|von|bei|für|the|at|of|for|im|in|aus)\s+")
_DIGIT = re.compile(r"\d")
_STREET = re.compile(
    r"(?:" + "|".join(map(re.escape, lexicon.STREETS)) + r")\W{0,2}\s?\d{1,5}\s?[a-zA-Z]?\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"(?:^|[\s,–-])(?:[A-Z]{1,2}[-–]\s?)?\d{4,5}\s+[A-ZÄÖÜ]")
_POSTBOX = re.compile(r"\b(?:Postfach|PF|P\.?O\.? Box)\s?\d", re.IGNORECASE)
_WEB = re.compile(r"@|www\.|https?:|\b[\w-]+\.(?:de|com|org|net|example|eu|info|at|ch)\b(?!\w)", re.IGNORECASE)


_INFLECTED = (
    "boten",
    "blatts",
    "blattes",
    "kuriers",
    "anzeigers",
    "magazins",
    "kreises",
    "spiegels",
    "echos",
    "journals",
)
_SPEAKING = re.compile(r"\b(?:wir|Sie|ich|we|your|uns)\b")
_LONGEST_NAME = 90
_LEGAL_WORDS = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, lexicon.LEGAL)) + r")(?!\w)")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a piece of text looks like. `score` grows with the evidence that it names an organisation."""

    name: str
    score: int


@lru_cache(maxsize=8192)
def kind_gender(word: str) -> str | None:
    """'m', 'f', 'n' or 'pl' when `word` names a kind of organisation, None otherwise."""
    lowered = word.casefold().strip(".,;:")
    for table in (lexicon.MEDIA_WORDS, lexicon.PUBLIC_WORDS, lexicon.MEDIA_ENDINGS, lexicon.PUBLIC_ENDINGS):
        if lowered in table:
            return table[lowered]
    if lowered.endswith(_INFLECTED):
        lowered = lowered[:-1] if lowered.endswith("n") else _without_genitive(lowered)
    for table in (lexicon.MEDIA_ENDINGS, lexicon.PUBLIC_ENDINGS):
        for length in range(4, min(len(lowered) + 1, 18)):
            ending = lowered[-length:]
            if ending in table:
                return table[ending]
    return None


@lru_cache(maxsize=1024)
def is_address_line(text: str) -> bool:
    """Street, postcode and town, or a post box."""
    if not _DIGIT.search(text):
        return False
    return bool(_STREET.search(text) or _POSTCODE.search(text) or _POSTBOX.search(text))


@lru_cache(maxsize=4096)
def is_legal_line(text: str) -> bool:
    """Register court, managing directors, privacy notes, office hours: nothing about the writer."""
    return bool(_LEGAL_WORDS.search(text.casefold()))


def is_web(text: str) -> bool:
    """An address of mail or web."""
    return bool(_WEB.search(text))


@lru_cache(maxsize=4096)
def is_role(text: str) -> bool:
    """Whether a word of `text` names what somebody is ('Redakteurin Politik', 'Berlin Correspondent')."""
    return any(role_word(word) for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text))


@lru_cache(maxsize=8192)
def role_word(word: str) -> bool:
    """'Chefredakteurin', 'Reporter', 'Bürgermeisters' (genitive): also the end of a compound."""
    lowered = word.casefold()
    if lowered in lexicon.NOT_ROLES:
        return False
    base = lowered.removesuffix("in")
    if base in lexicon.NOT_ROLES:
        return False
    forms = (lowered, base, lowered.removesuffix("s"), lowered.removesuffix("en"), lowered.removesuffix("n"))
    if any(form in lexicon.ROLES for form in forms):
        return True
    # a short ending needs a compound in front of it: "Lokalchef", "Hörfunkautor", not "Golfhost"
    return any(base[-length:] in lexicon.ROLES for length in range(5, min(len(base) - 2, 22)))


@lru_cache(maxsize=4096)
def is_department(text: str) -> bool:
    """A part of an organisation ('Ressort Land & Leben', 'Amt 61', 'Der Landrat')."""
    lowered = text.casefold().strip(" ,.;:")
    if re.match(r"(?:amt|fb|abt\.?|team|referat|dezernat|zimmer|raum|sg|fd|abteilung)\s?\.?\s?[\divx.\-/]+\b", lowered):
        return True
    first = re.split(r"[\s,/]", lowered, maxsplit=1)[0]
    return any(
        word in {lowered, first}
        or (len(word) > 5 and first.endswith(word))
        or (" " in word and lowered.startswith(word))
        for word in lexicon.DEPARTMENTS
    )


@lru_cache(maxsize=1024)
def domain_overlap(text: str, address: str) -> float:
    """How much of the sender's domain the words of `text` spell (0 to 1); freemail names never fit a signature."""
    host = address.rpartition("@")[2].casefold()
    labels = host.split(".")[:-1]
    if not labels:
        return 0.0
    label = fold(max(labels, key=len).replace("-", ""))
    plain = max(labels, key=len).replace("-", "")
    words = [word for word in _PLAIN_WORDS.findall(text) if len(word) > 1]
    if not label or not words:
        return 0.0
    hit = 0
    rest = plain
    for word in words:
        for form in (fold(word), _plain(word)):
            if len(form) > 2 and form in rest:
                rest = rest.replace(form, "", 1)
                hit += len(form)
                break
    initials = "".join(fold(word)[:1] for word in words if word[:1].isupper())
    if len(initials) > 1 and initials in labels:
        return 1.0
    return min(1.0, hit / max(len(plain), 1))


def _plain(word: str) -> str:
    return fold(lexicon.without_accents(word))


def tidy(text: str) -> str:
    """The proper name in `text`: quotes, brackets, kinds of thing in front and punctuation taken off."""
    bare = text.strip()
    quoted = QUOTED.search(bare)
    if quoted and len(fold(quoted[1])) > 2:
        return quoted[1].strip(" ,.;:")
    bare = _BRACKETS.sub("", bare).strip(" \t,;:–—|/•*·-_\"'„“”»«")
    if not re.search(r"\b\w\.\s?\w\.$", bare):
        bare = bare.rstrip(".")
    lowered = bare.casefold()
    for kind in lexicon.KINDS_BEFORE:
        if lowered.startswith(kind + " "):
            rest = ARTICLE.sub("", bare[len(kind) + 1 :]).strip(" :–-")
            if rest[:1].isupper() and (
                kind_gender(rest.split()[-1]) or kind_gender(rest.split()[0]) or "-" in rest.split()[0]
            ):
                return tidy(nominative(rest, bare[len(kind) + 1 :]))
    return bare


def _without_kind(name: str) -> str:
    lowered = name.casefold()
    return next((name[len(kind) + 1 :].strip() for kind in lexicon.KINDS_BEFORE if lowered.startswith(kind + " ")), "")


def nominative(name: str, phrase: str) -> str:
    """'Bergischen Allgemeinen Post' after 'der' -> 'Bergische Allgemeine Post'; `phrase` still has the article."""
    article = phrase.split(maxsplit=1)[0].casefold() if phrase.split() else ""
    words = name.split()
    if not words:
        return name
    head = next((i for i, w in enumerate(words) if kind_gender(w)), len(words) - 1)
    gender = kind_gender(words[head])
    if article == "des" and gender in {"m", "n", None} and len(words[head]) > 4:
        words[head] = _without_genitive(words[head])
        gender = kind_gender(words[head]) or gender
    if article in {"dem", "des", "vom", "beim", "den", "im", "am", "zum"} and words[head].casefold().endswith("boten"):
        words[head] = words[head][:-1]
    if article not in {"der", "dem", "des", "den", "vom", "beim", "zur", "im", "am", "zum", "die"}:
        return " ".join(words)
    ending = {"f": "e", "pl": "e", "n": "es", "m": "er"}.get(gender or "", "")
    if article == "der" and gender != "pl":
        ending = "e"
    for i in range(head):
        if ending and re.fullmatch(r"[A-ZÄÖÜ][\w-]{2,}en", words[i]) and not words[i].endswith("ngen"):
            words[i] = words[i][:-2] + ending
    return " ".join(words)


def _without_genitive(word: str) -> str:
    """'Wesertal-Kuriers' -> 'Wesertal-Kurier', 'Landkreises' -> 'Landkreis'."""
    if word.endswith(("ses", "blattes", "landes", "bundes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def shape(text: str, address: str = "") -> Shape:
    """How much `text` looks like an organisation's name, with the tidied name; Shape('', 0) for what can't be one."""
    name = tidy(text)
    if not name or len(name) > _LONGEST_NAME or _is_link(name, address):
        return Shape("", 0)
    overlap = domain_overlap(name, address)
    if overlap >= 0.5 and (rest := _without_kind(name)) and domain_overlap(rest, address) >= overlap:
        name = rest
    words = [word for word in _WORDS.findall(name) if word not in "&+"]
    score = 5 if overlap >= 0.5 else 2 if overlap >= 0.3 else 0
    score += 3 if any(kind_gender(word) for word in words) else 0
    score += 2 if QUOTED.search(text) else 0
    score -= _company(name)
    if is_department(name):
        score -= 4 if overlap < 0.5 else 2
    if not words or len(words) > 9 or (overlap < 0.8 and not any(word[:1].isupper() for word in words)):
        score -= 6
    if name.endswith(("!", "?")) or _SPEAKING.search(name):
        score -= 4
    return Shape(name, score)


def _is_link(name: str, address: str) -> bool:
    host = address.rpartition("@")[2].casefold()
    if "@" in name or name.casefold().startswith(("www.", "http:", "https:")) or name.casefold().endswith(f" {host}"):
        return True
    return is_web(name) and (domain_overlap(name, address) < 0.5 or name.casefold() == host)


def _company(name: str) -> int:
    """How much speaks for the company behind a medium, which is not what stands in an attendance list."""
    company = bool(_COMPANY.search(name))
    return (4 if company else 2) if _LEGAL_FORM.search(name) else int(company)


def begins_with_role(text: str) -> bool:
    """'Redakteurin Politik', 'Freie Autorin', '1. Bürgermeister', 'Berlin Correspondent': a role word early on."""
    words = [word.strip(",.;") for word in text.split()[:3]]
    for position, word in enumerate(words):
        if role_word(word):
            return position == 0 or all(w.casefold() in lexicon.ROLE_FIRST or w.isdigit() for w in words[:position])
    return False
