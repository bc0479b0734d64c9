"""Old journals open for ever: `tests/journals/version-1.jsonl` was written by the first release and never changes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from inbox_worker.adapters import journal_file
from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.entries import (
    Baseline,
    Entry,
    Filed,
    MailRecorded,
    Registered,
    ReplyClaimed,
    ReplyDeferred,
    ReplyFailed,
    ReplyInDoubt,
    ReplyOwed,
    ReplyReleased,
    ReplySent,
    Withdrawn,
)
from inbox_worker.core.message import Address, Ref
from inbox_worker.core.registration import Intent, Reason, Registrant

VERSION_1 = Path(__file__).parent.parent / "journals" / "version-1.jsonl"
AT = datetime(2022, 11, 10, 9, 0, 0, 123000, tzinfo=UTC)
_REF = Ref("presse@desk.example@imap.desk.example", "INBOX", 1667466000, 17)
_DIGEST = "3b1f" * 16
_JOERG = Registrant(
    given_name="Jörg",
    family_name="van der Meulen-O’Neil",
    title="Dr.",
    organisation="Zeitung „Der Bote“ \u2028 & Söhne",
    role="Redakteur",
    phone="+4952112345",
    email="jörg@bücher.example",
)
_ANSWER = Answer(
    kind=AnswerKind.CONFIRMATION,
    language="de",
    to=Address("van der Meulen, Jörg", "j.meulen@bote.example"),
    events=("zwk-fachdiskurs-22", "zwk-presse-23"),
    greeted=_JOERG,
    registered=(_JOERG, Registrant(family_name="Ng")),
    withdrawn=(Registrant("Ann"),),
    forward_to=(Registrant(email="n@bote.example"),),
    question_passed_on=True,
    in_reply_to="<a@bote.example>",
    references=("<0@bote.example>", "<a@bote.example>"),
    subject="Anmeldung \\ \x7f 🎤",
)
BATCHES: list[list[Entry]] = [
    [Baseline("presse@desk.example@imap.desk.example", "INBOX", 1667466000, 17, AT - timedelta(days=1))],
    [
        MailRecorded(
            _REF,
            _DIGEST,
            Intent.REGISTRATION,
            "done",
            events=("zwk-fachdiskurs-22",),
            answers=("9f" * 16,),
            sender="j.meulen@bote.example",
            name="van der Meulen, Jörg",
            subject="Anmeldung \\ \x7f 🎤",
            message_id="<a@bote.example>",
            because=(Reason("registers", "melde ich mich an", "text"), Reason("names nobody else")),
            concerns=(Reason("asks", "Fragen?", "text"),),
        ),
        MailRecorded(Ref("a", "INBOX/Ä", 1, 2), "00" * 32, Intent.BULK, "automatic", observed=True),
        Registered("3b1f3b1f3b1f3b1f-1", "zwk-fachdiskurs-22", _DIGEST, _JOERG, "j.meulen@bote.example"),
        Withdrawn("", "zwk-presse-23", _DIGEST, Registrant(family_name="Ng"), "ng@bote.example"),
        ReplyOwed("9f" * 16, _REF, _ANSWER),
        ReplyOwed("8e" * 16, _REF),
    ],
    [ReplyClaimed("9f" * 16, "worker", AT + timedelta(minutes=10, microseconds=1), "j.meulen@bote.example")],
    [ReplyReleased("9f" * 16), ReplyDeferred("9f" * 16, AT + timedelta(minutes=1), 450, "j@b.example", "4.2.0 später")],
    [ReplyInDoubt("9f" * 16, AT + timedelta(hours=1), "j@b.example", "connection lost")],
    [
        ReplySent("9f" * 16, to="j.meulen@bote.example", response="2.0.0 Ok: queued as 4NvXk52zKz"),
        ReplySent("8e" * 16, draft=True),
        ReplyFailed("7d" * 16, 550, "niemand@b.example", "5.1.1 <niemand@b.example>: Recipient address rejected"),
        ReplyFailed("6c" * 16),
    ],
    [Filed("presse@desk.example@imap.desk.example", "INBOX", 1667466000, (17, 18, 19))],
    [Registered("ffffffffffffffff-1", "zwk-presse-23", "ff" * 32)],
]
"""What was written; the personal part of the last one was erased afterwards."""


def test_a_journal_of_the_first_release_opens_and_every_kind_of_entry_is_what_it_was() -> None:
    found, rest = journal_file.read_only(VERSION_1)
    assert rest == 0
    assert [line.recorded.entry for line in found] == [entry for batch in BATCHES for entry in batch]
    assert [line.recorded.seq for line in found] == list(range(1, 18))
    assert {line.recorded.at for line in found} == {AT}
    assert found[-1].chain == "1c2d0ea0c8b37369eae1f724e1900ebc8fc8d061610d18154ec0c75a89b54daf"
