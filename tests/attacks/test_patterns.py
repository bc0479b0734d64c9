"""Attacks on regular expressions: every pattern of the package against text made for it from its own parse tree."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.attacks import hostile_patterns


@pytest.mark.timeout(600)
def test_no_pattern_takes_cubic_or_exponential_time() -> None:
    """In a child process; among the patterns are those compiled at import, made of data, and written where used."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.hostile_patterns"], capture_output=True, text=True, check=True
    )
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["faults"] == []
    assert report["patterns"] > 2_000
    assert report["shapes"] > 300
    assert set(report["bounded"]) == hostile_patterns.BOUNDED.keys()


HOSTILE = [
    r"(a+)+$",
    r"(?:a|a)*b",
    r"(\w+\s?)+:",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"\s*[*-]?\s*\w*\s*:",
    r"\s*[-_=*>~]{2,}\s*(.*?)\s*[-_=*]*\s*:?\s*",
]
HARMLESS = [r"\d{1,2}\.\d{1,2}\.", r"[a-z]+@[a-z]+", r"(?:\s*x)*y", r"^\s*(?:re|aw)\s?:\s*"]


@pytest.mark.timeout(600)
def test_the_search_accuses_what_is_known_to_be_hostile_and_nothing_else() -> None:
    program = (
        "import json, sys; from tests.attacks import hostile_patterns;"
        "print(json.dumps(hostile_patterns.accused(json.load(sys.stdin))))"
    )
    told = json.dumps(HOSTILE + HARMLESS)
    done = subprocess.run([sys.executable, "-c", program], input=told, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == HOSTILE
