"""The settings, as frozen and validated values: one class for each table of config/inbox_worker.toml.

Never reads a file or the environment (that is `loading`), and never shows a secret: passwords are SecretStr.
Every number is in seconds or bytes, as its key says. `examples` of a field are what an error tells to write.
"""

from dataclasses import dataclass
from datetime import time, tzinfo
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from inbox_worker.config.fields import (
    WEEKDAYS,
    Addresses,
    AddrSpec,
    DayTime,
    Host,
    Line,
    Lines,
    Seconds,
    Section,
    Title,
    Weekdays,
    Zone,
)
from inbox_worker.config.servers import ImapSettings, SmtpSettings
from inbox_worker.core import bounces
from inbox_worker.core.caps import MOST, Caps
from inbox_worker.core.digest import DigestPlan
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Contact, Desk, Event

Mode = Literal["observe", "draft", "send"]


class ContactSettings(Section):
    """The person or office that journalists may turn to."""

    name: Title = Field(examples=["Christina Haaf"])
    email: AddrSpec = Field(examples=["haaf@zukunftswerkstatt-kommunen.de"])
    phone: Line = Field(default="", examples=["0521 1067328"])

    def contact(self) -> Contact:
        """The same as the core knows it."""
        return Contact(self.name, self.email, self.phone)


class DeskSettings(Section):
    """Who we are: the address that people write to, and what of ours must never be taken for theirs."""

    address: AddrSpec = Field(examples=["veranstaltungen@zukunftswerkstatt-kommunen.de"])
    name: Title = Field(examples=["Zukunftswerkstatt Kommunen"])
    contact: ContactSettings
    aliases: Addresses = Field(default=(), examples=[["presse@zukunftswerkstatt-kommunen.de"]])
    authserv_id: Host = Field(default="", examples=["mx.example.org"])
    postal: Lines = Field(default=(), examples=[["Am Stadtholz 24"]])
    time_zone: Zone | None = Field(default=None, examples=["Europe/Berlin"])


class ScheduleSettings(Section):
    """When things happen, in seconds: `poll` between passes, `retry_base` to `retry_max` between attempts to deliver.

    After `give_up` a reply that could not be delivered is held for a person.
    """

    poll: Seconds = Field(default=30, ge=1, examples=[30])
    retry_base: Seconds = Field(default=60, examples=[60])
    retry_max: Seconds = Field(default=3600, examples=[3600])
    give_up: Seconds = Field(default=3 * 24 * 3600, examples=[259200])

    @field_validator("retry_max")
    @classmethod
    def _grows(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("retry_base", 0):
            raise ValueError("is shorter than retry_base")
        return value


class CapsSettings(Section):
    """How many mails a day are usual from one address (`thread`: with one subject), with one `text`, from one `domain`.

    `all` is how many are answered in an hour. What goes over is held for a person. From a domain where anybody can have
    an address five times as many are usual.
    """

    thread: int = Field(default=6, ge=1, le=MOST, examples=[6])
    address: int = Field(default=12, ge=1, le=MOST, examples=[12])
    text: int = Field(default=10, ge=1, le=MOST, examples=[10])
    domain: int = Field(default=60, ge=1, le=MOST, examples=[60])
    all: int = Field(default=600, ge=1, le=MOST, examples=[600])

    def caps(self) -> Caps:
        """The same as the core knows it."""
        return Caps(self.thread, self.address, self.text, self.domain, self.all)


class DigestSettings(Section):
    """The press office's digest: `to` whom (None: the desk's contact, [] nobody), `at` what time on which `days`.

    One hour before each event comes another one. `when_empty` sends it also when nothing has happened.
    """

    to: Addresses | None = Field(default=None, examples=[["haaf@zukunftswerkstatt-kommunen.de"]])
    at: DayTime = Field(default="08:00", examples=["08:00"])
    days: Weekdays = Field(default=WEEKDAYS[:5], examples=[["mon", "tue", "wed", "thu", "fri"]])
    before_event: bool = Field(default=True, examples=[True])
    when_empty: bool = Field(default=False, examples=[False])

    def plan(self, contact: str, zone: tzinfo) -> DigestPlan:
        """The same as the core knows it: each address once, whatever its case."""
        to = {address.lower(): address for address in ((contact,) if self.to is None else self.to)}
        return DigestPlan(
            to=tuple(to.values()),
            at=time.fromisoformat(self.at),
            days=frozenset(WEEKDAYS.index(day) for day in self.days),
            before_event=self.before_event,
            when_empty=self.when_empty,
            zone=zone,
        )


class JournalSettings(Section):
    """Where the journal lies, with locks and heartbeat beside it. `worker` tells daemons on one journal apart."""

    path: Path = Field(default=Path("journal.jsonl"), examples=["/var/lib/inbox_worker/journal.jsonl"])
    worker: str = Field(default="worker", pattern=r"^[A-Za-z0-9_-]{1,40}$", examples=["worker"])


class LogSettings(Section):
    """How much is logged, and for whose eyes: text for people, json for collectors."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", examples=["info"])
    format: Literal["text", "json"] = Field(default="text", examples=["text"])


class MainFile(BaseSettings):
    """All of config/inbox_worker.toml with the environment laid over it; becomes a Settings."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        env_prefix="INBOX_WORKER_",
        env_nested_delimiter="__",
        enable_decoding=False,
    )

    mode: Mode = Field(examples=["observe"])
    templates_dir: Path | None = Field(default=None, examples=["/etc/inbox_worker/templates"])
    desk: DeskSettings
    imap: ImapSettings = Field(default_factory=lambda: ImapSettings.model_validate({}))
    smtp: SmtpSettings = Field(default_factory=lambda: SmtpSettings.model_validate({}))
    schedule: ScheduleSettings = ScheduleSettings()
    caps: CapsSettings = CapsSettings()
    digest: DigestSettings = DigestSettings()
    journal: JournalSettings = JournalSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what it is given: `loading` lays the sources over each other, and knows which key came from where."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the daemon needs to know, checked. `office` is the table [desk]; `directory` is where it was read."""

    mode: Mode
    office: DeskSettings
    imap: ImapSettings
    smtp: SmtpSettings
    schedule: ScheduleSettings
    caps: CapsSettings
    digest: DigestSettings
    journal: JournalSettings
    log: LogSettings
    events: tuple[Event, ...]
    templates: Path
    directory: Path

    def desk(self) -> Desk:
        """What the core may know of it: no server, no secret."""
        addresses = dict.fromkeys(address.lower() for address in (self.office.address, *self.office.aliases))
        return Desk(
            addresses=tuple(addresses),
            events=self.events,
            contact=self.office.contact.contact(),
            authserv_id=self.office.authserv_id or None,
            postal=self.office.postal,
            caps=self.caps.caps(),
        )

    @property
    def sender(self) -> Address:
        """The From of every answer."""
        return Address(self.office.name, self.office.address)

    def envelope_from(self, reply: str) -> str:
        """The reverse-path of the answer with this name: where a bounce of it comes back."""
        base = self.smtp.envelope_from or self.office.address
        return bounces.envelope_sender(base, reply) if self.smtp.verp else base
