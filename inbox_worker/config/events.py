"""One event of config/events/*.toml, checked and turned into the core's Event.

Never guesses a time zone: a time without one is refused, and so is one that the clocks skip in spring.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from inbox_worker.config.fields import Line, Lines, OpenLink, Section, SecureLink, Title, Zone
from inbox_worker.config.settings import ContactSettings
from inbox_worker.core.registration import TOKEN, Contact, Event, Reminder

_SHORTEST_SECRET = 32
_REMEDY = "make one with: openssl rand -hex 32, and name its file: token_secret_file"
_REMINDER = re.compile(r"([1-9]\d?)d ((?:[01]\d|2[0-3]):[0-5]\d)|([1-9]\d{0,2})(h|m)")


def _localised(value: datetime, zone: str | None) -> datetime:
    """`value` in its zone; ValueError without a zone and for an hour that does not exist there."""
    if zone is None:
        raise ValueError('has no time zone: add time_zone = "Europe/Berlin" to this file or to [desk]')
    if value.tzinfo is not None:
        return value.astimezone(ZoneInfo(zone))
    local = value.replace(tzinfo=ZoneInfo(zone))
    if local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != value:
        raise ValueError(f"does not exist in {zone}: the clocks are put forward in that hour")
    return local


class EventFile(Section):
    """The keys of an event file. The context of validation gives `time_zone`, the desk's own, or None."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", examples=["zwk-fachdiskurs-22"])
    title: Title = Field(examples=["Zweiter Fachdiskurs"])
    title_en: Line = Field(default="", examples=["Second Expert Dialogue"])
    short_title: Line = Field(default="", max_length=60, examples=["Fachdiskurs"])
    short_title_en: Line = Field(default="", max_length=60, examples=["Expert Dialogue"])
    time_zone: Zone | None = Field(default=None, examples=["Europe/Berlin"], validate_default=True)
    start: datetime = Field(examples=[datetime(2022, 11, 24, 13, 0)])  # noqa: DTZ001 - TOML's local time
    duration_minutes: int | None = Field(default=None, gt=0, le=60 * 24 * 30, examples=[120])
    end: datetime | None = Field(default=None, examples=[datetime(2022, 11, 24, 15, 0)], validate_default=True)  # noqa: DTZ001 - TOML's local time
    link: SecureLink = Field(min_length=1, examples=["https://meet.example.org/room"])
    token_secret: SecretStr | None = Field(default=None, validate_default=True)
    dial_in: Line = Field(default="", max_length=200, examples=["+49 69 1234 5678"])
    meeting_id: Line = Field(default="", max_length=60, examples=["987 6543 2100"])
    passcode: Line = Field(default="", max_length=60, examples=["kommune22"])
    programme: OpenLink = Field(default="", examples=["https://www.example.org/programme"])
    aliases: Lines = Field(default=(), examples=[["Fachdiskurs", "24.11."]])
    people: Lines = Field(default=(), examples=[["Prof. Dr. Wiltrud Terlau"]])
    opens: datetime | None = Field(default=None, examples=[datetime(2022, 11, 2, 8, 0)])  # noqa: DTZ001 - TOML's local time
    closes: datetime | None = Field(default=None, examples=[datetime(2022, 11, 24, 12, 0)])  # noqa: DTZ001 - TOML's local time
    capacity: int | None = Field(default=None, ge=1, examples=[40])
    approval: Literal["automatic", "manual"] = Field(default="automatic", examples=["automatic"])
    recording: OpenLink = Field(default="", examples=["https://www.example.org/recording"])
    reminders: Lines = Field(default=("1d 09:00", "1h"), examples=[["1d 09:00", "1h"]])
    contact: ContactSettings | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone_of_the_desk(cls, value: str | None, info: ValidationInfo) -> str | None:
        return value or (info.context or {}).get("time_zone")

    @field_validator("start", "end", "opens", "closes", mode="before")
    @classmethod
    def _date_and_time(cls, value: object) -> object:
        # pydantic would take a number for seconds since 1970 and a bare date for midnight
        if value is None or isinstance(value, datetime) or (isinstance(value, str) and len(value) > len("2022-11-24")):
            return value
        raise ValueError("needs a date and a time")

    @field_validator("start")
    @classmethod
    def _start_has_a_zone(cls, value: datetime, info: ValidationInfo) -> datetime:
        return _localised(value, info.data["time_zone"]) if "time_zone" in info.data else value

    @field_validator("end")
    @classmethod
    def _end_after_start(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if not {"start", "time_zone", "duration_minutes"} <= info.data.keys():
            return value  # there is a complaint already, and it is the one to mend first
        start: datetime = info.data["start"]
        minutes: int | None = info.data["duration_minutes"]
        if value is not None and minutes is not None:
            raise ValueError("is given together with duration_minutes: keep one of them")
        if value is None:
            if minutes is None:
                raise ValueError("is missing, and so is duration_minutes")
            # counted in UTC: two hours are two hours, even when the clocks change in between
            return (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(start.tzinfo)
        end = _localised(value, info.data["time_zone"])
        if end.astimezone(UTC) <= start.astimezone(UTC):
            raise ValueError("is not after start")
        return end

    @field_validator("opens", "closes")
    @classmethod
    def _before_the_end(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        end = info.data.get("end")
        if value is None or end is None or "time_zone" not in info.data:
            return value
        moment = _localised(value, info.data["time_zone"])
        if moment.astimezone(UTC) >= end.astimezone(UTC):
            raise ValueError("is not before the event's end")
        opens = info.data.get("opens")
        if info.field_name == "closes" and opens and moment.astimezone(UTC) <= opens.astimezone(UTC):
            raise ValueError("is not after opens")
        return moment

    @field_validator("link")
    @classmethod
    def _pattern(cls, value: str) -> str:
        place = urlsplit(value)
        if re.search(r"[{}]", value.replace(TOKEN, "")):
            raise ValueError(f"may hold {TOKEN} in braces, and nothing else")
        if TOKEN in place.netloc or value.count(TOKEN) > 1:
            raise ValueError(f"may hold {TOKEN} once, behind the server's name")
        return value

    @field_validator("token_secret")
    @classmethod
    def _secret_of_a_pattern(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "link" not in info.data:
            return value  # there is a complaint already
        is_pattern = TOKEN in info.data["link"]
        if value is None:
            if is_pattern:
                raise ValueError(f"is missing, since link holds {TOKEN}: {_REMEDY}")
            return value
        if not is_pattern:
            raise ValueError(f"is given, but link does not hold {TOKEN}: remove it, or write {TOKEN} into link")
        if len(value.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"is shorter than {_SHORTEST_SECRET} characters: {_REMEDY}")
        return value

    @field_validator("reminders")
    @classmethod
    def _times(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not _REMINDER.fullmatch(each):
                raise ValueError(f'"{each}" is neither days before and a time ("1d 09:00") nor a span ("1h", "30m")')
        return value

    def _reminder(self, kind: str) -> Reminder:
        days, clock, amount, unit = _REMINDER.fullmatch(kind).groups()  # type: ignore[union-attr]  # checked above
        if days is None:
            span = timedelta(hours=int(amount)) if unit == "h" else timedelta(minutes=int(amount))
            return Reminder(kind, (self.start.astimezone(UTC) - span).astimezone(self.start.tzinfo))
        day = (self.start - timedelta(days=int(days))).date()
        return Reminder(kind, datetime.combine(day, time.fromisoformat(clock), self.start.tzinfo))

    def event(self, contact: Contact, pool: tuple[str, ...] = ()) -> Event:
        """The core's Event; `contact` is the desk's, for events that name none of their own.

        `pool` are links of which each person gets one; `link` is then none.
        """
        assert self.end is not None  # noqa: S101 - the validator of `end` leaves no None behind
        return Event(
            id=self.id,
            title=self.title,
            title_en=self.title_en,
            short_title=self.short_title,
            short_title_en=self.short_title_en,
            start=self.start,
            end=self.end,
            link="" if pool else self.link,
            token_secret=self.token_secret.get_secret_value() if self.token_secret else "",
            links=pool,
            dial_in=self.dial_in,
            meeting_id=self.meeting_id,
            passcode=self.passcode,
            programme=self.programme,
            aliases=self.aliases,
            people=self.people,
            opens=self.opens,
            closes=self.closes,
            capacity=self.capacity,
            approval=self.approval == "manual",
            recording=self.recording,
            reminders=tuple(self._reminder(kind) for kind in dict.fromkeys(self.reminders)),
            contact=self.contact.contact() if self.contact else contact,
        )
