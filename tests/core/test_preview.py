"""`inbox-worker preview`: every answer in files, from samples."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from inbox_worker.cli import main
from inbox_worker.core.decision import AnswerKind


def test_it_writes_every_kind_in_every_language_as_mail_text_and_html(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", "--out", str(tmp_path / "new" / "shown")]) == 0
    files = {path.name: path for path in (tmp_path / "new" / "shown").iterdir()}
    for kind in AnswerKind:
        for language in ("de", "en"):
            assert {f"{kind.value}.{language}.{ending}" for ending in ("eml", "txt", "html")} <= set(files)
    mail = message_from_bytes(files["confirmation.de.eml"].read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "Ihr Zugangslink: Fachdiskurs am 24. November, 13 Uhr"
    text = files["confirmation.de.txt"].read_text(encoding="utf-8")
    body = mail.get_body(("plain",))
    assert body is not None
    assert text == f"Subject: {mail['Subject']}\n\n{body.get_content().replace(chr(13), '')}"
    assert "<!DOCTYPE html>" in files["confirmation.de.html"].read_text(encoding="utf-8")
    assert f"{files['confirmation.de.eml']} .txt .html  {mail['Subject']}" in capsys.readouterr().out


def test_it_can_be_asked_for_one_kind_one_event_and_one_language(tmp_path: Path) -> None:
    arguments = ["preview", "link", "--event", "zwk-presse-23", "--lang", "en", "--out", str(tmp_path)]
    assert main(arguments) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{name}.en.{ending}" for name in ("link", "link-nameless") for ending in ("eml", "txt", "html")}
    assert "Press Briefing on Demographic Strategies" in (tmp_path / "link.en.txt").read_text(encoding="utf-8")


def test_it_shows_what_the_press_office_gets_with_the_lists(tmp_path: Path) -> None:
    assert main(["preview", "digest", "--out", str(tmp_path)]) == 0
    names = ("digest", "digest-empty", "digest-event", "digest-event-missing")
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.de.{ending}" for name in names for ending in ("eml", "txt", "html")
    }
    mail = message_from_bytes((tmp_path / "digest.de.eml").read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    attached = [part.get_filename() for part in mail.iter_attachments()]
    assert attached == [f"Anmeldungen-zwk-fachdiskurs-22.{ending}" for ending in ("xlsx", "csv")]
    assert "Alles bereit: " in (tmp_path / "digest-event.de.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], "KIND: there is no 'nonsense'; choose one of confirmation, link, "),
        (["--event", "gone"], "--event: there is no 'gone'; choose one of zwk-fachdiskurs-22, zwk-presse-23"),
        (["--lang", "fr"], "--lang: there is no 'fr'; choose one of de, en"),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["preview", *arguments, "--out", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith(told)
    assert not (tmp_path / "none").exists()


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["preview", "--out", str(tmp_path / "file" / "below")]) == 2
    assert capsys.readouterr().err.startswith("--out: ")
