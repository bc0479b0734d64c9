"""The configuration: what it gives, what stops the start, and that it never shows a secret."""

import re
import tomllib
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from inbox_worker.config import (
    ImapSettings,
    Settings,
    SmtpSettings,
    load,
    load_for_reading,
    load_templates,
    packaged_dir,
)
from inbox_worker.config.events import EventFile
from inbox_worker.config.problems import leaves
from inbox_worker.config.settings import MainFile
from inbox_worker.errors import ConfigError

MAIN = """
mode = "send"
[desk]
address = "desk@press.example"
name = "Our Press Office"
time_zone = "Europe/Berlin"
[desk.contact]
name = "Ada Beispiel"
email = "ada@press.example"
[imap]
host = "imap.press.example"
username = "desk"
password = "imap-secret"
[smtp]
host = "smtp.press.example"
"""
EVENT = """
title = "A Talk"
start = 2030-05-06T18:00:00
duration_minutes = 90
link = "https://meet.press.example/talk"
"""

Directory = Callable[..., Path]


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    """Writes a configuration; an event is given as `file_stem="text"`."""

    def write(main: str = MAIN, **events: str) -> Path:
        (tmp_path / "events").mkdir()
        (tmp_path / "inbox_worker.toml").write_text(main, encoding="utf-8")
        for stem, text in (events or {"talk": EVENT}).items():
            (tmp_path / "events" / f"{stem.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def problems(where: Path, environ: dict[str, str] | None = None, loading: Callable[..., Settings] = load) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loading(where, environ or {})
    assert all(line.isprintable() for line in caught.value.problems)
    return caught.value.problems


def only_problem(where: Path, environ: dict[str, str] | None = None) -> str:
    found = problems(where, environ)
    assert len(found) == 1, found
    return found[0]


# --- what it gives ---


def test_the_shipped_example_can_be_read_without_any_secret() -> None:
    settings = load_for_reading(packaged_dir("config"), {})
    assert settings.mode == "observe"
    assert [event.id for event in settings.events] == ["zwk-fachdiskurs-22", "zwk-presse-23"]
    first, second = settings.events
    assert first.start == datetime(2022, 11, 24, 12, 0, tzinfo=UTC)
    assert str(first.start.tzinfo) == "Europe/Berlin"
    assert second.start == datetime(2023, 3, 14, 9, 30, tzinfo=UTC)
    assert first.programme == "https://www.zukunftswerkstatt-kommunen.de/projekt/termine/t/zwk-fachdiskurs22"
    assert "Eliza Diekmann" in first.people
    assert first.contact.phone == "0521 1067328"


def test_the_shipped_example_starts_as_soon_as_its_secrets_are_there(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("one two\r\n", encoding="utf-8")
    environ = {f"INBOX_WORKER_{server}__PASSWORD_FILE": str(secret) for server in ("IMAP", "SMTP")}
    settings = load(packaged_dir("config"), environ)
    assert (settings.imap.secret, settings.smtp.secret) == ("one two", "one two")


def test_the_shipped_example_shows_every_key() -> None:
    text = (packaged_dir("config") / "inbox_worker.toml").read_text(encoding="utf-8")
    for *tables, key in leaves(MainFile):
        if key == "password":
            continue  # only ever a bad example
        wanted = rf"(?m)^(# )?{key} = " if not tables else rf"(?ms)^\[{re.escape('.'.join(tables))}\].*?^(# )?{key} = "
        assert re.search(wanted, text), f"{'.'.join(tables)}.{key}"


def test_the_example_event_shows_every_key() -> None:
    text = (packaged_dir("config") / "events" / "zwk-fachdiskurs-22.toml").read_text(encoding="utf-8")
    for key in EventFile.model_fields:
        told = r"(?m)^\[contact\]" if key == "contact" else rf"(?m)(^|# |: ){key} = "
        assert key == "id" or re.search(told, text), key


def test_the_values_that_the_example_gives_are_those_that_hold_without_it(directory: Directory) -> None:
    """So that a key can be taken out of the example without a surprise."""
    example = tomllib.loads((packaged_dir("config") / "inbox_worker.toml").read_text(encoding="utf-8"))
    plain = load(directory(), {})
    for table in ("schedule", "log"):
        assert dict(getattr(plain, table)) == example[table]
    for key, value in example["digest"].items():
        given_by_default = getattr(plain.digest, key)
        assert (list(given_by_default) if isinstance(value, list) else given_by_default) == value, key
    given = {"host", "username", "password_file"}
    for key, value in example["imap"].items():
        assert key in given or getattr(plain.imap, key) == value, key


def test_a_directory_is_found_by_variable_then_in_the_working_directory_then_in_the_package(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    where = directory()
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert load_for_reading(None, {}).directory == packaged_dir("config")
    assert load_for_reading(None, {"INBOX_WORKER_CONFIG": str(where)}).directory == where
    where.rename(tmp_path.parent / f"{tmp_path.name}-moved")
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    beside = moved / "beside"
    beside.mkdir()
    monkeypatch.chdir(beside)
    for name in ("inbox_worker.toml", "events"):
        (beside / "config").mkdir(exist_ok=True)
        (moved / name).rename(beside / "config" / name)
    assert load_for_reading(None, {}).directory == Path("config")


def test_the_desk_knows_its_own_addresses_and_no_secret(directory: Directory) -> None:
    where = directory(MAIN.replace("time_zone", 'aliases = ["Other@Press.Example", "desk@press.example"]\ntime_zone'))
    desk = load(where, {}).desk()
    assert desk.addresses == ("desk@press.example", "other@press.example")
    assert desk.authserv_id is None
    assert desk.event("talk") is not None
    assert "imap-secret" not in repr(desk)


@pytest.mark.parametrize(
    ("settings", "port"),
    [
        (ImapSettings(host="a.example"), 993),
        (ImapSettings(host="a.example", security="starttls"), 143),
        (SmtpSettings(host="a.example"), 465),
        (SmtpSettings(host="a.example", security="starttls"), 587),
        (SmtpSettings(host="localhost", security="none"), 25),
        (SmtpSettings(host="localhost", security="none", port=2525), 2525),
    ],
)
def test_the_port_follows_from_the_protection_unless_it_is_given(
    settings: ImapSettings | SmtpSettings, port: int
) -> None:
    assert settings.port == port


def test_every_value_can_come_from_a_variable(directory: Directory) -> None:
    settings = load(
        directory(),
        {
            "INBOX_WORKER_MODE": "draft",
            "INBOX_WORKER_IMAP__HOST": "127.0.0.1",
            "INBOX_WORKER_IMAP__PORT": "1143",
            "INBOX_WORKER_IMAP__SECURITY": "none",
            "INBOX_WORKER_IMAP__SINCE": "2022-11-02",
            "INBOX_WORKER_IMAP__IDLE": "false",
            "INBOX_WORKER_DESK__ALIASES": "a@press.example, b@press.example",
            "INBOX_WORKER_DESK__POSTAL": '["One Street, 1", "Two"]',
            "INBOX_WORKER_DESK__CONTACT__NAME": "Bob",
            "HOME": "/somewhere",
        },
    )
    assert settings.mode == "draft"
    assert (settings.imap.host, settings.imap.port, settings.imap.idle) == ("127.0.0.1", 1143, False)
    assert settings.imap.since == date(2022, 11, 2)
    assert settings.office.aliases == ("a@press.example", "b@press.example")
    assert settings.office.postal == ("One Street, 1", "Two")
    assert settings.office.contact.name == "Bob"


def test_a_relative_path_counts_from_the_file_and_in_a_variable_from_where_one_is(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = directory(MAIN + '[journal]\npath = "data/journal.jsonl"\n')
    monkeypatch.chdir(where)
    assert load(Path(), {}).journal.path == where / "data" / "journal.jsonl"
    assert load(Path(), {"INBOX_WORKER_JOURNAL__PATH": "j.jsonl"}).journal.path == Path("j.jsonl")


def test_settings_are_frozen(directory: Directory) -> None:
    settings = load(directory(), {})
    with pytest.raises(ValidationError):
        settings.imap.host = "other.example"  # type: ignore[misc] # that is what is tried
    with pytest.raises(AttributeError):
        settings.mode = "observe"  # type: ignore[misc] # that is what is tried


# --- events ---


def test_an_event_takes_zone_and_contact_of_the_desk_and_its_id_from_its_file(directory: Directory) -> None:
    (event,) = load(directory(open_house=EVENT), {}).events
    assert event.id == "open-house"
    assert event.start == datetime(2030, 5, 6, 16, 0, tzinfo=UTC)
    assert event.end - event.start == timedelta(minutes=90)
    assert event.contact.email == "ada@press.example"


def test_events_come_in_the_order_of_their_start(directory: Directory) -> None:
    later = EVENT.replace("2030", "2031")
    assert [event.id for event in load(directory(a=later, b=EVENT), {}).events] == ["b", "a"]


def test_two_hours_are_two_hours_when_the_clocks_change_in_between(directory: Directory) -> None:
    night = EVENT.replace("2030-05-06T18:00:00", "2022-10-30T01:00:00").replace("90", "120")
    (event,) = load(directory(night=night), {}).events
    assert event.end.astimezone(UTC) - event.start.astimezone(UTC) == timedelta(hours=2)
    assert event.end.hour == 2


def test_an_event_may_have_a_short_title_and_further_ways_in(directory: Directory) -> None:
    more = EVENT + (
        'short_title = "Talk"\nshort_title_en = "Chat"\n'
        'dial_in = "+49 69 1234 5678"\nmeeting_id = "987 6543"\npasscode = "00mut"\n'
    )
    (event,) = load(directory(talk=more), {}).events
    assert (event.short_title_in("de"), event.short_title_in("en")) == ("Talk", "Chat")
    assert (event.dial_in, event.meeting_id, event.passcode) == ("+49 69 1234 5678", "987 6543", "00mut")


@pytest.mark.parametrize(
    ("given", "german", "english"),
    [
        ("", "A Talk", "A Talk"),
        ('title_en = "In English"', "A Talk", "In English"),
        ('short_title = "Talk"', "Talk", "Talk"),
        ('short_title = "Talk"\ntitle_en = "In English"', "Talk", "In English"),
    ],
)
def test_without_a_short_title_the_whole_one_is_used(
    directory: Directory, given: str, german: str, english: str
) -> None:
    (event,) = load(directory(talk=EVENT + given + "\n"), {}).events
    assert (event.short_title_in("de"), event.short_title_in("en")) == (german, english)
    assert (event.dial_in, event.meeting_id, event.passcode) == ("", "", "")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("meeting_id = 9876543", "meeting_id: should be a valid string"),
        (f'short_title = "{"x" * 61}"', "short_title: String should have at most 60 characters"),
        ('dial_in = "a\\nb"', "dial_in: holds a line break"),
    ],
)
def test_further_ways_in_are_one_line_of_text_each(directory: Directory, given: str, what: str) -> None:
    assert what in only_problem(directory(talk=f"{EVENT}{given}\n"))


def test_no_error_quotes_a_passcode(directory: Directory) -> None:
    found = only_problem(directory(talk=f"{EVENT}passcode = 4711\n"))
    assert "passcode: should be a valid string" in found
    assert "4711" not in found


def test_an_access_link_can_lie_in_a_file(directory: Directory) -> None:
    where = directory(talk=EVENT.replace('link = "https://meet.press.example/talk"', 'link_file = "../link"'))
    (where / "link").write_text("https://meet.press.example/hidden\n", encoding="utf-8")
    assert load(where, {}).events[0].link == "https://meet.press.example/hidden"


def test_a_link_file_is_not_read_for_reading(directory: Directory) -> None:
    where = directory(talk=EVENT.replace('link = "https://meet.press.example/talk"', 'link_file = "/nowhere/link"'))
    assert load_for_reading(where, {}).events[0].link == "https://link.invalid/"
    assert "/nowhere/link" in only_problem(where)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("duration_minutes = 90", "end = 2030-05-06T17:00:00"), r"end: is not after start.*; write end = 2022"),
        (("duration_minutes = 90", ""), r"end: is missing, and so is duration_minutes"),
        (("duration_minutes = 90", "duration_minutes = 90\nend = 2030-05-06T19:00:00"), r"end: .*keep one of them"),
        (("start = 2030-05-06T18:00:00", "start = 2030-05-06"), r"start: needs a date and a time"),
        (("start = 2030-05-06T18:00:00", "start = 1900000000"), r"start: needs a date and a time"),
        (("start = 2030-05-06T18:00:00", ""), r"start: is missing; write start = 2022-11-24T13:00:00"),
        (("start = 2030-05-06T18", "start = 2022-03-27T02"), r"start: does not exist in Europe/Berlin"),
        (("title", 'time_zone = "Europe/Bielefeld"\ntitle'), r"time_zone: is not the name of a time zone"),
        (("https:", "http:"), r"link: must begin with https://;"),
        (("https://meet.press.example/talk", "https://meet press/"), r"link: is not a web address;"),
        (("https://meet.press.example/talk", ""), r"link: .*; write link = "),
        (('"A Talk"', '""'), r"title: .*at least 1 character"),
        (('"A Talk"', r'"A\nTalk"'), r"title: holds a line break"),
        (("title", 'id = "A Talk"\ntitle'), r'id: .*\(it says "A Talk"\); write id = '),
        (("title", "titel"), r"titel: is not a key; did you mean title\?"),
        (("title =", "title "), r"talk\.toml: is not TOML: .*line 2"),
        (
            ("title", 'contact = {name = "X", email = "x(at)y.example"}\ntitle'),
            r"contact\.email: is not an e-mail address",
        ),
    ],
)
def test_an_impossible_event_names_the_file_the_key_and_what_to_write(
    directory: Directory, change: tuple[str, str], expected: str
) -> None:
    where = directory(talk=EVENT.replace(*change, 1))
    found = problems(where)
    assert any(re.search(expected, line) for line in found), found
    assert all("talk.toml" in line for line in found)


