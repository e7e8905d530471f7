"""What is left of dials: counts, log lines, and reservations that nobody gives back."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
import structlog

from callcore import errors
from dispatch import gate, housekeeping, keys, metrics
from dispatch.store import tables
from tests.unit.dispatch import conftest, samples
from tests.unit.dispatch.gate import wishing

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

DAY = dt.timedelta(days=1)


def test_a_refusal_is_counted_and_logged_without_the_number() -> None:
    counters = metrics.Metrics()
    refused = errors.PolicyRefused("no", code="limit_per_day", is_limit=True, retry_at=samples.START, scope="key")
    with structlog.testing.capture_logs() as lines:
        gate.note_refusal(counters, refused, gate.Stage.CLAIM, "call_1")
    assert 'trunkline_dials_refused_total{code="limit_per_day",stage="claim"} 1.0' in counters.exposition().decode()
    assert lines == [
        {
            "event": "a dial was refused",
            "log_level": "warning",
            "code": "limit_per_day",
            "stage": "claim",
            "call_id": "call_1",
            "scope": "key",
            "retry_at": "2026-01-02T03:04:05.000Z",
        }
    ]


async def test_housekeeping_gives_back_what_calls_left_and_forgets_what_is_old(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    over = (await service.only_call())["callId"]
    await service.deliver(samples.arrived("call_live"), room="call_live", spool="spool_2")
    _, page = await service.public("/v1/calls")
    (live,) = {call["callId"] for call in page["items"]} - {over}
    now = service.clock.now()
    held = {over: now, "call_gone": now, live: now, "call_old": now - 3 * DAY}
    async with service.store.writing() as tx:
        for call_id, made_at in held.items():
            wanted = wishing.wish(service.app[keys.SWITCHBOARD].configuration, call_id=call_id, minutes=1)
            free = wishing.ruled(service.app[keys.SWITCHBOARD].configuration, limits={})
            await gate.reserve(tx, free, wanted, made_at)
        await gate.release(tx, "call_old", now, 1)
    await housekeeping.tidy(service.store, service.app[keys.SHELF], service.clock)
    async with service.store.reading() as tx:
        rows = (await tx.execute(sa.select(tables.reservations))).all()
    assert {row.call_id: (row.released_at is None, row.minutes) for row in rows} == {
        over: (False, 12.5 / 60),
        "call_gone": (False, 0),
        live: (True, 1),
    }
