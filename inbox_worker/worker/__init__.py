"""The spine: one pass over the mailbox, one mail, one delivery. Its Protocols are all that it needs of the outside.

    fetch ─▶ understand ─▶ decide ─▶ record ─▶ deliver ─▶ record ─▶ file

`record` is the moment at which a mail becomes ours. Before it nothing has happened; behind it the Ledger knows what
is still owed, so that every step can be taken again after a crash, by this worker or by another one.

DIAGNOSTICS
    MailboxError       the pass ends; what is owed is delivered all the same; the next pass tries again.
    no way out         claims are given back; mails go on being recorded; later passes try again (`delivery.Closed`).
    JournalUnwritable  the pass ends at once: what could not be recorded is not answered.
    UnderstandingError the pass ends, as with the mailbox; no mail is blamed.
    a mail that can't be understood, or over which our own code raises: that mail is held, the ones behind it go on.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from inbox_worker.core import digest, duties, filing, notices, pool
from inbox_worker.core.entries import Baseline, Entry, Filed, FilingTaken, Recorded
from inbox_worker.core.holdings import FolderMemory
from inbox_worker.core.journey import NOT_HANDED_OVER, Poison, Understood
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.mailbox import MailboxState, Seen
from inbox_worker.core.message import Letter, Ref
from inbox_worker.core.recording import entries_of, unreadable
from inbox_worker.core.registration import Desk, Reason
from inbox_worker.errors import Conflict
from inbox_worker.worker.books import Books
from inbox_worker.worker.delivery import Delivery
from inbox_worker.worker.ports import Journal, Mailbox, Plan, Tools, Transport

__all__ = ["Journal", "Mailbox", "Plan", "Tools", "Transport", "Worker"]

log = logging.getLogger(__name__)


class Worker:
    """One owner of one mailbox connection and one transport. Not for use by two tasks at a time."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self.plan, self.tools = plan, tools
        self.stopping = asyncio.Event()
        self.books = Books(tools.journal, tools.clock)
        self.delivery = Delivery(plan, tools, self.books, self.stopping)
        self._has_learned = False
        self._stocks: dict[str, list[tuple[bool, str]]] = {}

    @property
    def ledger(self) -> Ledger:
        """The state as it stands."""
        return self.books.ledger

    async def run_pass(self) -> None:
        """Treat everything that is new and deliver everything that is due. Raises what the module's head lists."""
        await self.books.catch_up()
        await self._learn()
        try:
            state = await self.tools.mailbox.open()
            memory = await self._baseline(state)
            listed = await self.tools.mailbox.list_new(memory.treated)
            self.delivery.looked = self.tools.clock()
            await self._treat(self._batches(listed), state)
        finally:  # also when the mailbox is gone: what is owed does not need it
            await self._do_duties()
            self._tell_stocks()
            await self.delivery.run()
        await self._file(state)

    # -- one mail: from the mailbox into the journal ------------------------------------------------------------

    async def _treat(self, batches: Iterator[Sequence[Seen]], state: MailboxState) -> None:
        """Batch by batch; the next one is being understood while this one, recorded, is delivered and filed."""
        letters = await self._fetch_next(batches)
        ahead = asyncio.ensure_future(self._understand(letters))
        try:
            while letters and not self.stopping.is_set():
                understood = await ahead  # as far as the first one that can't be
                await self._record([(letter.ref, mail) for letter, mail in zip(letters, understood, strict=False)])
                letters = letters[len(understood) :] or await self._fetch_next(batches)
                ahead = asyncio.ensure_future(self._understand(letters))
                await self.delivery.run()
                await self._file(state)
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _understand(self, letters: Sequence[Letter]) -> list[Understood | Poison]:
        """As `Tools.understand`; a letter without bytes is one that the server can't hand over: nothing to read."""
        if letters and not letters[0].raw:
            return [Poison(Reason(NOT_HANDED_OVER))]
        readable = next((place for place, letter in enumerate(letters) if not letter.raw), len(letters))
        return await self.tools.understand(letters[:readable])

    async def _fetch_next(self, batches: Iterator[Sequence[Seen]]) -> list[Letter]:
        """The next letters that are still there; none at the end."""
        for seen in batches:
            letters = await self.tools.mailbox.fetch([one.ref for one in seen], max_bytes=self.plan.max_bytes)
            if letters:
                # No mail arrives in the future: a server whose clock is wrong must not make an event be over.
                return [replace(letter, received=min(letter.received, self.tools.clock())) for letter in letters]
        return []

    async def _record(self, mails: Sequence[tuple[Ref, Understood | Poison]]) -> None:
        while entries := self._decide_all(mails):
            try:
                await self.books.decide_upon(entries)
            except Conflict:  # another worker on this journal was first: look at what it did, then decide again
                await self.books.catch_up()
            else:
                return

    def _decide_all(self, mails: Sequence[tuple[Ref, Understood | Poison]]) -> list[Entry]:
        """The batch's entries; each mail is decided with what the ones before it changed."""
        draft, entries, now = self.ledger.fork(), list[Entry](), self.tools.clock()
        for ref, mail in mails:
            if draft.has_treated(ref):
                continue
            if isinstance(mail, Poison):
                new: list[Entry] = [unreadable(ref, mail.reason, mail.head, self.plan.name)]
            else:
                new = self._decide(ref, mail, draft)
            for entry in new:
                draft.apply(Recorded(draft.seq + 1, now, entry))
            entries.extend(new)
        if self.plan.mode != "observe":  # with what needs them, so that no answer leaves before its link is kept
            entries.extend(pool.given(draft, self.plan.desk, now))
        return entries

    def _decide(self, ref: Ref, mail: Understood, ledger: Ledger) -> list[Entry]:
        try:
            decision = mail.decide(ledger, self.plan.desk, self.tools.clock())
            entries = entries_of(ref, mail.message, decision, owe=self.plan.mode != "observe", worker=self.plan.name)
        except Exception as error:  # one bad mail must never block the mailbox
            log.exception("mail uid=%d: our own code failed; held", ref.uid)
            why = Reason("deciding about it failed", type(error).__name__)
            return [unreadable(ref, why, mail.message, self.plan.name)]
        log.info(
            "mail uid=%d intent=%s outcome=%s answers=%s",
            ref.uid,
            decision.intent,
            decision.outcome,
            ",".join(answer.kind for answer in decision.answers) or "none",
        )
        return entries

    async def _do_duties(self) -> None:
        """Owe what is due without any mail; who is faster of several workers, owes it."""
        await self._owe(self._duties)

    async def _learn(self) -> None:
        """Write down what people are told of the events from now on, before anybody is told.

        Once: the configuration does not change under a worker, and one that has an older one must not take it back.
        """
        if not self._has_learned and self.plan.mode != "observe":
            await self._owe(notices.learned)
            self._has_learned = True

    def _tell_stocks(self) -> None:
        """How many personal links are left: at the start, and whenever that has changed."""
        for event in self.plan.desk.events:
            if not event.has_pool or event.end <= self.tools.clock():
                continue
            told = list(pool.told(self.ledger, event))
            if told != self._stocks.get(event.id):
                self._stocks[event.id] = told
                for well, words in told:
                    log.log(logging.INFO if well else logging.WARNING, "event %s: %s", event.id, words)

    async def _owe(self, due: Callable[[Ledger, Desk, datetime], list[Entry]]) -> None:
        while entries := due(self.ledger, self.plan.desk, self.tools.clock()):
            try:
                await self.books.decide_upon(entries)
            except Conflict:
                await self.books.catch_up()
            else:
                return

    def _duties(self, ledger: Ledger, desk: Desk, now: datetime) -> list[Entry]:
        """Who only observes has duties to the press office alone."""
        owed = [] if self.plan.mode == "observe" else duties.due(ledger, desk, now)
        return owed + digest.due(ledger, desk, self.plan.digest, now)

    # -- the mailbox's own order --------------------------------------------------------------------------------

    async def _baseline(self, state: MailboxState) -> FolderMemory:
        """From where on mail is ours: settled at the first start, and when the server numbered the folder anew."""
        folder = (state.account, state.folder)
        memory = self.ledger.folders.get(folder)
        if memory is None or memory.uidvalidity != state.uidvalidity:
            since, first = memory.since if memory else self.plan.since, state.uidnext
            if since:
                listed = await self.tools.mailbox.list_since(since)
                first = min((one.ref.uid for one in listed), default=first)
            log.info("folder %s: treating mail from uid %d on (uidvalidity %d)", state.folder, first, state.uidvalidity)
            await self.books.record([Baseline(*folder, state.uidvalidity, first, since or self.tools.clock())])
        return self.ledger.folders[folder]

    async def _file(self, state: MailboxState) -> None:
        if self.plan.mode == "observe" or not state.writable:
            return
        place = (state.account, state.folder, state.uidvalidity)
        if left := filing.abandoned(self.ledger, self.plan.name, place, self.tools.clock()):
            taken = FilingTaken(*place, tuple(ref.uid for ref in left), self.plan.name)
            with suppress(Conflict):  # perhaps somebody else has just taken them: the next pass looks again
                await self.books.decide_upon([taken])
        due = filing.due(self.ledger, self.plan.filing, self.plan.name, place)
        for start in range(0, len(due), self.plan.batch):
            group = due[start : start + self.plan.batch]
            await self.tools.mailbox.file(group)
            await self.books.record([Filed(*place, tuple(one.ref.uid for one in group))])

    def _batches(self, listed: Sequence[Seen]) -> Iterator[Sequence[Seen]]:
        batch: list[Seen] = []
        loaded = 0
        for one in listed:
            size = min(one.size, self.plan.max_bytes)
            if batch and (len(batch) == self.plan.batch or loaded + size > self.plan.batch_bytes):
                if self.stopping.is_set():
                    return
                yield batch
                batch, loaded = [], 0
            batch.append(one)
            loaded += size
        if batch and not self.stopping.is_set():
            yield batch
