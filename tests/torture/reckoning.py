"""The reckoning: what lies in the mailboxes of Dovecot and in the journal, against what was promised."""

import email
import email.policy
from collections import Counter
from dataclasses import dataclass

from inbox_worker.core.decision import Outcome
from tests.servers.dovecot import SENT
from tests.torture.desk import AUTOMATIC, DONE, HELD, Tormented, await_that

_FOLDERS = {Outcome.DONE: DONE, Outcome.HELD: HELD, Outcome.AUTOMATIC: AUTOMATIC, Outcome.COPY: "INBOX"}

_FLAGS = frozenset({"InboxWorker"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told about a run; `duplicates` are deliveries of a Message-ID beyond its first."""

    mails: int
    journalists: int
    registered: int
    answers: int
    duplicates: int
    claimed: int
    torn: int

    def __str__(self) -> str:
        return (
            f"{self.mails} mails of {self.journalists} journalists: {self.registered} registered (0 lost), "
            f"{self.answers} answers (0 missing), {self.duplicates} delivered twice with the same Message-ID, all of "
            f"them among the {self.claimed} replies that a kill found claimed; torn batches cut off: "
            f"{self.torn}"
        )


def reckon(desk: Tormented) -> Figures:
    """Check everything that is promised at the end of a run, once all is settled; fails at what is broken."""
    _nothing_more_to_do(desk)
    _journal(desk)
    delivered = _answers(desk)
    _sent_copies(desk, delivered)
    _folders(desk)
    torn = desk.office.journal.with_name(desk.office.journal.name + ".torn")
    return Figures(
        mails=sum(desk.submitted.values()),
        journalists=len(desk.writers),
        registered=sum(writer.registers for writer in desk.writers),
        answers=len(delivered),
        duplicates=sum(delivered.values()) - len(delivered),
        claimed=len(desk.claimed_at_kills),
        torn=len(torn.read_bytes().splitlines()) if torn.exists() else 0,
    )


def _nothing_more_to_do(desk: Tormented) -> None:
    before = desk.office.journal.read_bytes()
    desk.one_pass()
    assert desk.office.journal.read_bytes() == before, "a pass behind the last one found nothing to do"
    await_that(lambda: not desk.office.postfix.waiting(), "Postfix has delivered everything")


def _journal(desk: Tormented) -> None:
    assert "unbroken" in desk.office.run("journal", "verify")
    state = desk.state()
    assert state.recorded == desk.submitted, "each mail is in the journal as often as it was sent"
    assert len({mail.ref for mail in state.mails}) == len(state.mails), "and no place in the mailbox twice"
    assert not state.ledger.failed
    entered = Counter(entry["personal"]["address"] for entry in desk.office.entries("registered"))
    assert entered == Counter(writer.address for writer in desk.writers if writer.registers), "0 registrations lost"
    for what in ("reply-owed", "reply-sent"):
        told = Counter(entry["facts"]["reply"] for entry in desk.office.entries(what))
        assert set(told.values()) <= {1}, f"no reply has two lines {what}"
    filed = Counter(
        (entry["facts"]["uidvalidity"], uid) for entry in desk.office.entries("filed") for uid in entry["facts"]["uids"]
    )
    assert sum(filed.values()) == len(filed) == len(state.mails), "each mail is filed once"
    standing = {one.address for one in state.ledger.roster()}
    cancelled = {writer.address for writer in desk.writers if writer.second.message_id in desk.submitted}
    assert standing == {writer.address for writer in desk.writers if writer.registers} - cancelled


def _answers(desk: Tormented) -> Counter[str]:
    """How often each answer lies in its journalist's own mailbox, by its name in the journal."""
    owed: dict[str, list[str]] = {}
    for entry in desk.office.entries("reply-owed"):
        owed.setdefault(entry["personal"]["answer"]["to"]["addr_spec"], []).append(entry["facts"]["reply"])
    delivered: Counter[str] = Counter()
    for writer in desk.writers:
        got = message_ids(desk.office.dovecot.mails(writer.address))
        assert len(got) == writer.answers, f"{writer}: {got}"
        assert sorted(got) == sorted(owed.get(writer.address, [])), f"{writer}: only what the journal owes"
        delivered.update(got)
    for reply, times in delivered.items():
        assert times - 1 <= desk.claimed_at_kills[reply], f"{reply} came {times} times, outside of the one window"
    return delivered


def _sent_copies(desk: Tormented, delivered: Counter[str]) -> None:
    copies = message_ids(desk.office.dovecot.mails(desk.office.address, SENT))
    assert set(copies) == (set(delivered) if desk.copies else set())
    for reply, times in copies.items():
        assert times <= delivered[reply], f"{reply}: more copies than deliveries"


def _folders(desk: Tormented) -> None:
    """Each mail lies in its folder, once and with its flags."""
    state = desk.state()
    for outcome, folder in _FOLDERS.items():
        expected = Counter(
            (mail.message_id, _FLAGS | ({"\\Answered"} if state.is_answered(mail) else set()))
            for mail in state.mails
            if mail.outcome == outcome
        )
        mails = desk.office.dovecot.mails(desk.office.address, folder)
        all_flags = desk.office.dovecot.flags(desk.office.address, folder) if mails else []  # else there is no folder
        found = Counter((_message_id(raw), flags) for raw, flags in zip(mails, all_flags, strict=True))
        assert not any("\\Seen" in flags for _, flags in found), "\\Seen is a person's"
        assert found == expected, f"{folder}: {expected - found} missing, {found - expected} instead"


def message_ids(mails: list[bytes]) -> Counter[str]:
    """How often there is a mail with each Message-ID, by the part before the @."""
    return Counter(_message_id(raw).strip("<>").partition("@")[0] for raw in mails)


def _message_id(raw: bytes) -> str:
    return str(email.message_from_bytes(raw, policy=email.policy.default)["Message-ID"]).strip()
