"""`explain` is the daemon's own journey, offline, and never fails on a mail."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_worker.cli import main
from inbox_worker.cli.explain import explained
from tests.builders import SIGNED, a_desk, a_mail

KEYS = ["intent", "language", "events", "registrants", "withdrawn", "needs_human", "sends_link", "reply", "because"]


def test_one_json_line_for_each_file_in_the_order_of_the_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name in ("zwei", "eins"):
        (tmp_path / name).write_bytes(a_mail(SIGNED.format("Anna Schmitt")))
        files.append(str(tmp_path / name))
    assert main(["explain", "--json", *files]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == files
    assert list(lines[0]) == ["file", *KEYS]
    assert lines[0]["reply"] == "confirmation"
    assert lines[0]["registrants"][0]["family_name"] == "Schmitt"


def test_in_words_it_says_what_would_be_done_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mail.eml").write_bytes(a_mail(SIGNED.format("Anna Schmitt")))
    assert main(["explain", str(tmp_path / "mail.eml")]) == 0
    out = capsys.readouterr().out
    assert "Anmeldung (de), zwk-fachdiskurs-22" in out
    assert "Bestätigung mit Zugangslink" in out


def test_at_another_time_the_event_may_be_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mail.eml").write_bytes(a_mail(SIGNED.format("Anna Schmitt")))
    assert main(["explain", "--json", "--at", "2023-01-01T00:00:00+01:00", str(tmp_path / "mail.eml")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sends_link"], told["reply"]) == (False, "over")


@pytest.mark.parametrize("at", ["morgen", "2022-11-24", "2022-11-24T13:00:00"])
def test_a_time_without_zone_is_refused_with_an_example(at: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--at", at, "any.eml"]) == 2
    assert "write 2022-11-24T12:30:00+01:00" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named_and_the_others_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mail.eml").write_bytes(a_mail(SIGNED.format("Anna Schmitt")))
    assert main(["explain", "--json", str(tmp_path / "none.eml"), str(tmp_path / "mail.eml")]) == 2
    told = capsys.readouterr()
    assert "none.eml" in told.err
    assert len(told.out.splitlines()) == 1


@given(st.binary(max_size=3000))
def test_whatever_the_bytes_there_is_an_answer_and_no_link(raw: bytes) -> None:
    told = explained(raw, a_desk())
    assert list(told) == KEYS
    assert not told["sends_link"]
