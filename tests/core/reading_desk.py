"""The desk with two events at which the tests of the reader sit, and how they make a mail."""

from datetime import datetime
from zoneinfo import ZoneInfo

from inbox_worker.core.message import Address, Message
from inbox_worker.core.reading import read
from inbox_worker.core.registration import Contact, Desk, Event
from inbox_worker.core.request import Request, Verdict

BERLIN = ZoneInfo("Europe/Berlin")
_CONTACT = Contact("Christina Haaf", "haaf@zukunftswerkstatt-kommunen.de", "0521 1067328")
NOVEMBER, MARCH = "zwk-fachdiskurs-22", "zwk-presse-23"
DESK = Desk(
    addresses=("veranstaltungen@zukunftswerkstatt-kommunen.de",),
    events=(
        Event(
            id=NOVEMBER,
            title="Zweiter Fachdiskurs der Zukunftswerkstatt Kommunen: Arbeiten im Krisenmodus",
            start=datetime(2022, 11, 24, 13, tzinfo=BERLIN),
            end=datetime(2022, 11, 24, 15, tzinfo=BERLIN),
            link="https://raum.example/22",
            contact=_CONTACT,
            aliases=("Fachdiskurs", "ZWK-Fachdiskurs", "Arbeiten im Krisenmodus", "24.11."),
            people=("Prof. Dr. Wiltrud Terlau", "Rike Pätzold", "Eliza Diekmann", "Prof. Dr. Martina Wegner"),
        ),
        Event(
            id=MARCH,
            title="Pressegespräch Demografiestrategien: Bilanz der 40 Kommunen",
            start=datetime(2023, 3, 14, 10, 30, tzinfo=BERLIN),
            end=datetime(2023, 3, 14, 11, 30, tzinfo=BERLIN),
            link="https://raum.example/23",
            contact=_CONTACT,
            aliases=("Pressegespräch", "Demografiestrategien", "14.03.", "14. März"),
        ),
    ),
    contact=_CONTACT,
    authserv_id="mx.kompetenzz.example",
    postal=("Am Stadtholz 24", "0521 1067328"),
)
AT = datetime(2022, 11, 17, 9, 30, tzinfo=BERLIN)


def mail(text: str, subject: str = "", *, name: str = "Anna Berg", at: datetime = AT) -> Message:
    """A plain mail from Anna Berg, written on Thursday, 17 November 2022, unless told otherwise."""
    return Message(senders=(Address(name, "berg@tagespost.example"),), subject=subject, text=text, date=at, received=at)


def reading(text: str, subject: str = "", *, name: str = "Anna Berg", at: datetime = AT) -> Request:
    """What the reader makes of such a mail when screening has nothing to say."""
    return read(mail(text, subject, name=name, at=at), Verdict(), DESK)
