"""Every reason that our code can give has German words: the press office never reads the programmer's English."""

import ast
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import inbox_worker.core
from inbox_worker.core.journey import CRASHED, FAILED, TOO_LONG, TOO_MUCH
from inbox_worker.core.registration import Reason
from inbox_worker.core.screening.rules import RULES
from inbox_worker.core.terms import german

CORE = Path(inbox_worker.core.__path__[0])
GERMAN = tomllib.loads(files("inbox_worker.core").joinpath("data/reasons.de.toml").read_text("utf-8"))
MAKERS = {"Reason", "_reasons"}


def written() -> Iterator[str]:
    """The first argument of everything that makes a reason, where it is written down."""
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS and node.args:
                what = node.args[0]
                if isinstance(what, ast.Constant) and isinstance(what.value, str):
                    yield what.value


def test_every_reason_in_the_code_has_german_words() -> None:
    found = set(written())
    assert len(found) > 15
    assert found <= GERMAN.keys()


def test_every_rule_and_sign_of_screening_has_german_words() -> None:
    signs = {
        sign["name"]
        for path in (CORE / "screening" / "data").glob("*.toml")
        for sign in tomllib.loads(path.read_text("utf-8"))["sign"]
    }
    assert len(signs) > 20
    assert {rule.name for rule in RULES} | signs <= GERMAN.keys()


def test_every_reason_why_a_mail_is_poison_has_german_words() -> None:
    assert {TOO_LONG, TOO_MUCH, CRASHED, FAILED} <= GERMAN.keys()


def test_a_reason_is_told_with_the_mails_own_words() -> None:
    told = german([Reason("doubt", "vielleicht", "text"), Reason("no event is named"), Reason("doubt", "mal sehen")])
    assert told == "ist sich noch nicht sicher: „vielleicht“, „mal sehen“; keine Veranstaltung zu erkennen"
