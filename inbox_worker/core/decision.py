"""What we do with a mail, and why: the values. The rules are in `deciding.py`."""

from dataclasses import dataclass
from enum import StrEnum

from inbox_worker.core.caps import Over
from inbox_worker.core.message import Address, Ref
from inbox_worker.core.registration import Intent, Language, Reason, Registrant, Status

ANSWERED_ALREADY = "somebody has answered already"
r"""Why a mail with the flag `\Answered` gets no answer of ours."""


class AnswerKind(StrEnum):
    """Which mail a journalist gets; also the name of its template under templates/mail/."""

    CONFIRMATION = "confirmation"
    """Registered (and perhaps somebody withdrawn by the same mail): with the link."""
    LINK = "link"
    """The link once more: registered already, or asked for it again."""
    CANCELLATION = "cancellation"
    """Withdrawn or declined: no link."""
    RECEIPT = "receipt"
    """A question that a person will answer: names the press contact, no link."""
    WAITLIST = "waitlist"
    """No place is free: on the waiting list, no link."""
    PENDING = "pending"
    """A person has yet to approve it: no link."""
    PROMOTION = "promotion"
    """A place became free for somebody on the waiting list: with the link."""
    REMINDER = "reminder"
    """The event begins soon: with the link."""
    EARLY = "early"
    """Registration is not open yet: from when on; no link."""
    CLOSED = "closed"
    """Registration is closed: a person looks whether there is still a way; no link."""
    OVER = "over"
    """The event has taken place: where one can watch it, no link."""
    CHANGE = "change"
    """The event has another time, link or dial-in than was told: with the link."""
    MOVED = "moved"
    """As CHANGE, to somebody who has no place yet: the new time, no link."""
    CALLED_OFF = "called_off"
    """The event does not take place: no link."""
    MESSAGE = "message"
    """What the press office writes to everybody with a place, in its own words: no link."""
    FOLLOWUP = "followup"
    """After the event, to everybody who had a place: where one can watch it, no link."""
    WHICH = "which"
    """Which of several events is meant: a question, no link."""
    CORRECTION = "correction"
    """What was wrong is right now: how it stands on the list, with the link."""
    NOTED = "noted"
    """As CORRECTION, to somebody who has no place yet: no link."""

    @property
    def carries_link(self) -> bool:
        """Whether this mail contains the Zugangslink."""
        return self in _WITH_LINK

    @property
    def answers_a_mail(self) -> bool:
        """Whether a mail that has just come gets it; the others are sent because something is due or has changed."""
        return self not in _UNPROMPTED

    @property
    def has_own_subject(self) -> bool:
        """Whether it goes out under a subject of ours, whatever somebody wrote above their mail."""
        return self is not AnswerKind.CORRECTION and (self in _WITH_LINK or self in NOTICES)


NOTICES = frozenset(
    {AnswerKind.CHANGE, AnswerKind.MOVED, AnswerKind.CALLED_OFF, AnswerKind.MESSAGE, AnswerKind.FOLLOWUP}
)
"""What the press office lets everybody know: one mail for each address, whoever is registered with it."""
WITHOUT_PLACE = frozenset({AnswerKind.WAITLIST, AnswerKind.PENDING, AnswerKind.MOVED, AnswerKind.NOTED})
"""What tells those who have no place yet about the event, and to wait."""
_WITH_LINK = frozenset(
    {
        AnswerKind.CONFIRMATION,
        AnswerKind.LINK,
        AnswerKind.PROMOTION,
        AnswerKind.REMINDER,
        AnswerKind.CHANGE,
        AnswerKind.CORRECTION,
    }
)
_UNPROMPTED = NOTICES | {AnswerKind.PROMOTION, AnswerKind.REMINDER}


