"""How the demo looks: colours where a person watches (https://no-color.org), lines no longer than the terminal."""

import os
import shutil
import textwrap
from dataclasses import dataclass
from typing import Self, TextIO

_NARROWEST, _WIDEST = 80, 100


@dataclass(frozen=True, slots=True)
class Style:
    """Colours or none, and the width of a line in characters."""

    colour: bool = False
    width: int = 96

    @classmethod
    def of(cls, stream: TextIO) -> Self:
        """What suits `stream`: plain unless it is a terminal that knows colours and nobody asked for none."""
        colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        columns = shutil.get_terminal_size((96, 24)).columns
        return cls(colour, max(_NARROWEST, min(_WIDEST, columns)))

    def strong(self, text: str) -> str:
        """What the eye should find."""
        return self._painted("1", text)

    def faint(self, text: str) -> str:
        """What may be overlooked."""
        return self._painted("2", text)

    def good(self, text: str) -> str:
        """What went by itself."""
        return self._painted("32", text)

    def person(self, text: str) -> str:
        """What waits for a person."""
        return self._painted("33", text)

    def rule(self, text: str, mark: str = "─", after: str = "") -> str:
        """A heading with a line to the right edge, or to what stands there."""
        end = f" {after}" if after else ""
        return f"{self.strong(text)} {self.faint(mark * max(3, self.width - len(text) - 1 - len(end)) + end)}"

    def shortened(self, text: str, room: int) -> str:
        """`text` on one line of at most `room` characters."""
        flat = " ".join(text.split())
        return flat if len(flat) <= room else flat[: room - 1].rstrip() + "…"

    def wrapped(self, text: str, indent: int, lines: int = 99) -> list[str]:
        """`text` in lines that fit behind an indent of `indent` characters, at most `lines` of them."""
        return textwrap.wrap(
            " ".join(text.split()), self.width - indent, max_lines=lines, placeholder=" …", break_on_hyphens=False
        )

    def _painted(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.colour and text else text
