"""One endpoint keeps no other waiting."""

from __future__ import annotations

import pytest

from dispatch.webhooks import posting, slots, targets
from lab import receiver
from tests.unit.dispatch.webhooks import kits

pytestmark = pytest.mark.unit


async def enqueue(kit: kits.Kit, url: str, count: int) -> None:
    async with kit.store.writing() as tx:
        for number in range(count):
            await posting.enqueue(
                tx,
                kind=targets.Kind.POST_CALL,
                message_id=f"rpt_{url[-5:]}_{number}",
                type="call.report",
                body="{}",
                target_url=url,
                agent_id=kits.AGENT,
                call_id=None,
                event_at=kit.clock.now(),
            )


async def test_an_endpoint_that_hangs_delays_nobody_else(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    hooks.answer("hangs", receiver.HANGS)
    await enqueue(kit, hooks.url("hangs"), 3 * slots.PER_ENDPOINT)
    await kit.step()
    await hooks.wait("hangs", slots.PER_ENDPOINT, timeout=10)
    await enqueue(kit, hooks.url("works"), 5)
    await kit.step()
    await hooks.wait("works", 5, timeout=10)  # the other's attempts may still take as long
    assert len(hooks.requests("hangs")) == slots.PER_ENDPOINT


def test_an_endpoint_of_which_only_failure_comes_gets_little_at_once() -> None:
    room = slots.Slots()
    assert room.room("a") == slots.PER_ENDPOINT
    for _ in range(10):
        room.note("a", is_success=False)
    assert room.room("a") == slots.TO_A_FAILING_ONE
    assert room.room("b") == slots.PER_ENDPOINT
    room.note("a", is_success=True)
    assert room.room("a") == slots.PER_ENDPOINT


def test_there_is_a_bound_for_all_together() -> None:
    room = slots.Slots()
    for number in range(slots.MOST):
        room.take(f"endpoint {number}")
    assert room.room("another") == 0
    room.give_back("endpoint 0")
    assert room.room("another") == 1
