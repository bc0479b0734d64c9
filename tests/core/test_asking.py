"""A mail that could mean several events is asked back about once, and the answer is understood in its thread."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from inbox_worker.core.decision import AnswerKind, Decision, Outcome
from inbox_worker.core.entries import Asked, Recorded, Registered, Settled
from inbox_worker.core.journey import understand
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address, Message
from inbox_worker.core.recording import entries_of, settled
from inbox_worker.core.registration import Desk, Event, Intent, Reason
from tests.builders import ANNA, ANNAS, BERLIN, NOW, a_contact, a_message, a_ref

TALK, TOUR = "werkstatt-talk", "rundgang"
SIGNED = "Guten Tag,\n\nhiermit melde ich mich an.\n\nMit freundlichen Grüßen\nAnna Schmitt\nTeutoburger Bote\n"


def an_event(name: str, title: str, start: datetime, *aliases: str) -> Event:
    end, link = start + timedelta(hours=2), f"https://meet.example/{name}"
    return Event(name, title, start, end, link, a_contact(), aliases=aliases)


def a_desk(days_apart: int = 5, *, shared: str = "") -> Desk:
    first = datetime(2022, 11, 24, 13, 0, tzinfo=BERLIN)
    talk = an_event(TALK, "Werkstattgespräch: Wohnen im Wandel", first, shared or "Werkstattgespräch")
    tour = an_event(TOUR, "Digitaler Rundgang durch Lindenau", first + timedelta(days=days_apart), shared or "Rundgang")
    return Desk(("veranstaltungen@zukunftswerkstatt-kommunen.de",), (talk, tour), a_contact())


class Desks:
    """A desk and its journal: each mail is decided with what the ones before it led to."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.ledger, self.number = desk, Ledger(), 0

    def gets(self, text: str, *, obstacles: tuple[Reason, ...] = (), **changes: Any) -> Decision:
        self.number += 1
        message = replace(a_message(f"{self.number}" * 64), text=text, date=NOW, received=NOW, **changes)
        understood = understand(message, self.desk)
        request = replace(understood.request, obstacles=(*understood.request.obstacles, *obstacles))
        decision = replace(understood, request=request).decide(self.ledger, self.desk, NOW)
        self.entries = entries_of(a_ref(self.number), message, decision, owe=True)
        for entry in self.entries:
            self.ledger.apply(Recorded(self.ledger.seq + 1, NOW, entry))
        return decision

    def answers(self, text: str, **changes: Any) -> Decision:
        """The same person answers our question."""
        (asked,) = self.ledger.asked.values()
        ours = f"<{asked.reply}@zukunftswerkstatt-kommunen.de>"
        return self.gets(text, in_reply_to=(ours,), references=(asked.message_id, ours), **changes)

    def roster(self) -> list[tuple[str, str]]:
        return [(one.event, one.registrant.name) for one in self.ledger.roster()]


def asked() -> Desks:
    desks = Desks(a_desk())
    desks.gets(SIGNED)
    return desks


def test_two_events_near_each_other_and_none_named_lead_to_a_question() -> None:
    desks = Desks(a_desk())
    decision = desks.gets(SIGNED)
    assert [(answer.kind, answer.events) for answer in decision.answers] == [(AnswerKind.WHICH, (TALK, TOUR))]
    assert (decision.outcome, decision.joining, desks.roster()) == (Outcome.HELD, (), [])
    assert [one.event for one in decision.withheld.joining] == [TALK], "what a release lets happen"


def test_the_next_of_two_events_far_apart_is_meant() -> None:
    desks = Desks(a_desk(days_apart=60))
    assert desks.gets(SIGNED).outcome is Outcome.DONE
    assert desks.roster() == [(TALK, "Anna Schmitt")]


def test_a_named_event_is_not_asked_about() -> None:
    desks = Desks(a_desk())
    desks.gets(SIGNED.replace("mich an", "mich zum Rundgang an"))
    assert desks.roster() == [(TOUR, "Anna Schmitt")]


def test_one_name_for_both_events_leads_to_a_question() -> None:
    desks = Desks(a_desk(days_apart=60, shared="Stadtforum"))
    decision = desks.gets(SIGNED.replace("mich an", "mich zum Stadtforum an"))
    assert [answer.kind for answer in decision.answers] == [AnswerKind.WHICH]


