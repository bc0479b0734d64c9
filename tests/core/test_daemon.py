"""What the composition root decides by itself: health, being alone, the plan, and what is logged."""

import json
import logging
from collections import deque
from datetime import timedelta
from pathlib import Path

import pytest

from inbox_worker import daemon
from inbox_worker.adapters.heartbeat import Heartbeat
from inbox_worker.cli.logs import set_up
from inbox_worker.cli.terminal import printable
from inbox_worker.config import LogSettings, Settings, load_for_reading, packaged_dir
from inbox_worker.errors import JournalError, MailboxAuthError, MailboxError
from tests.builders import NOW


def settings(tmp_path: Path, **environ: str) -> Settings:
    """The packaged example with its journal in a temporary directory."""
    paths = {"INBOX_WORKER_JOURNAL__PATH": str(tmp_path / "journal.jsonl")}
    return load_for_reading(packaged_dir("config"), paths | environ)


def test_without_a_completed_pass_it_is_not_healthy(tmp_path: Path) -> None:
    assert daemon.healthy(settings(tmp_path), NOW) == (False, "no pass was ever completed")


class Machine:
    """Tells which start of the machine it is, and the seconds since then."""

    def __init__(self, boot: str = "first", seconds: float = 1000) -> None:
        self.boot, self.seconds = boot, seconds

    def __call__(self) -> tuple[str, float]:
        return self.boot, self.seconds


@pytest.mark.parametrize(("minutes", "poll", "well"), [(0, 30, True), (5, 30, True), (6, 30, False), (6, 120, True)])
@pytest.mark.parametrize("knows_its_uptime", [True, False])
def test_health_is_the_age_of_the_last_completed_pass(
    tmp_path: Path, minutes: int, poll: int, *, well: bool, knows_its_uptime: bool
) -> None:
    told = settings(tmp_path, INBOX_WORKER_SCHEDULE__POLL=str(poll))
    machine = Machine("first" if knows_its_uptime else "")
    daemon.heartbeat(told, machine).beat(NOW)
    machine.seconds += 60 * minutes
    assert daemon.healthy(told, NOW + timedelta(minutes=minutes), machine)[0] is well


def test_a_clock_that_is_set_back_hides_no_worker_that_hangs(tmp_path: Path) -> None:
    told, machine = settings(tmp_path), Machine()
    daemon.heartbeat(told, machine).beat(NOW)
    machine.seconds += 3600
    assert daemon.healthy(told, NOW - timedelta(days=1), machine) == (
        False,
        "the last pass was completed 3600 s ago (limit 300 s)",
    )
    machine.boot = "second"
    well, words = daemon.healthy(told, NOW - timedelta(days=1), machine)
    assert not well
    assert "set back" in words


def test_it_is_not_healthy_while_no_answer_can_leave(tmp_path: Path) -> None:
    told, machine = settings(tmp_path), Machine()
    daemon.heartbeat(told, machine).beat(NOW, "no answer can leave since noon: login refused")
    well, words = daemon.healthy(told, NOW, machine)
    assert not well
    assert words.endswith("login refused")


def test_each_worker_of_a_journal_has_a_heartbeat_of_its_own(tmp_path: Path) -> None:
    daemon.heartbeat(settings(tmp_path)).beat(NOW)
    other = settings(tmp_path, INBOX_WORKER_JOURNAL__WORKER="second")
    assert daemon.healthy(other, NOW) == (False, "no pass was ever completed")


def test_a_heartbeat_that_cannot_be_written_is_logged_and_its_age_tells(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    beat = Heartbeat(tmp_path / "gone" / "heartbeat")
    beat.beat(NOW)
    assert "can't write" in caplog.text
    assert beat.last(NOW) is None


def test_a_heartbeat_full_of_rubbish_is_no_heartbeat(tmp_path: Path) -> None:
    for rubbish in ("", "[]", "{}", '{"pass_completed": 1}', "\udcff"):
        (tmp_path / "heartbeat").write_text(rubbish, encoding="utf-8", errors="surrogateescape")
        assert Heartbeat(tmp_path / "heartbeat").last(NOW) is None


async def test_failed_passes_come_less_and_less_often_and_after_a_refused_login_still_less(tmp_path: Path) -> None:
    office = daemon.build(settings(tmp_path))
    troubles = deque([MailboxError("gone")] * 5 + [MailboxAuthError("refused")] * 6)

    async def failing() -> None:
        raise troubles.popleft()

    office.worker.run_pass = failing  # type: ignore[method-assign]
    pauses = []
    while troubles:
        assert not await office.run_pass()
        pauses.append(office.pause.total_seconds())
    assert pauses[:5] == [30, 60, 120, 120, 120]
    assert pauses[5:] == [900] * 6
    await office.close()


async def test_passes_come_every_few_seconds_while_people_are_about_to_come_in(tmp_path: Path) -> None:
    told = settings(tmp_path)
    start = told.events[0].start
    rhythms = []
    for minutes in (-61, -59, 14, 16):
        moment = start + timedelta(minutes=minutes)
        office = daemon.build(told, lambda moment=moment: moment)  # type: ignore[misc]
        rhythms.append(office.rhythm.total_seconds())
        await office.close()
    assert rhythms == [30, 5, 5, 30]


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


@pytest.mark.parametrize("mode", ["observe", "draft", "send"])
async def test_the_digest_leaves_in_every_mode_and_only_where_there_is_a_way_out(tmp_path: Path, mode: str) -> None:
    with_host = daemon.build(settings(tmp_path, INBOX_WORKER_MODE=mode), lambda: NOW)
    assert with_host.worker.plan.digest.to == ("haaf@zukunftswerkstatt-kommunen.de",)
    assert str(with_host.worker.plan.digest.zone) == "Europe/Berlin"
    without = daemon.build(settings(tmp_path, INBOX_WORKER_MODE=mode, INBOX_WORKER_SMTP__HOST=""), lambda: NOW)
    assert without.worker.plan.digest.to == ()
    for office in (with_host, without):
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
