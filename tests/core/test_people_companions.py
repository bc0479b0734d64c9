"""Couples that sign together, colleagues in the Cc, writers who leave out all capitals."""

from dataclasses import replace

import pytest

from inbox_worker.core.message import Address
from inbox_worker.core.reading import read
from inbox_worker.core.reading.people.companions import with_own_signature
from inbox_worker.core.request import Verdict
from tests.core.reading_desk import DESK, mail

_COPIED = (Address("", "k.wirtz@tagespost.example"), Address("Silke Hansen", "sh@tagespost.example"))


def people(text: str, name: str, *cc: Address) -> list[tuple[str | None, str | None, str | None]]:
    """Given name, family name and address of everybody whom this mail registers."""
    request = read(replace(mail(text, name=name), cc=cc), Verdict(), DESK)
    return sorted(((one.given_name, one.family_name, one.email) for one in request.registrants), key=str)


@pytest.mark.parametrize(
    ("text", "name", "given"),
    [
        ("Wir nehmen am Fachdiskurs teil.\n\nViele Grüße\nPetra und Jens Vogt", "Jens Vogt", ["Jens", "Petra"]),
        ("Wir nehmen am Fachdiskurs teil.\n\nViele Grüße\nPetra & Jens Vogt", "Petra Vogt", ["Jens", "Petra"]),
        ("Ich nehme am Fachdiskurs teil.\n\nViele Grüße\nPetra und Jens Vogt", "Jens Vogt", ["Jens"]),
        (
            "Meine Frau Petra und ich nehmen am Fachdiskurs teil.\n\nViele Grüße\nPetra und Jens Vogt",
            "Jens Vogt",
            ["Jens", "Petra"],
        ),
    ],
)
def test_a_couple_that_signs_together_shares_the_family_name(text: str, name: str, given: list[str]) -> None:
    assert people(text, name) == [(one, "Vogt", None) for one in given]


def test_the_cc_tells_the_addresses_where_the_mail_says_so() -> None:
    text = "Ich melde an:\n\n- Klaus Wirtz\n- Silke Hansen\n\nBeide stehen im Cc.\n\nGruß\nAnna Berg"
    assert people(text, "Anna Berg", *_COPIED) == [
        ("Klaus", "Wirtz", "k.wirtz@tagespost.example"),
        ("Silke", "Hansen", "sh@tagespost.example"),
    ]


@pytest.mark.parametrize("said", ["", "Gruß in Eile."])
def test_a_cc_of_which_nothing_is_said_gives_no_address(said: str) -> None:
    text = f"Ich melde an:\n\n- Klaus Wirtz\n- Silke Hansen\n\n{said}\n\nGruß\nAnna Berg"
    assert [email for *_, email in people(text, "Anna Berg", *_COPIED)] == [None, None]


@pytest.mark.parametrize(
    ("text", "address", "kept", "signature"),
    [
        ("ich komme gern. mo winter, radio hafen", "mo.winter@x.example", "ich komme gern.", "Mo Winter, radio hafen"),
        ("bin dabei!\nlena ohm", "lena_ohm@x.example", "bin dabei!", "Lena Ohm"),
        ("hier schreibt lena ohm vom boten", "lena.ohm@x.example", "hier schreibt Lena Ohm vom boten", ""),
        ("gruß an lena ohms mutter", "lena.ohm@x.example", "gruß an lena ohms mutter", ""),
        ("bin dabei. Lena Ohm", "lena.ohm@x.example", "bin dabei. Lena Ohm", ""),
        ("bin dabei. presse", "presse@x.example", "bin dabei. presse", ""),
    ],
)
def test_a_name_in_small_letters_is_known_by_the_address(text: str, address: str, kept: str, signature: str) -> None:
    assert with_own_signature(text, "", address) == (kept, signature)
