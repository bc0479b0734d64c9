"""The press office's lists: right in Excel, harmless in a terminal, complete."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.cli import main
from inbox_worker.core.entries import Entry, MailRecorded, Registered, ReplyFailed, Undeliverable
from inbox_worker.core.registration import Intent, Reason
from tests.builders import ANNA, FACHDISKURS, NOW, PRESSE, a_ref

EVIL = replace(ANNA, given_name='=HYPERLINK("http://x")', family_name="\x1b[31mRot\u202e", organisation="@SUM(A1)")


@pytest.fixture
async def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people at one event, one at the other, a held mail and an answer that could not be delivered."""
    path = tmp_path / "journal.jsonl"
    monkeypatch.setenv("INBOX_WORKER_JOURNAL__PATH", str(path))
    entries: list[Entry] = [
        Registered("1", FACHDISKURS, "d1", replace(ANNA, title="Dr.", phone="+495211234567"), "a@bote.example"),
        Registered("2", FACHDISKURS, "d2", EVIL, "evil@bote.example"),
        Registered("3", PRESSE, "d3", ANNA, "a@bote.example"),
        MailRecorded(
            a_ref(),
            "d4",
            Intent.INQUIRY,
            "held",
            sender="u@bote.example",
            subject="Frage",
            concerns=(Reason("eine Frage"),),
        ),
        ReplyFailed("r", 550, "weg@bote.example", "no such person"),
    ]
    file = JournalFile(path, lambda entry: entry.WHAT)
    await file.append(entries, after=0, at=NOW)
    await file.close()


@pytest.mark.usefixtures("journal")
def test_csv_opens_in_excel_with_umlauts_and_without_formulas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registrants", "--format", "csv", "--event", FACHDISKURS]) == 0
    out = capsys.readouterr().out
    assert out.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(out[1:], newline=""), delimiter=";"))
    assert rows[1] == [
        *(FACHDISKURS, "Dr.", "Anna", "Schmitt", "Teutoburger Bote", "Redakteurin"),
        *("0049 521 1234567", "a@bote.example", "10.11.2022 10:00", ""),
    ]
    assert rows[2][2:5] == ['\'=HYPERLINK("http://x")', "?[31mRot?", "'@SUM(A1)"]
    assert len(rows) == 3
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@pytest.mark.usefixtures("journal")
def test_a_table_holds_nothing_that_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registrants"]) == 0
    out = capsys.readouterr().out
    assert "Dr. Anna Schmitt" in out
    assert "3 angemeldet" in out
    assert not {"\x1b", "\u202e"} & set(out)


@pytest.mark.usefixtures("journal")
def test_json_has_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registrants", "--format", "json", "--event", PRESSE]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["registrant"]["family_name"] == "Schmitt"
    assert row["since"] == "2022-11-10T09:00:00+00:00"


@pytest.mark.usefixtures("journal")
def test_held_tells_the_mails_and_the_undelivered_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["held"]) == 0
    out = capsys.readouterr().out
    assert "eine Frage" in out
    assert "Antwort an weg@bote.example: 550 no such person" in out
    assert main(["held", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["held"][0]["subject"] == "Frage"


@pytest.mark.usefixtures("journal")
async def test_a_flood_fills_one_line_and_who_cannot_be_reached_is_marked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    flood = [
        MailRecorded(
            a_ref(uid),
            f"flood{uid}",
            Intent.REGISTRATION,
            "held",
            over="address",
            sender="flut@bote.example",
            subject=f"Anmeldung {uid}",
            concerns=(Reason("more mail than usual: address", "flut@bote.example"),),
        )
        for uid in range(2, 502)
    ]
    file = JournalFile(tmp_path / "journal.jsonl", lambda entry: entry.WHAT)
    await file.append([*flood, Undeliverable("", "A@bote.example", "550 mailbox is full")], after=5, at=NOW)
    await file.close()
    assert main(["held"]) == 0
    out = capsys.readouterr().out
    assert out.count("flut@bote.example") == 2, "one row: whom, and why"
    assert "500 Mails" in out
    assert "501 Mails warten auf Sie" in out
    assert "Unzustellbar: A@bote.example: 550 mailbox is full" in out
    assert main(["registrants"]) == 0
    assert capsys.readouterr().out.count("unzustellbar") == 2
    assert main(["registrants", "--format", "json"]) == 0
    assert [row["undeliverable"] for row in json.loads(capsys.readouterr().out)] == [True, False, True]


@pytest.mark.usefixtures("journal")
def test_an_event_that_is_not_there_is_named_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registrants", "--event", "zwk"]) == 2
    assert FACHDISKURS in capsys.readouterr().err


@pytest.mark.usefixtures("journal")
def test_the_journal_is_told_in_german_with_local_times(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal"]) == 0
    assert "     1  10.11.2022 10:00:00  registered" in capsys.readouterr().out
    assert main(["journal", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


@pytest.mark.usefixtures("journal")
def test_verify_is_content_with_a_whole_journal_and_names_a_changed_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["journal", "verify"]) == 0
    assert "5 entries, unbroken" in capsys.readouterr().out
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes((tmp_path / "journal.jsonl").read_bytes().replace(b"Anna", b"Anne", 1))
    assert main(["journal", "verify", "--file", str(copy)]) == 1
    assert "line 1 is damaged" in capsys.readouterr().out


@pytest.mark.usefixtures("journal")
def test_a_chain_that_was_noted_proves_that_nothing_is_missing_at_the_end(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    assert main(["journal", "verify"]) == 0
    noted = capsys.readouterr().out.split()[-1]
    assert main(["journal", "verify", "--expect", noted]) == 0
    assert "that of entry 5: everything up to it is still there" in capsys.readouterr().out
    path.write_bytes(b"")
    assert main(["journal", "verify"]) == 0  # the chain alone can't tell
    assert "0 entries" in capsys.readouterr().out
    assert main(["journal", "verify", "--expect", noted]) == 1
    assert "entries are missing at the end" in capsys.readouterr().out


@pytest.mark.usefixtures("journal")
def test_a_line_that_only_looks_different_is_told_by_verify_and_hinders_nobody(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"seq":2,', b'"seq": 2,'))
    assert main(["journal", "verify"]) == 1
    assert "line 2 was rewritten" in capsys.readouterr().out
    assert main(["registrants"]) == 0
    assert "3 angemeldet" in capsys.readouterr().out


def test_erased_entries_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    old = Path(__file__).parent.parent / "journals" / "version-1.jsonl"
    assert main(["journal", "verify", "--file", str(old)]) == 0
    assert "17 entries, unbroken, 1 of them erased" in capsys.readouterr().out


def test_a_list_without_a_journal_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_WORKER_JOURNAL__PATH", str(tmp_path / "none.jsonl"))
    for command in (["registrants"], ["held"], ["journal"]):
        assert main(command) == 2
        assert "journal.path" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
