"""The nouns of registering: who we are, what people register for, and who they are."""

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


class Salutation(StrEnum):
    """How somebody wants to be addressed, or is by whoever names them."""

    FRAU = "Frau"
    HERR = "Herr"


@dataclass(frozen=True, slots=True)
class Registrant:
    """A person as the mail describes them; what the mail does not say is None.

    `phone` is E.164. `email` is None when not stated: then the sender's address is used. `salutation` tells how to
    greet them, not who they are: two descriptions that differ in nothing else are equal.
    """

    given_name: str | None = None
    family_name: str | None = None
    title: str | None = None
    organisation: str | None = None
    role: str | None = None
    phone: str | None = None
    email: str | None = None
    salutation: Salutation | None = field(default=None, compare=False)

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