def test_an_event_without_any_zone_is_refused(directory: Directory) -> None:
    where = directory(MAIN.replace('time_zone = "Europe/Berlin"\n', ""))
    assert re.search(r"talk\.toml: start: has no time zone: add time_zone = ", only_problem(where))


def test_two_events_may_not_share_an_id_or_an_alias(directory: Directory) -> None:
    alias = 'aliases = ["The Talk"]\n'
    where = directory(a=f'id = "same"\n{alias}{EVENT}', b=f'id = "same"\n{alias.lower()}{EVENT}')
    ids, aliases = problems(where)
    assert "a.toml too; choose another" in ids
    assert '"the talk" stands in' in aliases


def test_no_event_at_all_stops_the_start(directory: Directory) -> None:
    where = directory()
    (where / "events" / "talk.toml").unlink()
    assert "there is no event; add a file for each event" in only_problem(where)


# --- what stops the start ---


def test_all_problems_of_all_files_are_told_at_once(directory: Directory) -> None:
    where = directory(
        MAIN.replace("desk@press.example", "desk").replace('"send"', '"sned"'),
        a=EVENT.replace("https", "http"),
        b=EVENT.replace("90", "-1"),
    )
    found = problems(where, {"INBOX_WORKER_IMAP__PROT": "1"})
    for expected in ("desk.address", "mode", "a.toml: link", "b.toml: duration_minutes", "IMAP__PROT"):
        assert sum(expected in line for line in found) == 1, (expected, found)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('"send"', '"sned"'), r"mode: .*'observe', 'draft' or 'send' \(it says \"sned\"\); write mode = \"observe\""),
        (("[imap]", "[imap]\nport = 70000"), r"imap\.port: .*65535 \(it says 70000\); write port = 993"),
        (("[imap]", "[imap]\nkeywrod = 'x'"), r"imap\.keywrod: is not a key; did you mean keyword\?"),
        (("[imap]", "[impa]\n[imap]"), r"impa: is not a key; did you mean imap\?"),
        (("[imap]", "[imap]\nsecurity = 'none'"), r"imap\.security: would send .* unencrypted"),
        (("[imap]", "[imap]\nca_file = 'nowhere.pem'"), r"imap\.ca_file: .*nowhere\.pem does not exist"),
        (("[imap]", "[imap]\nsince = 'sometime'"), r'imap\.since: is neither "now" nor a date'),
        (("[imap]", "[imap]\nread_timeout = 0"), r"imap\.read_timeout: .*greater than 0"),
        (("[imap]", "[imap]\nread_timeout = inf"), r"imap\.read_timeout: .*finite"),
        (("imap.press.example", "https://imap.press.example"), r"imap\.host: is not a host name"),
        (('host = "imap.press.example"', ""), r"imap\.host: is missing; write host = "),
        (('host = "smtp.press.example"', ""), r"smtp\.host: is missing; write host = "),
        (('username = "desk"', ""), r"imap\.username: is missing"),
        (('password = "imap-secret"', ""), r"imap\.password_file: is missing; write password_file = "),
        (("desk@press.example", "desk@localhost"), r"desk\.address: is not an e-mail address"),
        (("Our Press Office", r"Our\r\nBcc: x@y.example"), r"desk\.name: holds a line break"),
        (('name = "Our Press Office"', ""), r"desk\.name: is missing; write name = "),
        (("[desk.contact]", "[desk.other]"), r"desk\.contact: is missing; write a table \[desk\.contact\] with name"),
        (("[smtp]", "[schedule]\nretry_base = 60\nretry_max = 5\n[smtp]"), r"retry_max: is shorter than retry_base"),
        (("[smtp]", "[digest]\nat = '8 Uhr'\n[smtp]"), r'digest\.at: is not a time of day.*; write at = "08:00"'),
        (("[smtp]", "[digest]\nat = 24:00\n[smtp]"), r"inbox_worker\.toml: is not TOML"),
        (("[smtp]", "[digest]\ndays = ['mon', 'Samstag']\n[smtp]"), r"digest\.days.*: is not one of mon, tue, wed, "),
        (("[smtp]", "[digest]\nto = ['nobody']\n[smtp]"), r"digest\.to.*: is not an e-mail address"),
        (("[smtp]", "[digest]\nwhen_empty = 'perhaps'\n[smtp]"), r"digest\.when_empty: "),
        (("mode =", "mode"), r"inbox_worker\.toml: is not TOML: .*line 2"),
    ],
)
def test_an_impossible_setting_names_the_file_the_key_and_what_to_write(
    directory: Directory, change: tuple[str, str], expected: str
) -> None:
    found = problems(directory(MAIN.replace(*change, 1)))
    assert any(re.search(f"inbox_worker.toml: .*{expected}|{expected}", line) for line in found), found


