"""When a webhook is tried again."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from callcore import errors
from dispatch import settings
from dispatch.webhooks import schedules
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

HOURS = 3600.0
USUAL = (0, 5, 300, 1800, 2 * HOURS, 5 * HOURS, 10 * HOURS, 14 * HOURS, 20 * HOURS, 24 * HOURS)
SCHEDULE = schedules.Schedule((0.0, 5.0, 300.0, 24 * HOURS))


def load(retries: str) -> tuple[float, ...]:
    return settings.load(**conftest.SETTINGS, trunkline_webhook_retries=retries).trunkline_webhook_retries


def test_there_are_ten_attempts_over_three_days() -> None:
    assert settings.load(**conftest.SETTINGS).trunkline_webhook_retries == USUAL
    assert load(",".join(str(delay) for delay in USUAL)) == USUAL


@pytest.mark.parametrize("retries", ["5", "", "0,x", "0,-1", "0,700000", ",".join(["0"] * 51)])
def test_what_is_no_schedule_is_refused(retries: str) -> None:
    with pytest.raises(errors.ConfigurationInvalid, match="TRUNKLINE_WEBHOOK_RETRIES"):
        load(retries)


def test_delays_differ_by_a_tenth_at_most() -> None:
    rng = random.Random(7)
    found = [SCHEDULE.delay(2, rng) for _ in range(200)]
    seconds = [delay.total_seconds() for delay in found if delay is not None]
    assert min(seconds) >= 270
    assert max(seconds) <= 330
    assert len(set(seconds)) > 100
    assert SCHEDULE.delay(0, rng) == dt.timedelta()
    assert SCHEDULE.delay(4, rng) is None


@pytest.mark.parametrize(
    ("value", "expected_s"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("600", 600),
        ("601", 600),
        ("999999999", 600),
        ("Fri, 02 Jan 2026 03:04:35 GMT", 30),
        ("Fri, 02 Jan 2026 03:04:00 GMT", 0),
        ("Fri, 02 Jan 2036 03:04:00 GMT", 600),
        ("Friday, 02-Jan-26 03:04:35 GMT", 30),
        ("9999999999", None),
        ("1.5", None),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("Fri, 99 Jan 2026 03:04:35 GMT", None),
        ("\u0667", None),
    ],
)
def test_an_endpoint_may_ask_for_twice_the_next_delay(value: str, expected_s: float | None) -> None:
    asked = SCHEDULE.asked(2, {"Retry-After": value}, samples.START)
    assert asked == (None if expected_s is None else dt.timedelta(seconds=expected_s))


def test_it_may_ask_for_a_day_at_most() -> None:
    assert SCHEDULE.asked(3, {"Retry-After": "999999"}, samples.START) == dt.timedelta(hours=24)
    assert SCHEDULE.asked(2, {}, samples.START) is None
