r"""What is still to be done in the mailbox: a pure function of the Ledger.

A mail is filed once, when everything that it led to is settled: `\\Answered` tells a person the truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox_worker.core.decision import Outcome
from inbox_worker.core.ledger import Ledger, TreatedMail
from inbox_worker.core.mailbox import Filing
from inbox_worker.core.message import Ref

ABANDONED = timedelta(minutes=15)
"""Longer than anything between a sent answer and its mail's filing can take."""

Place = tuple[str, str, int]
"""Account, folder, UIDVALIDITY."""


@dataclass(frozen=True, slots=True)
class FilingPlan:
    """Where treated mail goes; None leaves it where it is. `keyword` marks each treated mail where the server can."""

    keyword: str | None = None
    done: str | None = None
    held: str | None = None
    automatic: str | None = None

    def folder(self, outcome: str) -> str | None:
        """The folder for mail with this outcome; a copy stays where somebody put it."""
        match outcome:
            case Outcome.HELD:
                return self.held
            case Outcome.AUTOMATIC:
                return self.automatic
            case Outcome.DONE:
                return self.done
            case _:
                return None


def due(ledger: Ledger, plan: FilingPlan, worker: str, place: Place) -> list[Filing]:
    """What `worker` can file now in this folder, oldest first.

    Each mail has one worker: two MOVEs of one mail at the same moment make two of it.
    """
    filings = []
    for ref, mail in _settled(ledger, place):
        if mail.worker not in {"", worker}:
            continue
        answers = mail.entry.answers
        failed = any(reply in ledger.failed for reply in answers)
        filings.append(
            Filing(
                ref=ref,
                answered=any(reply in ledger.sent for reply in answers),
                keyword=plan.keyword,
                folder=plan.folder(Outcome.HELD if failed else mail.entry.outcome),
            )
        )
    return filings


def abandoned(ledger: Ledger, worker: str, place: Place, now: datetime) -> list[Ref]:
    """Mails of other workers that could have been filed for so long that theirs must be gone."""
    return [
        ref
        for ref, mail in _settled(ledger, place)
        if mail.worker not in {"", worker} and now - _since(ledger, mail) > ABANDONED
    ]


def _settled(ledger: Ledger, place: Place) -> Iterator[tuple[Ref, TreatedMail]]:
    """Unfiled mails of this folder whose answers are settled; an earlier UIDVALIDITY's can't be found any more."""
    for ref, mail in ledger.unfiled.items():
        if (ref.account, ref.folder, ref.uidvalidity) == place and not any(
            reply in ledger.outbox for reply in mail.entry.answers
        ):
            yield ref, mail


def _since(ledger: Ledger, mail: TreatedMail) -> datetime:
    """When its last answer was sent, else when it was recorded."""
    return max([mail.at, *(ledger.sent[reply].at for reply in mail.entry.answers if reply in ledger.sent)])
