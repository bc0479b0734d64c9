"""How much is answered at most: loops that show no sign of a machine end, floods are held, journalists are not hit."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from inbox_worker.core import caps
from inbox_worker.core.caps import Cap, Caps
from inbox_worker.core.entries import CapReached, MailRecorded
from inbox_worker.core.message import Address
from tests.builders import NOW, OFFICE, SIGNED, a_desk, a_mail
from tests.office import FakeOffice

ANNE = Address("", "a1@bote.example")
LONG = "Guten Tag, zum Fachdiskurs melde ich mich an und freue mich auf die Diskussion mit Ihnen allen. Viele Grüße"


def a_letter(text: str, *, sender: str, subject: str = "Anmeldung", number: int = 1) -> bytes:
    """A person's mail without any sign of a machine."""
    return (
        f"From: <{sender}>\r\nTo: <{OFFICE}>\r\nSubject: {subject}\r\nMessage-ID: <{number}.{sender}>\r\n"
        f"Date: Thu, 10 Nov 2022 09:{number % 60:02}:00 +0100\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def keys(
    sender: str = "a1@bote.example", subject: str = "Anmeldung", text: str = "", *, answered: bool = True
) -> dict[Cap, str]:
    return dict(caps.keys(Address("", sender), subject, text, answered=answered))


@pytest.mark.parametrize(
    "subject",
    [
        "AW: Re: Anmeldung",
        "[Ticket#2022-17] Anmeldung",
        "RE: [Ext] AW: Anmeldung 4711",
        "anmeldung",
        "Antwort: Anmeldung",
    ],
)
def test_answers_and_ticket_numbers_make_no_new_subject(subject: str) -> None:
    assert keys(subject=subject)[Cap.THREAD] == keys()[Cap.THREAD]


def test_plus_addresses_are_one_address_and_numbers_are_not() -> None:
    assert keys("a1+x@bote.example")[Cap.ADDRESS] == keys("A1@bote.example")[Cap.ADDRESS]
    assert keys("a2@bote.example")[Cap.ADDRESS] != keys("a1@bote.example")[Cap.ADDRESS]


def test_texts_that_differ_in_numbers_and_quotes_are_one_text_and_a_sentence_is_none() -> None:
    assert caps.text_digest(f"{LONG} 17") == caps.text_digest(f"{LONG} 18\n> Ihr Zugangslink: …")
    assert caps.text_digest(LONG) != caps.text_digest(f"Nicht: {LONG}")
    assert caps.text_digest("Hiermit melde ich mich an. Danke!") == ""


def test_a_cap_is_reached_by_as_many_as_it_says_and_opens_after_a_quiet_day() -> None:
    tallies = caps.Tallies()
    for minute in range(3):
        tallies.add(caps.Counted(NOW + timedelta(minutes=minute), ANNE.key, "y", "", answered=True, over=""))
    few, later = replace(Caps(), address=3), NOW + timedelta(minutes=3)

    def over(limits: Caps, now: datetime) -> caps.Over | None:
        return caps.exceeded(limits, tallies, caps.keys(ANNE, "x", "", answered=True), ANNE, now)

    assert over(few, later) == caps.Over(Cap.ADDRESS, ANNE.addr_spec, 3, 24)
    assert over(replace(few, address=4), later) is None
    assert over(few, later + timedelta(days=1)) is None
    assert over(few, later - timedelta(days=30)) is not None, "a clock that is set back opens nothing"


def test_from_a_domain_where_anybody_can_have_an_address_five_times_as_many_are_usual() -> None:
    tallies = caps.Tallies()
    for number in range(60):
        for domain in ("gmx.de", "bote.example"):
            tallies.add(caps.Counted(NOW, f"a{number}@{domain}", "y", "", answered=True, over=""))

    def over(domain: str) -> caps.Over | None:
        sender = Address("", f"x@{domain}")
        return caps.exceeded(Caps(), tallies, caps.keys(sender, "x", "", answered=True), sender, NOW)

    assert over("bote.example") is not None
    assert over("gmx.de") is None


async def flooded(office: FakeOffice, *mails: bytes, **limits: int) -> list[MailRecorded]:
    """What the journal says of the mails, with a journalist's among the last."""
    worker = await office.started(desk=replace(a_desk(), caps=replace(Caps(), **limits)))
    for mail in mails:
        office.mailbox.put(mail)
    office.mailbox.put(a_mail(SIGNED.format("Ben Yilmaz"), number=999, name="Ben Yilmaz"))
    await worker.run_pass()
    return [one.entry for one in office.journal.entries if isinstance(one.entry, MailRecorded)]


def told(office: FakeOffice) -> list[tuple[str, str]]:
    """What the press office was told of caps."""
    entries = [one.entry for one in office.journal.entries]
    return [(entry.cap, entry.whom) for entry in entries if isinstance(entry, CapReached)]


JOURNALIST = "a999@teutoburger-bote.example"


async def test_a_vacation_bot_that_hides_every_header_is_answered_a_few_times_and_then_held() -> None:
    office = FakeOffice()
    bot = [a_letter(f"{LONG} ({n})", sender="bot@bote.example", subject="Re: Anmeldung", number=n) for n in range(40)]
    mails = await flooded(office, *bot)
    assert office.receivers() == ["bot@bote.example"] * 6 + [JOURNALIST]
    assert [mail.over for mail in mails[:-1]] == [""] * 6 + ["thread"] * 34
    assert {mail.outcome for mail in mails[6:-1]} == {"held"}
    assert told(office) == [("thread", "bot@bote.example")]


