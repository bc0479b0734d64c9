"""Every person named in a text: running sentences, bullet and numbered lists, tables, labelled lists.

Never decides who registers or withdraws: it says who is named where, with what the text says of them. Our own people
(the desk's contacts, the speakers on the invitation) are left out.
"""

import re
from functools import lru_cache

from inbox_worker.core.reading.people import lexicon, organisations
from inbox_worker.core.reading.people.coreference import one_person_once, with_addresses
from inbox_worker.core.reading.people.details import details_after, role_before
from inbox_worker.core.reading.people.family_first import as_said
from inbox_worker.core.reading.people.labelled import labelled_people
from inbox_worker.core.reading.people.mention import Mention
from inbox_worker.core.reading.people.names import PersonName
from inbox_worker.core.reading.people.ours import Ours, ours_of
from inbox_worker.core.reading.people.phones import region_of
from inbox_worker.core.reading.people.tokens import (
    MOST_PEOPLE,
    SELF_BEFORE,
    Found,
    find_names,
    is_flowing,
    is_list_item,
)
from inbox_worker.core.registration import Desk, Reason, Registrant

_SELF_AFTER = re.compile(
    r"\W{0,3}(?:das bin ich|bin ich|also ich|ich selbst|that'?s me|meine wenigkeit|\(ich\))", re.IGNORECASE
)
_SALUTED = re.compile(
    r"\W*(?:(?:sehr|hoch|viel)\s*)?(?:"
    + "|".join(sorted(map(re.escape, lexicon.SALUTATIONS), key=len, reverse=True))
    + r")\b[^.!?\n:]{0,60}$",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:ich|wir|i|we|mich|uns)\b", re.IGNORECASE)
_GOES_ON = re.compile(r"[ \t]+[a-zäöüß]{2,}")
# what stands further down is no registration that a machine should settle
_MOST_TEXT = 20_000
_FARTHEST = 400


@lru_cache(maxsize=8)
def mentions(text: str, desk: Desk) -> tuple[Mention, ...]:
    """All people named in `text`, in reading order; what is not said of them stays None."""
    text = text[:_MOST_TEXT]
    ours = ours_of(desk)
    region = region_of(text)
    found: list[Mention] = []
    masked = "\n".join(
        re.sub(r"[^\n]", " ", line) if organisations.is_legal_line(line) and _footer(line) else line
        for line in text.split("\n")
    )
    for start, end, person in labelled_people(text, region)[:MOST_PEOPLE]:
        name = PersonName(person.given_name, person.family_name)
        if not ours.is_person(name):
            found.append(Mention(start, end, person, listed=True, because=(Reason("name", person.full_name, "list"),)))
        masked = masked[:start] + re.sub(r"[^\n]", " ", masked[start:end]) + masked[end:]
    found = one_person_once(with_addresses(found + _running(masked, ours, region), masked), masked)
    return tuple(sorted(_without_repeats(found), key=lambda mention: mention.start))


def _footer(line: str) -> bool:
    """A line of a legal footer, not a sentence that mentions a newsletter: colons and capitals, few small words."""
    words = re.findall(r"[^\W\d_]+", line)
    small = sum(word[:1].islower() for word in words)
    return not re.search(r"\b(?:ich|wir|i|we|mich|uns)\b", line, re.IGNORECASE) and (
        ":" in line or small <= len(words) / 2
    )


def _running(text: str, ours: Ours, region: str) -> list[Mention]:
    names = find_names(text)
    starts = [found.start for found in names[1:]] + [len(text)]
    return [
        _mention(text, found, min(later, found.end + _FARTHEST), region)
        for found, later in zip(names, starts, strict=False)
        if not ours.is_person(found.name)
    ]


def _mention(text: str, found: Found, later: int, region: str) -> Mention:
    """What is said of `found` in front of it and behind it, up to `later` where the next name begins."""
    start, end = found.start, found.end
    listed = is_list_item(text, start)
    context = text[max(0, start - 160) : start]
    role, colleague = role_before(context)
    details = details_after(
        text[end:later] if listed else _unwrapped(text, end, later),
        region,
        listed=listed,
        family=found.name.family or "",
    )
    person = Registrant(
        found.name.given,
        found.name.family,
        found.name.title,
        details.organisation,
        found.role or role or _announced(context) or details.role,
        details.phone,
        details.email,
    )
    return Mention(
        start,
        end,
        as_said(person, text[max(0, start - 200) : end + 200]),
        salutation=not listed and _is_saluted(text, found),
        colleague=colleague or details.colleague,
        listed=listed,
        self_named=bool(SELF_BEFORE.search(context) or _SELF_AFTER.match(text, end, end + 40)),
        courtesy=found.courtesy,
        because=(Reason("name", " ".join(text[start:end].split()), "list" if listed else "text"),),
    )


def _is_saluted(text: str, found: Found) -> bool:
    line_start = text.rfind("\n", 0, found.start) + 1
    before = text[line_start : found.start]
    if "," in before and _GOES_ON.match(text, found.end):  # "Hallo, Herr Kern kann leider nicht"
        return False
    if (
        len(before) < 80
        and _SALUTED.match(before)
        and not SELF_BEFORE.search(before)
        and not _FIRST_PERSON.search(before)
    ):
        return True
    return found.courtesy and _opens_letter(text, line_start, found.start, found.end)


def _unwrapped(text: str, start: int, end: int) -> str:
    """`text[start:end]` with line breaks of flowing text as spaces; breaks behind short lines stay."""
    behind = text[start:end]
    return re.sub(r"\n(?=[^\n])", lambda m: " " if is_flowing(text, start + m.start()) else "\n", behind)


def _announced(context: str) -> str | None:
    """The role in 'wir schicken unseren Volontär ins Rennen: …'."""
    if context.rstrip()[-1:] != ":":
        return None
    clause = re.split(r"[.!?\n;]", context.rstrip()[:-1])[-1]
    roles = [word for word in re.findall(r"[A-ZÄÖÜ][\w-]+", clause) if organisations.role_word(word)]
    roles = [
        word for word in roles if word.casefold() not in lexicon.COLLEAGUES or word.casefold() not in lexicon.OFFICES
    ]
    return roles[-1] if len(roles) == 1 else None


def _opens_letter(text: str, line_start: int, start: int, end: int) -> bool:
    """'Hlalo Frau Kern,' as first line: a salutation, however it is spelt."""
    if text[:line_start].strip() or len(text[line_start:start].split()) > 3:
        return False
    line_end = text.find("\n", end)
    rest = text[end : line_end if line_end >= 0 else len(text)]
    return rest.strip() in {",", "!", "", ".", ":", ";"} and line_end >= 0


def _without_repeats(found: list[Mention]) -> list[Mention]:
    """A list item inside a labelled record is one person, not two."""
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda m: (m.start, -(m.end - m.start))):
        if any(other.start <= mention.start and mention.end <= other.end for other in kept):
            continue
        kept.append(mention)
    return kept
