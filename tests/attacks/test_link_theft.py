"""Attacks on the link: to have it sent to somebody who did not write, or to have us write to many (DESIGN).

It goes to the sender, and to a named colleague only who shares the sender's own domain or stands in To or Cc.
"""

import pytest

from inbox_worker.core.case import MOST_COLLEAGUES
from inbox_worker.core.decision import Outcome
from tests.attacks.desk import LINK, SENDER, Treated, a_letter, treated

GIVEN = "Ben Clara David Eva Felix Greta Hanna Ingo Jana Karl Lena Max Nora Otto Paul Rita Sven Tina Uwe Ida".split()  # noqa: SIM905 - twenty words
FAMILY = "Berg Krause Lohmann Winter Sommer Vogt Ziegler Hartmann Albrecht Busch Dietrich Engel Fuchs Graf".split()  # noqa: SIM905 - the same
WISH = "Guten Tag,\n\nhiermit melde ich {} zum Fachdiskurs am 24. November an:\n\n{}\n\nViele Grüße\nAnna Schmitt\n"


def naming(*addresses: str, fields: tuple[str, ...] = (), sender: str = SENDER, behind: str = "") -> Treated:
    """Anna registers people with these addresses."""
    people = "\n".join(
        f"- {GIVEN[number % 20]} {FAMILY[number // 20]}, {address}" for number, address in enumerate(addresses)
    )
    whom = "meinen Kollegen" if len(addresses) == 1 else "folgende Kolleginnen und Kollegen"
    return treated(a_letter(*fields, text=WISH.format(whom, people) + behind, sender=f"Anna Schmitt <{sender}>"))


def test_a_colleague_at_the_senders_own_domain_gets_the_link_too() -> None:
    assert naming("ben@bote.example").receivers == [SENDER, "ben@bote.example"]


@pytest.mark.parametrize(
    "address",
    [
        "ben@evil.example",
        "ben@bote.example.evil.example",
        "ben@evil-bote.example",
        "ben@mail.bote.example",
        "ben@example",
        "ben@b\u043ete.example",
    ],
)
def test_nobody_elsewhere_gets_it_however_much_the_domain_resembles_the_senders(address: str) -> None:
    found = naming(address)
    assert found.receivers == [SENDER]
    assert LINK in found.replies[0].content


def test_a_sender_at_a_subdomain_speaks_for_nobody_at_the_domain_above() -> None:
    assert naming("ben@bote.example", sender="anna@pages.bote.example").receivers == ["anna@pages.bote.example"]


@pytest.mark.parametrize("domain", ["gmx.de", "gmail.com", "t-online.de", "web.de", "posteo.de", "outlook.com"])
def test_two_customers_of_one_mail_provider_are_strangers(domain: str) -> None:
    assert naming(f"ben@{domain}", sender=f"anna@{domain}").receivers == [f"anna@{domain}"]
    assert naming(f"ben@{domain.upper()}", sender=f"anna@{domain}").receivers == [f"anna@{domain}"]


@pytest.mark.parametrize(
    "field", ["Bcc", "Resent-Cc", "Resent-To", "X-Cc", "Reply-Cc", "Subject", "References", "Sender"]
)
def test_only_to_and_cc_make_a_colleague_elsewhere_one_who_was_written_to(field: str) -> None:
    found = naming("ben@evil.example", fields=(f"{field}: Ben Berg <ben@evil.example>",))
    assert "ben@evil.example" not in found.receivers


def test_a_colleague_in_cc_gets_it_and_somebody_in_cc_who_is_not_named_does_not() -> None:
    cc = "Cc: Ben Berg <ben@elsewhere.example>, x@evil.example, anna@bote.example.evil.example"
    assert naming("ben@elsewhere.example", fields=(cc,)).receivers == [SENDER, "ben@elsewhere.example"]


def test_an_address_in_the_display_name_of_a_copy_was_not_written_to() -> None:
    cc = 'Cc: "ben@evil.example" <x@bote.example>, "Ben, ben@evil.example," <y@bote.example>'
    assert "ben@evil.example" not in naming("ben@evil.example", fields=(cc,)).receivers


@pytest.mark.parametrize(
    "behind",
    [
        "\nAm 1.11.2022 schrieb Ben Krause <ben@bote.example>:\n> Ich melde mich an.\n> Ben Krause, ben@bote.example\n",
        (
            "\n-----Ursprüngliche Nachricht-----\nVon: Ben Krause <ben@bote.example>\nGesendet: 1.11.2022 10:00\n"
            "An: x\nBetreff: y\n\nBen Krause, ben@bote.example\n"
        ),
    ],
)
def test_a_quoted_address_gets_nothing(behind: str) -> None:
    assert set(naming("clara@bote.example", behind=behind).receivers) == {SENDER, "clara@bote.example"}


def test_an_answer_that_bears_no_link_goes_to_the_sender_alone() -> None:
    text = "Guten Tag, wird es eine Aufzeichnung geben? Antworten bitte auch an Ben Krause, ben@bote.example.\n"
    assert set(treated(a_letter("Cc: ben@bote.example", text=text)).receivers) <= {SENDER}


@pytest.mark.parametrize("number", [MOST_COLLEAGUES, MOST_COLLEAGUES + 1, 60, 250])
@pytest.mark.parametrize("copied", [False, True])
def test_one_mail_can_not_make_us_write_to_many(number: int, copied: bool) -> None:
    """Strangers in Cc or made-up addresses at the sender's domain: beyond ten the sender alone gets the link."""
    addresses = [f"p{each}@{'victim' if copied else 'bote'}.example" for each in range(number)]
    found = naming(*addresses, fields=(f"Cc: {', '.join(addresses)}",) if copied else ())
    if number <= MOST_COLLEAGUES:
        assert found.receivers == [SENDER, *addresses]
        return
    assert found.receivers == [SENDER]
    assert found.decision.outcome is Outcome.HELD
    assert "too many colleagues for mails of their own; the sender got the link" in found.concerns
    assert len(found.decision.joining) >= min(number, 100)


def test_the_same_colleague_many_times_gets_one_mail() -> None:
    assert naming(*["ben@bote.example"] * 30).receivers.count("ben@bote.example") <= 1


def test_a_colleague_is_sent_no_web_address_of_the_senders() -> None:
    """Ten strangers in Cc, and an advertisement as subject, name and organisation."""
    text = WISH.format("meinen Kollegen", "- Ben Krause, https://evil.example/win, ben@victim.example")
    found = treated(
        a_letter(
            "Cc: ben@victim.example",
            text=text,
            subject="Gewonnen! https://evil.example/win www.evil.example",
            sender=f'"Gewinn auf https://evil.example/win" <{SENDER}>',
        )
    )
    for reply in found.replies:
        if reply.recipients != (SENDER,):
            assert b"evil.example" not in reply.content
