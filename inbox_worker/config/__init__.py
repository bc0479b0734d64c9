"""The configuration: config/*.toml, environment and secret files become frozen, checked settings.

`load` and `load_for_reading` are the doors; `settings` and `servers` have one class for each table of the main file,
`events` one for the event files, and `templates` reads what the answers are made of.
"""

from inbox_worker.config.loading import load, load_for_reading
from inbox_worker.config.places import packaged_dir
from inbox_worker.config.servers import ImapSettings, Security, ServerSettings, SmtpSettings, is_loopback
from inbox_worker.config.settings import DeskSettings, JournalSettings, LogSettings, Mode, ScheduleSettings, Settings
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