@pytest.mark.parametrize(
    ("says", "events"),
    [
        ("Für den Rundgang bitte.", [TOUR]),
        ("Den Rundgang!\n\nViele Grüße\nAnna Schmitt", [TOUR]),
        ("am 29.", [TOUR]),
        ("Den Termin am 24. November.", [TALK]),
        ("die erste", [TALK]),
        ("Nr. 2 bitte", [TOUR]),
        ("Gern beide!", [TALK, TOUR]),
        ("beides, wenn das geht", [TALK, TOUR]),
        ("Nicht den Rundgang, sondern das Gespräch.", [TALK]),
        ("The second one, please.", [TOUR]),
        ("das Wohnen-Thema", [TALK]),
    ],
)
def test_the_answer_registers_for_what_it_names(says: str, events: list[str]) -> None:
    desks = asked()
    decision = desks.answers(says)
    assert desks.roster() == [(event, "Anna Schmitt") for event in events]
    assert [answer.kind for answer in decision.answers] == [AnswerKind.CONFIRMATION]
    assert (decision.outcome, desks.ledger.held, desks.ledger.asked) == (Outcome.DONE, {}, {})
    assert Settled(a_ref(1), sender=ANNAS.addr_spec) in desks.entries


def test_the_first_mail_s_people_are_registered_with_who_the_answer_adds() -> None:
    desks = asked()
    desks.answers("Für den Rundgang. Bitte melden Sie dazu auch meinen Kollegen Tom Berger an.")
    assert desks.roster() == [(TOUR, "Anna Schmitt"), (TOUR, "Tom Berger")]


@pytest.mark.parametrize("says", ["Egal, was ist denn interessanter?", "Was meinen Sie?"])
def test_who_does_not_say_it_is_asked_no_second_time(says: str) -> None:
    desks = asked()
    decision = desks.answers(says)
    assert AnswerKind.WHICH not in [answer.kind for answer in decision.answers]
    assert (decision.outcome, desks.roster()) == (Outcome.HELD, [])
    assert len(desks.ledger.held) == 2


def test_a_second_mail_that_leaves_it_open_is_asked_no_second_time() -> None:
    desks = asked()
    decision = desks.gets(SIGNED.replace("hiermit", "wie gesagt"))
    assert (decision.outcome, decision.answers) == (Outcome.HELD, ())


def test_a_new_mail_that_names_its_event_settles_the_question() -> None:
    desks = asked()
    desks.gets(SIGNED.replace("mich an", "mich zum Rundgang an"))
    assert (desks.roster(), desks.ledger.held) == ([(TOUR, "Anna Schmitt")], {})


@pytest.mark.parametrize("says", ["Keine von beiden, hat sich erledigt.", "Ich kann leider doch nicht teilnehmen."])
def test_who_wants_none_of_them_any_more_is_not_registered(says: str) -> None:
    desks = asked()
    decision = desks.answers(says)
    assert (desks.roster(), desks.ledger.held) == ([], {})
    assert [answer.kind for answer in decision.answers] == [AnswerKind.CANCELLATION]


def test_somebody_else_does_not_answer_the_question() -> None:
    desks = asked()
    desks.answers("Für den Rundgang bitte.", senders=(Address("", "fremd@woanders.example"),))
    assert list(desks.ledger.asked) == [ANNAS.key]


def test_an_answer_whose_sender_may_be_forged_settles_nothing() -> None:
    desks = asked()
    decision = desks.answers("Für den Rundgang bitte.", obstacles=(Reason("DMARC failed"),))
    assert (decision.outcome, decision.answers) == (Outcome.HELD, ())
    assert list(desks.ledger.asked) == [ANNAS.key]


def test_who_is_registered_for_one_of_them_cancels_that_one() -> None:
    desks = Desks(a_desk())
    desks.ledger.apply(Recorded(1, NOW, Registered("r", TOUR, "d", ANNA, ANNAS.key, through=ANNAS.key)))
    decision = desks.gets("Leider muss ich absagen.\n\nAnna Schmitt")
    assert (decision.intent, [one.event for one in decision.leaving]) == (Intent.CANCELLATION, [TOUR])


def test_who_is_released_before_they_answer_comes_to_the_next_event_and_is_asked_no_more() -> None:
    desks = asked()
    for entry in settled(desks.ledger.held[a_ref(1)], desks.ledger.offered.get(a_ref(1)), release=True):
        desks.ledger.apply(Recorded(desks.ledger.seq + 1, NOW, entry))
    assert (desks.roster(), desks.ledger.asked) == ([(TALK, "Anna Schmitt")], {})


def test_a_question_is_in_the_journal_with_what_it_was_about() -> None:
    desks = asked()
    (entry,) = (entry for entry in desks.entries if isinstance(entry, Asked))
    assert (entry.events, entry.intent, entry.address) == ((TALK, TOUR), Intent.REGISTRATION, ANNAS.key)
    assert [one.name for one in entry.registrants] == ["Anna Schmitt"]


def test_a_message_without_thread_has_no_choice_to_read() -> None:
    message = Message(senders=(ANNAS,), text="die erste")
    assert not understand(message, a_desk()).request.choice.places