@dataclass(frozen=True, slots=True)
class Answer:
    """All that an answer is made of; composed into a Reply when it is delivered.

    `greeted` is set only when the name of the person at `to` is known with certainty. `forward_to` are colleagues
    whose own addresses may not get the link from us by itself: the receiver is asked to forward it.
    `waiting` are people who have no place at an event yet, while `events` are those with a place.
    `question_passed_on` tells the writer that a person will come back to them.
    `registration` is the one that a mail is about that nobody asked for; it is not sent when that has ended.
    `changed` says what is new ("time", "link", "access"); `text` are the press office's own words.
    `in_reply_to`, `references` and `subject` are the incoming mail's, for threading (RFC 5322 §3.6.4).
    """

    kind: AnswerKind
    language: Language
    to: Address
    events: tuple[str, ...]
    greeted: Registrant | None = None
    registered: tuple[Registrant, ...] = ()
    withdrawn: tuple[Registrant, ...] = ()
    forward_to: tuple[Registrant, ...] = ()
    waiting: tuple["Waiting", ...] = ()
    question_passed_on: bool = False
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""
    registration: str = ""
    changed: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody without a place at an event yet: on its waiting list, or to be approved."""

    event: str
    registrant: Registrant
    status: Status = Status.WAITLISTED


class Outcome(StrEnum):
    """Where a treated mail belongs; also what decides about its folder in the mailbox."""

    DONE = "done"
    HELD = "held"
    """A person must look, whether or not an answer went out."""
    AUTOMATIC = "automatic"
    """A machine's mail: never answered."""
    COPY = "copy"
    """The same content was treated before."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody goes onto the list of an event, or onto its waiting list; their own address is `address`.

    `through` is where mails about it go: `address`, or the sender's, who is asked to forward them.
    `registration` is the name of one that is known and changes its status; '' for a new one.
    """

    event: str
    registrant: Registrant
    address: str
    status: Status = Status.REGISTERED
    registration: str = ""
    through: str = ""


def registration_name(digest: str, number: int) -> str:
    """What identifies the registration of a mail's person number `number` (from 1) for ever."""
    return f"{digest[:16]}-{number}"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody leaves the list; `registration` is '' for one who declines without having been on it."""

    event: str
    registrant: Registrant
    address: str
    registration: str = ""


@dataclass(frozen=True, slots=True)
class Correcting:
    """A registration that stays, with other facts: `registrant` as it is from now on, `before` as it was."""

    registration: str
    event: str
    registrant: Registrant
    before: Registrant
    address: str
    through: str


@dataclass(frozen=True, slots=True)
class Asking:
    """What a mail wanted that is asked back about: for which of `events`, and who."""

    events: tuple[str, ...]
    intent: Intent
    registrants: tuple[Registrant, ...] = ()
    withdrawn: tuple[Registrant, ...] = ()
    writer: Registrant | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail of ours to `address` came back: `reply` where it is known which, '' otherwise; the server's words."""

    address: str
    reply: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is not done by itself, and at once when a person releases it."""

    joining: tuple[Joining, ...] = ()
    leaving: tuple[Leaving, ...] = ()
    answers: tuple[Answer, ...] = ()
    correcting: tuple[Correcting, ...] = ()

    def with_also(self, other: "Withheld") -> "Withheld":
        """Both."""
        return Withheld(
            (*self.joining, *other.joining),
            (*self.leaving, *other.leaving),
            (*self.answers, *other.answers),
            (*self.correcting, *other.correcting),
        )

    def __bool__(self) -> bool:
        return bool(self.joining or self.leaving or self.answers or self.correcting)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one mail. `concerns` say why a person must look; empty when nobody must.

    `withheld` is what a person may release. `returned` are mails of ours that it sends back. `over` is the cap that it
    went over; `tell` says that the press office has not heard of that yet. `asking` is what we ask back about;
    `settles` is the mail that led to such a question, which this one answers.
    """

    intent: Intent
    outcome: Outcome
    language: Language = "de"
    events: tuple[str, ...] = ()
    joining: tuple[Joining, ...] = ()
    leaving: tuple[Leaving, ...] = ()
    correcting: tuple[Correcting, ...] = ()
    answers: tuple[Answer, ...] = ()
    because: tuple[Reason, ...] = ()
    concerns: tuple[Reason, ...] = ()
    withheld: Withheld = Withheld()
    returned: tuple[Returned, ...] = ()
    over: Over | None = None
    tell: bool = False
    asking: Asking | None = None
    settles: Ref | None = None

    @property
    def sends_link(self) -> bool:
        """Whether one of the answers carries the Zugangslink."""
        return any(answer.kind.carries_link for answer in self.answers)
