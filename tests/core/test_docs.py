"""The documents tell the truth where a program can see it: every test that they name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), flags=re.MULTILINE)
}
FILES = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}


@pytest.mark.parametrize("document", ["README.md", "docs/guarantees.md"])
def test_every_test_that_a_document_names_exists(document: str) -> None:
    named = set(re.findall(r"\b(test_\w+)(…?)", (ROOT / document).read_text("utf-8")))
    assert len(named) > 5
    for name, cut in named:
        exists = any(test.startswith(name) for test in TESTS) if cut else name in TESTS | FILES
        assert exists, f"{document}: there is no {name}"
