"""Mail from before the baseline, on somebody's explicit word: looked at first, treated only when that is wanted.

Never touches what is treated already (it is known by its content), and gives no second answer to what a person has
answered. Mail that was only observed counts as untreated. What is treated is owed like any other answer: the daemon,
or the caller, delivers it.

DIAGNOSTICS
    as the spine's; nothing is recorded before a whole batch is understood.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inbox_worker.core.caps import MOST
from inbox_worker.core.decision import Decision, Outcome
from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.core.journey import Poison, Understood
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.mailbox import MailboxState, Seen
from inbox_worker.core.message import Letter, Message
from inbox_worker.core.recording import entries_of, unreadable
from inbox_worker.errors import Conflict, MailboxError
from inbox_worker.worker.books import Books
from inbox_worker.worker.ports import Plan, Tools


@dataclass(frozen=True, slots=True)
class OldMail:
    """One old mail, and what would be or was done with it; `message` is None when nothing of it can be read."""

    received: datetime
    message: Message | None
    decision: Decision | None


class Backfill:
    """One look at the folder's older mail."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        # Somebody has looked at the preview: what is usual in an hour says nothing about it.
        self._plan = replace(plan, desk=replace(plan.desk, caps=replace(plan.desk.caps, all=MOST)))
        self._tools = tools
        self._books = Books(tools.journal, tools.clock)

    async def run(self, since: datetime, *, record: bool) -> list[OldMail]:
        """The untreated mail that arrived at `since` (aware) or later, before the baseline; `record` treats it.

        Raises MailboxError, UnderstandingError, JournalError; and MailboxError when there is no baseline yet.
        """
        await self._books.catch_up()
        state = await self._tools.mailbox.open()
        old = [seen for seen in await self._tools.mailbox.list_since(since) if self._is_old(seen, state)]
        found, draft = list[OldMail](), self._draft()
        for start in range(0, len(old), self._plan.batch):
            batch = old[start : start + self._plan.batch]
            letters = await self._tools.mailbox.fetch([seen.ref for seen in batch], max_bytes=self._plan.max_bytes)
            while letters:
                understood = await self._tools.understand(letters)
                mails = list(zip(letters, understood, strict=False))
                found += await self._recorded(mails) if record else self._decided(mails, draft)[1]
                letters = letters[len(understood) :]
        return found

    def _is_old(self, seen: Seen, state: MailboxState) -> bool:
        memory = self._books.ledger.folders.get((state.account, state.folder))
        if memory is None:
            raise MailboxError(
                f"{state.folder}: not watched yet, so that nothing is old: run 'inbox-worker once' first"
            )
        return self._books.ledger.has_treated(seen.ref)

    def _draft(self) -> Ledger:
        """The Ledger to decide upon: what was only observed has not been treated, as far as its writers can see."""
        draft = self._books.ledger.fork()
        draft.digests -= draft.observed
        return draft

    async def _recorded(self, mails: Sequence[tuple[Letter, Understood | Poison]]) -> list[OldMail]:
        while True:
            entries, found = self._decided(mails, self._draft())
            try:
                if entries:
                    await self._books.decide_upon(entries)
            except Conflict:  # the daemon was faster with another mail: decide again
                await self._books.catch_up()
            else:
                return found

    def _decided(
        self, mails: Sequence[tuple[Letter, Understood | Poison]], draft: Ledger
    ) -> tuple[list[Entry], list[OldMail]]:
        """The entries of those that are new to the journal, and what is told of them; applied to `draft`."""
        entries, found, now = list[Entry](), list[OldMail](), self._tools.clock()
        for letter, mail in mails:
            new, old = self._of(letter, mail, draft, now)
            if old is None:
                continue
            for entry in new:
                draft.apply(Recorded(draft.seq + 1, now, entry))
            entries += new
            found.append(old)
        return entries, found

    def _of(
        self, letter: Letter, mail: Understood | Poison, draft: Ledger, now: datetime
    ) -> tuple[list[Entry], OldMail | None]:
        ref = letter.ref
        if isinstance(mail, Poison):
            poison = unreadable(ref, mail.reason, mail.head, self._plan.name)
            known = poison.digest in draft.digests
            return ([], None) if known else ([poison], OldMail(letter.received, mail.head, None))
        decision = mail.decide(draft, self._plan.desk, now)
        if decision.outcome is Outcome.COPY:
            return [], None
        entries = entries_of(ref, mail.message, decision, owe=self._plan.mode != "observe", worker=self._plan.name)
        return entries, OldMail(letter.received, mail.message, decision)
