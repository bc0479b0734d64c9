"""`inbox-worker preview`: every answer as people would get it, in files; sends nothing and connects to nothing."""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import get_args

from inbox_worker.config import Settings, load_for_reading, load_templates
from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.registration import Language
from inbox_worker.core.reply import compose, render, samples, subject_line
from inbox_worker.errors import ConfigError


def preview(  # noqa: PLR0913 - the command's arguments
    config: Path | None, now: datetime, *, kind: str | None, event: str | None, language: str | None, out: Path
) -> int:
    """Writes each sample as .eml, .txt and .html into `out`, and prints the files' names and subjects.

    `kind`, `event` and `language` None are all kinds, the first event and all languages. `now` becomes the Date.
    """
    settings = load_for_reading(config, os.environ)
    kinds = [each for each in AnswerKind if kind in {None, each.value}]
    languages: list[Language] = [each for each in get_args(Language) if language in {None, each}]
    _known("KIND", kind, list(AnswerKind))
    _known("--event", event, [each.id for each in settings.events])
    _known("--lang", language, get_args(Language))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for each, spoken in product(kinds, languages):
            _write(settings, out, now, samples(each, spoken, settings.desk(), event or ""))
    except OSError as error:
        raise ConfigError([f"--out: {error.filename or out}: {error.strerror}; choose a directory"]) from error
    return 0


def _known(what: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise ConfigError([f"{what}: there is no {value!a}; choose one of {', '.join(known)}"])


def _write(settings: Settings, out: Path, now: datetime, shown: Iterable[tuple[str, Answer]]) -> None:
    desk, templates = settings.desk(), load_templates(settings.templates)
    for name, answer in shown:
        words = render(answer, desk, settings.sender, templates)
        subject = subject_line(answer, words)
        mail = compose(
            answer,
            reply_id=f"preview-{name}",
            desk=desk,
            sender=settings.sender,
            environment=templates,
            now=now,
        )
        stem = out / f"{name}.{answer.language}"
        _file(stem, "eml").write_bytes(mail.content)
        _file(stem, "txt").write_text(f"Subject: {subject}\n\n{words.text}", encoding="utf-8")
        _file(stem, "html").write_text(words.html, encoding="utf-8")
        print(f"{stem}.eml .txt .html  {subject}")


def _file(stem: Path, kind: str) -> Path:
    return stem.with_name(f"{stem.name}.{kind}")
