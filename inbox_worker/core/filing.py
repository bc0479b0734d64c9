r"""What is still to be done in the mailbox: a pure function of the Ledger.

A mail is filed once, when everything that it led to is settled: `\\Answered` tells a person the truth.
"""

from dataclasses import dataclass

from inbox_worker.core.decision import Outcome
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.mailbox import Filing


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


def due(ledger: Ledger, plan: FilingPlan, *, account: str, folder: str, uidvalidity: int) -> list[Filing]:
    """What can be filed now in this folder, oldest first. Mails of an earlier UIDVALIDITY can't be found any more."""
    filings = []
    for ref, mail in ledger.unfiled.items():
        if (ref.account, ref.folder, ref.uidvalidity) != (account, folder, uidvalidity):
            continue
        answers = mail.entry.answers
        if any(reply in ledger.outbox for reply in answers):
            continue
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
