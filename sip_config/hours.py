"""Whether the business is open. Hours are read off the organization's wall clock.

So a window counts as the clock on the wall shows it, on daylight-saving days too: what falls into the hour that is
skipped never comes, and the hour that is repeated is open twice.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import zoneinfo

from sip_config import problems, schema

_DAY = dt.timedelta(days=1)
_DAY_MINUTES = 1440


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether it is open, and by which setting."""

    is_open: bool
    text: str
    """Why, for an operator."""
    setting: problems.Path
    """Where it is decided, from `hours` on."""


def is_open(hours: schema.Hours | None, time_zone: str, moment: dt.datetime) -> bool:
    """Whether the business is open at a moment.

    Args:
        hours: None: always open.
        time_zone: the organization's, a name of the IANA database.
        moment: aware, of any zone.
    """
    return judge(hours, time_zone, moment).is_open


def judge(hours: schema.Hours | None, time_zone: str, moment: dt.datetime) -> Verdict:
    """Whether the business is open at a moment, and why."""
    if hours is None:
        return Verdict(is_open=True, text="there are no hours: always open", setting=("hours",))
    wall = moment.astimezone(zoneinfo.ZoneInfo(time_zone))
    minute = wall.hour * 60 + wall.minute
    today = wall.date()
    for date, offset in ((today, 0), (today - _DAY, _DAY_MINUTES)):
        day = _day(hours, date)
        for window in day.windows:
            begin, end = schema.hour_minutes(window)
            if begin <= minute + offset < end:
                text = f"open: {wall:%H:%M} is within {window} of {_named(date)}, {day.reason}"
                return Verdict(is_open=True, text=text, setting=day.setting)
    day = _day(hours, today)
    return Verdict(is_open=False, text=f"closed at {wall:%H:%M} on {_named(today)}, {day.reason}", setting=day.setting)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Day:
    windows: tuple[str, ...]
    reason: str
    setting: problems.Path


def _day(hours: schema.Hours, date: dt.date) -> _Day:
    """The windows that begin on a day: of that very date, else none on closed days and holidays, else the week's."""
    if date in hours.open:
        return _Day(windows=hours.open[date], reason="by its own entry", setting=("hours", "open", date.isoformat()))
    if date in hours.closed:
        return _Day(windows=(), reason="a closed day", setting=("hours", "closed", hours.closed.index(date)))
    if hours.holidays is not None and date in _holidays(hours.holidays.country, hours.holidays.subdivision, date.year):
        return _Day(windows=(), reason="a public holiday", setting=("hours", "holidays"))
    weekday = date.weekday()
    for key, windows in hours.week.items():
        if weekday in schema.weekdays(key):
            return _Day(windows=windows, reason=f"by `{key}`", setting=("hours", key))
    return _Day(windows=(), reason="a weekday without hours", setting=("hours",))


def _named(date: dt.date) -> str:
    return f"{schema.WEEKDAYS[date.weekday()]} {date.isoformat()}"


@functools.lru_cache(maxsize=64)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[dt.date]:
    """The public holidays of a year, those included that are kept on another day than their own."""
    import holidays  # loads slowly, and most configurations do without

    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
