"""The journalists of the torture: who writes what, and how many answers each must get."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count, product

_GIVEN = "Anna Ben Carla David Eva Felix Greta Hannes Ida Jakob Klara Lukas Maria Niklas Paula Rolf Sophie Tobias Vera"
_FAMILY = (
    "Abel Brandt Conrad Dietz Engel Fuchs Graf Huber Immel Jahn Kern Lang Mohr Nagel Otto Pohl Quast Rabe Sauer Thiel "
    "Unger Vogt Weiss Zander Behrens Clausen Dorn Ebert Falk Gross"
)
NAMES = [f"{given} {family}" for family, given in product(_FAMILY.split(), _GIVEN.split())]

_REGISTRATION = (
    "Guten Tag,\n\nich melde mich zum Fachdiskurs an.\n\nMit freundlichen Grüßen\n{name}\nTeutoburger Bote\n"
)
_INQUIRY = "Guten Tag,\n\nwird der Fachdiskurs aufgezeichnet und später online gestellt?\n\n{name}\nTeutoburger Bote\n"
_CANCELLATION = "Guten Tag,\n\nleider muss ich meine Anmeldung zum Fachdiskurs absagen.\n\n{name}\nTeutoburger Bote\n"
_AWAY = "Ich bin bis zum 20.11. nicht im Büro. Ihre Nachricht wird nicht weitergeleitet.\n\n{name}\n"


class Kind(StrEnum):
    """What somebody writes, all in all."""

    REGISTRATION = "registration"
    TWICE = "the same registration twice"
    CANCELLATION = "registration, then cancellation"
    INQUIRY = "inquiry"
    AWAY = "out of office"


_MIX = {3: Kind.INQUIRY, 5: Kind.TWICE, 7: Kind.CANCELLATION, 9: Kind.AWAY}
"""Of each ten; the others register."""

_ANSWERS = {Kind.REGISTRATION: 1, Kind.TWICE: 1, Kind.CANCELLATION: 2, Kind.INQUIRY: 1, Kind.AWAY: 0}


@dataclass(frozen=True, slots=True)
class Writer:
    """One journalist. `address` is also the name of that person's mailbox."""

    number: int
    name: str
    address: str
    kind: Kind

    @property
    def answers(self) -> int:
        """How many answers this person must get."""
        return _ANSWERS[self.kind]

    @property
    def registers(self) -> bool:
        """Whether this person must have been entered in the list."""
        return self.kind in {Kind.REGISTRATION, Kind.TWICE, Kind.CANCELLATION}

    @property
    def first(self) -> "Mail":
        """What this person writes."""
        text = {Kind.INQUIRY: _INQUIRY, Kind.AWAY: _AWAY}.get(self.kind, _REGISTRATION)
        return Mail(self, "first", text.format(name=self.name))

    @property
    def second(self) -> "Mail":
        """What whoever cancels writes later."""
        return Mail(self, "second", _CANCELLATION.format(name=self.name))


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of a journalist."""

    writer: Writer
    tag: str
    text: str

    @property
    def message_id(self) -> str:
        """As it stands in the header."""
        local, _, domain = self.writer.address.partition("@")
        return f"<{self.tag}-{local}@{domain}>"

    def to(self, office: str) -> bytes:
        """The bytes, the same at each call."""
        away = self.writer.kind is Kind.AWAY
        head = (
            f"From: {self.writer.name} <{self.writer.address}>\n"
            f"To: {office}\n"
            f"Subject: {'Automatische Antwort: ' if away else ''}Fachdiskurs\n"
            "Date: Thu, 10 Nov 2022 09:00:00 +0100\n"
            f"Message-ID: {self.message_id}\n"
            f"{'Auto-Submitted: auto-replied' + chr(10) if away else ''}"
            "MIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: 8bit\n\n"
        )
        return (head + self.text).replace("\n", "\r\n").encode()


def writers(tag: str, *, only: Kind | None = None) -> Iterator[Writer]:
    """Journalists without end, each in a house of its own, in the usual mix or all of one kind.

    `tag` makes their addresses nobody else's.
    """
    for number in count():
        kind = only or _MIX.get(number % 10, Kind.REGISTRATION)
        yield Writer(number, NAMES[number], f"a{number}-{tag}@zeitung{number}.example", kind)
