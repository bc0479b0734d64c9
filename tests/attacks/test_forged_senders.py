"""Attacks by address: answers that would go to somebody else than the one who wrote, or to more than one."""

import email
from email import policy

import pytest

from inbox_worker.core.decision import Outcome
from tests.attacks.desk import REGISTRATION, SENDER, a_letter, treated
from tests.builders import OFFICE


def is_held(raw: bytes, *, registered: int = 1) -> list[str]:
    """Held, without any answer; returns why."""
    found = treated(raw)
    assert found.decision.outcome is Outcome.HELD
    assert found.replies == ()
    assert len(found.decision.joining) == registered
    return found.concerns


def test_a_reply_to_elsewhere_that_the_text_does_not_name_is_held() -> None:
    for reply_to in ("anna@b0te.example", "x@evil.example, anna@bote.example", "anna@bote.example.evil.example"):
        assert is_held(a_letter(f"Reply-To: {reply_to}")) == ["Reply-To at a foreign domain"]


def test_a_reply_to_that_the_writer_explains_is_ordinary_and_still_not_written_to() -> None:
    text = REGISTRATION.replace("an.\n", "an. Antworten bitte an anna@privat.example.\n", 1)
    found = treated(a_letter("Reply-To: anna@privat.example", text=text))
    assert found.decision.outcome is Outcome.DONE
    assert found.receivers == [SENDER]


@pytest.mark.parametrize(
    "text",
    [
        f"{REGISTRATION}\nAm 1.11.2022 schrieb X <x@evil.example>:\n> Antworten an x@evil.example\n",
        f"{REGISTRATION}\n-----Ursprüngliche Nachricht-----\nVon: x@evil.example\nBetreff: y\n\nx@evil.example\n",
    ],
)
def test_a_reply_to_that_only_a_quoted_text_names_is_held(text: str) -> None:
    assert is_held(a_letter("Reply-To: x@evil.example", text=text)) == ["Reply-To at a foreign domain"]


def test_our_own_address_as_reply_to_is_held() -> None:
    assert is_held(a_letter(f"Reply-To: {OFFICE}")) == ["our own address as Reply-To"]


@pytest.mark.parametrize(
    "raw",
    [
        a_letter("From: ole@evil.example"),
        a_letter(sender=f"A <{SENDER}>, B <ole@evil.example>"),
        a_letter(sender=f"Redaktion: {SENDER}, ole@evil.example;"),
        a_letter("From: (hidden) <ole@evil.example>", "From: nobody"),
    ],
)
def test_different_addresses_in_from_are_held(raw: bytes) -> None:
    assert is_held(raw) == ["different From addresses"]


def test_a_from_that_ends_the_header_is_held() -> None:
    """A blank before the colon: what the library reads as the end of the header, other programs read as From."""
    found = treated(a_letter("from : ole@evil.example"))
    assert found.replies == ()
    assert found.decision.outcome is Outcome.HELD


def test_an_identical_from_twice_is_ordinary() -> None:
    assert [one.casefold() for one in treated(a_letter(f"From: <{SENDER.upper()}>")).receivers] == [SENDER]


def test_a_sender_field_is_never_written_to() -> None:
    for name in (
        "Sender",
        "Errors-To",
        "Return-Receipt-To",
        "Disposition-Notification-To",
        "X-Reply-To",
        "Mail-Reply-To",
    ):
        assert treated(a_letter(f"{name}: x@evil.example")).receivers == [SENDER]
    assert treated(a_letter("Return-Path: <x@evil.example>")).receivers == [SENDER]


@pytest.mark.parametrize(
    "name",
    [
        '"haaf@zukunftswerkstatt-kommunen.de"',
        f'"{OFFICE}"',
        f'"{OFFICE}, x"',
        f'"<{OFFICE}>"',
        "=?utf-8?q?x=40evil=2Eexample=3E=2C_?=",
        "=?utf-8?b?PHhAZXZpbC5leGFtcGxlPiw=?=",
        "Christina Haaf (x@evil.example)",
    ],
)
def test_a_display_name_that_looks_like_an_address_is_no_address(name: str) -> None:
    found = treated(a_letter(sender=f"{name} <{SENDER}>"))
    assert [one.addr_spec for one in found.message.senders] == [SENDER]
    assert found.receivers == [SENDER]
    for reply in found.replies:
        (to,) = email.message_from_bytes(reply.content, policy=policy.default)["To"].addresses
        assert to.addr_spec == SENDER


@pytest.mark.parametrize(
    "written",
    [
        f"Anna <@relay.example:{SENDER}>",
        f'"{SENDER},x"@evil.example',
        '"a\r\n b"@bote.example',
        '"a\\"b"@bote.example',
        f"Anna <{SENDER}> <x@evil.example>",
        f"<{SENDER},x@evil.example>",
        f"{SENDER}\0@evil.example",
        f"{SENDER} x@evil.example",
        "Anna <=?utf-8?q?anna=40bote=2Eexample=2Cx=40evil=2Eexample?=>",
        "anna@[127.0.0.1]",
        "anna@localhost",
        "anna@bote.example%0d%0aRCPT",
        f"{SENDER}>\r\n RCPT TO:<x@evil.example",
        "anna@-bote.example",
        f"anna@{'a' * 64}.example",
        f"{'a' * 65}@bote.example",
        "anna@bote..example",
        "",
        "undisclosed-recipients:;",
    ],
)
def test_an_address_that_is_none_or_hides_a_second_one_is_held(written: str) -> None:
    found = treated(a_letter(sender=written))
    assert found.replies == ()
    assert found.decision.outcome is Outcome.HELD
    assert "no valid sender address" in found.concerns


@pytest.mark.parametrize("written", ["anna%evil.example@bote.example", "a!b!anna@bote.example", "x+y=z@bote.example"])
def test_an_odd_local_part_is_one_address_at_the_domain_it_names(written: str) -> None:
    assert treated(a_letter(sender=written)).receivers == [written]


def test_a_domain_of_look_alike_letters_shows_itself_in_ascii_and_is_nobodys_colleague() -> None:
    """A Cyrillic о: written as what it is, and neither our domain nor that of a colleague."""
    text = "Guten Tag,\n\nhiermit melde ich zum Fachdiskurs am 24. November an:\n\n- Ben Krause, ben@bote.example\n"
    found = treated(a_letter(sender="Anna Schmitt <anna@b\u043ete.example>", text=text))
    assert set(found.receivers) == {"anna@xn--bte-sed.example"}
    ours = treated(a_letter(sender="Anna Schmitt <veranstaltungen@zukunftswerkstatt-k\u043emmunen.de>"))
    assert ours.receivers == ["veranstaltungen@xn--zukunftswerkstatt-kmmunen-hmu.de"]


@pytest.mark.parametrize("domain", ["b\uff4fte.example", "bote\u3002example", "\u24d1ote.example", "BOTE.EXAMPLE"])
def test_compatible_spellings_of_a_domain_are_that_domain(domain: str) -> None:
    assert treated(a_letter(sender=f"Anna Schmitt <anna@{domain}>")).receivers == [SENDER]


def test_our_own_address_as_sender_is_never_answered_in_any_spelling() -> None:
    for spelling in (OFFICE, OFFICE.upper(), f"Wir <{OFFICE}>", OFFICE.replace(".de", "\u3002de"), OFFICE + "."):
        found = treated(a_letter(sender=spelling))
        assert found.replies == ()
        assert found.decision.outcome is Outcome.HELD
