"""The settings, as frozen and validated values: one class for each table of config/inbox_worker.toml.

Never reads a file or the environment (that is `loading`), and never shows a secret: passwords are SecretStr.
Every number is in seconds or bytes, as its key says. `examples` of a field are what an error tells to write.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from inbox_worker.config.fields import Addresses, AddrSpec, Host, Line, Lines, Section, Title, Zone
from inbox_worker.core.message import Address
from inbox_worker.core.registration import Contact, Desk, Event

Mode = Literal["observe", "draft", "send"]
Security = Literal["tls", "starttls", "none"]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def is_loopback(host: str) -> bool:
    """Whether this host can only be the machine itself, so that no network is between."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _baseline(value: object) -> object:
    # a time of day or a number would be taken for something that nobody meant
    if value == "now" or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError('is neither "now" nor a date like 2022-11-02') from error


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


class ServerSettings(Section):
    """What IMAP and SMTP have in common: where the server is, how the way there is protected, who we are there.

    `port` follows from `security` when it is not given. Certificates are always verified, against `ca_file` where it
    is given and the system's authorities otherwise. An unprotected connection is refused unless it stays on this
    machine or `allow_unencrypted` says that somebody wants it.
    """

    host: Host = Field(default="", examples=["mail.example.org"])
    allow_unencrypted: bool = Field(default=False, examples=[False])
    security: Security = Field(default="tls", examples=["tls"])
    port: int = Field(default=0, ge=1, le=65535)  # a subclass's validator fills it in
    ca_file: Path | None = Field(default=None, examples=["/etc/ssl/certs/our-ca.pem"])
    username: Line = Field(default="", examples=["veranstaltungen@zukunftswerkstatt-kommunen.de"])
    password: SecretStr | None = None
    password_file: Path | None = Field(default=None, examples=["/run/secrets/password"])

    @field_validator("security")
    @classmethod
    def _protected(cls, value: Security, info: ValidationInfo) -> Security:
        host, allowed = info.data.get("host", ""), info.data.get("allow_unencrypted", False)
        if value == "none" and host and not allowed and not is_loopback(host):
            raise ValueError(
                "would send the password and every mail unencrypted over the network "
                "(if that is really wanted: allow_unencrypted = true)"
            )
        return value

    @field_validator("ca_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("does not exist")
        return value

    @property
    def secret(self) -> str:
        """The password in clear, for the login alone; '' when there is none."""
        return self.password.get_secret_value() if self.password else ""


def _with_port(data: Any, ports: Mapping[str, int]) -> Any:
    if isinstance(data, dict) and "port" not in data:
        return data | {"port": ports.get(str(data.get("security", "tls")), ports["tls"])}
    return data


class ImapSettings(ServerSettings):
    """The mailbox. Folder names are as people read them (umlauts included); '' switches a folder off.

    `sent` and `drafts`: "auto" finds the folder by SPECIAL-USE (RFC 6154). `since` is the first start's baseline:
    "now", or a date from which on older mail is treated too. Times in seconds, `max_bytes` of one mail in bytes.
    """

    port: int = Field(default=993, ge=1, le=65535, examples=[993])
    folder: Title = Field(default="INBOX", examples=["INBOX"])
    done_folder: Line = Field(default="", examples=["Erledigt"])
    held_folder: Line = Field(default="", examples=["Zu prüfen"])
    automatic_folder: Line = Field(default="", examples=["Automatisch"])
    sent: Line = Field(default="auto", examples=["auto"])
    drafts: Line = Field(default="auto", examples=["auto"])
    keyword: str = Field(default="InboxWorker", pattern=r"^[A-Za-z0-9$_.-]*$", examples=["InboxWorker"])
    connect_timeout: Seconds = Field(default=15, examples=[15])
    read_timeout: Seconds = Field(default=60, examples=[60])
    max_bytes: int = Field(default=25 * 1024 * 1024, ge=64 * 1024, examples=[26214400])
    batch: int = Field(default=100, ge=1, le=1000, examples=[100])
    since: Annotated[Literal["now"] | date, BeforeValidator(_baseline)] = Field(default="now", examples=["now"])
    idle: bool = Field(default=True, examples=[True])

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, data: Any) -> Any:
        return _with_port(data, {"tls": 993, "starttls": 143, "none": 143})

    @property
    def account(self) -> str:
        """What tells this mailbox from others in the journal."""
        return f"{self.username}@{self.host}" if "@" not in self.username else self.username


class SmtpSettings(ServerSettings):
    """The way out. `username` is '' where the server asks for none; `helo` '' is this machine's name.

    `envelope_from` is where bounces go; None is the desk's address. `timeout` in seconds.
    """

    port: int = Field(default=465, ge=1, le=65535, examples=[465])
    timeout: Seconds = Field(default=60, examples=[60])
    envelope_from: AddrSpec | None = Field(default=None, examples=["veranstaltungen@zukunftswerkstatt-kommunen.de"])
    helo: Host = Field(default="", examples=["desk.example.org"])

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, data: Any) -> Any:
        return _with_port(data, {"tls": 465, "starttls": 587, "none": 25})


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
        )

    @property
    def sender(self) -> Address:
        """The From of every answer."""
        return Address(self.office.name, self.office.address)

    @property
    def envelope_from(self) -> str:
        """The reverse-path of every answer: where bounces come back."""
        return self.smtp.envelope_from or self.office.address
