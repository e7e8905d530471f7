"""The process dies right before and right after every step of a dial: never two dials, and always an end or a life."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from callcore import contract, transfers
from dispatch import keys
from dispatch.dialing import records
from dispatch.store import dial_claims
from dispatch.store import dials as rows
from tests.unit.dispatch import conftest, dialers, doubles
from tests.unit.dispatch.dialing import steps

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


class Died(asyncio.CancelledError):
    """The process is no more."""


@contextlib.contextmanager
def dies(owner: Any, name: str, when: str) -> Iterator[None]:
    """The next time that this is done is the last thing that the process does, or what it does not come to."""
    real: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def last(*arguments: Any, **options: Any) -> Any:
        setattr(owner, name, real)
        if when == "before":
            raise Died
        await real(*arguments, **options)
        raise Died

    setattr(owner, name, last)
    try:
        yield
    finally:
        setattr(owner, name, real)


@contextlib.asynccontextmanager
async def _jobs(service: conftest.Service) -> Any:
    """A job in each room that is made says that it is ready, and each phone that rings is answered."""

    async def work() -> None:
        served = answered = 0
        while True:
            await asyncio.sleep(0.001)
            if len(service.livekit.opened) > served:
                room, metadata = service.livekit.opened[served]
                served += 1
                generation = contract.JobAssignment.model_validate_json(metadata).generation
                await steps.says_ready(service, room, generation, job=f"AJ_{generation}")
            if len(service.dialer.dials) > answered and service.dialer._answers:
                answered += 1
                with contextlib.suppress(asyncio.InvalidStateError):
                    service.dialer.answer(transfers.AttemptResult.ANSWERED, 200)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


_STEPS = [
    (records.Records, "keep_plan"),
    (doubles.FakeRooms, "open"),
    (records.Records, "begin"),
    (dialers.FakeDialer, "dial"),
    (records.Records, "answered"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("owner", "name"), _STEPS, ids=[name for _, name in _STEPS])
async def test_a_process_that_dies_in_between(service: conftest.Service, owner: Any, name: str, when: str) -> None:
    async with _jobs(service):
        with dies(owner, name, when):
            call_id = await steps.accepted(service)

            async def died() -> bool:
                return not service.app[keys.DIALING]._tasks

            await steps.until(died)
        await steps.crash(service)
        await steps.looks(service)
        await steps.is_over(service, call_id)
    call = await steps.call(service, call_id)
    was_dialed = bool(service.dialer.dials)
    assert len(service.dialer.dials) == int(was_dialed)
    if was_dialed:
        assert call["status"] == "in_progress"
    else:
        assert (call["status"], call["termination"]["result"]) == ("ended", "indeterminate")
    assert was_dialed or (name, when) in {("begin", "after"), ("dial", "before")}
    events = await steps.events(service, call_id)
    assert events.count("call.dialing") == 1
    assert (await steps.row(service, call_id)).state is rows.State.OVER


async def test_a_process_that_starts_alone_waits_for_no_lease(service: conftest.Service) -> None:
    call_id = await steps.accepted(service)
    tasks = service.app[keys.DIALING]._tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    async with service.store.writing() as tx:
        await dial_claims.free_others(tx, but="me")
        now = service.clock.now()
        (taken,) = await dial_claims.claim(tx, by="me", now=now, until=now, but=(), most=10)
        await dial_claims.free_others(tx, but="me")
    assert (taken.call_id, taken.generation) == (call_id, 2)
    assert (await steps.row(service, call_id)).claimed_until == now