async def test_a_ticket_system_with_a_new_subject_each_time_is_stopped_by_its_address() -> None:
    office = FakeOffice()
    words = ["Fall", "Vorgang", "Nachricht", "Anliegen", "Meldung", "Auftrag", "Post", "Sache", "Brief", "Note"]
    bot = [
        a_letter(
            f"{LONG} {words[n % 10] * n}", sender="hilfe@bote.example", subject=f"{word} {words[n % 10]}", number=n
        )
        for n, word in enumerate(f"{one}-{two}" for one in words for two in words[:4])
    ]
    await flooded(office, *bot, text=1000)
    assert office.receivers() == ["hilfe@bote.example"] * 12 + [JOURNALIST]
    assert told(office) == [("address", "hilfe@bote.example")]


async def test_a_partner_who_changes_its_address_by_a_byte_each_time_is_stopped_by_its_text() -> None:
    office = FakeOffice()
    bot = [a_letter(LONG, sender=f"bot{n}@bote{n}.example", subject=f"Re: {n}", number=n) for n in range(40)]
    mails = await flooded(office, *bot)
    assert len(office.receivers()) == 10 + 1
    assert {mail.over for mail in mails[10:-1]} == {"text"}
    assert told(office) == [("text", "")]


async def test_a_house_that_never_says_the_same_twice_is_stopped_by_its_domain() -> None:
    office = FakeOffice()
    bot = [a_letter(f"Ich melde mich an. {'x' * n}", sender=f"bot{n}@bote.example", number=n) for n in range(100)]
    await flooded(office, *bot)
    assert len(office.receivers()) == 60 + 1
    assert told(office) == [("domain", "bote.example")]


async def test_over_the_cap_in_all_everything_is_held_and_the_press_office_told_once() -> None:
    office = FakeOffice()
    many = [a_letter("Ich melde mich an.", sender=f"x@bote{n}.example", number=n) for n in range(30)]
    mails = await flooded(office, *many, all=20)
    assert len(office.receivers()) == 20
    assert [mail.outcome for mail in mails[20:]] == ["held"] * 11
    assert told(office) == [("all", "")]


async def test_a_flood_over_its_own_cap_does_not_use_up_the_cap_in_all() -> None:
    office = FakeOffice()
    flood = [a_letter(LONG, sender="x@bote.example", subject="Re: Anmeldung", number=n) for n in range(300)]
    await flooded(office, *flood, all=20)
    assert office.receivers()[-1] == JOURNALIST


async def test_who_goes_on_stays_held_and_is_told_again_only_the_next_day() -> None:
    office = FakeOffice()
    await flooded(office, *(a_letter(LONG, sender="x@bote.example", number=n) for n in range(10)), thread=2)
    worker = office.worker(office.plan(desk=replace(a_desk(), caps=replace(Caps(), thread=2))))
    for hour in range(1, 30):
        office.clock.goes_on(hours=1)
        office.mailbox.put(a_letter(LONG, sender="x@bote.example", number=100 + hour))
        await worker.run_pass()
    assert office.receivers().count("x@bote.example") == 2
    assert told(office) == [("thread", "x@bote.example")] * 2
    office.clock.goes_on(hours=25)
    office.mailbox.put(a_letter(LONG, sender="x@bote.example", number=200))
    await worker.run_pass()
    assert office.receivers().count("x@bote.example") == 3, "after a quiet day the desk is open again"


async def test_nobody_held_by_a_cap_is_registered_by_itself() -> None:
    office = FakeOffice()
    signed = [
        a_letter(SIGNED.format(f"Anna {name}"), sender="x@bote.example", number=n) for n, name in enumerate("ABC")
    ]
    await flooded(office, *signed, thread=1)
    worker = office.worker()
    await worker.run_pass()
    assert len(worker.ledger.roster()) == 2
    assert len(worker.ledger.held) == 2


def test_of_a_busy_day_a_few_numbers_are_remembered() -> None:
    tally: caps.Tally = ()
    for second in range(0, 3 * 24 * 3600, 20):
        tally = caps.counted(tally, NOW + timedelta(seconds=second))
    assert len(tally) <= 24 * 12 + 1
    assert sum(count for _, count in tally) == pytest.approx(24 * 3600 / 20, rel=0.01)


def test_mails_of_earlier_days_are_dropped_uncounted_and_a_fork_changes_nothing() -> None:
    tallies = caps.Tallies()
    for minute in range(0, 30 * 24 * 60, 2):
        tallies.add(caps.Counted(NOW + timedelta(minutes=minute), ANNE.key, "y", "", answered=True, over=""))
    end = NOW + timedelta(days=30)
    fork = tallies.fork()
    fork.add(caps.Counted(end, ANNE.key, "y", "", answered=True, over=""))
    assert tallies.since((Cap.ALL, ""), end - timedelta(days=1)) == pytest.approx(720, abs=3)
    assert (
        fork.since((Cap.ALL, ""), end - timedelta(days=1)) == tallies.since((Cap.ALL, ""), end - timedelta(days=1)) + 1
    )
