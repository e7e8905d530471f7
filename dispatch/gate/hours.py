"""Calling hours: one window of the day, on the wall clock of every place at which the callee may be."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from collections.abc import Collection, Iterator

import phonenumbers
from phonenumbers import timezone as number_zones

from sip_config import schema

_DAY = dt.timedelta(days=1)
_DAY_MINUTES = 1440
_LOOK_AHEAD_DAYS = 8  # days are alike but for those on which clocks change
_NOWHERE = frozenset({"Factory", "localtime"})  # what the database has for machines that do not know their place


@functools.cache
def _known() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - _NOWHERE  # reads a folder


def is_zone(name: str) -> bool:
    """Whether the IANA database has a time zone of this name."""
    return name in _known()


def zones(number: str | None, told: str | None, own: str) -> frozenset[str]:
    """The time zones in which a callee may be.

    Args:
        number: E.164; None for a SIP address without one.
        told: by whoever asks for the call; it alone counts.
        own: the organization's, for a callee of whom nothing is known.
    """
    if told is not None:
        return frozenset({told})
    if number is None:
        return frozenset({own})
    found = frozenset(number_zones.time_zones_for_number(phonenumbers.parse(number, None)))
    return found if found and found <= _known() else frozenset({own})


def is_open(window: str, zones: Collection[str], moment: dt.datetime) -> bool:
    """Whether it is within a window such as `08:00-21:00` in every one of the zones."""
    begin, end = schema.hour_minutes(window)
    return all(_is_within(begin, end, _wall(zone, moment)) for zone in zones)


def next_opening(window: str, zones: Collection[str], now: dt.datetime) -> dt.datetime | None:
    """The first moment from now on at which it is within the window in every zone; None: there is none in a week."""
    for ahead in range(_LOOK_AHEAD_DAYS):
        begin = now + ahead * _DAY
        moments = {moment for zone in zones for moment in _openings(window, zone, begin, begin + _DAY)}
        for moment in sorted(moments | {begin}):
            if is_open(window, zones, moment):
                return moment.astimezone(dt.UTC)
    return None


def _openings(window: str, zone: str, since: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    """Every moment of a span at which the window may begin in a zone: the clock shows so, or jumps into the window."""
    here = zoneinfo.ZoneInfo(zone)
    begin, _ = schema.hour_minutes(window)
    first, last = since.astimezone(here).date(), until.astimezone(here).date()
    for day in range((last - first).days + 1):
        date = first + day * _DAY
        for fold in (0, 1):
            wall = dt.datetime(date.year, date.month, date.day, begin // 60, begin % 60, tzinfo=here, fold=fold)
            if since <= (moment := wall.astimezone(dt.UTC)) < until:
                yield moment
    if since.astimezone(here).utcoffset() != until.astimezone(here).utcoffset():
        yield _jump(here, since, until)


def _jump(zone: zoneinfo.ZoneInfo, before: dt.datetime, after: dt.datetime) -> dt.datetime:
    """The moment between two at which the clocks of a zone change, to the second."""
    old = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if dt.datetime.fromtimestamp(middle, zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return dt.datetime.fromtimestamp(high, dt.UTC)


def _wall(zone: str, moment: dt.datetime) -> int:
    wall = moment.astimezone(zoneinfo.ZoneInfo(zone))
    return wall.hour * 60 + wall.minute


def _is_within(begin: int, end: int, minute: int) -> bool:
    """Whether a minute of the day is in a window; the latter may end on the next day."""
    return begin <= minute < end or begin <= minute + _DAY_MINUTES < end
