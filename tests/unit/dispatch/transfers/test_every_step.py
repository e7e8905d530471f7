"""Dispatch dies right before and right after everything that it does: another goes on, and no attempt is made twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from callcore import contract, transfers
from dispatch.transfers import driving, records
from tests.unit.dispatch import dialers, samples
from tests.unit.dispatch.transfers import desks
from tests.unit.dispatch.transfers.desks import FIRST, RESULT, SECOND, SEEN, STATE

pytestmark = pytest.mark.unit


class Died(asyncio.CancelledError):
    """The process is no more."""


@contextlib.contextmanager
def dies(owner: Any, name: str, when: str, nth: int) -> Iterator[asyncio.Event]:
    """The so-manieth time that this is done is the last thing that the process does, or what it does not come to."""
    real: Callable[..., Awaitable[Any]] = getattr(owner, name)
    died, times = asyncio.Event(), 0

    async def last(*arguments: Any, **options: Any) -> Any:
        nonlocal times
        times += 1
        if times != nth:
            return await real(*arguments, **options)
        if when == "after":
            await real(*arguments, **options)
        died.set()
        raise Died

    setattr(owner, name, last)
    try:
        yield died
    finally:
        setattr(owner, name, real)


@contextlib.asynccontextmanager
async def people(desk: desks.Desk) -> AsyncIterator[None]:
    """The job holds the caller, the first destination declines, the second one takes the call."""

    async def work() -> None:
        async with desk.means.wakeups.following(desk.call_id) as changes:
            while True:
                transfer = await desk.row()
                if transfer.state is STATE.REQUESTED:
                    await desk.says(SEEN.HELD, 0)
                elif transfer.state is STATE.DIALING:
                    _picks_up(desk)
                elif transfer.state is STATE.CONSULTING and transfer.attempt == 1:
                    await desk.says(SEEN.DECLINED, 1)
                elif transfer.state is STATE.CONSULTING:
                    await desk.says(SEEN.MERGED, transfer.attempt)
                await changes.wait(0.01)  # a phone that begins to ring is no change

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _picks_up(desk: desks.Desk) -> None:
    if desk.dialer.dials:
        with contextlib.suppress(asyncio.InvalidStateError):  # it did before
            desk.dialer.answer(RESULT.ANSWERED, 200)


_STEPS = [
    (desks.FakeSummoner, "summon", 1),
    (records.Records, "begin", 1),
    (dialers.FakeDialer, "dial", 1),
    (records.Records, "put", 1),
    (dialers.FakeDialer, "give_up", 1),
    (records.Records, "begin", 2),
    (dialers.FakeDialer, "dial", 2),
    (records.Records, "put", 2),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("owner", "name", "nth"), _STEPS, ids=[f"{name}-{nth}" for _, name, nth in _STEPS])
async def test_a_process_that_dies_in_between(desk: desks.Desk, owner: Any, name: str, nth: int, when: str) -> None:
    with dies(owner, name, when, nth) as died:
        await desk.request(wish=desks.wish(FIRST, SECOND))
        async with people(desk):
            async with asyncio.timeout(desks.SOON_S):
                await died.wait()
            await desk.crash()
            over = await desk.comes_to(STATE.BRIDGED, STATE.RETURNED)
    dialed = [dial.identity for dial in desk.dialer.dials]
    assert len(set(dialed)) == len(dialed) <= len(over.attempts) == 2
    assert (over.state is STATE.BRIDGED) == (over.attempts[1].result is RESULT.ANSWERED)
    was_lost = RESULT.UNKNOWN in {attempt.result for attempt in over.attempts}
    assert was_lost == ((name, when) in {("begin", "after"), ("dial", "before")}), "whatever was begun may have rung"
    wanted = over.identity if over.state is STATE.BRIDGED else None
    assert {each for each in dialed if each != wanted} <= set(desk.dialer.given_up)
    told = await desk.told()
    assert (told.count("requested"), told.count("dialing"), told.count(over.state.value)) == (1, 2, 1)


@pytest.mark.both_stores
async def test_an_end_that_was_put_down_and_not_carried_out(desk: desks.Desk) -> None:
    transfer = await desk.consulting()
    with dies(dialers.FakeDialer, "give_up", "before", 1) as died:
        await desk.transfers.cancel(desk.call_id, transfer.id, try_next=False)
        async with asyncio.timeout(desks.SOON_S):
            await died.wait()
    await desk.crash()
    await desk.gone(f"{transfer.id}_1")


@pytest.mark.parametrize("seen", [SEEN.DECLINED, SEEN.RETURNED])
async def test_a_leg_that_the_dead_would_have_hung_up_does_not_wait_for_their_heir(
    desk: desks.Desk, seen: contract.Seen
) -> None:
    transfer = await desk.consulting(wish=desks.wish(FIRST, SECOND))
    await desk.die()
    assert not (await desk.says(seen)).is_attempting
    await desk.gone(f"{transfer.id}_1")
    await desk.idle()
    assert len(desk.dialer.dials) == 1


@pytest.mark.parametrize(
    ("status", "state", "results"),
    [
        ("active", STATE.CONSULTING, [None]),
        ("ringing", STATE.DIALING, [None]),
        (None, STATE.DIALING, [RESULT.UNKNOWN, None]),
    ],
)
async def test_what_was_dialed_by_the_dead_is_only_looked_at(
    desk: desks.Desk, status: str | None, state: transfers.State, results: list[transfers.AttemptResult | None]
) -> None:
    await desk.request(wish=desks.wish(FIRST, SECOND))
    await desk.says(SEEN.HELD, 0)
    identity = await desk.rings()
    await desk.crash()
    desk.leaves(identity)
    if status is not None:
        desk.livekit.present[samples.ROOM].append(dialers.leg(identity, status))

    async def is_so() -> bool:
        now = await desk.row()
        return now.state is state and [attempt.result for attempt in now.attempts] == results

    await desks.until(is_so)
    assert len(desk.dialer.dials) == len(results)


async def test_a_phone_that_rings_on_after_its_time_is_stopped(desk: desks.Desk) -> None:
    await desk.request()
    await desk.says(SEEN.HELD, 0)
    identity = await desk.rings()
    desk.clock.advance(20 + transfers.SETTLE_S)
    await desk.crash()
    assert (await desk.comes_to(STATE.RETURNED)).attempts[0].result is RESULT.NO_ANSWER
    await desk.gone(identity)


async def test_a_transfer_that_nobody_can_carry_out_ends(desk: desks.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = await desk.consulting()
    monkeypatch.setattr(driving.Driver, "take_up", _fails)
    await desk.crash()
    for _ in range(2):
        await desk.idle()
        assert (await desk.row()).state is STATE.CONSULTING
        await desk.transfers.take_up()
    assert (await desk.comes_to(STATE.RETURNED)).attempts[0].result is RESULT.UNKNOWN
    await desk.gone(f"{transfer.id}_1")


async def _fails(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.both_stores
async def test_two_processes_do_not_dial_the_same_destination(desk: desks.Desk) -> None:
    await desk.request()
    await desk.says(SEEN.HELD, 0)
    await desk.rings()
    other = desk.other()
    try:
        await other.take_up()  # on SQLite it may: there, no other process is
        desk.dialer.answer(RESULT.BUSY, 486)
        await desk.comes_to(STATE.RETURNED)
    finally:
        await other.aclose()
    assert len(desk.dialer.dials) == 1
