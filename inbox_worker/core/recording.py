"""A decided mail as journal entries: the batch that makes it ours."""

import hashlib
from dataclasses import replace

from inbox_worker.core.decision import Answer, Decision, Outcome
from inbox_worker.core.entries import Entry, MailRecorded, Registered, ReplyOwed, Withdrawn
from inbox_worker.core.message import Message, Ref
from inbox_worker.core.registration import Intent, Reason


def entries_of(ref: Ref, message: Message, decision: Decision, *, owe: bool) -> list[Entry]:
    """What the journal keeps of one mail, in the order in which it is told. Without `owe` (observing) no reply is owed.

    The registration's and the reply's names follow from the mail's content, so that deciding again gives the same.
    """
    answers = {reply_name(message.digest, answer): answer for answer in decision.answers} if owe else {}
    sender = message.sender
    mail = MailRecorded(
        ref=ref,
        digest=message.digest,
        intent=decision.intent,
        outcome=decision.outcome,
        events=decision.events,
        answers=tuple(answers),
        observed=not owe,
        sender=sender.addr_spec if sender else "",
        name=sender.name if sender else "",
        subject=message.subject,
        message_id=message.message_id,
        because=decision.because,
        concerns=decision.concerns,
    )
    left = (
        Withdrawn(one.registration, one.event, message.digest, one.registrant, one.address) for one in decision.leaving
    )
    joined = (
        Registered(f"{message.digest[:16]}-{number}", one.event, message.digest, one.registrant, one.address)
        for number, one in enumerate(decision.joining, start=1)
    )
    owed = (ReplyOwed(name, ref, answer) for name, answer in answers.items())
    return [mail, *left, *joined, *owed]


def unreadable(ref: Ref, why: Reason, head: Message | None) -> list[Entry]:
    """A mail that our own code stumbled over: held, so that the ones behind it go on. `head` tells whose it is."""
    digest = hashlib.sha256(repr(ref).encode()).hexdigest()
    concerns = (Reason("this mail could not be processed"), why)
    mail = MailRecorded(ref, digest, Intent.UNCLEAR, Outcome.HELD, concerns=concerns)
    if head is None:
        return [mail]
    sender, name = (head.sender.addr_spec, head.sender.name) if head.sender else ("", "")
    return [replace(mail, sender=sender, name=name, subject=head.subject, message_id=head.message_id)]


def reply_name(digest: str, answer: Answer) -> str:
    """What identifies one reply for ever: 32 hex digits, the left side of its Message-ID."""
    identity = "\n".join((digest, answer.kind, answer.to.key, *answer.events))
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