def test_a_missing_directory_is_told_as_such(tmp_path: Path) -> None:
    assert "inbox_worker.toml: No such file or directory; name the directory" in only_problem(tmp_path / "nowhere")


def test_a_wrong_variable_is_named_as_the_variable(directory: Directory) -> None:
    found = only_problem(directory(), {"INBOX_WORKER_IMAP__PORT": "imaps"})
    assert found.startswith("environment: INBOX_WORKER_IMAP__PORT: ")
    assert found.endswith("; write INBOX_WORKER_IMAP__PORT=993")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("INBOX_WORKER_IMAP__HOTS", "INBOX_WORKER_IMAP__HOST"),
        ("INBOX_WORKER_IMAP_HOST", "INBOX_WORKER_IMAP__HOST"),
        ("INBOX_WORKER_MODE__X", "INBOX_WORKER_MODE"),
        ("INBOX_WORKER_IMPA__HOST", "INBOX_WORKER_IMAP__HOST"),
    ],
)
def test_a_misspelt_variable_is_never_silent(directory: Directory, name: str, meant: str) -> None:
    found = only_problem(directory(), {name: "x"})
    assert found == f"environment: {name}: is no variable of ours; did you mean {meant}?"


def test_reading_needs_no_server_and_no_secret(directory: Directory) -> None:
    bare = re.sub(r"(?s)\[imap\].*", "[imap]\nca_file = 'nowhere.pem'\npassword_file = 'nowhere'\n", MAIN)
    settings = load_for_reading(directory(bare), {})
    assert (settings.imap.host, settings.smtp.host) == ("", "")


