"""Identifiers."""

import datetime as dt

import pytest

from callcore import clock, ids

pytestmark = pytest.mark.unit

T0 = dt.datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.UTC)


def test_ids_sort_by_time_and_never_repeat() -> None:
    made = [ids.new(ids.CALL, T0 + dt.timedelta(milliseconds=i)) for i in range(100)]
    assert made == sorted(made)
    assert len({ids.new(ids.EVENT, T0) for _ in range(1000)}) == 1000


def test_an_id_says_what_it_names_and_has_no_dots() -> None:
    call_id = ids.new(ids.CALL, T0)
    assert ids.is_id(ids.CALL, call_id)
    assert not ids.is_id(ids.EVENT, call_id)
    assert not ids.is_id(ids.CALL, "call_../../etc/passwd")
    assert "." not in call_id


def test_times_are_rfc3339_utc() -> None:
    eastern = T0.astimezone(dt.timezone(dt.timedelta(hours=-5)))
    assert clock.rfc3339(eastern) == "2026-01-02T03:04:05.678Z"
