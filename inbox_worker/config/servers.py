"""The two servers' settings: where they are, how the way there is protected, and who we are there.

Never connects, and never shows a password. Numbers are seconds or octets; `examples` of a field are what an error
tells to write.
"""

import ipaddress
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from inbox_worker.config.fields import AddrSpec, Host, Line, Seconds, Section, Title

Security = Literal["tls", "starttls", "none"]


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

    `envelope_from` is where bounces go; None is the desk's address. `verp` gives each reply a reverse-path of its own
    (desk+REPLY@…), so that each bounce tells which it is about; the server must take plus-addresses. `timeout` is in
    seconds.
    """

    port: int = Field(default=465, ge=1, le=65535, examples=[465])
    timeout: Seconds = Field(default=60, examples=[60])
    envelope_from: AddrSpec | None = Field(default=None, examples=["veranstaltungen@zukunftswerkstatt-kommunen.de"])
    verp: bool = Field(default=False, examples=[True])
    helo: Host = Field(default="", examples=["desk.example.org"])

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, data: Any) -> Any:
        return _with_port(data, {"tls": 465, "starttls": 587, "none": 25})
