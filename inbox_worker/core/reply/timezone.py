"""A time zone as a calendar file tells it (RFC 5545 §3.6.5), no more of it than one event needs.

Where the clocks change twice a year by a rule, the two rules; elsewhere the changes themselves around the event.
Programs expect both halves of the year, so the rule that is not in force stands there as well.

Never asks a network, and knows no zone by heart: everything is read off the zone's own data.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

_STEP = timedelta(days=7)
"""Zones keep a change for longer than that, even those that pause summer time for Ramadan."""

_BEFORE, _AFTER = timedelta(days=800), timedelta(days=400)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Change(NamedTuple):
    """The clocks are changed at `at` (UTC), from one offset to the other."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str

    @property
    def local(self) -> datetime:
        """What the clocks show when they are changed, as an observance's DTSTART is written (naive)."""
        return (self.at + self.before).replace(tzinfo=None)


def zone_name(moment: datetime) -> str:
    """The IANA name of the moment's zone, '' for UTC and for zones without a name."""
    name = getattr(moment.tzinfo, "key", None) or ""
    return "" if name in {"UTC", "Etc/UTC"} else name


def needs_utc(*moments: datetime) -> bool:
    """Whether one of them lies in the hour that comes twice, the second time: a local time means the first (§3.3.5)."""
    return any(moment.fold and moment.replace(fold=0).utcoffset() != moment.utcoffset() for moment in moments)


def vtimezone(start: datetime, end: datetime) -> tuple[str, ...]:
    """The lines of the VTIMEZONE for an event; both in one zone that has a name."""
    assert start.tzinfo is not None  # noqa: S101 - an Event's times are aware
    return _lines(zone_name(start), start.tzinfo, start.astimezone(UTC), end.astimezone(UTC))


@lru_cache(maxsize=256)
def _lines(name: str, zone: tzinfo, start: datetime, end: datetime) -> tuple[str, ...]:
    changes = _changes(zone, start - _BEFORE, end + _AFTER)
    pair = _yearly(changes, start)
    if pair:
        forward, back = sorted(pair, key=lambda pair: pair[0].before - pair[0].after)
        body = [*_observance("STANDARD", *back), *_observance("DAYLIGHT", *forward)]
    else:
        body = [line for change in _around(changes, zone, start, end) for line in _single(change, zone)]
    return ("BEGIN:VTIMEZONE", f"TZID:{name}", *body, "END:VTIMEZONE")


def _changes(zone: tzinfo, since: datetime, until: datetime) -> list[Change]:
    """All changes of the offset between two moments, found by halving."""
    found = []
    earlier = since
    while earlier < until:
        later = earlier + _STEP
        if _offset(zone, earlier) != _offset(zone, later):
            low, high = earlier, later
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, low) else (low, middle)
            at = high.replace(microsecond=0)
            found.append(Change(at, _offset(zone, low), _offset(zone, at), at.astimezone(zone).tzname() or ""))
        earlier = later
    return found


def _offset(zone: tzinfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _yearly(changes: Sequence[Change], start: datetime) -> list[tuple[Change, str]]:
    """The two changes of the year before the event with their rules; [] where it does not go by such rules."""
    kinds: dict[tuple[timedelta, timedelta], list[Change]] = {}
    for change in changes:
        kinds.setdefault((change.before, change.after), []).append(change)
    if len(kinds) != 2:
        return []
    pair = []
    for alike in kinds.values():
        rule, earlier = _rule(alike), [change for change in alike if change.at <= start]
        years = [change.local.year for change in alike]
        if not rule or not earlier or years != list(range(years[0], years[0] + len(years))) or len(years) < 3:
            return []
        pair.append((earlier[-1], rule))
    return pair


def _rule(alike: Sequence[Change]) -> str:
    """'FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU' when that is what these changes have in common, else ''."""
    days = [change.local for change in alike]
    if len({(day.month, day.weekday(), day.time()) for day in days}) != 1:
        return ""
    if all(day.day + 7 > monthrange(day.year, day.month)[1] for day in days):
        which = -1
    elif len({(day.day - 1) // 7 for day in days}) == 1:
        which = (days[0].day - 1) // 7 + 1
    else:
        return ""
    return f"FREQ=YEARLY;BYMONTH={days[0].month};BYDAY={which}{_DAYS[days[0].weekday()]}"


def _around(changes: Iterable[Change], zone: tzinfo, start: datetime, end: datetime) -> list[Change]:
    """What is in force when the event begins, and what changes while it lasts."""
    known = [change for change in changes if change.at <= end]
    before = [change for change in known if change.at <= start]
    if not before:
        offset, name = _offset(zone, start), start.astimezone(zone).tzname() or ""
        before = [Change(datetime(1970, 1, 1, tzinfo=UTC) - offset, offset, offset, name)]
    return [before[-1], *(change for change in known if change.at > start)]


def _single(change: Change, zone: tzinfo) -> list[str]:
    summer = bool(change.at.astimezone(zone).dst()) and change.after > change.before
    return _observance("DAYLIGHT" if summer else "STANDARD", change)


def _observance(kind: str, change: Change, rule: str = "") -> list[str]:
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{change.local:%Y%m%dT%H%M%S}",
        f"TZOFFSETFROM:{_written(change.before)}",
        f"TZOFFSETTO:{_written(change.after)}",
        *([f"RRULE:{rule}"] if rule else []),
        *([f"TZNAME:{change.name}"] if change.name.isascii() else []),
        f"END:{kind}",
    ]


def _written(offset: timedelta) -> str:
    """'+0100' (§3.3.14)."""
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    return (
        f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}{minutes % 60:02}{f'{seconds:02}' if seconds else ''}"
    )
