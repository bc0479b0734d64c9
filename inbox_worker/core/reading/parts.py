"""A mail's text taken apart: what the writer wrote now, how they signed, what they quote and what they pass on.

Never decides what the words mean, and never drops a word that could be the writer's: what is no quote, no signature
and no known boilerplate is new text.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from inbox_worker.core.message import Address, Message
from inbox_worker.core.reading.parts_seams import (
    Block,
    attribution_at,
    between_arrows_at,
    block_at,
    separator_at,
    subject_kind,
    unquoted,
)
from inbox_worker.core.reading.parts_signature import take_off

_DEPTH = 4
_LINES = 2000


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail passed on inside this one: its own header block or attached message, text and signature.

    `sender`, `date` (aware, UTC) and `subject` are None, None and '' where the forwarded header block does not tell.
    `name` is the writer's name where the block gives one, also without an address.
    """

    sender: Address | None = None
    date: datetime | None = None
    subject: str = ""
    text: str = ""
    signature: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """A mail's text by who wrote it and when; every text has lines joined by newline and no trailing space.

    `new` is what the writer wrote now, inline answers and postscripts included, greeting included, signature not.
    `signature` starts at the closing formula ("Mit freundlichen Grüßen"), at '-- ', or at the trailing contact block,
    and keeps the closing line. `quotes` are quoted texts without their '> ', in order. `forwarded` are mails passed
    on, inline or attached. `boilerplate` are disclaimers, company lines, advertisements of mail services and
    "Von meinem iPhone gesendet": in none of the others. `answers` says that new text stands between quoted lines.
    """

    new: str = ""
    signature: str = ""
    quotes: tuple[str, ...] = ()
    forwarded: tuple[Forwarded, ...] = ()
    boilerplate: str = ""
    answers: bool = False


