"""Hours against an oracle: the minutes of the week's windows, listed one by one, and a clock on a wall."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from sip_config import hours, schema

pytestmark = pytest.mark.unit

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
CHANGES = [
    ("America/New_York", dt.datetime(2026, 3, 8, 7, tzinfo=dt.UTC)),
    ("America/New_York", dt.datetime(2026, 11, 1, 6, tzinfo=dt.UTC)),
    ("Europe/Berlin", dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC)),
    ("Europe/Berlin", dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)),
    ("Australia/Lord_Howe", dt.datetime(2026, 4, 4, 15, tzinfo=dt.UTC)),  # half an hour
    ("Australia/Lord_Howe", dt.datetime(2026, 10, 3, 15, 30, tzinfo=dt.UTC)),
    ("America/Santiago", dt.datetime(2026, 4, 5, 3, tzinfo=dt.UTC)),  # at midnight
    ("America/Santiago", dt.datetime(2026, 9, 6, 4, tzinfo=dt.UTC)),
]


class Week:
    """Random windows for each weekday, and a few dates of their own."""

    def __init__(self, seed: int, around: dt.date) -> None:
        self._random = random.Random(seed)
        self.by_day = {day: self._windows() for day in schema.WEEKDAYS}
        self.own = {around + DAY * offset: self._windows() for offset in (-1, 1) if self._random.random() < 0.5}
        self.closed = [around + DAY * offset for offset in (-1, 0, 1) if self._random.random() < 0.2]

    def hours(self) -> schema.Hours:
        days = {day: [f"{begin}-{end}" for begin, end in windows] for day, windows in self.by_day.items()}
        own = {day.isoformat(): [f"{begin}-{end}" for begin, end in windows] for day, windows in self.own.items()}
        return schema.Hours.model_validate({**days, "open": own, "closed": [day.isoformat() for day in self.closed]})

    def minutes(self, day: dt.date) -> Iterator[dt.datetime]:
        """Every minute of every window that begins on a day, as the wall clock shows it."""
        windows = [] if day in self.closed else self.by_day[schema.WEEKDAYS[day.weekday()]]
        for begin, end in self.own.get(day, windows):
            at = dt.datetime.combine(day, dt.time.fromisoformat(begin))
            last = dt.datetime.combine(day, dt.time.fromisoformat(end))
            last = last if last > at else last + DAY
            while at < last:
                yield at
                at += MINUTE

    def _windows(self) -> list[tuple[str, str]]:
        """Up to three; those that end before they begin run over midnight, and many touch the hours of the change."""
        found = [(self._time(), self._time()) for _ in range(self._random.randint(0, 3))]
        return [(begin, end) for begin, end in found if begin != end]

    def _time(self) -> str:
        hour = self._random.choice([0, 1, 1, 2, 2, 3, 3, 4, 9, 17, 22, 23])
        return f"{hour:02}:{self._random.choice([0, 0, 1, 29, 30, 59]):02}"


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=lambda value: str(value))
def test_every_minute_around_a_change_of_the_clock(zone: str, change: dt.datetime) -> None:
    seen = set()
    for seed in range(2):
        week = Week(seed, change.date())
        rules = week.hours()
        listed = {minute for offset in range(-3, 4) for minute in week.minutes(change.date() + DAY * offset)}
        for step in range(-15 * 60, 15 * 60):
            moment = change + MINUTE * step
            wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            expected = wall in listed
            assert hours.is_open(rules, zone, moment) == expected, f"{wall} in week {seed} of {zone}"
            seen.add(expected)
    assert seen == {True, False}
