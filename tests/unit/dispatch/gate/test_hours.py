"""Calling hours, on every wall clock under which the callee may be."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import hypothesis
import pytest
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from dispatch.gate import hours

pytestmark = pytest.mark.unit

NEW_YORK, BERLIN, SYDNEY = "America/New_York", "Europe/Berlin", "Australia/Sydney"
USUAL = "08:00-21:00"


def at(text: str, zone: str = "UTC", fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("number", "told", "expected"),
    [
        ("+12015550123", None, {NEW_YORK}),
        ("+12015550123", BERLIN, {BERLIN}),
        (None, None, {"Asia/Tokyo"}),
        (None, BERLIN, {BERLIN}),
        ("+12425550123", None, {"Asia/Tokyo"}),  # nobody knows
        (
            "+61412345678",
            None,
            {
                "Australia/Adelaide",
                "Australia/Brisbane",
                "Australia/Eucla",
                "Australia/Lord_Howe",
                "Australia/Perth",
                SYDNEY,
                "Indian/Christmas",
                "Indian/Cocos",
            },
        ),
    ],
)
def test_zones_in_which_a_callee_may_be(number: str | None, told: str | None, expected: set[str]) -> None:
    assert hours.zones(number, told, "Asia/Tokyo") == expected


def test_a_toll_free_number_may_be_anywhere_on_its_continent() -> None:
    assert {NEW_YORK, "America/Los_Angeles", "Pacific/Honolulu"} < hours.zones("+18005550123", None, BERLIN)


def test_every_zone_of_every_number_is_known() -> None:
    named = {zone for zones in TIMEZONE_DATA.values() for zone in zones} - {"Etc/Unknown"}
    assert [zone for zone in named if not hours.is_zone(zone)] == []


@pytest.mark.parametrize(
    ("window", "wall", "is_open"),
    [
        (USUAL, "07:59:59", False),
        (USUAL, "08:00:00", True),
        (USUAL, "20:59:59", True),
        (USUAL, "21:00:00", False),
        ("00:00-24:00", "00:00:00", True),
        ("00:00-24:00", "23:59:59", True),
        ("20:00-24:00", "23:59:59", True),
        ("20:00-24:00", "00:00:00", False),
        ("22:00-02:00", "21:59:59", False),
        ("22:00-02:00", "23:00:00", True),
        ("22:00-02:00", "01:59:59", True),
        ("22:00-02:00", "02:00:00", False),
    ],
)
def test_a_window_by_the_wall_clock(window: str, wall: str, is_open: bool) -> None:
    assert hours.is_open(window, {NEW_YORK}, at(f"2026-06-02T{wall}", NEW_YORK)) is is_open


@pytest.mark.parametrize(
    ("window", "zones", "now", "expected"),
    [
        (USUAL, {NEW_YORK}, at("2026-06-02T21:00", NEW_YORK), at("2026-06-03T08:00", NEW_YORK)),
        (USUAL, {NEW_YORK}, at("2026-06-02T03:00:30", NEW_YORK), at("2026-06-02T08:00", NEW_YORK)),
        (USUAL, {NEW_YORK, "America/Los_Angeles"}, at("2026-06-02T09:00", NEW_YORK), at("2026-06-02T11:00", NEW_YORK)),
        (USUAL, {NEW_YORK, BERLIN}, at("2026-06-02T22:00", BERLIN), at("2026-06-03T14:00", BERLIN)),
        (USUAL, {NEW_YORK, "Asia/Tokyo"}, at("2026-06-02T12:00"), at("2026-06-02T23:00")),
        ("09:00-12:00", {NEW_YORK, BERLIN}, at("2026-06-02T12:00"), None),
        # In spring the clocks go from two to three, and eight comes an hour sooner; in autumn the reverse.
        (USUAL, {NEW_YORK}, at("2026-03-07T21:00", NEW_YORK), at("2026-03-08T12:00")),
        (USUAL, {NEW_YORK}, at("2026-10-31T21:00", NEW_YORK), at("2026-11-01T13:00")),
        (USUAL, {BERLIN}, at("2026-03-28T21:00", BERLIN), at("2026-03-29T06:00")),
        (USUAL, {SYDNEY}, at("2026-10-03T21:00", SYDNEY), at("2026-10-03T21:00")),
        # A window that begins in the hour that is skipped, and one in the hour that comes twice.
        ("02:30-04:00", {NEW_YORK}, at("2026-03-08T06:59"), at("2026-03-08T07:00")),
        ("01:30-01:45", {NEW_YORK}, at("2026-11-01T05:00"), at("2026-11-01T05:30")),
        ("01:30-01:45", {NEW_YORK}, at("2026-11-01T05:45"), at("2026-11-01T06:30")),
    ],
)
def test_when_to_try_again(window: str, zones: set[str], now: dt.datetime, expected: dt.datetime | None) -> None:
    assert hours.is_open(window, zones, now) is (expected == now)
    assert hours.next_opening(window, zones, now) == expected


def oracle(window: str, zone: str, moment: dt.datetime) -> bool:
    """By the strings on the wall."""
    begin, end = window.split("-")
    wall = moment.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%H:%M")
    return begin <= wall < end if begin < end else wall >= begin or wall < end


def clock_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


windows = st.builds(
    lambda begin, length: f"{clock_time(begin)}-{clock_time((begin + length) % 1440)}",
    st.integers(0, 1439),
    st.integers(1, 1439),
)
zones_of_some = st.sampled_from(
    [NEW_YORK, BERLIN, SYDNEY, "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Africa/Cairo", "UTC"]
)
changes = st.sampled_from(
    ["2026-03-08", "2026-03-29", "2026-04-05", "2026-04-24", "2026-10-04", "2026-10-25", "2026-11-01"]
)
moments = st.builds(lambda day, minutes: at(day) + dt.timedelta(minutes=minutes), changes, st.integers(-1440, 2 * 1440))


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(windows, st.sets(zones_of_some, min_size=1, max_size=3), moments)
def test_hours_agree_with_an_oracle(window: str, zones: set[str], now: dt.datetime) -> None:
    """The next opening is the first minute of the next two days at which the oracle says so."""
    assert hours.is_open(window, zones, now) == all(oracle(window, zone, now) for zone in zones)
    found = hours.next_opening(window, zones, now)
    minutes = (now + dt.timedelta(minutes=ahead) for ahead in range(1440 + 61))
    expected = next((moment for moment in minutes if all(oracle(window, zone, moment) for zone in zones)), None)
    if expected is None:
        assert found is None or found > now + dt.timedelta(days=1)
    else:
        assert found == expected
