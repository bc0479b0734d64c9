"""`inbox-worker preview`: every answer as people would get it, in files; sends nothing and connects to nothing."""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import get_args

from inbox_worker.config import Settings, load_for_reading, load_templates
from inbox_worker.core.decision import Answer, AnswerKind
from inbox_worker.core.personal import sample_links
from inbox_worker.core.registration import Language
from inbox_worker.core.reply import (
    compose,
    compose_digest,
    digest_samples,
    render,
    render_digest,
    samples,
    subject_line,
)
from inbox_worker.daemon import time_zone
from inbox_worker.errors import ConfigError

DIGEST = "digest"
"""The KIND that is no answer: what the press office gets, in German."""


def preview(  # noqa: PLR0913 - the command's arguments
    config: Path | None, now: datetime, *, kind: str | None, event: str | None, language: str | None, out: Path
) -> int:
    """Writes each sample as .eml, .txt and .html into `out`, and prints the files' names and subjects.

    `kind`, `event` and `language` None are all kinds, the first event and all languages. `now` becomes the Date, but
    of a digest, which tells of the days before the event.
    """
    settings = load_for_reading(config, os.environ)
    kinds = [each for each in AnswerKind if kind in {None, each.value}]
    languages: list[Language] = [each for each in get_args(Language) if language in {None, each}]
    _known("KIND", kind, [*AnswerKind, DIGEST])
    _known("--event", event, [each.id for each in settings.events])
    _known("--lang", language, get_args(Language))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for each, spoken in product(kinds, languages):
            _write(settings, out, now, samples(each, spoken, settings.desk(), event or ""))
        if kind in {None, DIGEST} and language in {None, "de"}:
            _write_digests(settings, out, event or "")
    except OSError as error:
        raise ConfigError([f"--out: {error.filename or out}: {error.strerror}; choose a directory"]) from error
    return 0


def _known(what: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise ConfigError([f"{what}: there is no {value!a}; choose one of {', '.join(known)}"])


def _write(settings: Settings, out: Path, now: datetime, shown: Iterable[tuple[str, Answer]]) -> None:
    desk, templates = settings.desk(), load_templates(settings.templates)
    for name, answer in shown:
        links = sample_links(answer, desk)
        words = render(answer, desk, settings.sender, templates, links)
        subject = subject_line(answer, words)
        mail = compose(
            answer,
            reply_id=f"preview-{name}",
            desk=desk,
            sender=settings.sender,
            environment=templates,
            now=now,
            links=links,
        )
        _put(out / f"{name}.{answer.language}", subject, mail.content, words.text, words.html)


def _write_digests(settings: Settings, out: Path, event: str) -> None:
    """The press office's own mails, with their attachments in the .eml."""
    templates = load_templates(settings.templates)
    for sample in digest_samples(settings.desk(), time_zone(settings), event):
        words, _ = render_digest(sample.digest, sample.ledger, sample.desk, settings.sender, templates, sample.moment)
        mail = compose_digest(
            sample.digest,
            reply_id=f"preview-{sample.name}",
            ledger=sample.ledger,
            desk=sample.desk,
            sender=settings.sender,
            environment=templates,
            moment=sample.moment,
        )
        _put(out / f"{sample.name}.de", words.subject, mail.content, words.text, words.html)


def _put(stem: Path, subject: str, content: bytes, text: str, html: str) -> None:
    _file(stem, "eml").write_bytes(content)
    _file(stem, "txt").write_text(f"Subject: {subject}\n\n{text}", encoding="utf-8")
    _file(stem, "html").write_text(html, encoding="utf-8")
    print(f"{stem}.eml .txt .html  {subject}")


def _file(stem: Path, kind: str) -> Path:
    return stem.with_name(f"{stem.name}.{kind}")
