"""A decided mail as journal entries: the batch that makes it ours."""

import hashlib
from dataclasses import dataclass, replace

from inbox_worker.core import caps
from inbox_worker.core.decision import Answer, Asking, Decision, Outcome, Withheld, registration_name
from inbox_worker.core.entries import (
    Asked,
    CapReached,
    Corrected,
    Entry,
    MailRecorded,
    Offered,
    Registered,
    ReplyOwed,
    Settled,
    Undeliverable,
    Withdrawn,
)
from inbox_worker.core.holdings import TreatedMail
from inbox_worker.core.message import Message, Ref
from inbox_worker.core.registration import Intent, Language, Reason


def entries_of(ref: Ref, message: Message, decision: Decision, *, owe: bool, worker: str = "") -> list[Entry]:
    """What the journal keeps of one mail, in the order in which it is told.

    Without `owe` (observing) no reply is owed. `worker` will file it.
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
        text=caps.text_digest(message.text) if decision.outcome in caps.COUNTED else "",
        over=decision.over.cap if decision.over else "",
        worker=worker,
        sender=sender.addr_spec if sender else "",
        name=sender.name if sender else "",
        subject=message.subject,
        message_id=message.message_id,
        because=decision.because,
        concerns=decision.concerns,
    )
    thread = _Thread(message.message_id, message.subject, decision.language)
    changes = _changes(message.digest, decision, thread)
    owed = (ReplyOwed(name, ref, answer) for name, answer in answers.items())
    offered = [Offered(ref, message.digest, decision.withheld)] if owe and decision.withheld else []
    back = (Undeliverable(one.reply, one.address, one.response) for one in decision.returned)
    asking = decision.asking
    asked = [_asked(mail, asking, reply) for reply in answers] if asking else []
    closed = [Settled(decision.settles, sender=mail.sender)] if decision.settles else []
    over = decision.over
    told = [CapReached(over.cap, over.limit, over.hours, over.whom)] if over and decision.tell else []
    return [mail, *changes, *owed, *offered, *asked, *closed, *back, *told]


def _asked(mail: MailRecorded, asking: Asking, reply: str) -> Asked:
    who = (asking.registrants, asking.withdrawn, asking.writer)
    return Asked(mail.ref, asking.events, asking.intent, reply, mail.sender.casefold(), mail.message_id, *who)


def settled(held: TreatedMail, offered: Offered | None, *, release: bool) -> list[Entry]:
    """The entries by which a person settles a held mail: with `release` also what was withheld of it happens."""
    settling = Settled(held.entry.ref, release, held.entry.sender)
    if not (release and offered):
        return [settling]
    withheld, digest = offered.withheld, offered.digest
    owed = (ReplyOwed(reply_name(digest, answer), offered.ref, answer) for answer in withheld.answers)
    language = withheld.answers[0].language if withheld.answers else "de"
    thread = _Thread(held.entry.message_id, held.entry.subject, language)
    return [settling, *_changes(digest, withheld, thread), *owed]


@dataclass(frozen=True, slots=True)
class _Thread:
    """What the mails that follow on a registration need to know of the one that led to it."""

    message_id: str
    subject: str
    language: Language


def _changes(digest: str, what: Decision | Withheld, thread: _Thread) -> list[Entry]:
    """Who is corrected, leaves and joins: in this order, so that nobody who joins is taken for who is corrected."""
    corrected = [
        Corrected(one.registration, one.event, digest, one.registrant, one.before, one.address, one.through)
        for one in what.correcting
    ]
    left = [Withdrawn(one.registration, one.event, digest, one.registrant, one.address) for one in what.leaving]
    joined = [
        Registered(
            one.registration or registration_name(digest, number),
            one.event,
            digest,
            one.registrant,
            one.address,
            one.status,
            thread.language,
            thread.message_id,
            thread.subject,
            one.through,
        )
        for number, one in enumerate(what.joining, start=1)
    ]
    return [*corrected, *left, *joined]


def unreadable(ref: Ref, why: Reason, head: Message | None, worker: str = "") -> MailRecorded:
    """A mail that our own code stumbled over: held, so that the ones behind it go on. `head` tells whose it is."""
    digest = hashlib.sha256(repr(ref).encode()).hexdigest()
    concerns = (Reason("this mail could not be processed"), why)
    mail = MailRecorded(ref, digest, Intent.UNCLEAR, Outcome.HELD, worker=worker, concerns=concerns)
    if head is None:
        return mail
    sender, name = (head.sender.addr_spec, head.sender.name) if head.sender else ("", "")
    return replace(mail, sender=sender, name=name, subject=head.subject, message_id=head.message_id)


def reply_name(digest: str, answer: Answer) -> str:
    """What identifies one reply for ever: 32 hex digits, the left side of its Message-ID."""
    identity = "\n".join((digest, answer.kind, answer.to.key, *answer.events))
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
