"""The kinds of value that settings are made of: addresses, zones, links, names, lists.

Each is a type that pydantic checks; a wrong value raises ValueError with a phrase that fits behind the key's name.
Never looks at files or the network.
"""

import json
import re
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDR_SPEC = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
# container networks have names with underscores
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?|[0-9A-Fa-f:]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Section(BaseModel):
    """A table of a configuration file: frozen, no unknown keys, and its errors never quote what was put in."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)


def _address(value: str) -> str:
    if len(value) > 254 or len(value.partition("@")[0]) > 64 or not _ADDR_SPEC.fullmatch(value):
        raise ValueError("is not an e-mail address")
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


def _line(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("holds a line break or a control character")
    return value


def _host(value: str) -> str:
    if value and not _HOST.fullmatch(value):
        raise ValueError("is not a host name or an IP address (no scheme, no port)")
    return value


def zone(value: str) -> str:
    """Checks the name of an IANA time zone; ValueError when there is none of this name."""
    try:
        ZoneInfo(value)
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError that str() would garble
        raise ValueError("is not the name of a time zone") from error
    except KeyError as error:
        raise ValueError("is not the name of a time zone") from error
    return value


def _web(value: str, schemes: tuple[str, ...]) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port  # raises for a port that is none
    except ValueError as error:
        raise ValueError("is not a web address") from error
    if parts.scheme not in schemes:
        raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if not host or re.search(r"[\s<>\"\\]", value) or _CONTROL.search(value):
        raise ValueError("is not a web address")
    return value


def secure_link(value: str) -> str:
    """Checks a web address with https; ValueError when it is none."""
    return _web(value, ("https",))


def _open(value: str) -> str:
    return _web(value, ("https", "http"))


def _split(value: object) -> object:
    """A list in an environment variable is JSON, or simply has commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError("is not a list") from error
    return [part.strip() for part in value.split(",") if part.strip()]


def _day_time(value: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError("is not a time of day as 08:00")
    return value


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As `days` of a setting names them; their place is what the core counts by."""


def _weekday(value: str) -> str:
    if value not in WEEKDAYS:
        raise ValueError(f"is not one of {', '.join(WEEKDAYS)}")
    return value


AddrSpec = Annotated[str, AfterValidator(_address)]
"""A plain e-mail address, its domain in lower case."""
Line = Annotated[str, AfterValidator(_line)]
"""Text that can stand in a header or on one line."""
Title = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_line)]
"""A line that says something."""
Host = Annotated[str, AfterValidator(_host)]
"""A host name or an IP address; '' is not yet known."""
Zone = Annotated[str, AfterValidator(zone)]
"""The name of an IANA time zone."""
SecureLink = Annotated[str, AfterValidator(secure_link)]
"""A web address with https."""
OpenLink = Annotated[str, AfterValidator(_open)]
"""A public web address; '' is none."""
Lines = Annotated[tuple[Title, ...], BeforeValidator(_split)]
"""A list of lines."""
Addresses = Annotated[tuple[AddrSpec, ...], BeforeValidator(_split)]
"""A list of addresses."""
DayTime = Annotated[str, AfterValidator(_day_time)]
"""A time of day."""
Weekdays = Annotated[tuple[Annotated[str, AfterValidator(_weekday)], ...], BeforeValidator(_split)]
"""Days of the week."""
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A span of time."""
