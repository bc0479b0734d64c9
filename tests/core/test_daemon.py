"""What the composition root decides by itself: health, being alone, the plan, and what is logged."""

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from inbox_worker import daemon
from inbox_worker.adapters.heartbeat import Heartbeat
from inbox_worker.cli.logs import set_up
from inbox_worker.cli.terminal import printable
from inbox_worker.config import LogSettings, Settings, load_for_reading, packaged_dir
from inbox_worker.errors import JournalError
from tests.builders import NOW


def settings(tmp_path: Path, **environ: str) -> Settings:
    """The packaged example with its journal in a temporary directory."""
    paths = {"INBOX_WORKER_JOURNAL__PATH": str(tmp_path / "journal.jsonl")}
    return load_for_reading(packaged_dir("config"), paths | environ)


def test_without_a_completed_pass_it_is_not_healthy(tmp_path: Path) -> None:
    assert daemon.healthy(settings(tmp_path), NOW) == (False, "no pass was ever completed")


@pytest.mark.parametrize(("minutes", "poll", "well"), [(0, 30, True), (5, 30, True), (6, 30, False), (6, 120, True)])
def test_health_is_the_age_of_the_last_completed_pass(tmp_path: Path, minutes: int, poll: int, *, well: bool) -> None:
    told = settings(tmp_path, INBOX_WORKER_SCHEDULE__POLL=str(poll))
    Heartbeat(told.journal.path.with_suffix(".heartbeat")).beat(NOW)
    assert daemon.healthy(told, NOW + timedelta(minutes=minutes))[0] is well


def test_a_heartbeat_that_cannot_be_written_is_logged_and_its_age_tells(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    beat = Heartbeat(tmp_path / "gone" / "heartbeat")
    beat.beat(NOW)
    assert "can't write" in caplog.text
    assert beat.last() is None


def test_a_heartbeat_full_of_rubbish_is_no_heartbeat(tmp_path: Path) -> None:
    for rubbish in ("", "[]", "{}", '{"pass_completed": 1}', "\udcff"):
        (tmp_path / "heartbeat").write_text(rubbish, encoding="utf-8", errors="surrogateescape")
        assert Heartbeat(tmp_path / "heartbeat").last() is None


def test_only_one_worker_of_a_name_is_let_in_and_another_name_too(tmp_path: Path) -> None:
    mine, other = settings(tmp_path), settings(tmp_path, INBOX_WORKER_JOURNAL__WORKER="second")
    with daemon.alone(mine):
        with pytest.raises(JournalError, match=r"journal\.worker"), daemon.alone(mine):
            pytest.fail("let in twice")
        with daemon.alone(other):
            pass
    with daemon.alone(mine):  # free again
        pass


async def test_the_plan_follows_the_settings(tmp_path: Path) -> None:
    changed = {
        "INBOX_WORKER_IMAP__SINCE": "2022-11-02",
        "INBOX_WORKER_IMAP__DONE_FOLDER": "Erledigt",
        "INBOX_WORKER_IMAP__SENT": "Gesendete Mails",
        "INBOX_WORKER_SCHEDULE__GIVE_UP": "3600",
    }
    office = daemon.build(settings(tmp_path, **changed), lambda: NOW)
    plan = office.worker.plan
    assert plan.since is not None
    assert plan.since.isoformat() == "2022-11-01T23:00:00+00:00"  # midnight in Berlin
    assert (plan.sent, plan.drafts) == ("Gesendete Mails", "\\Drafts")
    assert (plan.filing.done, plan.filing.held, plan.filing.keyword) == ("Erledigt", None, "InboxWorker")
    assert plan.retry.give_up == timedelta(hours=1)
    await office.close()


def test_the_log_is_one_line_an_event_as_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        set_up(LogSettings(format="text"))
        logging.getLogger("inbox_worker.x").info("mail uid=%d\x1b[2J\nforged", 7)
        set_up(LogSettings(format="json"))
        logging.getLogger("inbox_worker.x").warning("two\nlines")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    text, told = capsys.readouterr().err.splitlines()
    assert text.endswith("info inbox_worker.x: mail uid=7?[2J forged")
    line = json.loads(told)
    assert (line["level"], line["logger"], line["message"]) == ("warning", "inbox_worker.x", "two\nlines")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("Jörg – „gut“\n", "Jörg – „gut“\n"), ("a\x1b[31mb", "a?[31mb"), ("a\u202eb\u2066", "a?b?"), ("\x00\x9b", "??")],
)
def test_nothing_that_moves_the_cursor_or_turns_the_text_reaches_a_terminal(raw: str, shown: str) -> None:
    assert printable(raw) == shown
