"""What a person sees of an HTML mail, as plain text lines.

Hidden text (display:none, preheaders, comments, scripts, size 0, text in the colour of its ground) is never part of
it. Blockquotes become '> ' lines, the rows of a table one line each: "Name: x" for pairs, ' | ' between more cells.
Never loads anything and never raises.
"""

import re
from dataclasses import dataclass, field, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from inbox_worker.core.charsets import clean

LIMIT = 300_000
"""Characters of HTML that are read; a mail that people write never comes near."""

_NODES = 40_000
_FRAMES = 24
_OPEN = 4_000
_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg", "select", "audio"})
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "p div h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table tbody thead tfoot section article header footer address pre"
        " center form fieldset main nav aside figure body",
    )
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre"})
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|max-height\s*:\s*0(?![.\d])"
    r"|opacity\s*:\s*0(?![.\d])|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,}"
    r"|(?:^|[;\s])(?:height|width)\s*:\s*0(?:px)?\s*(?:!important)?\s*;.{0,80}overflow\s*:\s*hidden",
    re.IGNORECASE | re.DOTALL,
)
_SIZE = re.compile(r"font-size\s*:\s*([\d.]{1,6})\s*(px|pt|em|rem|%|)", re.IGNORECASE)
_FONT = re.compile(r"(?:^|[;\s])font\s*:[^;]{0,60}?\b0(?:px|pt)?\b", re.IGNORECASE)
_COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]{1,40})", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]{1,60})", re.IGNORECASE)
_RULE = re.compile(r"([^{}@;]{1,300})\{([^{}]{0,2000})\}")
_SELECTOR = re.compile(r"[a-z0-9]{0,10}[.#][\w-]{1,60}", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)")
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})\b")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "transparent": None, "inherit": None}
_WHITE = (255, 255, 255)
_SPACES = re.compile(r"[ \t]+")

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Look:
    """What a node inherits and what decides whether its text can be seen."""

    colour: Colour | None = None
    ground: Colour = _WHITE
    tiny: bool = False
    pre: bool = False

    @property
    def visible(self) -> bool:
        if self.tiny:
            return False
        if self.colour is None:
            return True
        return sum(abs(a - b) for a, b in zip(self.colour, self.ground, strict=True)) > 24


