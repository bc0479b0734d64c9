"""Logging for the daemon: one line an event, to standard error, as text or JSON. Never a secret."""

import logging
import sys
from datetime import UTC, datetime

from inbox_worker.cli.terminal import json_text, one_line, printable
from inbox_worker.config import LogSettings


class _Text(logging.Formatter):
    """time level logger: message; a traceback follows on its own lines."""

    def format(self, record: logging.LogRecord) -> str:
        message = one_line(record.getMessage())  # what a server says can't forge a line
        line = f"{_time(record)} {record.levelname.lower()} {record.name}: {message}"
        return f"{line}\n{printable(self.formatException(record.exc_info))}" if record.exc_info else line


class _Json(logging.Formatter):
    """The same as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json_text(line)


def set_up(settings: LogSettings) -> None:
    """Replaces whatever handlers there are. The libraries' own chatter starts at warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if settings.format == "json" else _Text())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("inbox_worker").setLevel(settings.level.upper())


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
