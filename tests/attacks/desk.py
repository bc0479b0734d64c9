"""The desk that is attacked: a mail goes in, and out comes all that would leave us or be kept about it."""

from dataclasses import dataclass, replace

from inbox_worker.adapters.mime import parse
from inbox_worker.core.decision import Decision
from inbox_worker.core.delivery import Reply
from inbox_worker.core.journey import understand
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Message
from inbox_worker.core.narrative import narrate
from inbox_worker.core.recording import entries_of
from inbox_worker.core.registration import Registrant
from tests.builders import BERLIN, NOW, OFFICE, a_desk, a_ref
from tests.office import compose_reply

DESK = replace(a_desk(), authserv_id="mx.desk.example")
SENDER = "anna@bote.example"
LINK = b"meet.example"
SIGNED_BY = "Guten Tag,\n\nhiermit melde ich mich zum Fachdiskurs am 24. November an.\n\nMit freundlichen Grüßen\n{}\n"
REGISTRATION = SIGNED_BY.format("Anna Schmitt")


@dataclass(frozen=True, slots=True)
class Treated:
    """What became of a mail."""

    message: Message
    decision: Decision
    registrants: tuple[Registrant, ...]
    replies: tuple[Reply, ...]
    journal: tuple[str, ...]
    """The sentences that the journal tells about it."""

    @property
    def receivers(self) -> list[str]:
        """Every address in the envelopes of all replies."""
        return [address for reply in self.replies for address in reply.recipients]

    @property
    def concerns(self) -> list[str]:
        """What a person is told to look at."""
        return [reason.what for reason in self.decision.concerns]


def a_letter(
    *fields: str,
    text: str = REGISTRATION,
    sender: str = f"Anna Schmitt <{SENDER}>",
    to: str = OFFICE,
    subject: str = "Fachdiskurs",
    kind: str = "plain",
) -> bytes:
    """A registration, with the attack in one of its parts; `fields` are whole header lines."""
    head = [
        *fields,
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        "Message-ID: <1@bote.example>",
        "MIME-Version: 1.0",
        f"Content-Type: text/{kind}; charset=utf-8",
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + text.replace("\n", "\r\n")).encode("utf-8", "surrogatepass")


def treated(raw: bytes) -> Treated:
    """The very journey of the daemon, with an empty Ledger, up to the bytes that would be sent."""
    message = parse(raw)
    understood = understand(message, DESK)
    decision = understood.decide(Ledger(), DESK, NOW)
    replies = tuple(compose_reply(f"r{number}", answer, NOW) for number, answer in enumerate(decision.answers))
    entries = entries_of(a_ref(), message, decision, owe=True)
    journal = tuple(narrate(entry, {}, BERLIN) for entry in entries)
    return Treated(message, decision, understood.request.registrants, replies, journal)
