"""Values for tests, with sane defaults: say only what the test is about."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.entries import Entry, MailRecorded, Registered, ReplyOwed
from inbox_worker.core.message import Address, Message, Ref
from inbox_worker.core.registration import Contact, Desk, Event, Intent, Registrant
from inbox_worker.core.request import Request

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2022, 11, 10, 9, 0, tzinfo=UTC)
OFFICE = "veranstaltungen@zukunftswerkstatt-kommunen.de"
ANNA = Registrant("Anna", "Schmitt", organisation="Teutoburger Bote", role="Redakteurin")
ANNAS = Address("Anna Schmitt", "a.schmitt@teutoburger-bote.example")
FACHDISKURS, PRESSE = "zwk-fachdiskurs-22", "zwk-presse-23"


def an_event(name: str = FACHDISKURS, start: datetime = datetime(2022, 11, 24, 13, 0, tzinfo=BERLIN)) -> Event:
    """An event of two hours."""
    return Event(
        id=name,
        title=f"Veranstaltung {name}",
        start=start,
        end=start + timedelta(hours=2),
        link=f"https://meet.example/{name}",
        contact=a_contact(),
    )


def a_contact() -> Contact:
    """Our press contact."""
    return Contact("Christina Haaf", "haaf@zukunftswerkstatt-kommunen.de", "0521 1067328")


def a_desk(*events: Event) -> Desk:
    """Our desk with the two usual events, or with the given ones."""
    usual = (an_event(), an_event(PRESSE, datetime(2023, 3, 14, 10, 30, tzinfo=BERLIN)))
    return Desk(addresses=(OFFICE,), events=events or usual, contact=a_contact())


def a_message(digest: str = "d" * 64, sender: Address | None = ANNAS, cc: tuple[Address, ...] = ()) -> Message:
    """A parsed mail; `digest` tells contents apart."""
    return Message(
        senders=(sender,) if sender else (),
        to=(Address("", OFFICE),),
        cc=cc,
        subject="Anmeldung",
        message_id=f"<{digest[:8]}@mail.example>",
        date=NOW,
        digest=digest,
    )


def a_request(
    intent: Intent = Intent.REGISTRATION,
    *registrants: Registrant,
    events: tuple[str, ...] = (FACHDISKURS,),
    withdrawn: tuple[Registrant, ...] = (),
    writer: Registrant | None = ANNA,
) -> Request:
    """What a mail asks for."""
    return Request(intent, "de", events=events, registrants=registrants, withdrawn=withdrawn, writer=writer)


def a_ref(uid: int = 1, uidvalidity: int = 1) -> Ref:
    """A place in our INBOX."""
    return Ref("desk", "INBOX", uidvalidity, uid)


def an_answer(kind: AnswerKind = AnswerKind.CONFIRMATION, to: Address = ANNAS) -> Answer:
    """An answer that is owed."""
    return Answer(kind, "de", to, events=(FACHDISKURS,), greeted=ANNA, registered=(ANNA,))


def a_batch(number: int = 1) -> list[Entry]:
    """The entries of one registration; the same `number` gives the same names."""
    ref, digest, reply = a_ref(number), f"{number:08}" * 8, f"{number:032}"
    mail = MailRecorded(ref, digest, Intent.REGISTRATION, "done", (FACHDISKURS,), (reply,), sender=ANNAS.addr_spec)
    joined = Registered(f"{number}-1", FACHDISKURS, digest, ANNA, f"a{number}@teutoburger-bote.example")
    return [mail, joined, ReplyOwed(reply, ref, an_answer())]


def a_mail(text: str, *, number: int = 1, name: str = "Anna Schmitt", headers: str = "") -> bytes:
    """The bytes of an ordinary mail to us; `number` makes sender and Message-ID its own."""
    head = (
        f"Return-Path: <a{number}@teutoburger-bote.example>\r\n"
        f"From: {name} <a{number}@teutoburger-bote.example>\r\n"
        f"To: <{OFFICE}>\r\n"
        "Subject: Fachdiskurs\r\n"
        "Date: Thu, 10 Nov 2022 09:00:00 +0100\r\n"
        f"Message-ID: <mail-{number}@teutoburger-bote.example>\r\n"
        f"{headers}"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n"
        "\r\n"
    )
    return (head + text.replace("\n", "\r\n")).encode()


SIGNED = "Guten Tag,\n\nhiermit melde ich mich zum Fachdiskurs am 24. November an.\n\nMit freundlichen Grüßen\n{}\n"
OUT_OF_OFFICE = "Ich bin bis zum 20.11. nicht im Büro. Ihre Nachricht wird nicht weitergeleitet.\n"
