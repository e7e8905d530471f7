"""One holder at a time, and nothing held by the dead."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from callcore import clock
from dispatch import leases
from dispatch.store import engine
from tests.unit.dispatch import conftest

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

TTL = dt.timedelta(seconds=30)
PATH = "/internal/leases/apply"


async def take(store: engine.Store, timepiece: clock.Clock, holder: str) -> None:
    await leases.take(store, timepiece, name=leases.APPLY, holder=holder, ttl=TTL)


async def test_second_holder_is_told_who_has_it(store: engine.Store, manual_clock: clock.ManualClock) -> None:
    await take(store, manual_clock, "first")
    await take(store, manual_clock, "first")
    with pytest.raises(leases.LeaseHeld, match="first is at it and may be until 20"):
        await take(store, manual_clock, "second")


async def test_lease_of_the_dead_runs_out(store: engine.Store, manual_clock: clock.ManualClock) -> None:
    await take(store, manual_clock, "first")
    manual_clock.advance(TTL.total_seconds())
    await take(store, manual_clock, "second")
    await leases.release(store, name=leases.APPLY, holder="first")
    with pytest.raises(leases.LeaseHeld, match="second"):
        await take(store, manual_clock, "first")


async def test_lease_is_given_back_also_by_what_fails(store: engine.Store, manual_clock: clock.ManualClock) -> None:
    async def fail() -> None:
        async with leases.held(store, manual_clock, name=leases.APPLY, holder="first", ttl=TTL):
            with pytest.raises(leases.LeaseHeld):
                await take(store, manual_clock, "second")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await take(store, manual_clock, "second")


async def test_command_takes_it_and_gives_it_back(service: conftest.Service) -> None:
    async def request(method: str, path: str = PATH, **options: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {conftest.SECRET}"}
        async with service.client.request(method, path, headers=headers, **options) as response:
            return response.status, await response.json() if response.content_length else None

    status, granted = await request("POST", json={"holder": "one", "ttl_s": 60})
    assert status == 200
    assert granted["until"]
    status, problem = await request("POST", json={"holder": "two", "ttl_s": 60})
    assert (status, problem["code"]) == (409, "lease_held")
    assert "one is at it" in problem["detail"]
    assert await request("DELETE", params={"holder": "one"}) == (204, None)
    assert (await request("POST", json={"holder": "two", "ttl_s": 60}))[0] == 200
    assert (await request("POST", "/internal/leases/other", json={"holder": "two", "ttl_s": 60}))[0] == 404
    assert (await request("POST", json={"holder": "two", "ttl_s": 0}))[0] == 422


def test_two_processes_of_one_program_are_told_apart() -> None:
    assert leases.holder("dispatch") != leases.holder("dispatch")
    assert len(leases.holder("x" * 20)) <= 128
