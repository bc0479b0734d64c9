"""What is done with a mail, given what was done before."""

from dataclasses import replace
from datetime import timedelta

from inbox_worker.core.deciding import decide
from inbox_worker.core.decision import AnswerKind, Decision, Outcome
from inbox_worker.core.entries import Recorded
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.message import Address, Message
from inbox_worker.core.recording import entries_of
from inbox_worker.core.registration import Intent, Reason, Registrant, Salutation
from inbox_worker.core.request import Request
from tests.builders import ANNA, ANNAS, FACHDISKURS, NOW, OFFICE, PRESSE, a_desk, a_message, a_ref, a_request

BEN = Registrant("Ben", "Yılmaz")


class Desk:
    """A registration desk without mailbox and journal: mails go in, decisions come out, the Ledger remembers."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.number = 0

    def gets(self, request: Request, message: Message | None = None) -> Decision:
        self.number += 1
        message = message or a_message(f"{self.number:08}" * 8)
        decision = decide(message, request, self.ledger, a_desk(), NOW)
        for entry in entries_of(a_ref(self.number), message, decision, owe=True):
            self.ledger.apply(Recorded(self.ledger.seq + 1, NOW, entry))
        return decision

    def names(self, event: str = FACHDISKURS) -> list[str]:
        return [one.registrant.name for one in self.ledger.roster(event)]


def kinds(decision: Decision) -> list[AnswerKind]:
    return [answer.kind for answer in decision.answers]


def test_a_registration_is_put_on_the_list_and_gets_the_link() -> None:
    desk = Desk()
    decision = desk.gets(a_request(Intent.REGISTRATION, ANNA))
    assert desk.names() == ["Anna Schmitt"]
    assert kinds(decision) == [AnswerKind.CONFIRMATION]
    assert decision.sends_link
    assert decision.outcome is Outcome.DONE
    assert decision.answers[0].to == ANNAS
    assert decision.answers[0].greeted == ANNA
    assert decision.answers[0].in_reply_to == "<00000001@mail.example>"


def test_somebody_registered_already_gets_the_link_again_and_no_second_entry() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    decision = desk.gets(a_request(Intent.REGISTRATION, replace(ANNA, given_name="ANNA", role=None)))
    assert desk.names() == ["Anna Schmitt"]
    assert kinds(decision) == [AnswerKind.LINK]


def test_the_same_content_is_never_treated_twice() -> None:
    desk = Desk()
    message = a_message("a" * 64)
    desk.gets(a_request(Intent.REGISTRATION, ANNA), message)
    decision = desk.gets(a_request(Intent.REGISTRATION, ANNA), message)
    assert decision.outcome is Outcome.COPY
    assert decision.answers == ()


def test_one_of_two_is_new_and_both_are_confirmed() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    decision = desk.gets(a_request(Intent.REGISTRATION, ANNA, BEN))
    assert desk.names() == ["Anna Schmitt", "Ben Yılmaz"]
    assert decision.answers[0].registered == (ANNA, BEN)


def test_a_machine_is_never_answered() -> None:
    for intent in (Intent.AUTO_REPLY, Intent.BOUNCE, Intent.BULK):
        decision = Desk().gets(a_request(intent, ANNA))
        assert (decision.answers, decision.joining, decision.outcome) == ((), (), Outcome.AUTOMATIC)


def test_a_cancellation_takes_the_registration_back_and_is_confirmed_without_link() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    decision = desk.gets(a_request(Intent.CANCELLATION, withdrawn=(ANNA,)))
    assert desk.names() == []
    assert kinds(decision) == [AnswerKind.CANCELLATION]
    assert not decision.sends_link


def test_who_cancels_may_register_again() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    desk.gets(a_request(Intent.CANCELLATION, withdrawn=(ANNA,)))
    decision = desk.gets(a_request(Intent.REGISTRATION, ANNA))
    assert desk.names() == ["Anna Schmitt"]
    assert kinds(decision) == [AnswerKind.CONFIRMATION]


def test_an_invited_person_may_decline_without_having_registered() -> None:
    desk = Desk()
    decision = desk.gets(a_request(Intent.CANCELLATION, withdrawn=(ANNA,)))
    assert [one.registration for one in decision.leaving] == [""]
    assert kinds(decision) == [AnswerKind.CANCELLATION]


def test_a_cancellation_without_a_name_means_who_registered_with_that_address() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    desk.gets(a_request(Intent.CANCELLATION, withdrawn=(Registrant(),), events=()))
    assert desk.names() == []


def test_a_stranger_cannot_sign_somebody_off() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    stranger = a_message("e" * 64, Address("", "anna@fremd.example"))
    decision = desk.gets(a_request(Intent.CANCELLATION, withdrawn=(ANNA,)), stranger)
    assert desk.names() == ["Anna Schmitt"]
    assert decision.outcome is Outcome.HELD
    assert not decision.answers


def test_a_colleague_at_the_same_medium_may_sign_somebody_off() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    colleague = a_message("e" * 64, Address("", "chef@teutoburger-bote.example"))
    desk.gets(a_request(Intent.CANCELLATION, withdrawn=(ANNA,)), colleague)
    assert desk.names() == []


def test_a_substitute_comes_and_the_other_one_goes() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    decision = desk.gets(a_request(Intent.REGISTRATION, BEN, withdrawn=(ANNA,)))
    assert desk.names() == ["Ben Yılmaz"]
    assert kinds(decision) == [AnswerKind.CONFIRMATION]
    assert (decision.answers[0].registered, decision.answers[0].withdrawn) == ((BEN,), (ANNA,))


def test_a_link_request_gets_the_link_and_registers_nobody() -> None:
    desk = Desk()
    decision = desk.gets(a_request(Intent.LINK_REQUEST))
    assert kinds(decision) == [AnswerKind.LINK]
    assert desk.names() == []


def test_an_inquiry_is_held_and_gets_a_receipt_without_link() -> None:
    decision = Desk().gets(a_request(Intent.INQUIRY))
    assert kinds(decision) == [AnswerKind.RECEIPT]
    assert decision.outcome is Outcome.HELD
    assert not decision.sends_link


def test_a_registration_with_a_question_gets_its_link_and_a_person_sees_the_question() -> None:
    asking = replace(a_request(Intent.REGISTRATION, ANNA), concerns=(Reason("Frage", "Gibt es Folien?"),))
    decision = Desk().gets(asking)
    assert decision.sends_link
    assert decision.outcome is Outcome.HELD
    assert decision.answers[0].question_passed_on


def test_an_obstacle_keeps_the_registration_and_withholds_the_link() -> None:
    desk = Desk()
    decision = desk.gets(replace(a_request(Intent.REGISTRATION, ANNA), obstacles=(Reason("DMARC"),)))
    assert desk.names() == ["Anna Schmitt"]
    assert decision.answers == ()
    assert decision.outcome is Outcome.HELD


def test_an_obstacle_lets_nobody_be_signed_off() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    forged = Reason("DMARC failed")
    for asked in (
        a_request(Intent.CANCELLATION, withdrawn=(ANNA,)),
        a_request(Intent.REGISTRATION, BEN, withdrawn=(ANNA,)),
        a_request(Intent.INQUIRY),
    ):
        decision = desk.gets(replace(asked, obstacles=(forged,)))
        assert (decision.answers, decision.leaving, decision.outcome) == ((), (), Outcome.HELD)
    assert "Anna Schmitt" in desk.names()


def test_our_own_address_is_never_answered() -> None:
    ourselves = a_message(sender=Address("", OFFICE))
    decision = Desk().gets(a_request(Intent.REGISTRATION, ANNA), ourselves)
    assert (decision.answers, decision.joining, decision.outcome) == ((), (), Outcome.HELD)


def test_what_is_unclear_is_held_and_not_answered() -> None:
    decision = Desk().gets(replace(a_request(Intent.UNCLEAR), concerns=(Reason("leer"),)))
    assert (decision.answers, decision.outcome) == ((), Outcome.HELD)


def test_a_thank_you_needs_nobody() -> None:
    decision = Desk().gets(a_request(Intent.UNCLEAR, events=()))
    assert (decision.answers, decision.outcome) == ((), Outcome.DONE)


def test_a_mail_without_a_sender_is_held() -> None:
    decision = Desk().gets(a_request(Intent.REGISTRATION, ANNA), a_message(sender=None))
    assert (decision.answers, decision.outcome) == ((), Outcome.HELD)


def test_nobody_is_registered_for_an_event_that_is_over() -> None:
    over = NOW + timedelta(days=30)
    request = a_request(Intent.REGISTRATION, ANNA)
    decision = decide(a_message(), request, Ledger(), a_desk(), over)
    assert (decision.joining, decision.outcome) == ((), Outcome.DONE)
    (answer,) = decision.answers
    assert (answer.kind, answer.events) == (AnswerKind.OVER, (FACHDISKURS,))


def test_of_two_events_the_one_to_come_is_confirmed_and_the_other_one_told_to_a_person() -> None:
    request = a_request(Intent.REGISTRATION, ANNA, events=(FACHDISKURS, PRESSE))
    decision = decide(a_message(), request, Ledger(), a_desk(), NOW + timedelta(days=30))
    assert decision.answers[0].events == (PRESSE,)
    assert decision.outcome is Outcome.HELD


def test_a_registration_without_any_event_is_held() -> None:
    decision = Desk().gets(a_request(Intent.REGISTRATION, ANNA, events=()))
    assert (decision.joining, decision.outcome) == ((), Outcome.HELD)


def test_a_colleague_at_the_same_domain_gets_the_link_too() -> None:
    colleague = replace(BEN, email="b.yilmaz@teutoburger-bote.example")
    decision = Desk().gets(a_request(Intent.REGISTRATION, ANNA, colleague))
    assert [answer.to.addr_spec for answer in decision.answers] == [ANNAS.addr_spec, colleague.email]
    assert decision.answers[1].registered == (colleague,)
    assert decision.answers[1].greeted == colleague
    assert decision.outcome is Outcome.DONE


def test_a_colleague_elsewhere_gets_no_link_from_us_and_a_person_is_told() -> None:
    colleague = replace(BEN, email="ben@anderswo.example")
    decision = Desk().gets(a_request(Intent.REGISTRATION, ANNA, colleague))
    assert [answer.to for answer in decision.answers] == [ANNAS]
    assert decision.answers[0].forward_to == (colleague,)
    assert decision.outcome is Outcome.HELD


def test_a_colleague_in_cc_gets_the_link_wherever_the_address_is() -> None:
    colleague = replace(BEN, email="Ben@Anderswo.example")
    message = a_message(cc=(Address("Ben", "ben@anderswo.example"),))
    decision = Desk().gets(a_request(Intent.REGISTRATION, ANNA, colleague), message)
    assert len(decision.answers) == 2


def test_two_at_the_same_freemail_provider_are_strangers() -> None:
    message = a_message(sender=Address("Anna Schmitt", "anna.schmitt@gmx.de"))
    colleague = replace(BEN, email="ben@gmx.de")
    decision = Desk().gets(a_request(Intent.REGISTRATION, ANNA, colleague), message)
    assert [answer.to.addr_spec for answer in decision.answers] == ["anna.schmitt@gmx.de"]


def test_the_senders_own_other_address_needs_no_person() -> None:
    decision = Desk().gets(a_request(Intent.REGISTRATION, replace(ANNA, email="anna@daheim.example")))
    assert [answer.to for answer in decision.answers] == [ANNAS]
    assert decision.answers[0].forward_to
    assert decision.outcome is Outcome.DONE


def test_a_family_name_is_greeted_where_the_mail_says_frau_or_herr() -> None:
    herr = Registrant(family_name="Weber", salutation=Salutation.HERR)
    decision = Desk().gets(a_request(Intent.REGISTRATION, herr, writer=herr))
    assert decision.answers[0].greeted is herr


def test_whoever_calls_themselves_frau_the_second_time_is_not_registered_anew() -> None:
    desk = Desk()
    desk.gets(a_request(Intent.REGISTRATION, ANNA))
    frau = replace(ANNA, salutation=Salutation.FRAU)
    decision = desk.gets(a_request(Intent.REGISTRATION, frau, writer=frau), a_message("e" * 64))
    assert not decision.joining
    assert decision.answers[0].kind is AnswerKind.LINK


def test_a_name_that_is_not_certain_is_not_greeted() -> None:
    decision = Desk().gets(a_request(Intent.REGISTRATION, ANNA, writer=Registrant(family_name="Schmitt")))
    assert decision.answers[0].greeted is None
