"""One delivery: from the Outbox to a server, with a claim before it and the outcome behind it in the journal."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Self

from inbox_worker.core import outbox, personal
from inbox_worker.core.delivery import Delivered, Outcome, Reply
from inbox_worker.core.digest import pointless
from inbox_worker.core.entries import Entry, ReplyClaimed, ReplyFailed, ReplySent
from inbox_worker.core.holdings import OwedReply
from inbox_worker.errors import Conflict, MailboxError
from inbox_worker.worker.books import Books
from inbox_worker.worker.ports import Plan, Tools

log = logging.getLogger(__name__)

CLAIMED_AT_ONCE = 20
"""Replies claimed in one append: few, since a crash puts all of them in doubt."""


@dataclass(frozen=True, slots=True)
class Closed:
    """No way out since `since`, after `failures` tries in a row; the next one comes not before `until`."""

    since: datetime
    until: datetime
    failures: int
    words: str


class Delivery:
    """Delivers what the Outbox owes. `stopping` ends it between two replies.

    `closed` tells of trouble with the way out: nothing is tried meanwhile, and no mail is blamed. `looked` is when the
    mailbox was last read. A digest is for the press office and leaves in every mode, the others' mails only in "send".
    """

    def __init__(self, plan: Plan, tools: Tools, books: Books, stopping: asyncio.Event) -> None:
        self._plan, self._tools, self._books, self._stopping = plan, tools, books, stopping
        self.closed: Closed | None = None
        self.looked: datetime | None = None

    async def run(self) -> None:
        """Deliver what is due, in small claimed groups."""
        tried: set[str] = set()
        while not self._stopping.is_set():
            now = self._tools.clock()
            if self._is_closed(now):
                return
            due = outbox.due(self._books.ledger, now, self._plan.name, self._plan.retry)
            if self._plan.mode == "observe":
                due = [one for one in due if one.digest]
            ready = (one for one in due if one.id not in tried and not self._waits_for_link(one, now))
            group = list(islice(ready, CLAIMED_AT_ONCE))
            if not group:
                return
            claims = [ReplyClaimed(one.id, self._plan.name, now + outbox.CLAIM, one.receiver) for one in group]
            try:
                await self._books.decide_upon(claims)
            except Conflict:
                await self._books.catch_up()
                continue
            tried.update(one.id for one in group)
            await self._deliver(group)

    def _waits_for_link(self, reply: OwedReply, now: datetime) -> bool:
        """Not claimed then, nor tried: nothing but a longer file helps, and then it leaves at once."""
        ledger, desk = self._books.ledger, self._plan.desk
        return outbox.lacks_link(reply, ledger, desk) and not outbox.hopeless(reply, ledger, desk, now)

    def _is_closed(self, now: datetime) -> bool:
        """A pause that seems longer than any began before the clock was set back: then it is over."""
        return self.closed is not None and now < self.closed.until <= now + self._plan.retry.closed_longest

    async def _deliver(self, group: Sequence[OwedReply]) -> None:
        async with _Recording(self._books) as recording:
            for position, reply in enumerate(group):
                if self._stopping.is_set():
                    await recording.of(outbox.given_back(group[position:]))
                    return
                try:
                    entry = await self._attempt(reply)
                except MailboxError as error:
                    log.warning("reply %s: waits for the mailbox: %s", reply.id, error)
                    await recording.of(outbox.given_back([reply]))
                    continue
                if entry is None:
                    await recording.of(outbox.given_back(group[position:]))
                    return
                log.info("reply %s: %s", reply.id, entry.WHAT)
                await recording.of([entry])

    async def _attempt(self, reply: OwedReply) -> Entry | None:
        """One attempt, and the entry it leads to; None when the way out is closed."""
        mailbox, now, to = self._tools.mailbox, self._tools.clock(), reply.receiver
        if end := outbox.hopeless(reply, self._books.ledger, self._plan.desk, now):
            return end
        if end := pointless(reply, self._books.ledger, self._plan.desk, self._plan.digest, now):
            return end
        try:
            mail = self._written(reply, now)
        except Exception as error:  # one reply that can't be written must never block the others
            log.exception("reply %s: could not be composed", reply.id)
            return ReplyFailed(reply.id, to=to, response=f"Die Antwort ließ sich nicht schreiben: {error}.")
        if self._plan.mode == "draft" and not reply.digest:
            if not await mailbox.find_message_id(self._plan.drafts, mail.message_id):
                await mailbox.append(self._plan.drafts, mail.content, flags=("\\Draft",), at=now)
            return ReplySent(reply.id, draft=True, to=to)
        if outbox.is_in_doubt(reply) and await self._lies_in_sent(mail):
            return ReplySent(reply.id, to=to, response="Im Gesendet-Ordner gefunden.")
        outcome = await self._tools.transport.deliver(mail)
        if isinstance(outcome, Delivered) and self._plan.sent and self._plan.mode != "observe":
            await self._copy_to_sent(reply.id, mail)
        now = self._tools.clock()
        entry = outbox.settle(reply, outcome, self._plan.retry, self._plan.desk, now)
        self._learn(outcome, now, closed=entry is None)
        return entry

    def _written(self, reply: OwedReply, now: datetime) -> Reply:
        if reply.digest:
            return self._tools.compose_digest(reply.id, reply.digest, self._books.ledger, looked=self.looked, now=now)
        assert reply.answer is not None  # noqa: S101 - without one it is hopeless
        ledger = self._books.ledger
        answer = outbox.as_it_stands(reply.answer, ledger)
        links = personal.of_answer(answer, ledger, self._plan.desk)
        return self._tools.compose(reply.id, answer, now, ledger.revisions(), links)

    def _learn(self, outcome: Outcome, now: datetime, *, closed: bool) -> None:
        """What an attempt tells about the way out."""
        if not closed or isinstance(outcome, Delivered):
            if self.closed:
                log.info("smtp: open again")
            self.closed = None
            return
        failures = self.closed.failures + 1 if self.closed else 1
        pause = self._plan.retry.closed(failures)
        self.closed = Closed(self.closed.since if self.closed else now, now + pause, failures, outcome.text)
        log.warning("smtp: %s; everything waits for %d s", outcome.text, pause.total_seconds())

    async def _lies_in_sent(self, mail: Reply) -> bool:
        return bool(self._plan.sent) and await self._tools.mailbox.find_message_id(self._plan.sent, mail.message_id)

    async def _copy_to_sent(self, reply: str, mail: Reply) -> None:
        """Before the delivery is recorded: so that after a crash the copy tells that it was made."""
        try:
            await self._tools.mailbox.append(self._plan.sent, mail.content, flags=("\\Seen",), at=self._tools.clock())
        except MailboxError as error:
            log.warning("reply %s: delivered, but no copy in the Sent folder: %s", reply, error)


class _Recording:
    """Records what happened at once, but lets the next delivery begin while the disk writes: one entry on its way."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._on_its_way: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *trouble: object) -> None:
        await self._settled()

    async def of(self, entries: Sequence[Entry]) -> None:
        """Begin to record `entries` as soon as what came before them is recorded."""
        self._books.note(entries)  # first, since what came before may fail
        await self._settled()
        self._on_its_way = asyncio.create_task(self._books.write_down())

    async def _settled(self) -> None:
        if self._on_its_way:
            task, self._on_its_way = self._on_its_way, None
            await task
