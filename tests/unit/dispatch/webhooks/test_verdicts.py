"""What an answer means for its delivery."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random

import pytest

from dispatch.store import deliveries
from dispatch.webhooks import client, schedules, verdicts
from tests.unit.dispatch import samples

pytestmark = pytest.mark.unit

SCHEDULE = schedules.Schedule((0.0, 10.0, 100.0))
FRESH = deliveries.Delivery(
    id="dlv_1",
    message_id="evt_1",
    kind="status",
    url="https://example.com/hook",
    agent_id=None,
    call_id=None,
    type="call.status",
    body="{}",
    event_at=samples.START,
    lane=None,
    position=1,
    created_at=samples.START,
    due_at=samples.START,
)


def judge(status: int | None, delivery: deliveries.Delivery = FRESH, **headers: str) -> deliveries.Delivery:
    answer = client.Answer(
        status_code=status,
        error=None if status else "timeout",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    tried = verdicts.Tried(delivery=delivery, answer=answer, at=samples.START, ended_at=samples.START)
    return verdicts.judge(tried, SCHEDULE, random.Random(1))


def waits(delivery: deliveries.Delivery) -> float:
    return (delivery.due_at - samples.START).total_seconds()


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    after = judge(status)
    assert (after.state, after.error, after.attempts) == (deliveries.State.DELIVERED, None, 1)
    assert after.finished_at == samples.START


@pytest.mark.parametrize("status", [None, 301, 308, 400, 401, 404, 408, 409, 425, 429, 500, 502, 503, 504])
def test_all_else_is_tried_again(status: int | None) -> None:
    after = judge(status)
    assert (after.state, after.step, after.attempts) == (deliveries.State.PENDING, 1, 1)
    assert after.error == ("bad_status" if status else "timeout")
    assert 9 <= waits(after) <= 11


def test_gone_is_given_up_at_once() -> None:
    assert judge(410).state is deliveries.State.FAILED


def test_a_receiver_may_be_spared_further_attempts_of_one() -> None:
    assert judge(400, webhook_delivery="abort-message").state is deliveries.State.FAILED
    assert judge(400, webhook_delivery="else").state is deliveries.State.PENDING


def test_after_the_last_of_the_schedule_it_is_given_up() -> None:
    last = dataclasses.replace(FRESH, step=2, attempts=2)
    assert judge(500, last).state is deliveries.State.FAILED
    assert judge(503, last, Retry_After="1").state is deliveries.State.FAILED


def test_a_longer_wait_that_is_asked_for_takes_the_place_of_the_schedules() -> None:
    after = judge(503, Retry_After="15")
    assert (waits(after), after.step, after.early) == (15, 1, 0)
    assert waits(judge(429, Retry_After="1000")) == 20


def test_a_shorter_one_is_an_attempt_more() -> None:
    after = judge(503, Retry_After="3")
    assert (waits(after), after.step, after.early) == (3, 0, 1)
    tired = dataclasses.replace(FRESH, early=3)
    assert waits(judge(503, tired, Retry_After="3")) >= 9


def test_a_date_is_one_too() -> None:
    when = samples.START + dt.timedelta(seconds=4)
    assert waits(judge(503, Retry_After=when.strftime("%a, %d %b %Y %H:%M:%S GMT"))) == 4
