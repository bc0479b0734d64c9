"""A template's text as blocks for the HTML part: both parts say the same, since they come from one text.

The rules are those of a letter: an empty line ends a paragraph, lines that begin with '– ' are a list, a paragraph
that begins with an event's title is that event's card, one that begins with a notice's title is a card that stands out,
and what follows a line '-- ' is the small print.
The access link in a card gets a button above it. Only addresses that are known to be ours become links, never one that
came from a mail.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

_GAPS = re.compile(r"\n{3,}")
_LABEL = re.compile(r"([^:\n]{2,30}):(?: (?=\S)|\Z)")


class Span(NamedTuple):
    """A stretch of a line: plain, strong (a label), or a link to `href`; strong and a link is a button."""

    text: str
    href: str = ""
    strong: bool = False


Line = tuple[Span, ...]


class Block(NamedTuple):
    """What belongs together. Blocks and spans are tuples, since the sandbox looks long at every attribute."""

    kind: Literal["paragraph", "list", "event", "notice"]
    lines: tuple[Line, ...]


def tidy(text: str) -> str:
    """The rendered text as it is sent: no space at line ends, no gap of several lines, one newline at the end."""
    lines = (line.rstrip() if line != "-- " else line for line in text.replace("\r\n", "\n").split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


@lru_cache(maxsize=64)
def _pattern(known: tuple[str, ...]) -> re.Pattern[str]:
    # longest first: one address may begin with another
    return re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))) or r"(?!)")


def _spans(line: str, links: Mapping[str, str], shown: Mapping[str, str], *, labelled: bool) -> Line:
    spans: list[Span] = []
    at = 0
    name, _, value = line.rpartition(": ")
    label = _LABEL.match(line) if labelled else None
    if labelled and name and links.get(value) == value:  # however long: it ends with somebody's name
        spans.append(Span(f"{name}:", strong=True))
        at = len(name) + 1
    elif label:
        spans.append(Span(label[1] + ":", strong=True))
        at = label.end(1) + 1
    for match in _pattern(tuple(links)).finditer(line, at):
        if match.start() > at:
            spans.append(Span(line[at : match.start()]))
        spans.append(Span(shown.get(match[0], match[0]), href=links[match[0]]))
        at = match.end()
    if at < len(line):
        spans.append(Span(line[at:]))
    return tuple(spans)


def _with_buttons(lines: Iterable[Line], buttons: Mapping[str, str]) -> Iterator[Line]:
    for line in lines:
        href = line[-1].href if line else ""
        if href in buttons:
            yield (Span(buttons[href], href, strong=True),)
        yield line


def blocks(  # noqa: PLR0913 - what a text can't say by itself, by name
    text: str,
    titles: Iterable[str],
    links: Mapping[str, str],
    buttons: Mapping[str, str],
    *,
    notices: Iterable[str] = (),
    shown: Mapping[str, str] | None = None,
) -> tuple[tuple[Block, ...], tuple[Line, ...]]:
    """The blocks of a tidy text, and its small print.

    `titles` are the events', `notices` those of what must be looked at; `links` maps what may be clicked to where it
    leads, `buttons` a link to the words of its button, `shown` a link that says nothing to a reader to the words that
    stand for it.
    """
    shown = shown or {}
    headings: dict[str, Literal["event", "notice"]] = {
        **dict.fromkeys(titles, "event"),
        **dict.fromkeys(notices, "notice"),
    }
    body, _, small = text.partition("\n-- \n")
    found = []
    for paragraph in body.strip("\n").split("\n\n"):
        lines = paragraph.split("\n")
        if lines[0] in headings:
            facts = (_spans(line, links, shown, labelled=True) for line in lines[1:])
            found.append(Block(headings[lines[0]], ((Span(lines[0]),), *_with_buttons(facts, buttons))))
            continue
        first = next((at for at, line in enumerate(lines) if line.startswith("– ")), len(lines))
        if lines[:first]:
            labelled = first == 1 and len(found) > 1  # what follows the greeting and its first sentence
            found.append(
                Block("paragraph", tuple(_spans(line, links, shown, labelled=labelled) for line in lines[:first]))
            )
        if lines[first:]:
            items = (line.removeprefix("– ") for line in lines[first:])
            found.append(Block("list", tuple(_spans(item, links, shown, labelled=False) for item in items)))
    print_lines = small.strip("\n").split("\n") if small.strip() else []
    return tuple(found), tuple(_spans(line, links, shown, labelled=False) for line in print_lines)
