"""What a mail is taken to ask for, before anybody looks at the lists: values between screening, reading and rules."""

from dataclasses import dataclass
from enum import StrEnum

from inbox_worker.core.registration import Intent, Language, Reason, Registrant


@dataclass(frozen=True, slots=True)
class Claim:
    """What a mail says of somebody on our list that is not so there; on which list, and of whom, is decided later.

    `now` holds new values, as far as the mail says what they are values of; `loose` is one of which it does not
    ("WDR statt NDR"). `was` are old values that it names, and plainly `opposes` to the new ones ("nicht A, sondern B").
    `gone` are fields to be emptied, `letters` are how a name is spelled ("mit dt"), `swapped` says that given and
    family name are. `whom` is the person where one is named, `about` are the facts that are. A `firm` claim says that
    something is wrong; others tell how it is, and matter only where it is not so. An `unsure` one is for a person.
    """

    now: Registrant = Registrant()  # noqa: RUF009 - frozen
    loose: str = ""
    was: tuple[str, ...] = ()
    opposes: bool = False
    gone: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    swapped: bool = False
    whom: Registrant | None = None
    firm: bool = True
    about: tuple[str, ...] = ()
    unsure: bool = False
    because: Reason = Reason("something is to be corrected")  # noqa: RUF009 - frozen

    @property
    def is_empty(self) -> bool:
        """Whether it tells neither a value nor what is to go."""
        return self.now == Registrant() and not (self.loose or self.gone or self.letters or self.swapped or self.was)


class Group(StrEnum):
    """Of whom a wish is said that names nobody; who they are, only the list knows."""

    ALL = "all"
    """All whom the writer has registered."""
    ONLY_THE_WRITER = "only the writer"
    """The writer comes, and none of the others."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What an answer says about events: the ones it names, places in a list (from 0; -1 is the last), all, or none."""

    events: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    every: bool = False
    neither: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What screening says of a mail before anybody reads it.

    `kind` is the machine's kind, or None for a person. `certain` machines are not read at all; an uncertain one is
    held when it reads like a registration, and ignored otherwise. `obstacles` are reasons why no link may go out by
    itself, though a person wrote (failed DMARC, a foreign Reply-To, a list).
    """

    kind: Intent | None = None
    certain: bool = False
    because: tuple[Reason, ...] = ()
    obstacles: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What a mail asks for.

    `events` are ids, in the order of the configuration. `writer` is who wrote, as far as the mail says (also when
    not a registrant). `concerns` are things besides that a person must see; `obstacles` moreover forbid a link.
    `claims` count where somebody is on our list already. `going` are the sentences that withdraw, `leaving` those of
    them without an "I", in which a name may stand that only the list knows. `between` are events of which it may mean
    any, while `events` is a guess; `choice` is what an answer of theirs says about that. `unread` are sentences beside
    mere thanks that are like nothing known: of somebody on our list they may be about what stands there.
    """

    intent: Intent
    language: Language
    events: tuple[str, ...] = ()
    registrants: tuple[Registrant, ...] = ()
    withdrawn: tuple[Registrant, ...] = ()
    writer: Registrant | None = None
    because: tuple[Reason, ...] = ()
    concerns: tuple[Reason, ...] = ()
    obstacles: tuple[Reason, ...] = ()
    claims: tuple[Claim, ...] = ()
    going: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    choice: Choice = Choice()
    group: Group | None = None
    unread: tuple[str, ...] = ()

    @property
    def needs_human(self) -> bool:
        """Whether a person must look at this mail."""
        return bool(self.concerns or self.obstacles)
