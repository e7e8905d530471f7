"""A caller whom we dialed lately is known to return that call."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
import sqlalchemy as sa

from callcore import clock
from dispatch import keys, ring_backs, switchboard
from dispatch.internal import calls as internal_calls
from dispatch.store import engine, tables
from sip_config import configurations, routing
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

LATE = samples.START - dt.timedelta(days=31)
YESTERDAY = samples.START - dt.timedelta(days=1)


async def dialed(
    store: engine.Store,
    agent_id: str | None,
    *,
    at: dt.datetime = YESTERDAY,
    direction: str = "outbound",
    ours: str = doubles.DIALED,
    theirs: str = samples.CALLER,
) -> None:
    """A call of the past."""
    row = {
        "id": f"call_{agent_id}_{at.timestamp()}"[:40],
        "room_name": f"{agent_id} {at} {direction} {ours} {theirs}",
        "direction": direction,
        "status": "ended",
        "caller": ours,
        "dialed": theirs,
        "created_at": at,
        "agent_id": agent_id,
        "user_turns": 0,
        "sequence": 1,
        "worker_id": "w",
        "job_id": "j",
        "generation": 1,
        "intake": "{}",
    }
    async with store.writing() as tx:
        await tx.execute(sa.insert(tables.calls).values(row))


@pytest.fixture
def board(configuration: configurations.Configuration, manual_clock: clock.ManualClock) -> switchboard.Switchboard:
    return switchboard.Switchboard(configuration, manual_clock)


async def test_the_newest_call_to_this_caller_from_this_number_counts(
    store: engine.Store, board: switchboard.Switchboard
) -> None:
    assert await ring_backs.find(store, board, samples.intake()) is None
    await dialed(store, "older", at=YESTERDAY - dt.timedelta(hours=1))
    await dialed(store, "newer")
    await dialed(store, None, at=YESTERDAY + dt.timedelta(hours=1))
    for spelling in (samples.CALLER, f"sip:{samples.CALLER}@carrier.example"):
        found = await ring_backs.find(store, board, samples.intake(caller=spelling))
        assert found == routing.RingBack(agent_id="newer")


async def test_other_calls_do_not_count(store: engine.Store, board: switchboard.Switchboard) -> None:
    await dialed(store, "too-old", at=LATE)
    await dialed(store, "from-another-number", ours="+12015550177")
    await dialed(store, "to-somebody-else", theirs="+12015550188")
    await dialed(store, "received", direction="inbound")
    assert await ring_backs.find(store, board, samples.intake()) is None


async def test_an_unknown_caller_or_number_returns_nothing(store: engine.Store, board: switchboard.Switchboard) -> None:
    await dialed(store, "newer")
    for intake in (samples.intake(caller="anonymous"), samples.intake(caller=None), samples.intake(dialed="+1999")):
        assert await ring_backs.find(store, board, intake) is None


async def test_the_job_is_told(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(internal_calls, "_LOOK_S", 7.0)  # the store of a busy machine may take its time
    monkeypatch.setattr(internal_calls, "_PLAN_S", 10.0)
    (agent_id,) = service.app[keys.SWITCHBOARD].configuration.agents
    await dialed(service.store, agent_id)
    status, accepted = await service.internal("POST", "/internal/calls", samples.intake())
    assert (status, accepted["plan"]["plan"]["ring_back"]) == (200, True)


async def test_a_store_that_is_slow_to_tell_does_not_keep_the_caller_waiting(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(ring_backs, "find", never)
    monkeypatch.setattr(internal_calls, "_LOOK_S", 0.01)
    status, accepted = await service.internal("POST", "/internal/calls", samples.intake())
    assert (status, accepted["plan"]["plan"]["ring_back"]) == (200, False)
