"""Attacks on DMARC: a forged sender whose mail says that it passed, or hides that it failed (RFC 8601 §5, §7).

Our own server's word is the topmost Authentication-Results with its name. What it quotes there can be the sender's.
"""

import pytest

from inbox_worker.core.decision import Outcome
from tests.attacks.desk import SENDER, a_letter, treated

FAILED = "mx.desk.example; dmarc=fail (p=reject dis=none) header.from=bote.example"
PASSED = "mx.desk.example; dmarc=pass (p=reject) header.from=bote.example"


def with_results(*values: str) -> bytes:
    return a_letter(*(f"Authentication-Results: {value}" for value in values))


def is_held_without_link(*values: str) -> bool:
    found = treated(with_results(*values))
    stands = "DMARC failed" in found.concerns
    assert stands is (found.decision.outcome is Outcome.HELD)
    assert stands is (not found.replies)
    assert len(found.decision.joining) == 1  # the registration stands either way, for a person to release
    return stands


def test_a_failed_mail_is_registered_and_held_and_gets_no_link() -> None:
    assert is_held_without_link(FAILED)


def test_a_passed_mail_gets_its_link() -> None:
    assert not is_held_without_link(PASSED)
    assert treated(with_results(PASSED)).receivers == [SENDER]


@pytest.mark.parametrize(
    "forged",
    [
        PASSED,
        "MX.DESK.EXAMPLE 1; dmarc=pass",
        "mx.desk.example; dmarc=pass (p=none)",
        "evil.example (mx.desk.example); dmarc=pass",
    ],
)
def test_a_forged_pass_below_our_servers_own_word_is_ignored(forged: str) -> None:
    assert is_held_without_link(FAILED, forged)


@pytest.mark.parametrize(
    "foreign",
    [
        "evil.example; dmarc=pass",
        "mx.desk.example.evil.example; dmarc=pass",
        "evil-mx.desk.example; dmarc=pass",
        "evil.example (mx.desk.example); dmarc=pass",
        '"mx.desk.example evil"; dmarc=pass',
        "(mx.desk.example; dmarc=pass) evil.example; dmarc=pass",
        "; mx.desk.example; dmarc=pass",
        "",
    ],
)
def test_a_pass_by_another_server_is_ignored_even_on_top(foreign: str) -> None:
    assert is_held_without_link(foreign, FAILED)


def test_a_forged_failure_of_somebody_else_holds_nobody() -> None:
    assert not is_held_without_link("evil.example; dmarc=fail (p=reject)", PASSED)
    assert not is_held_without_link(PASSED, FAILED)


@pytest.mark.parametrize(
    "value",
    [
        "MX.Desk.Example; DMARC=FAIL (P=REJECT)",
        "mx.desk.example 1; dmarc=fail (p=reject)",
        "mx.desk.example (our gate); dmarc=fail (p=reject)",
        "(our gate) mx.desk.example; dmarc=fail (p=reject)",
        '"mx.desk.example"; dmarc=fail (p=reject)',
        "mx.desk.example;\r\n\tdmarc=fail\r\n (p=reject\r\n dis=none)",
        "mx.desk.example;dmarc = fail(p=reject)",
        "mx.desk.example; dmarc/1=fail (p=reject)",
        "mx.desk.example; spf=pass; dkim=pass; dmarc=fail action=oreject header.from=bote.example",
    ],
)
def test_our_servers_word_is_known_in_every_spelling_of_the_grammar(value: str) -> None:
    assert is_held_without_link(value)


@pytest.mark.parametrize(
    "words",
    [
        'spf=pass reason="dmarc=pass"',
        'spf=pass smtp.mailfrom="x; dmarc=pass (p=none)"@evil.example',
        "spf=pass (sender said dmarc=pass p=none)",
        "spf=fail (domain of dmarc=fail p=none does not permit)",
        'spf=pass smtp.mailfrom="p=none"@evil.example',
        "spf=pass (nested (comment; dmarc=pass) of theirs)",
        'spf=pass (a \\) bracket; dmarc=pass) smtp.helo="\\"; dmarc=pass"',
    ],
)
def test_a_senders_words_in_quotes_or_in_another_methods_comment_change_nothing(words: str) -> None:
    assert is_held_without_link(f"mx.desk.example; {words}; dmarc=fail (p=reject) header.from=bote.example")
    assert is_held_without_link(f"mx.desk.example; dmarc=fail (p=reject) header.from=bote.example; {words}")


@pytest.mark.parametrize("opened", ["smtp.mailfrom=a(b@evil.example", 'smtp.helo="evil', "(never closed"])
def test_a_bracket_that_the_sender_opens_can_not_swallow_the_failure(opened: str) -> None:
    assert is_held_without_link(f"mx.desk.example; spf=pass {opened}; dmarc=fail (p=none) header.from=bote.example")
    assert is_held_without_link(f"mx.desk.example; spf=pass {opened}; dmarc=fail (p=reject); dkim=none x=a)b")


def test_of_two_results_in_one_field_the_failure_counts() -> None:
    assert is_held_without_link("mx.desk.example; dmarc=pass; dmarc=fail (p=reject)")
    assert is_held_without_link("mx.desk.example; dmarc=fail (p=reject); dmarc=pass (p=none)")


@pytest.mark.parametrize(
    ("told", "stands"),
    [
        ("(p=reject)", True),
        ("(p=quarantine sp=none dis=none)", True),
        ("(p=reject sp=none)", True),
        ("policy.dmarc=quarantine", True),
        ("", True),
        ("action=none", True),
        ("(p=none)", False),
        ("(p=NONE sp=REJECT dis=NONE)", False),
        ("policy.dmarc=none", False),
        ("policy.published-domain-policy=none", False),
        ("header.from=p=none", True),
        ('header.from="x p=none"', True),
    ],
)
def test_only_a_policy_of_none_leaves_a_failure_without_consequence(told: str, stands: bool) -> None:
    assert is_held_without_link(f"mx.desk.example; dmarc=fail {told}") is stands


@pytest.mark.parametrize("result", ["none", "temperror", "permerror", "bestguesspass", "pass", "policy", "failure"])
def test_a_result_that_is_no_failure_holds_nobody(result: str) -> None:
    """RFC 7489 §11.2: no policy, none that could be fetched, none that could be read; nothing was judged."""
    assert not is_held_without_link(f"mx.desk.example; dmarc={result} header.from=bote.example")


def test_without_a_word_of_our_own_server_nobody_is_held() -> None:
    assert not is_held_without_link()
    assert not is_held_without_link("mx.desk.example; none")
