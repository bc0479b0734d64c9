"""One event from its first registration to the day after, on a real Dovecot and Postfix, with a clock that obeys.

Sixty people want one of forty places; some leave, others move up; some answer that their names are wrong; the link
changes; the daemon is started anew for each pass, and once it dies in the middle of the reminders. Afterwards there is
a recording. In the end everybody has got exactly the mails that they should have, and the journal tells all of it.
"""

import asyncio
import email
import email.policy
import os
import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from inbox_worker import daemon
from inbox_worker.config import Settings, load
from inbox_worker.core.notices import Occasion
from tests.e2e.command import Office
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix, awaited

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]

PLACES, PEOPLE, LEAVING = 40, 60, 5
CORRECTING = range(20, 23)
REGISTERS = "Guten Tag,\n\nhiermit melde ich mich zum Fachdiskurs an.\n\nMit freundlichen Grüßen\n{}\n"
LEAVES = "Guten Tag,\n\nich muss meine Teilnahme am Fachdiskurs leider absagen.\n\nMit freundlichen Grüßen\n{}\n"
SUBJECTS = {
    "Ihr Zugangslink: ": "confirmation",
    "Ein Platz ist frei: ": "promotion",
    "Erinnerung: ": "reminder",
    "Geändert: ": "change",
    "Aufzeichnung: ": "followup",
    "Re: Ihr Zugangslink: ": "correction",
}
CORRECTS = "Guten Tag,\n\nmein Nachname ist falsch geschrieben: Ich heiße {}, nicht {}.\n\nViele Grüße\n{}\n"
NEW_LINK, RECORDING = "https://meet.example.org/neu", "https://www.example.org/mitschnitt"
GIVEN = ["Anna", "Ben", "Carla", "David", "Eva", "Felix", "Greta", "Hanno", "Ines", "Jonas"]
FAMILY = ["Abel", "Brandt", "Conrad", "Dietz", "Engel", "Fuchs"]


def name(number: int) -> str:
    return f"{GIVEN[number % 10]} {FAMILY[number // 10]}"


class Desk:
    """The office, and what time it is there."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.configure(r"(?m)^# capacity = \d+", f"capacity = {PLACES}")
        self.now = self.event.start - timedelta(days=10)

    def configure(self, pattern: str, written: str) -> None:
        """Somebody changes the event's file, and the daemon is started anew."""
        file = self.office.directory / "events" / "zwk-fachdiskurs-22.toml"
        text, found = re.subn(pattern, written, file.read_text("utf-8"))
        assert found == 1, pattern
        file.write_text(text, "utf-8")
        self.settings: Settings = load(self.office.directory, os.environ)
        self.event = next(event for event in self.settings.events if event.id == "zwk-fachdiskurs-22")

    async def notify(self, occasion: Occasion) -> int:
        """How many mails the press office's word to everybody is, sent."""
        mailing, _, handed_over = await daemon.notify(
            self.settings, self.event, occasion, "", send=True, clock=self.clock
        )
        assert handed_over
        return len(mailing.owed)

    def clock(self) -> datetime:
        return self.now

    def person(self, number: int) -> str:
        """Each from a house of their own."""
        return f"a{number}-{self.office.name}@haus{number}.example"

    def get(self, *numbers: int, text: str) -> None:
        """These people's mails lie in the inbox."""
        mails = []
        for number in numbers:
            head = (
                f"From: {name(number)} <{self.person(number)}>\r\nTo: {self.office.address}\r\nSubject: Fachdiskurs\r\n"
                f"Message-ID: <{len(text)}-{number}@haus{number}.example>\r\nMIME-Version: 1.0\r\n"
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            )
            mails.append((head + text.format(name(number)).replace("\n", "\r\n")).encode())
        self.office.dovecot.fill(self.office.address, mails, at=self.now)

    def answer(self, number: int, text: str) -> None:
        """This person answers our confirmation, as a mail program does it: in its thread, with all of it quoted."""
        (raw,) = awaited(self.office.dovecot, self.person(number), 1)
        ours = email.message_from_bytes(raw, policy=email.policy.default)
        body = ours.get_body(("plain",))
        assert body is not None
        quoted = "".join(f"> {line}\n" for line in body.get_content().splitlines())
        reply = EmailMessage()
        reply["From"], reply["To"] = f"{name(number)} <{self.person(number)}>", self.office.address
        reply["Subject"], reply["Message-ID"] = f"AW: {ours['Subject']}", f"<answer-{number}@haus{number}.example>"
        reply["In-Reply-To"], reply["References"] = ours["Message-ID"], f"{ours['References']} {ours['Message-ID']}"
        reply.set_content(f"{text}\nAm 15.11. schrieb Zukunftswerkstatt Kommunen:\n{quoted}")
        self.office.dovecot.fill(self.office.address, [reply.as_bytes(policy=email.policy.SMTP)], at=self.now)

    async def work(self, *, dies_after: int | None = None) -> None:
        """One daemon's life of one pass; `dies_after` so many replies it is gone without a word."""
        office = daemon.build(self.settings, self.clock)
        deliver, left = office.transport.deliver, [dies_after]

        async def counted(reply):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as the transport's
            if left[0] == 0:
                raise Died
            left[0] = left[0] and left[0] - 1
            return await deliver(reply)

        office.transport.deliver = counted  # type: ignore[method-assign]
        try:
            assert await office.run_pass()
        except Died:
            assert dies_after is not None
        finally:
            await office.close()

    def mails(self, number: int, count: int) -> list[str]:
        """What this person's own mailbox holds, each mail by its kind."""
        kinds = []
        for raw in awaited(self.office.dovecot, self.person(number), count):
            message = email.message_from_bytes(raw, policy=email.policy.default)
            body = message.get_body(("plain",))
            assert body is not None
            waits = "alle Plätze vergeben" in body.get_content()
            kind = next((kind for start, kind in SUBJECTS.items() if message["Subject"].startswith(start)), None)
            kinds.append(kind or ("waitlist" if waits else "cancellation"))
        return kinds


