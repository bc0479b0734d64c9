"""Who came onto which list, and who left it."""

from dataclasses import dataclass, field
from typing import ClassVar

from inbox_worker.core.registration import Language, Registrant, Status


@dataclass(frozen=True, slots=True)
class Registered:
    """A person is on the list of an event from now on, or on its waiting list.

    `language`, `message_id` and `subject` are those of the mail, for the mails that follow in its thread; these go to
    `through`, or where it is '' (as in journals from before it) to `address`.
    """

    WHAT: ClassVar[str] = "registered"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "address", "message_id", "subject", "through"})
    registration: str
    event: str
    digest: str
    registrant: Registrant = field(default_factory=Registrant)
    address: str = ""
    status: Status = Status.REGISTERED
    language: Language = "de"
    message_id: str = ""
    subject: str = ""
    through: str = ""


@dataclass(frozen=True, slots=True)
class Promoted:
    """A place became free: from the waiting list onto the list."""

    WHAT: ClassVar[str] = "promoted"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "address"})
    registration: str
    event: str
    registrant: Registrant = field(default_factory=Registrant)
    address: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A registration ended. `registration` is '' when an invited person declined who was never on the list."""

    WHAT: ClassVar[str] = "withdrawn"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "address"})
    registration: str
    event: str
    digest: str
    registrant: Registrant = field(default_factory=Registrant)
    address: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A registration has other facts from now on: `registrant`, `address` and `through`; `before` is as it was."""

    WHAT: ClassVar[str] = "corrected"
    PERSONAL: ClassVar[frozenset[str]] = frozenset({"registrant", "before", "address", "through"})
    registration: str
    event: str
    digest: str
    registrant: Registrant = field(default_factory=Registrant)
    before: Registrant = field(default_factory=Registrant)
    address: str = ""
    through: str = ""
