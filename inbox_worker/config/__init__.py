"""The configuration: config/*.toml, environment and secret files become frozen, checked settings.

`load` and `load_for_reading` are the doors; `settings` has one class for each table, `events` the event files.
"""

from inbox_worker.config.loading import load, load_for_reading
from inbox_worker.config.places import packaged_dir
from inbox_worker.config.settings import (
    DeskSettings,
    ImapSettings,
    JournalSettings,
    LogSettings,
    Mode,
    ScheduleSettings,
    Security,
    ServerSettings,
    Settings,
    SmtpSettings,
    is_loopback,
)
from inbox_worker.config.templates import load_templates

__all__ = [
    "DeskSettings",
    "ImapSettings",
    "JournalSettings",
    "LogSettings",
    "Mode",
    "ScheduleSettings",
    "Security",
    "ServerSettings",
    "Settings",
    "SmtpSettings",
    "is_loopback",
    "load",
    "load_for_reading",
    "load_templates",
    "packaged_dir",
]