def test_a_digest_that_somebody_is_to_get_needs_a_way_out_in_every_mode(directory: Directory) -> None:
    main = MAIN.replace("send", "observe").replace('host = "smtp.press.example"', "")
    found = only_problem(directory(f'{main}\n[digest]\nto = ["chief@press.example"]\n'))
    assert "smtp.host: is missing" in found


def test_the_digest_goes_to_the_contact_unless_somebody_else_is_named_or_nobody(directory: Directory) -> None:
    where = directory()
    zone = ZoneInfo("Europe/Berlin")
    plan = load(where, {}).digest.plan("ada@press.example", zone)
    assert (plan.to, plan.at, plan.days) == (("ada@press.example",), time(8), frozenset(range(5)))
    assert plan.zone == zone
    named = {"INBOX_WORKER_DIGEST__TO": "a@b.example, A@b.example, c@b.example", "INBOX_WORKER_DIGEST__DAYS": "sun,mon"}
    plan = load(where, named).digest.plan("ada@press.example", zone)
    assert ([each.lower() for each in plan.to], plan.days) == (["a@b.example", "c@b.example"], frozenset({0, 6}))
    assert load(where, {"INBOX_WORKER_DIGEST__TO": "[]"}).digest.plan("ada@press.example", zone).to == ()


