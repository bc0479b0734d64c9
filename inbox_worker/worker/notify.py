"""What everybody is to hear, on somebody's explicit word: looked at first, owed only when that is wanted.

All of it is owed in one batch of the journal: stopped anywhere, nobody is missed, and nobody is told twice. The daemon,
or the caller, delivers it like any other answer.

DIAGNOSTICS
    as the spine's; nothing is recorded unless all of it is.
"""

from inbox_worker.core import notices
from inbox_worker.core.entries import Entry, Recorded
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.notices import Mailing, Occasion
from inbox_worker.core.registration import Event
from inbox_worker.errors import Conflict
from inbox_worker.worker.books import Books
from inbox_worker.worker.ports import Plan, Tools


class Notifying:
    """One look at everybody who is registered for an event."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self._plan, self._tools = plan, tools
        self._books = Books(tools.journal, tools.clock)

    async def run(self, event: Event, occasion: Occasion, text: str, *, record: bool) -> tuple[Mailing, Ledger]:
        """The mails that are due on this occasion; `record` owes them. And the Ledger as it then stands.

        What the configuration says of the events counts as known from here on. Raises JournalError.
        """
        while True:
            await self._books.catch_up()
            entries, draft = list[Entry](), self._books.ledger.fork()
            now = self._tools.clock()
            for entry in notices.learned(draft, self._plan.desk, now):
                entries.append(entry)
                draft.apply(Recorded(draft.seq + 1, now, entry))
            mailing = notices.mailing(draft, event, occasion, text)
            for entry in mailing.entries:
                entries.append(entry)
                draft.apply(Recorded(draft.seq + 1, now, entry))
            if not (record and entries):
                return mailing, draft
            try:
                await self._books.decide_upon(entries)
            except Conflict:  # the daemon was faster with something else: look again
                continue
            return mailing, self._books.ledger
