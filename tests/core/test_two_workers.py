"""Two workers of different names on one journal and one mailbox, on fakes: what one is at, the other leaves alone."""

from collections.abc import Sequence

import pytest

from inbox_worker.core.mailbox import Filing
from inbox_worker.errors import MailboxError
from tests.builders import SIGNED, a_mail
from tests.office import FakeOffice


async def test_a_mail_that_one_worker_is_filing_is_left_alone_by_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two MOVEs of one mail at the same time make two of it, and not all of its flags come along (Dovecot)."""
    office = FakeOffice()
    one, other = await office.started(), office.worker(office.plan(name="other"))
    file, filed = office.mailbox.file, list[int]()

    async def slowly(filings: Sequence[Filing]) -> None:
        first = not filed
        filed.extend(filing.ref.uid for filing in filings)
        if first:
            await other.run_pass()
        await file(filings)

    monkeypatch.setattr(office.mailbox, "file", slowly)
    uid = office.mailbox.put(a_mail(SIGNED.format("Anna Schmitt")))
    await one.run_pass()
    assert filed == [uid]


async def test_what_a_worker_that_is_gone_has_left_is_filed_by_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    office = FakeOffice()
    gone, other = await office.started(), office.worker(office.plan(name="other"))

    async def dies(_: Sequence[Filing]) -> None:
        raise MailboxError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(office.mailbox, "file", dies)
        office.mailbox.put(a_mail(SIGNED.format("Anna Schmitt")))
        with pytest.raises(MailboxError):
            await gone.run_pass()
    await other.run_pass()
    assert office.mailbox.flags() == [frozenset()], "it may only be slow"
    office.clock.goes_on(minutes=16)
    await other.run_pass()
    assert office.mailbox.flags() == [{"\\Answered"}]
    assert [one.entry.WHAT for one in office.journal.entries][-2:] == ["filing-taken", "filed"]
    await gone.run_pass()
    assert not gone.ledger.unfiled