def test_observing_needs_no_smtp_server(directory: Directory) -> None:
    where = directory(MAIN.replace("send", "observe").replace('host = "smtp.press.example"', ""))
    assert load(where, {}).smtp.host == ""


def test_drafting_needs_a_folder_for_the_drafts(directory: Directory) -> None:
    where = directory(MAIN.replace("send", "draft").replace("[imap]", '[imap]\ndrafts = ""'))
    assert "imap.drafts: is missing" in only_problem(where)


# --- protection ---


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "LOCALHOST"])
def test_an_unencrypted_connection_may_stay_on_this_machine(host: str) -> None:
    assert ImapSettings(host=host, security="none").security == "none"


@pytest.mark.parametrize("host", ["mail_server", "mail-1.press.example", "192.0.2.1", "2001:db8::1", "mail.example."])
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    assert ImapSettings(host=host).host == host


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_an_unencrypted_connection_over_the_network_is_refused_unless_it_is_wanted(host: str) -> None:
    with pytest.raises(ValidationError, match="unencrypted"):
        SmtpSettings(host=host, security="none")
    assert SmtpSettings(host=host, security="none", allow_unencrypted=True).security == "none"


# --- secrets ---


def test_a_secret_is_never_printed(directory: Directory) -> None:
    settings = load(directory(), {"INBOX_WORKER_SMTP__PASSWORD": "smtp-secret"})
    assert settings.smtp.secret == "smtp-secret"
    for shown in (repr(settings), str(settings), repr(settings.imap), settings.imap.model_dump_json()):
        assert "-secret" not in shown


