"""The spine: one pass over the mailbox, one mail, one delivery. Its Protocols are all that it needs of the outside.

    fetch ─▶ parse ─▶ understand ─▶ decide ─▶ record ─▶ deliver ─▶ record ─▶ file

`record` is the moment at which a mail becomes ours. Before it nothing has happened; behind it the Ledger knows what
is still owed, so that every step can be taken again after a crash, by this worker or by another one.

DIAGNOSTICS
    MailboxError       the pass ends; what is owed is delivered all the same; the next pass tries again.
    TransportError     claims are given back; mails go on being recorded; the next pass tries again.
    JournalUnwritable  the pass ends at once: what could not be recorded is not answered.
    any other exception of our own code over a mail: that mail is held, the ones behind it go on.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from inbox_worker.core import filing
from inbox_worker.core.entries import Baseline, Entry, Filed, Recorded
from inbox_worker.core.journey import Understood, understand
from inbox_worker.core.ledger import FolderMemory, Ledger
from inbox_worker.core.mailbox import MailboxState, Seen
from inbox_worker.core.message import Letter, Ref
from inbox_worker.core.recording import entries_of, unreadable
from inbox_worker.errors import Conflict, MailboxError
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

    @property
    def ledger(self) -> Ledger:
        """The state as it stands."""
        return self.books.ledger

    async def run_pass(self) -> None:
        """Treat everything that is new and deliver everything that is due. Raises what the module's head lists."""
        self.delivery.begin_pass()
        await self.books.catch_up()
        try:
            state = await self.tools.mailbox.open()
            memory = await self._baseline(state)
            for seen in self._batches(await self.tools.mailbox.list_new(memory.treated)):
                await self._treat(seen)
                await self.delivery.run()
                await self._file(state)
        finally:
            await self.delivery.run()  # also when the mailbox is gone: what is owed does not need it
        await self._file(state)

    # -- one mail: from the mailbox into the journal ------------------------------------------------------------

    async def _treat(self, seen: Sequence[Seen]) -> None:
        letters = await self.tools.mailbox.fetch([one.ref for one in seen], max_bytes=self.plan.max_bytes)
        understood = await asyncio.to_thread(lambda: [(letter.ref, self._understand(letter)) for letter in letters])
        while entries := self._decide_all(understood):
            try:
                await self.books.decide_upon(entries)
            except Conflict:  # another worker on this journal was first: look at what it did, then decide again
                await self.books.catch_up()
            else:
                return

    def _understand(self, letter: Letter) -> Understood | Exception:
        if not letter.raw and not letter.whole:  # of which nothing is known, so that it must not look like a machine's
            return MailboxError("the server can't hand this mail over")
        # No mail arrives in the future: a server whose clock is wrong must not make an event be over.
        arrived = replace(letter, received=min(letter.received, self.tools.clock()))
        try:
            return understand(self.tools.parse(arrived), self.plan.desk)
        except Exception as error:  # one bad mail must never block the mailbox
            log.exception("mail uid=%d: our own code failed; held", letter.ref.uid)
            return error

    def _decide_all(self, mails: Sequence[tuple[Ref, Understood | Exception]]) -> list[Entry]:
        """The batch's entries; each mail is decided with what the ones before it changed."""
        draft, entries, now = self.ledger.fork(), list[Entry](), self.tools.clock()
        for ref, mail in mails:
            if draft.has_treated(ref):
                continue
            new = (
                unreadable(ref, type(mail).__name__) if isinstance(mail, Exception) else self._decide(ref, mail, draft)
            )
            for entry in new:
                draft.apply(Recorded(draft.seq + 1, now, entry))
            entries.extend(new)
        return entries

    def _decide(self, ref: Ref, mail: Understood, ledger: Ledger) -> list[Entry]:
        try:
            decision = mail.decide(ledger, self.plan.desk, self.tools.clock())
            entries = entries_of(ref, mail.message, decision, owe=self.plan.mode != "observe")
        except Exception as error:  # as above
            log.exception("mail uid=%d: our own code failed; held", ref.uid)
            return unreadable(ref, type(error).__name__)
        log.info(
            "mail uid=%d intent=%s outcome=%s answers=%s",
            ref.uid,
            decision.intent,
            decision.outcome,
            ",".join(answer.kind for answer in decision.answers) or "none",
        )
        return entries

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
        where = {"account": state.account, "folder": state.folder}
        due = filing.due(self.ledger, self.plan.filing, **where, uidvalidity=state.uidvalidity)
        for start in range(0, len(due), self.plan.batch):
            group = due[start : start + self.plan.batch]
            await self.tools.mailbox.file(group)
            uids = tuple(one.ref.uid for one in group)
            await self.books.record([Filed(**where, uidvalidity=state.uidvalidity, uids=uids)])

    def _batches(self, listed: Sequence[Seen]) -> Iterator[Sequence[Seen]]:
        for start in range(0, len(listed), self.plan.batch):
            if self.stopping.is_set():
                return
            yield listed[start : start + self.plan.batch]
