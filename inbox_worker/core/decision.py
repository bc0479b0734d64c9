"""What we do with a mail, and why."""

from dataclasses import dataclass
from enum import StrEnum

from inbox_worker.core.message import Address
from inbox_worker.core.registration import Language, Registrant


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


@dataclass(frozen=True, slots=True)
class Answer:
    """All that an answer is made of; composed into a Reply when it is delivered.

    `greeted` is set only when the name of the person at `to` is known with certainty. `forward_to` are colleagues
    whose own addresses may not get the link from us by itself: the receiver is asked to forward it.
    `question_passed_on` tells the writer that a person will come back to them.
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
    question_passed_on: bool = False
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""