@pytest.mark.parametrize(
    "change",
    [
        ('password = "imap-secret"', 'pasword = "imap-secret"'),
        ('password = "imap-secret"', "password = imap-secret"),
        ('password = "imap-secret"', 'password = ["imap-secret"]'),
        ('password = "imap-secret"', 'password = {a = "imap-secret"}'),
        ("[imap]", "[imap]\nport = 0"),
        ('host = "imap.press.example"', "host = 1"),
    ],
)
def test_no_error_ever_quotes_a_secret(directory: Directory, change: tuple[str, str]) -> None:
    where = directory(MAIN.replace(*change, 1))
    try:
        load(where, {})
    except ConfigError as error:
        shown = "".join(traceback.format_exception(error))
        assert "imap-secret" not in shown
    else:
        pytest.fail("that configuration must not be accepted")


def test_a_secret_that_is_a_number_is_not_quoted_either(directory: Directory) -> None:
    found = only_problem(directory(MAIN.replace('"imap-secret"', "424242")))
    assert "imap.password: should be a valid string" in found
    assert "424242" not in found


def test_no_error_quotes_an_access_link(directory: Directory) -> None:
    where = directory(talk=EVENT.replace("https", "http"))
    assert "meet.press.example" not in only_problem(where)


def test_a_variable_for_a_secret_replaces_both_kinds_in_the_file(directory: Directory, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-file\n", encoding="utf-8")
    where = directory()
    assert load(where, {"INBOX_WORKER_IMAP__PASSWORD_FILE": str(file)}).imap.secret == "from-file"
    assert load(where, {"INBOX_WORKER_IMAP__PASSWORD": "from-variable"}).imap.secret == "from-variable"


def test_a_secret_file_that_a_variable_replaces_is_forgotten(directory: Directory) -> None:
    where = directory(MAIN.replace('password = "imap-secret"', 'password_file = "nowhere"'))
    settings = load(where, {"INBOX_WORKER_IMAP__PASSWORD": "from-variable"})
    assert (settings.imap.secret, settings.imap.password_file) == ("from-variable", None)


def test_a_secret_given_twice_at_one_level_is_refused(directory: Directory) -> None:
    where = directory(MAIN.replace("password =", 'password_file = "x"\npassword ='))
    assert "imap.password: is given together with imap.password_file; keep one of them" in only_problem(where)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "is empty"), (b"a\nb\n", "more than one line"), (b"\xff\xfe", "is not UTF-8"), (None, "No such")],
)
def test_a_useless_secret_file_is_told_without_what_it_holds(
    directory: Directory, tmp_path: Path, content: bytes | None, what: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    found = only_problem(directory(), {"INBOX_WORKER_IMAP__PASSWORD_FILE": str(file)})
    assert found.startswith(f"environment: INBOX_WORKER_IMAP__PASSWORD_FILE: {file}: ")
    assert what in found


# --- templates ---


def test_templates_of_ones_own_take_the_place_of_the_packaged_ones(directory: Directory, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "mail").mkdir(parents=True)
    (own / "mail" / "receipt.de.txt").write_text("Subject: Danke\nDanke, {{ name }}!\n", encoding="utf-8")
    settings = load(directory(f'templates_dir = "own"\n{MAIN}'), {})
    environment: Any = load_templates(settings.templates)
    assert environment.get_template("mail/receipt.de.txt").render(name="Ada") == "Subject: Danke\nDanke, Ada!"
    assert environment.get_template("mail/receipt.en.txt")


def test_a_broken_template_stops_the_start(directory: Directory, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "mail").mkdir(parents=True)
    (own / "mail" / "receipt.de.txt").write_text("Subject: Danke\nDanke, {{ nmae }}!\n", encoding="utf-8")
    found = only_problem(directory(f'templates_dir = "own"\n{MAIN}'))
    assert "receipt.de.txt" in found
    assert "'nmae' is undefined" in found


def test_a_directory_without_templates_stops_the_start(directory: Directory) -> None:
    assert "there is no template" in only_problem(directory(f'templates_dir = "nowhere"\n{MAIN}'))


def test_an_editable_checkout_and_a_wheel_both_find_the_packaged_files() -> None:
    assert (packaged_dir("config") / "inbox_worker.toml").is_file()
    assert (packaged_dir("templates") / "mail" / "layout.html").is_file()
