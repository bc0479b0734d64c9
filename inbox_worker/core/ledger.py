"""The Ledger: all state, as a fold over the journal's entries.

Who is registered, which mails were treated, which replies are owed and when, what is not yet filed, what waits for a
person. Never written anywhere: folded anew at every start. Folding in two parts equals folding at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from inbox_worker.core import caps
from inbox_worker.core.decision import WITHOUT_PLACE, Answer, AnswerKind
from inbox_worker.core.entries import (
    NO_MAIL,
    Asked,
    Baseline,
    CapReached,
    Corrected,
    DigestOwed,
    DigestSkipped,
    EventCancelled,
    EventTold,
    Filed,
    FilingTaken,
    LinkGiven,
    LinkMissing,
    MailRecorded,
    Offered,
    Promoted,
    Recorded,
    Registered,
    ReplyClaimed,
    ReplyDeferred,
    ReplyDropped,
    ReplyFailed,
    ReplyInDoubt,
    ReplyOwed,
    ReplyReleased,
    ReplySent,
    Settled,
    Undeliverable,
    Withdrawn,
)
from inbox_worker.core.holdings import (
    FolderMemory,
    LastDigest,
    OwedDigest,
    OwedReply,
    Registration,
    SentReply,
    TreatedMail,
)
from inbox_worker.core.message import Ref
from inbox_worker.core.registration import Registrant, Status
from inbox_worker.core.rosters import Rosters


@dataclass(slots=True)
class Ledger(Rosters):
    """The state after the entry number `seq`. Values in it are frozen; only `apply` changes the Ledger itself."""

    seq: int = 0
    folders: dict[tuple[str, str], FolderMemory] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    observed: set[str] = field(default_factory=set)
    outbox: dict[str, OwedReply] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)
    sent: dict[str, SentReply] = field(default_factory=dict)
    last_sent: dict[str, datetime] = field(default_factory=dict)
    unfiled: dict[Ref, TreatedMail] = field(default_factory=dict)
    held: dict[Ref, TreatedMail] = field(default_factory=dict)
    failed: dict[str, ReplyFailed] = field(default_factory=dict)
    offered: dict[Ref, Offered] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    barred: dict[str, int] = field(default_factory=dict)
    undeliverable: dict[str, Undeliverable] = field(default_factory=dict)
    tallies: caps.Tallies = field(default_factory=caps.Tallies)
    told: dict[tuple[str, str], datetime] = field(default_factory=dict)
    facts: dict[str, tuple[EventTold, ...]] = field(default_factory=dict)
    cancelled: dict[str, EventCancelled] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    unlinked: set[str] = field(default_factory=set)
    _answered: dict[tuple[str, str], int] = field(default_factory=dict)
    _informed: dict[tuple[str, str, bool], int] = field(default_factory=dict)
    _composed: dict[str, dict[str, int]] = field(default_factory=dict)
    news: list[Recorded] = field(default_factory=list)
    due_digests: set[str] = field(default_factory=set)
    last_digest: LastDigest | None = None

    def fork(self) -> "Ledger":
        """A copy that can be applied to without changing this one; shares the frozen values."""
        return Ledger(
            **self.rosters(),
            seq=self.seq,
            folders=dict(self.folders),
            digests=set(self.digests),
            observed=set(self.observed),
            outbox=dict(self.outbox),
            owed=set(self.owed),
            sent=dict(self.sent),
            last_sent=dict(self.last_sent),
            unfiled=dict(self.unfiled),
            held=dict(self.held),
            failed=dict(self.failed),
            offered=dict(self.offered),
            asked=dict(self.asked),
            barred=dict(self.barred),
            undeliverable=dict(self.undeliverable),
            tallies=self.tallies.fork(),
            told=dict(self.told),
            facts=dict(self.facts),
            cancelled=dict(self.cancelled),
            links=dict(self.links),
            given=set(self.given),
            unlinked=set(self.unlinked),
            _answered=dict(self._answered),
            _informed=dict(self._informed),
            _composed=dict(self._composed),
            news=list(self.news),
            due_digests=set(self.due_digests),
            last_digest=self.last_digest,
        )

    def fold(self, entries: Iterable[Recorded]) -> "Ledger":
        """Apply all entries in their order; returns itself."""
        for recorded in entries:
            self.apply(recorded)
        return self

    def apply(self, recorded: Recorded) -> None:  # noqa: C901, PLR0912, PLR0915 - an arm for each kind
        """Take one entry in. `recorded.seq` must follow on `seq`."""
        self.seq = recorded.seq
        match recorded.entry:  # the frequent ones first
            case MailRecorded() as entry:
                self._take_mail(recorded, entry)
            case Registered() as entry:
                self._take_registration(recorded, entry)
            case ReplyOwed() as entry:
                self.owed.add(entry.reply)
                self.outbox[entry.reply] = OwedReply(entry.reply, entry.ref, entry.answer, recorded.at, recorded.at)
                if entry.answer:
                    self._take_answer(recorded.seq, entry.answer)
            case ReplyClaimed() as entry:
                if entry.reply in self.outbox:
                    if self.facts:
                        self._compose(self.outbox[entry.reply])
                    self.outbox[entry.reply] = self.outbox[entry.reply].claimed(entry.worker, entry.until)
            case ReplySent() as entry:
                owed = self.outbox.pop(entry.reply, None)
                if owed and entry.reply in self._composed:
                    self._inform(owed)
                if owed and not entry.draft:
                    to = owed.receiver.casefold()
                    self.sent[entry.reply] = SentReply(to, recorded.at)
                    self.last_sent[to] = recorded.at
            case Baseline() as entry:
                memory = FolderMemory(entry.uidvalidity, entry.uidnext - 1, entry.since)
                self.folders[entry.account, entry.folder] = memory
            case Promoted() as entry:
                self._keep_news(recorded)
                revision = self.revision(entry.event)
                self._change_registration(entry.registration, status=Status.REGISTERED, revision=revision)
            case Withdrawn() as entry:
                self._keep_news(recorded)
                self._change_registration(entry.registration, withdrawn=True)
            case Corrected() as entry:
                self._take_correction(recorded, entry)
            case ReplyReleased() as entry:
                self._change(entry.reply, claimed_by="", claimed_until=None)
            case ReplyDeferred() as entry:
                attempts = self._attempts(entry.reply) + 1
                self._change(entry.reply, due=entry.until, attempts=attempts, claimed_by="", claimed_until=None)
            case ReplyInDoubt() as entry:
                doubts = self.outbox[entry.reply].doubts + 1 if entry.reply in self.outbox else 1
                self._change(
                    entry.reply, due=entry.until, doubts=doubts, in_doubt=True, claimed_by="", claimed_until=None
                )
            case ReplyFailed() as entry:
                owed = self.outbox.pop(entry.reply, None)
                self._composed.pop(entry.reply, None)
                self.failed[entry.reply] = entry
                if not (owed and owed.digest):  # else one that fails would be the next one's only news, for ever
                    self._keep_news(recorded)
            case ReplyDropped() as entry:
                self.outbox.pop(entry.reply, None)
                self._composed.pop(entry.reply, None)
            case Offered() as entry:
                self.offered[entry.ref] = entry
                mail = self.held.get(entry.ref)
                self.barred[entry.digest] = mail.seq if mail else recorded.seq
            case Asked() as entry:
                self.asked[entry.address] = entry
            case Settled() as entry:
                self._take_settling(entry)
            case Undeliverable() as entry:
                self._keep_news(recorded)
                self.undeliverable[entry.address.casefold()] = entry
            case CapReached() as entry:
                self.told[entry.cap, entry.whom] = recorded.at
            case FilingTaken() as entry:
                for uid in entry.uids:
                    ref = Ref(entry.account, entry.folder, entry.uidvalidity, uid)
                    if ref in self.unfiled:
                        self.unfiled[ref] = replace(self.unfiled[ref], worker=entry.worker)
            case Filed() as entry:
                for uid in entry.uids:
                    self.unfiled.pop(Ref(entry.account, entry.folder, entry.uidvalidity, uid), None)
            case EventTold() as entry:
                self.facts[entry.event] = (*self.facts.get(entry.event, ()), entry)
            case EventCancelled() as entry:
                self.cancelled.setdefault(entry.event, entry)
            case LinkGiven() as entry:
                self.links[entry.registration] = entry.link
                self.given.add(entry.link)
                self.unlinked.discard(entry.registration)
            case LinkMissing() as entry:
                self._keep_news(recorded)
                self.unlinked.add(entry.registration)
            case DigestOwed() as entry:
                self.owed.add(entry.reply)
                digest = OwedDigest(entry.digest, entry.to, entry.since, recorded.seq, entry.after, entry.event)
                self.outbox[entry.reply] = OwedReply(
                    entry.reply, NO_MAIL, None, recorded.at, recorded.at, digest=digest
                )
                self._take_digest(recorded, entry.digest, told=not entry.event)
            case DigestSkipped() as entry:
                self._take_digest(recorded, entry.digest, told=True)
                if entry.off:
                    self.last_digest = None
            case _ as never:
                assert_never(never)

    def is_barred(self, registration: Registration) -> bool:
        """Whether this person may not hear of their registration by itself: no reminder, no place that became free.

        Something of their mail was withheld, and no answer about this event was owed to them since: neither by that
        mail, whose answers to others may have been withheld, nor by a later one of theirs. A release lets in everybody
        of the mail. Settled without it they stay barred: a person has answered by themselves, but nobody has vouched
        for a sender whom we could not trust; to an address that came back nothing would go anyway.
        """
        mail = self.barred.get(registration.digest)
        return mail is not None and self._answered.get((registration.event, registration.through.casefold()), 0) < mail

    def is_undeliverable(self, address: str) -> bool:
        """Whether a mail of ours to this address came back: nothing more is sent there."""
        return address.casefold() in self.undeliverable

    def has_treated(self, ref: Ref) -> bool:
        """Whether this letter was recorded before, by us or by another worker."""
        memory = self.folders.get((ref.account, ref.folder))
        return memory is not None and memory.uidvalidity == ref.uidvalidity and ref.uid <= memory.treated

    def revision(self, event: str) -> int:
        """How often what people are told of this event has changed."""
        facts = self.facts.get(event)
        return facts[-1].revision if facts else 0

    def revisions(self) -> dict[str, int]:
        """Of each event's calendar file: the changes, and its being cancelled, which is one more."""
        return {event: self.revision(event) + (event in self.cancelled) for event in {**self.facts, **self.cancelled}}

    def informed(self, one: Registration) -> int:
        """The revision of the event that this person was sent last, or is about to be told first."""
        return max(one.revision, self._informed.get((one.event, one.through.casefold(), one.placed), 0))

    def _compose(self, reply: OwedReply) -> None:
        """Note what a reply tells: it is written when it is claimed. One in doubt may have gone out as it was."""
        if reply.answer and not reply.in_doubt and reply.claimed_until is None:
            self._composed[reply.id] = {event: self.revision(event) for event in reply.answer.events}

    def _inform(self, reply: OwedReply) -> None:
        """Whoever gets the link knows everything; without a place one knows the time."""
        composed = self._composed.pop(reply.id)
        if reply.answer is None:
            return
        kind, to = reply.answer.kind, reply.receiver.casefold()
        tells = kind.carries_link and kind is not AnswerKind.REMINDER  # which says nothing of a change
        linked = (True, False) if tells else (False,) if kind in WITHOUT_PLACE else ()
        for event, revision in composed.items():
            for each in linked if revision else ():
                key = (event, to, each)
                self._informed[key] = max(revision, self._informed.get(key, 0))

    def _take_mail(self, recorded: Recorded, entry: MailRecorded) -> None:
        treated = TreatedMail(recorded.seq, recorded.at, entry, entry.worker)
        self.digests.add(entry.digest)
        if entry.sender and entry.outcome in caps.COUNTED:
            self.tallies.add(
                caps.Counted(recorded.at, entry.sender, entry.subject, entry.text, bool(entry.answers), entry.over)
            )
        if entry.observed:
            self.observed.add(entry.digest)
        else:
            self.observed.discard(entry.digest)
            self.unfiled[entry.ref] = treated
        if entry.outcome == "held":
            self.held[entry.ref] = treated
            self._keep_news(recorded)
        memory = self.folders.get((entry.ref.account, entry.ref.folder))
        if memory and memory.uidvalidity == entry.ref.uidvalidity and memory.treated < entry.ref.uid:
            self.folders[entry.ref.account, entry.ref.folder] = replace(memory, treated=entry.ref.uid)

    def _take_settling(self, entry: Settled) -> None:
        self.held.pop(entry.ref, None)
        self.asked = {address: asked for address, asked in self.asked.items() if asked.ref != entry.ref}
        offered = self.offered.pop(entry.ref, None)
        if entry.released and offered:  # a person wants it to go there, whatever came back before
            self.barred.pop(offered.digest, None)
            for answer in offered.withheld.answers:
                self.undeliverable.pop(answer.to.key, None)

    def _take_answer(self, seq: int, answer: Answer) -> None:
        """Note whom a mail's answer tells of their registrations; a receipt tells nothing of them."""
        if answer.kind.answers_a_mail and (answer.kind.carries_link or answer.kind in WITHOUT_PLACE):
            for event in (*answer.events, *(one.event for one in answer.waiting)):
                self._answered[event, answer.to.key] = seq

    def _keep_news(self, recorded: Recorded) -> None:
        """For the digest that follows on the last one. Without one there is none: the first tells nothing of before."""
        if self.last_digest is not None:
            self.news.append(recorded)

    def _take_digest(self, recorded: Recorded, digest: str, *, told: bool) -> None:
        """What every digest that is still owed will tell may be forgotten by the ones after it."""
        self.due_digests.add(digest)
        if told:
            self.last_digest = LastDigest(digest, recorded.seq, recorded.at)
            owed = (reply.digest.since for reply in self.outbox.values() if reply.digest and not reply.digest.event)
            first = min(owed, default=recorded.seq)
            self.news = [one for one in self.news if one.seq > first]

    def _take_registration(self, recorded: Recorded, entry: Registered) -> None:
        self._keep_news(recorded)
        before = self.registrations.get(entry.registration)
        # what was pending is approved as it stands now: it may have been corrected since
        registrant, address = (before.registrant, before.address) if before else (entry.registrant, entry.address)
        made = Registration(
            entry.registration,
            entry.event,
            registrant,
            address,
            recorded.at,
            entry.status,
            withdrawn=before is not None and before.withdrawn,  # who has left since is not brought back by a release
            language=entry.language,
            message_id=entry.message_id,
            subject=entry.subject,
            digest=entry.digest,
            revision=self.revision(entry.event),
            through=before.through if before else entry.through or entry.address,
        )
        self._put(made)

    def _take_correction(self, recorded: Recorded, entry: Corrected) -> None:
        self._keep_news(recorded)
        if entry.registrant == Registrant() and not entry.address:  # what it became was erased
            return
        through = entry.through or entry.address
        if known := self.registrations.get(entry.registration):  # whoever has heard of it has so at the new address
            heard = self._answered.get((known.event, known.through.casefold()), 0)
            key = (known.event, through.casefold())
            self._answered[key] = max(heard, self._answered.get(key, 0))
        self._change_registration(
            entry.registration, registrant=entry.registrant, address=entry.address, through=through
        )

    def _attempts(self, reply: str) -> int:
        return self.outbox[reply].attempts if reply in self.outbox else 0

    def _change(self, reply: str, **changes: object) -> None:
        if reply in self.outbox:
            self.outbox[reply] = replace(self.outbox[reply], **changes)  # type: ignore[arg-type]