@dataclass(slots=True)
class _Frame:
    """Text under construction: the document, a quote, a cell; `cells` collects a row, `rows` says how it looks."""

    out: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    fresh: bool = True
    """At the start of a line: leading blanks and empty blocks add nothing."""

    def write(self, text: str) -> None:
        if text:
            self.out.append(text)
            self.fresh = text.endswith("\n")

    def line(self) -> None:
        if not self.fresh:
            self.out.append("\n")
            self.fresh = True

    def text(self) -> str:
        lines = [_SPACES.sub(" ", line).strip() for line in "".join(self.out).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def to_text(html: str) -> str:
    """The visible text of `html`: lines joined by newline, at most one empty line in a row."""
    html = html[:LIMIT]
    if html.count("<") - 2 * html.count("</") - html.count("<br") - html.count("<img") > _OPEN:
        # The parser's time grows with the square of the depth: tags that nobody closes are an attack.
        html = "<".join(html.split("<", _OPEN)[:_OPEN])
    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    if root is None:
        return ""
    hidden = _hidden_by_stylesheet(tree)
    return clean(_Walk(hidden).run(root))


def _hidden_by_stylesheet(tree: LexborHTMLParser) -> frozenset[int]:
    wanted: set[str] = set()
    for style in tree.css("style")[:20]:
        for selectors, declarations in _RULE.findall((style.text(deep=True) or "")[:50_000])[:300]:
            if not _HIDING.search(declarations):
                continue
            wanted.update(filter(_SELECTOR.fullmatch, map(str.strip, selectors.split(",")[:20])))
    return frozenset(node.mem_id for node in tree.css(",".join(wanted))) if wanted else frozenset()


class _Walk:
    """One walk over the tree with an explicit stack: hostile nesting costs memory, never the interpreter's stack."""

    def __init__(self, hidden: frozenset[int]) -> None:
        self.hidden = hidden
        self.frames = [_Frame()]

    def run(self, root: LexborNode) -> str:
        stack: list[tuple[LexborNode, _Look, str]] = [(root, _Look(), "")]
        seen = 0
        while stack and seen < _NODES:
            node, look, leaving = stack.pop()
            if leaving:
                self._leave(leaving)
                continue
            seen += 1
            tag = node.tag or ""
            if tag == "-text":
                self._text(node, look)
                continue
            if tag in _SKIPPED or tag.startswith(("-", "!")):
                continue
            seen_as = self._look(node, look)
            if seen_as is None:
                continue
            if entered := self._enter(node, tag):
                stack.append((node, seen_as, entered))
            child = node.last_child
            while child is not None:
                stack.append((child, seen_as, ""))
                child = child.prev
        while len(self.frames) > 1:
            self._close("")
        return self.frames[0].text()

    def _look(self, node: LexborNode, look: _Look) -> _Look | None:
        attributes = node.attributes
        style = (attributes.get("style") or "")[:1000]
        if "hidden" in attributes or (style and _HIDING.search(style)) or node.mem_id in self.hidden:
            return None
        if node.tag == "pre":
            look = replace(look, pre=True)
        colour = _colour(match[1]) if (match := _COLOUR.search(style)) else _colour(attributes.get("color") or "")
        ground = _colour(match[1]) if (match := _GROUND.search(style)) else _colour(attributes.get("bgcolor") or "")
        if colour:
            look = replace(look, colour=colour)
        if ground:
            look = replace(look, ground=ground)
        if size := _SIZE.search(style):
            look = replace(look, tiny=_is_tiny(size[1], size[2]))
        elif style and _FONT.search(style):
            look = replace(look, tiny=True)
        return look

    def _text(self, node: LexborNode, look: _Look) -> None:
        text = node.text_content or ""
        if not look.visible:
            return
        frame = self.frames[-1]
        if not look.pre:
            blank = text[:1].isspace() and not frame.fresh
            tail = text[-1:].isspace()
            words = " ".join(text.split())
            if not words:
                if blank:
                    frame.out.append(" ")
                return
            text = (" " if blank else "") + words + (" " if tail else "")
        frame.write(text)

    def _enter(self, node: LexborNode, tag: str) -> str:
        """Open what `tag` opens; returns what has to be closed again, '' for nothing."""
        frame = self.frames[-1]
        if tag == "br":
            frame.out.append("\n")
            frame.fresh = True
        elif tag == "hr":
            frame.line()
            frame.write("________________________________\n")
        elif tag in {"td", "th", "tr"} and len(self.frames) < _FRAMES:
            self.frames.append(_Frame())
            return tag
        elif _quotes(node, tag) and len(self.frames) < _FRAMES:
            frame.line()
            self.frames.append(_Frame())
            return "quote"
        elif tag in _BLOCKS:
            frame.line()
            if tag == "li":
                frame.out.append("- ")
            return "spaced" if tag in _SPACED else "block"
        return ""

    def _leave(self, entered: str) -> None:
        if entered in {"td", "th", "tr", "quote"}:
            self._close(entered)
        else:
            self.frames[-1].line()
            if entered == "spaced":
                self.frames[-1].out.append("\n")

    def _close(self, tag: str) -> None:
        text = self.frames[-1].text()
        cells = self.frames[-1].cells
        self.frames.pop()
        outer = self.frames[-1]
        if tag in {"td", "th"}:
            outer.cells.append(text.strip())
            return
        outer.line()
        if tag == "tr":
            row = _row(cells)
            outer.write("\n".join(part for part in (text.strip(), row) if part))
        elif text:
            # An empty line before a quote keeps the line above it (often "Am … schrieb …:") apart from the quote.
            outer.write("\n".join(f"> {line}".rstrip() for line in text.split("\n")))
        outer.line()


def _quotes(node: LexborNode, tag: str) -> bool:
    if tag == "blockquote":
        return True
    return tag == "div" and (node.attributes.get("name") == "quote" or node.attributes.get("class") == "yahoo_quoted")


def _row(cells: list[str]) -> str:
    """One table row: a layout table's many-line cells below each other, a label and its value as "Label: value"."""
    filled = [cell for cell in cells if cell]
    if any("\n" in cell for cell in filled):
        return "\n".join(filled)
    if len(cells) == 2 and len(filled) == 2 and len(filled[0]) <= 40 and not filled[0].endswith((".", "!", "?")):
        label, value = filled
        return f"{label} {value}" if label.endswith((":", "|", "-", "–")) else f"{label}: {value}"
    return " | ".join(filled)


def _colour(value: str) -> Colour | None:
    value = value.strip().lower()
    if not value:
        return None
    if value in _NAMED:
        return _NAMED[value]
    if found := _HEX.search(value):
        digits = found[1] if len(found[1]) == 6 else "".join(letter * 2 for letter in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _RGB.search(value):
        red, green, blue = (min(int(part[:4]), 255) for part in found.groups())
        return red, green, blue
    return _WHITE if value.startswith("white") else None


def _is_tiny(number: str, unit: str) -> bool:
    try:
        size = float(number)
    except ValueError:
        return False
    return size <= {"em": 0.1, "rem": 0.1, "%": 10.0}.get(unit.lower(), 1.5)
