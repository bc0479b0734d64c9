"""The nouns of registering: who we are, what people register for, who they are, and what a mail asks for."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from inbox_worker.core.caps import Caps

Language = Literal["de", "en"]


class Intent(StrEnum):
    """What a mail wants, as one word; the last four never get a link."""

    REGISTRATION = "registration"
    CANCELLATION = "cancellation"
    LINK_REQUEST = "link_request"
    INQUIRY = "inquiry"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    BULK = "bulk"
    UNCLEAR = "unclear"
    CORRECTION = "correction"
    """Something on our list is not so: never read from a mail alone, but decided where its sender is on a list."""

    @property
    def is_a_wish(self) -> bool:
        """Whether somebody wants to take part, or not to."""
        return self in {Intent.REGISTRATION, Intent.LINK_REQUEST, Intent.CANCELLATION}


MACHINES = frozenset({Intent.AUTO_REPLY, Intent.BOUNCE, Intent.BULK})


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or office of ours that journalists may turn to."""

    name: str
    email: str
    phone: str = ""


class Phase(StrEnum):
    """Where an event stands in its life."""

    ANNOUNCED = "announced"
    """Nobody can register yet."""
    OPEN = "open"
    CLOSED = "closed"
    """It is too late to register, and the event is not over."""
    OVER = "over"


class Status(StrEnum):
    """What a registration is worth."""

    REGISTERED = "registered"
    WAITLISTED = "waitlisted"
    PENDING = "pending"
    """A person has yet to approve it."""


TOKEN = "{token}"  # noqa: S105 - the place of one
"""What stands in a link for what is each person's own."""

LAST_MINUTE = timedelta(hours=1)
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A mail to everybody registered, `at` a time before the start; `kind` tells it from the event's others."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """What people register for. Times are aware and keep the event's own zone.

    Registration is open from `opens` to `closes` (None: from now on, until the event's end) for `capacity` people
    (None: any number); with `approval` each of them waits for a person's word. `recording` is where one can watch it
    afterwards, '' for nowhere.

    `link` is the same for everybody; or it holds `{token}`, which `token_secret` makes into each person's own; or it is
    '', and each person gets one of `links`. Which one somebody has, `personal` knows.
    """

    id: str
    title: str
    start: datetime
    end: datetime
    link: str
    contact: Contact
    aliases: tuple[str, ...] = ()
    title_en: str = ""
    programme: str = ""
    people: tuple[str, ...] = ()
    """Names on our own invitation (speakers, moderators): they never become registrants by being quoted."""
    short_title: str = ""
    """What fits into a subject and a calendar's square; the whole title where it is not given."""
    short_title_en: str = ""
    dial_in: str = ""
    """How to listen by telephone, as it is to be read. Like the link it is for those who are registered only."""
    meeting_id: str = ""
    passcode: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    capacity: int | None = None
    approval: bool = False
    recording: str = ""
    reminders: tuple[Reminder, ...] = ()
    token_secret: str = field(default="", repr=False)
    links: tuple[str, ...] = field(default=(), repr=False, hash=False)  # there may be thousands of them

    @property
    def has_pool(self) -> bool:
        """Whether everybody gets one of `links`."""
        return not self.link

    @property
    def is_personal(self) -> bool:
        """Whether everybody gets a link of their own."""
        return self.has_pool or TOKEN in self.link

    def is_imminent(self, now: datetime) -> bool:
        """Whether people are about to come in: from an hour before the start until a quarter of an hour behind it."""
        return self.start - LAST_MINUTE <= now < min(self.start + LATE, self.end)

    def phase(self, now: datetime) -> Phase:
        """Where it stands at `now` (aware)."""
        if now >= self.end:
            return Phase.OVER
        if self.closes is not None and now >= self.closes:
            return Phase.CLOSED
        return Phase.ANNOUNCED if self.opens is not None and now < self.opens else Phase.OPEN

    def title_in(self, language: Language) -> str:
        """The title in the reader's language; the German one where no other is given."""
        return self.title_en if language == "en" and self.title_en else self.title

    def short_title_in(self, language: Language) -> str:
        """The short title in the reader's language, else the whole one in that language, else the German short one."""
        if language == "en":
            return self.short_title_en or self.title_en or self.short_title or self.title
        return self.short_title or self.title


@dataclass(frozen=True, slots=True)
class Desk:
    """What the registration desk knows about itself while it reads: all that is needed, nothing that is secret.

    `addresses` are our own (lower case): mail from them is never answered. `authserv_id` is the name of our own mail
    server in Authentication-Results (RFC 8601 §2.2); None means that no such field is trusted. `postal` are further
    facts of our own invitation (street, switchboard) that are never the sender's. `caps` is how much is answered.
    """

    addresses: tuple[str, ...]
    events: tuple[Event, ...]
    contact: Contact
    authserv_id: str | None = None
    postal: tuple[str, ...] = ()
    caps: Caps = Caps()  # noqa: RUF009 - frozen

    def event(self, event_id: str) -> Event | None:
        """The event with this id, or None when it is no longer configured."""
        return next((event for event in self.events if event.id == event_id), None)

    def for_reading(self) -> "Desk":
        """The same without what opens the door for one person: whoever reads strangers' mail needs none of it."""
        return replace(self, events=tuple(replace(event, token_secret="", links=()) for event in self.events))


@dataclass(frozen=True, slots=True)
class Registrant:
    """A person as the mail describes them; what the mail does not say is None.

    `phone` is E.164. `email` is None when not stated: then the sender's address is used.
    """

    given_name: str | None = None
    family_name: str | None = None
    title: str | None = None
    organisation: str | None = None
    role: str | None = None
    phone: str | None = None
    email: str | None = None

    @property
    def full_name(self) -> str:
        """'Dr. Anna Schmitt', or '' for nobody named."""
        return " ".join(part for part in (self.title, self.given_name, self.family_name) if part)

    @property
    def name(self) -> str:
        """'Anna Schmitt': without the title, or '' for nobody named."""
        return " ".join(part for part in (self.given_name, self.family_name) if part)


@dataclass(frozen=True, slots=True)
class OwnLink:
    """Somebody's own way in; `link` is '' while there is none for them."""

    registrant: Registrant
    link: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: what it led to, the mail's own words, and where they stood."""

    what: str
    words: str = ""
    where: str = ""

    def __str__(self) -> str:
        quoted = f" „{self.words}“" if self.words else ""
        return f"{self.what}:{quoted} ({self.where})" if self.where else f"{self.what}{':' + quoted if quoted else ''}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a mail says of somebody on our list that is not so there; on which list, and of whom, is decided later.

    `now` holds new values, as far as the mail says what they are values of; `loose` is one of which it does not
    ("WDR statt NDR"). `was` are old values that it names, and plainly `opposes` to the new ones ("nicht A, sondern B").
    `gone` are fields to be emptied, `letters` are how a name is spelled ("mit dt"), `swapped` says that given and
    family name are. `whom` is the person where one is named, `about` are the facts that are. A `firm` claim says that
    something is wrong; others tell how it is, and matter only where it is not so. An `unsure` one is for a person.
    """

    now: Registrant = Registrant()
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
    because: Reason = Reason("something is to be corrected")

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
    `claims` count where somebody is on our list already; `leaving` are the sentences that withdraw without an "I", in
    which a name may stand that only the list knows. `between` are events of which it may mean any, while `events` is a
    guess; `choice` is what an answer of theirs says about that.
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
    leaving: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    choice: Choice = Choice()
    group: Group | None = None

    @property
    def needs_human(self) -> bool:
        """Whether a person must look at this mail."""
        return bool(self.concerns or self.obstacles)
