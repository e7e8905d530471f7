"""When the business is open: windows, exceptions, and what the keys may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pydantic
import pytest

from sip_config import hours, schema

pytestmark = pytest.mark.unit

NEW_YORK = "America/New_York"
WEEK = {
    "mon-fri": ["09:00-12:00", "13:00-17:00"],
    "sat": ["22:00-06:00"],
    "holidays": {"country": "US", "subdivision": "NY"},
    "closed": ["2026-12-24"],
    "open": {"2026-12-25": ["10:00-11:00"], "2026-12-31": []},
}


def parsed(data: Mapping[str, object]) -> schema.Hours:
    return schema.Hours.model_validate(data)


def is_open(wall: str, data: Mapping[str, object] = WEEK, zone: str = NEW_YORK) -> bool:
    moment = dt.datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    return hours.is_open(parsed(data), zone, moment)


@pytest.mark.parametrize(
    "wall",
    [
        *("2026-11-20 09:00", "2026-11-20 11:59:59", "2026-11-20 13:00", "2026-11-20 16:59:59.9"),
        *("2026-11-21 22:00", "2026-11-21 23:59", "2026-11-22 00:00", "2026-11-22 05:59"),
        "2026-12-25 10:30",  # its own entry counts more than the holiday
    ],
)
def test_open(wall: str) -> None:
    assert is_open(wall)


@pytest.mark.parametrize(
    "wall",
    [
        *("2026-11-20 08:59:59", "2026-11-20 12:00", "2026-11-20 12:30", "2026-11-20 17:00"),
        *("2026-11-21 05:00", "2026-11-21 21:59", "2026-11-22 06:00", "2026-11-22 22:30"),
        *("2026-12-24 10:00", "2026-12-25 11:00", "2026-12-31 10:00"),
        *("2026-11-26 10:00", "2027-01-01 10:00"),  # Thanksgiving and New Year
        "2027-12-31 10:00",  # New Year 2028 is a Saturday, kept on the Friday of the year before
        "2026-02-12 10:00",  # Lincoln's birthday, which New York keeps
    ],
)
def test_closed(wall: str) -> None:
    assert not is_open(wall)


def test_another_state_works_on_lincolns_birthday() -> None:
    assert is_open("2026-02-12 10:00", {**WEEK, "holidays": {"country": "US"}})


def test_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    nights = {"fri": ["22:00-06:00"], "closed": ["2026-11-14"], "open": {"2026-11-22": ["23:00-01:00"]}}
    assert is_open("2026-11-14 05:00", nights)  # a closed Saturday does not cut Friday's night short
    closed_friday = {**nights, "closed": ["2026-11-13"]}
    assert not is_open("2026-11-13 23:00", closed_friday)
    assert not is_open("2026-11-14 05:00", closed_friday)
    assert is_open("2026-11-23 00:59", nights)
    assert not is_open("2026-11-23 01:00", nights)


def test_midnight_may_be_written_both_ways() -> None:
    for end in ("24:00", "00:00"):
        assert is_open("2026-11-20 23:59", {"fri": [f"18:00-{end}"]})
        assert not is_open("2026-11-21 00:00", {"fri": [f"18:00-{end}"]})


def test_hour_that_is_skipped_never_comes_and_the_repeated_one_comes_twice() -> None:
    always = parsed({"mon-sun": ["02:00-03:00"]})
    before_gap = dt.datetime(2026, 3, 8, 6, 59, tzinfo=dt.UTC)  # 01:59 in New York; 03:00 follows
    assert not any(hours.is_open(always, NEW_YORK, before_gap + dt.timedelta(minutes=step)) for step in range(120))
    repeated = parsed({"mon-sun": ["01:00-02:00"]})
    first = dt.datetime(2026, 11, 1, 5, 0, tzinfo=dt.UTC)  # 01:00, and again an hour later
    inside = [hours.is_open(repeated, NEW_YORK, first + dt.timedelta(minutes=step)) for step in range(-1, 121)]
    assert inside == [False, *[True] * 120, False]


def test_without_hours_it_is_always_open() -> None:
    assert hours.is_open(None, NEW_YORK, dt.datetime(2026, 12, 25, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("mon", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("fri-mon", {4, 5, 6, 0}),
        ("mon,wed", {0, 2}),
        ("mon - tue, sat-sun", {0, 1, 5, 6}),
        ("mon-sun", set(range(7))),
        ("tue-tue", {1}),
    ],
)
def test_days_of_a_key(key: str, days: set[int]) -> None:
    assert set(schema.weekdays(key)) == days


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ({"mno-fri": []}, ("mno-fri",), "did you mean `mon`"),
        ({"mon": [], "closde": []}, ("closde",), "did you mean `closed`"),
        ({"mon-": []}, ("mon-",), "unknown key"),
        ({"mon,mon": []}, ("mon,mon",), "twice"),
        ({"mon-fri": [], "fri": []}, (), "`fri` is named by two keys"),
        ({"holidays": {"country": "US"}}, (), "name the weekdays"),
        ({"mon": ["9:00-17:00"]}, ("mon", 0), "time of day"),
        ({"mon": ["09:00-25:00"]}, ("mon", 0), "time of day"),
        ({"mon": ["24:00-25:00"]}, ("mon", 0), "time of day"),
        ({"mon": ["09:00-09:00"]}, ("mon", 0), "same time"),
        ({"mon": [], "closed": ["2026-02-30"]}, ("closed", 0), "write a date"),
        ({"mon": [], "closed": ["1234567890"]}, ("closed", 0), "write a date"),
        ({"mon": [], "holidays": {"country": "QQ"}}, ("holidays",), "country"),
        ({"mon": [], "holidays": {"country": "US", "subdivision": "QQ"}}, ("holidays",), "subdivision"),
        ({"mon," * 1000: []}, ("mon," * 1000,), "unknown key"),
    ],
)
def test_mistakes_are_told_at_their_place(data: Mapping[str, object], place: tuple[object, ...], message: str) -> None:
    with pytest.raises(pydantic.ValidationError) as refused:
        parsed(data)
    found = refused.value.errors()[0]
    assert found["loc"] == place
    assert message in found["msg"]


def test_hours_survive_the_wire() -> None:
    assert schema.Hours.model_validate_json(parsed(WEEK).model_dump_json()) == parsed(WEEK)


@pytest.mark.parametrize(
    ("wall", "text", "setting"),
    [
        ("2026-11-20 10:00", "within 09:00-12:00 of fri 2026-11-20, by `mon-fri`", ("hours", "mon-fri")),
        ("2026-11-22 01:00", "within 22:00-06:00 of sat 2026-11-21", ("hours", "sat")),
        ("2026-11-22 12:00", "closed at 12:00 on sun 2026-11-22, a weekday without hours", ("hours",)),
        ("2026-12-24 10:00", "a closed day", ("hours", "closed", 0)),
        ("2026-11-26 10:00", "a public holiday", ("hours", "holidays")),
        ("2026-12-25 10:30", "by its own entry", ("hours", "open", "2026-12-25")),
    ],
)
def test_verdict_names_the_setting(wall: str, text: str, setting: tuple[object, ...]) -> None:
    verdict = hours.judge(parsed(WEEK), NEW_YORK, dt.datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(NEW_YORK)))
    assert text in verdict.text
    assert verdict.setting == setting
