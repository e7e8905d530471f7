"""A transferred call whose job has left: dispatch ends it, once, also after a restart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callcore import contract, endings
from dispatch.store import late
from dispatch.store import transfers as rows
from dispatch.transfers import partings
from tests.unit.dispatch import doubles, samples
from tests.unit.dispatch.transfers import desks
from tests.unit.dispatch.transfers.desks import STATE

pytestmark = pytest.mark.unit

TRANSFERRED = endings.Reason.TRANSFERRED


def _destination(desk: desks.Desk) -> str:
    return desk.dialer.dials[0].identity


def _caller(_: desks.Desk) -> str:
    return doubles.CALLER.identity


@pytest.mark.parametrize("crashes", [False, True])
@pytest.mark.parametrize(
    ("who", "by"), [(_destination, endings.EndedBy.CALLEE), (_caller, endings.EndedBy.CALLER)], ids=["callee", "caller"]
)
async def test_it_is_over_when_either_leaves(
    desk: desks.Desk, who: Callable[[desks.Desk], str], by: endings.EndedBy, *, crashes: bool
) -> None:
    await desk.bridged()
    desk.leaves(doubles.AGENT.identity)
    if crashes:
        await desk.crash()
    desk.leaves(who(desk))
    assert (await desk.is_over()).termination == endings.Termination(reason=TRANSFERRED, ended_by=by)
    await desk.idle()
    await desk.closer.aclose()
    assert desk.livekit.closed == [samples.ROOM]
    assert (await desk.row()).state is STATE.BRIDGED


async def test_livekit_that_starts_again_ends_nothing(desk: desks.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partings, "_UNSETTLED_S", 60.0)
    await desk.bridged()
    present = desk.livekit.present.pop(samples.ROOM)

    async def looked() -> bool:
        return desk.livekit.looks > before + 3

    for is_out in (True, False):
        desk.livekit.is_out, before = is_out, desk.livekit.looks
        await desks.until(looked)
    desk.livekit.present[samples.ROOM] = present
    before = desk.livekit.looks
    await desks.until(looked)
    assert not (await desk.call()).is_over


async def test_nobody_is_connected_for_longer_than_was_wanted(desk: desks.Desk) -> None:
    await desk.bridged(wish=desks.wish(longest_s=600.0))
    desk.clock.advance(599)
    await desk.crash()  # a restart does not begin the time anew
    end = (await desk.is_over()).termination
    assert end is not None
    assert (end.reason, end.ended_by) == (endings.Reason.MAX_DURATION, endings.EndedBy.SYSTEM)


async def test_an_operator_ends_it(desk: desks.Desk) -> None:
    await desk.bridged()
    await desk.ledger.request_hangup(desk.call_id)
    assert (await desk.is_over()).termination == endings.BY_OPERATOR


async def test_its_job_may_have_ended_it_before(desk: desks.Desk) -> None:
    await desk.bridged()
    over = contract.EndedRecord(reason=TRANSFERRED, ended_by=endings.EndedBy.CALLER, duration_s=12.5)
    await desk.deliver(over, first=4)
    desk.leaves(_destination(desk))
    await desk.idle()
    call = await desk.call()
    assert (call.termination, call.duration_s) == (
        endings.Termination(reason=TRANSFERRED, ended_by=endings.EndedBy.CALLER),
        12.5,
    )
    async with desk.store.reading() as tx:
        assert await late.of_room(tx, samples.ROOM) == ()


@pytest.mark.both_stores
async def test_whose_calls_need_no_agent(desk: desks.Desk) -> None:
    async def alone() -> set[str]:
        async with desk.store.reading() as tx:
            return set(await rows.in_hands(tx))

    await desk.consulting()
    assert await alone() == set()
    await desk.says(desks.SEEN.MERGED)
    assert await alone() == {desk.call_id}
    desk.leaves(_destination(desk))
    await desk.is_over()
    assert await alone() == set()