class Died(BaseException):
    """The process is gone."""


async def test_an_event_lives_and_everybody_gets_exactly_the_mails_that_they_should(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix
) -> None:
    desk = Desk(Office(tmp_path, dovecot, postfix))
    await desk.work()  # the first start
    desk.get(*range(PEOPLE), text=REGISTERS)
    await desk.work()
    desk.now += timedelta(days=2)
    desk.get(*range(LEAVING), text=LEAVES)
    await desk.work()
    await desk.work()
    for number in CORRECTING:
        given = GIVEN[number % 10]
        await asyncio.to_thread(desk.answer, number, CORRECTS.format("Konrad", "Conrad", f"{given} Konrad"))
    await desk.work()
    desk.configure(r"(?m)^link = .*", f'link = "{NEW_LINK}"')
    await desk.work()
    assert await desk.notify(Occasion.CHANGE) == PLACES
    assert await desk.notify(Occasion.CHANGE) == 0, "each person once"

    day_before = desk.event.reminders[0].at
    desk.now = day_before + timedelta(minutes=1)
    await desk.work(dies_after=17)
    for _ in range(3):
        desk.now += timedelta(minutes=15)  # a claim of a daemon that is gone is taken up; one in doubt waits
        await desk.work()
    desk.now = desk.event.start - timedelta(minutes=59)
    await desk.work()
    desk.now = desk.event.end + timedelta(hours=1)
    await desk.work()
    desk.configure(r"(?m)^# recording = .*", f'recording = "{RECORDING}"')
    assert await desk.notify(Occasion.FOLLOWUP) == PLACES

    left, stayed = range(LEAVING), [number for number in range(LEAVING, PLACES) if number not in CORRECTING]
    later = ["change", "reminder", "reminder", "followup"]
    moved, waiting = range(PLACES, PLACES + LEAVING), range(PLACES + LEAVING, PEOPLE)
    for people, kinds in (
        (left, ["confirmation", "cancellation"]),
        (stayed, ["confirmation", *later]),
        (CORRECTING, ["confirmation", "correction", *later]),
        (moved, ["waitlist", "promotion", *later]),
        (waiting, ["waitlist"]),
    ):
        for number in people:
            assert await asyncio.to_thread(desk.mails, number, len(kinds)) == kinds, name(number)
    entries = desk.office.entries()
    people_s = ("registered", "promoted", "withdrawn", "corrected")
    counts = {what: sum(entry["what"] == what for entry in entries) for what in people_s}
    assert counts == {"registered": PEOPLE, "promoted": LEAVING, "withdrawn": LEAVING, "corrected": len(CORRECTING)}
    owed, sent = (
        {entry["facts"]["reply"] for entry in entries if entry["what"] == what} for what in ("reply-owed", "reply-sent")
    )
    assert owed == sent
    assert "unbroken" in desk.office.run("journal", "verify")
    table = desk.office.run("registrants", "--event", desk.event.id)
    assert f"{PLACES} angemeldet, {PEOPLE - PLACES - LEAVING} auf der Warteliste" in table
    assert (table.count(" Konrad "), table.count(" Conrad ")) == (len(CORRECTING), 10 - len(CORRECTING))
    assert "Berichtigt bei" in desk.office.run("journal")