@dataclass(slots=True)
class _Cut:
    """What one scan over a text finds: own lines in segments, quotes and inner mails in order."""

    own: list[list[str]] = field(default_factory=lambda: [[]])
    quotes: list[list[str]] = field(default_factory=list)
    inner: list[tuple[Block | None, list[str]]] = field(default_factory=list)

    def quote(self, lines: list[str]) -> None:
        if any(line.strip() for line in lines):
            self.quotes.append(lines)
        if any(line.strip() for line in self.own[-1]):
            self.own.append([])


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the mail around a text tells about it: to whom it went, and whether its subject says "forwarded"."""

    ours: frozenset[str]
    passes_on: bool


@lru_cache(maxsize=4)
def split(message: Message) -> Parts:
    """Take `message.text` apart; attached messages become `forwarded`. Pure, linear in the length of the text.

    Screening and reading both ask for the same mail's parts, one right after the other: the last answers are kept.
    """
    names = frozenset(
        word.lower().strip(".,()") for sender in message.senders for word in sender.name.split() if len(word) > 2
    )
    frame = _Frame(
        ours=frozenset(address.key for address in (*message.to, *message.cc)),
        passes_on=subject_kind(message.subject) == "forward",
    )
    parts = _parts(message.text.split("\n")[:_LINES], names, frame, _DEPTH)
    attached = tuple(_attached(inner, 2) for inner in message.attached)
    return Parts(
        parts.new, parts.signature, parts.quotes, (*parts.forwarded, *attached), parts.boilerplate, parts.answers
    )


def _parts(lines: list[str], names: frozenset[str], frame: _Frame, depth: int) -> Parts:
    cut = _scan(lines, frame)
    new: list[str] = []
    signature: list[str] = []
    boilerplate: list[str] = []
    segments = [segment for segment in cut.own if any(line.strip() for line in segment)]
    for segment in segments:
        signed = take_off(segment, names, last=segment is segments[-1])
        new += ["", *signed.text] if new and signed.text else signed.text
        signature += ["", *signed.signature] if signature and signed.signature else signed.signature
        boilerplate += signed.boilerplate
    quotes = ["\n".join(quote).strip() for quote in cut.quotes]
    forwarded: list[Forwarded] = []
    for block, inner in cut.inner:
        if not depth:
            quotes.append("\n".join(inner).strip())
            continue
        within = _parts(inner, _words(block), replace(frame, passes_on=True), depth - 1)
        forwarded.append(
            Forwarded(
                sender=block.sender if block else None,
                date=block.date if block else None,
                subject=block.subject if block else "",
                text=within.new,
                signature=within.signature,
                name=block.name if block else "",
            )
        )
        forwarded += within.forwarded
        quotes += within.quotes
    return Parts(
        new="\n".join(new),
        signature="\n".join(signature),
        quotes=tuple(quote for quote in quotes if quote),
        forwarded=tuple(forwarded),
        boilerplate="\n".join(boilerplate),
        answers=len(cut.quotes) > 0 and len(segments) > 1,
    )


def _words(block: Block | None) -> frozenset[str]:
    return frozenset(word.lower() for word in block.name.split() if len(word) > 2) if block else frozenset()


def _scan(lines: list[str], frame: _Frame) -> _Cut:
    cut = _Cut()
    lines = [line.rstrip() for line in lines]
    position = 0
    announced = ""
    while position < len(lines):
        line = lines[position]
        if line.startswith(">") and not between_arrows_at(lines, position):
            end = next((at for at in range(position, len(lines)) if not lines[at].startswith(">")), len(lines))
            _quoted(
                cut, unquoted(lines[position:end]), replace(frame, passes_on=frame.passes_on or announced == _SENT_ON)
            )
            announced, position = "", end
            continue
        seam = _seam(lines, position, cut, announced)
        if seam is None:
            announced = announced if not line.strip() else ""
            cut.own[-1].append(line)
            position += 1
        elif seam.ends:
            _rest(cut, seam.block, lines[position + seam.length :], replace(frame, passes_on=_passes(frame, seam)))
            break
        else:
            announced, position = seam.announces or announced, position + seam.length
    return cut


_SENT_ON = "forwarded"


@dataclass(frozen=True, slots=True)
class _Seam:
    """A place where another mail begins: how many lines only say so, and whether it runs to the end of the text."""

    length: int
    ends: bool
    announces: str = ""
    block: Block | None = None


def _seam(lines: list[str], position: int, cut: _Cut, announced: str) -> _Seam | None:
    line = lines[position]
    if not line.strip():
        return None
    if kind := separator_at(line):
        if kind != "rule":
            return _Seam(1, not _leads_on(lines, position + 1), kind)
        return _Seam(1, ends=False) if _leads_to_block(lines, position) else None
    if count := attribution_at(lines, position) or between_arrows_at(lines, position):
        return _Seam(count, not _leads_on(lines, position + count), "attributed")
    block = block_at(lines, position)
    return _Seam(0, ends=True, announces=announced, block=block) if block and _is_seam(block, cut, announced) else None


def _passes(frame: _Frame, seam: _Seam) -> bool:
    """Forwarded rather than quoted: the line above says so, or the subject does and no line says otherwise."""
    return seam.announces == _SENT_ON or (frame.passes_on and seam.announces != "attributed")


def _leads_to_block(lines: list[str], position: int) -> bool:
    following = next((number for number in range(position + 1, len(lines)) if lines[number].strip()), None)
    return following is not None and block_at(lines, following) is not None


def _leads_on(lines: list[str], position: int) -> bool:
    """Whether the announced mail begins in a form of its own: quoted lines or a header block."""
    for number in range(position, min(position + 6, len(lines))):
        if lines[number].strip():
            return lines[number].startswith(">") or block_at(lines, number) is not None
    return False


def _is_seam(block: Block, cut: _Cut, announced: str) -> bool:
    """A block that a program wrote; people, too, start a letter with "Von: … An: … Betreff: …", without a date."""
    if announced:
        return True
    empty_above = not any(line.strip() for segment in cut.own for line in segment)
    return block.dated and not (empty_above and block.sender is None and not block.to)


def _quoted(cut: _Cut, lines: list[str], frame: _Frame) -> None:
    """'>' lines: a quote, or a forwarded mail where a header block says so."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    said = separator_at(lines[first]) if first is not None else ""
    if first is not None and said:
        first = next((number for number in range(first + 1, len(lines)) if lines[number].strip()), None)
    if first is not None and (frame.passes_on or said == _SENT_ON):
        block = block_at(lines, first)
        if block and not _is_ours(block, frame):
            cut.inner.append((block, lines[first + block.length :]))
            cut.own.append([])
            return
    cut.quote(lines)


def _rest(cut: _Cut, block: Block | None, lines: list[str], frame: _Frame) -> None:
    """Everything below a header block or an announcing line is that other mail."""
    inner = lines[block.length :] if block else lines
    if not frame.passes_on or _is_ours(block, frame):
        cut.quote(lines)
        return
    filled = [line for line in inner if line.strip()]
    if filled and sum(line.startswith(">") for line in filled) > 0.9 * len(filled):
        inner = unquoted(inner)
    cut.inner.append((block, inner))


def _is_ours(block: Block | None, frame: _Frame) -> bool:
    """A mail that we wrote ourselves is quoted, whatever the subject says."""
    return block is not None and block.sender is not None and block.sender.key in frame.ours


def _attached(message: Message, depth: int) -> Forwarded:
    parts = split(message) if depth else Parts(new=message.text)
    return Forwarded(
        sender=message.sender,
        date=message.date,
        subject=message.subject,
        text=parts.new,
        signature=parts.signature,
        name=message.sender.name if message.sender else "",
    )
