"""What the commands say of personal links: the list for whoever lets people in, the stock, and nothing to others."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from inbox_worker.adapters.journal_file import JournalFile
from inbox_worker.cli import main
from inbox_worker.cli.check import own_links
from inbox_worker.config import load_for_reading, packaged_dir
from inbox_worker.core.entries import Entry, LinkGiven, Registered
from inbox_worker.core.personal import digest, token
from inbox_worker.core.registration import Registrant, Status
from tests.builders import ANNA, FACHDISKURS, NOW, PRESSE, SIGNED, a_mail

LINKS = tuple(f"https://meet.example/own/{number}" for number in range(9))
SECRET = "0123456789abcdef" * 2
BEN, EVA = Registrant("Ben", "Yilmaz"), Registrant("Eva", "Lang")


@pytest.fixture
async def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, but the first event has a pool and three people, the second one a pattern and one."""
    where = tmp_path / "config"
    shutil.copytree(packaged_dir("config"), where)
    write(where, 'links_file = "own.csv"')
    other = where / "events" / f"{PRESSE}.toml"
    pattern = 'link = "https://meet.example/room?tk={token}"\ntoken_secret_file = "secret"\n'
    other.write_text(re.sub(r'(?m)^link = ".*"\n', pattern, other.read_text("utf-8")), "utf-8")
    (where / "events" / "own.csv").write_text("\n".join(LINKS), "utf-8")
    (where / "events" / "secret").write_text(SECRET, "utf-8")
    monkeypatch.setenv("INBOX_WORKER_CONFIG", str(where))
    monkeypatch.setenv("INBOX_WORKER_JOURNAL__PATH", str(tmp_path / "journal.jsonl"))
    entries: list[Entry] = [
        Registered("1", FACHDISKURS, "d1", ANNA, "a@bote.example"),
        LinkGiven("1", FACHDISKURS, digest(LINKS[3]), ANNA, "a@bote.example"),
        Registered("2", FACHDISKURS, "d2", BEN, "b@bote.example", Status.PENDING),
        Registered("3", FACHDISKURS, "d3", EVA, "e@bote.example"),
        Registered("4", PRESSE, "d4", ANNA, "a@bote.example"),
    ]
    file = JournalFile(tmp_path / "journal.jsonl", lambda entry: entry.WHAT)
    await file.append(entries, after=0, at=NOW)
    await file.close()
    return where


def write(config: Path, lines: str) -> None:
    event = config / "events" / f"{FACHDISKURS}.toml"
    event.write_text(re.sub(r'(?m)^link = ".*"$', lines, event.read_text("utf-8")), "utf-8")


def links_in_csv(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["registrants", "--format", "csv", *arguments]) == 0
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out[1:], newline=""), delimiter=";")
    return [row["Zugangslink"] for row in rows]


@pytest.mark.usefixtures("config")
def test_csv_and_json_tell_whose_link_is_which_to_whoever_lets_people_in(capsys: pytest.CaptureFixture[str]) -> None:
    tokened = f"https://meet.example/room?tk={token(SECRET, PRESSE, '4')}"
    assert links_in_csv(capsys) == [LINKS[3], "", tokened, ""], "who has no place, and who no link yet, has none there"
    assert links_in_csv(capsys, "--event", FACHDISKURS) == [LINKS[3], "", ""]
    assert main(["registrants", "--format", "json"]) == 0
    told = {row["id"]: row["link"] for row in json.loads(capsys.readouterr().out)}
    assert told == {"1": LINKS[3], "2": "", "3": "", "4": tokened}


async def test_where_there_is_one_link_for_all_no_list_tells_it(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = config / "events" / f"{FACHDISKURS}.toml"
    event.write_text(event.read_text("utf-8").replace('links_file = "own.csv"', f'link = "{LINKS[0]}"'), "utf-8")
    assert main(["registrants", "--format", "csv", "--event", FACHDISKURS]) == 0
    assert "Zugangslink" not in capsys.readouterr().out
    assert main(["registrants", "--format", "json"]) == 0
    assert ["link" in row for row in json.loads(capsys.readouterr().out)] == [False, False, True, False]


@pytest.mark.usefixtures("config")
def test_the_table_tells_the_stock_and_no_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registrants"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Vorrat an Zugangslinks für {FACHDISKURS}: 7 von 9\n")
    assert "meet.example" not in out
    assert main(["registrants", "--event", PRESSE]) == 0
    assert "Vorrat" not in capsys.readouterr().out


def test_a_secret_that_cannot_be_read_is_named_instead_of_a_wrong_link(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config / "events" / "secret").unlink()
    assert main(["registrants", "--format", "csv"]) == 2
    assert "token_secret_file" in capsys.readouterr().err


def told(config: Path) -> list[str]:
    environ = {"INBOX_WORKER_JOURNAL__PATH": str(config.parent / "journal.jsonl")}
    return own_links(load_for_reading(config, environ, links=True), NOW)


def test_check_tells_the_stock_who_has_no_link_and_whose_is_gone(config: Path) -> None:
    assert told(config) == [f"ok    {FACHDISKURS}: 7 of 9 personal links are left"], "one is for who has none yet"
    (config / "events" / "own.csv").write_text("\n".join(LINKS[5:]), "utf-8")
    assert told(config) == [
        f"ok    {FACHDISKURS}: 3 of 4 personal links are left",
        (
            f"NOTE  {FACHDISKURS}: one person has a link that is not in its links_file any more: put it back, or give "
            f"them new ones with inbox-worker notify {FACHDISKURS} --reason change"
        ),
    ]
    (config / "events" / "own.csv").write_text(LINKS[3], "utf-8")
    assert told(config) == [
        f"NOTE  {FACHDISKURS}: 0 of 1 personal links are left: add more to its links_file, and start anew",
        f"NOTE  {FACHDISKURS}: one person has a place and no link: add more to its links_file, and start anew",
    ]


def test_check_knows_the_stock_before_the_first_start(config: Path) -> None:
    (config.parent / "journal.jsonl").unlink()
    assert told(config) == [f"ok    {FACHDISKURS}: 9 of 9 personal links are left"]
    assert not (config.parent / "journal.jsonl").exists()


@pytest.mark.parametrize("event", [FACHDISKURS, PRESSE])
def test_a_preview_shows_links_that_nobody_has(config: Path, tmp_path: Path, event: str) -> None:
    (config / "events" / "secret").unlink()
    assert main(["preview", "confirmation", "--event", event, "--out", str(tmp_path / "out")]) == 0
    told = (tmp_path / "out" / "confirmation-several.de.txt").read_text("utf-8")
    assert told.count("Zugangslink für Dr. Anke Terhorst: https://") == 2, "at both events"
    assert "/own/" not in told


def test_explain_knows_of_no_pool_that_is_empty(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config / "events" / "own.csv").unlink()
    mail = tmp_path / "mail.eml"
    mail.write_bytes(a_mail(SIGNED.format("Anna Schmitt")))
    assert main(["explain", "--json", str(mail)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["reply"], answer["needs_human"]) == ("confirmation", False)
