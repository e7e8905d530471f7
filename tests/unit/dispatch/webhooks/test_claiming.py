"""Several processes on one store, and crashes: each delivery is in one hand, and none in a dead one."""

from __future__ import annotations

import pytest

from dispatch.store import contacts as contact_rows
from dispatch.store import deliveries, erasing
from dispatch.webhooks import posting
from lab import receiver
from tests.unit.dispatch import samples
from tests.unit.dispatch.webhooks import kits

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


async def test_two_processes_send_each_event_once(kit: kits.Kit, other: kits.Kit, hooks: receiver.Receiver) -> None:
    for number in range(10):
        room = f"call_{number}"
        await kit.take(samples.arrived(room), samples.ROUTED, samples.ANSWERED, room=room)
    await kit.step()
    await other.step()
    await kit.go()
    await other.go()
    await kit.go()
    assert len(hooks.requests()) == 30 == len({one.message_id for one in hooks.requests()})
    assert await kit.states() == ["delivered"] * 30


async def test_a_late_sender_has_no_say(kit: kits.Kit, other: kits.Kit, hooks: receiver.Receiver) -> None:
    hooks.answer("status", receiver.Answer(status=500), times=1)
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.step()
    await kit.service.settle()  # it has its answer, and is paused before it writes it down
    kit.clock.advance(kits.LEASE.total_seconds() - 1)
    await other.go()
    assert len(hooks.requests()) == 1
    kit.clock.advance(2)
    await other.go()
    assert await kit.states() == ["delivered", "delivered"]
    await kit.go()
    first, _ = await kit.rows()
    assert (first.state, first.attempts, first.error) == (deliveries.State.DELIVERED, 1, None)
    assert [one.status_code for one in await kit.attempts(first)] == [200]
    assert [one.message_id for one in hooks.requests()].count(first.message_id) == 2


async def test_a_replay_takes_a_delivery_out_of_the_hands_that_send_it(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    hooks.answer("status", receiver.Answer(status=500), times=1)
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.step()
    await kit.service.settle()
    first, _ = await kit.rows()
    async with kit.store.writing() as tx:
        await posting.replay(tx, first.id, kit.clock.now())
    await kit.go()
    assert [one.status_code for one in await kit.attempts(first)] == [200]


async def test_what_a_dead_process_had_in_hand_goes_on_at_the_next_start(
    kit: kits.Kit, other: kits.Kit, hooks: receiver.Receiver
) -> None:
    hooks.answer("status", receiver.HANGS, times=1)
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.step()
    await hooks.wait("status", 1, timeout=5)
    if not kit.store.is_exclusive:
        kit.clock.advance(kits.LEASE.total_seconds() + 1)
    await other.rounds.inherit()
    await other.go()
    assert [one.document["sequence"] for one in hooks.requests()] == [1, 1, 2]


async def test_a_process_that_stops_leaves_what_it_has_to_the_next_at_once(
    kit: kits.Kit, other: kits.Kit, hooks: receiver.Receiver
) -> None:
    hooks.answer("status", receiver.HANGS, times=1)
    await kit.take(samples.arrived(), samples.ROUTED)
    await kit.take(samples.arrived("call_2"), samples.ROUTED, room="call_2")
    await kit.step()
    await hooks.wait("status", 2, timeout=5)
    await kit.service.aclose()
    await other.go()
    assert await kit.states() == ["delivered"] * 4


async def test_a_deleted_person_leaves_no_webhook_behind(kit: kits.Kit, hooks: receiver.Receiver) -> None:
    await kit.take(*samples.whole_call())
    await kit.step()
    await kit.service.settle()
    async with kit.store.writing() as tx:
        contact = await contact_rows.find(tx, samples.CALLER)
        assert contact is not None
        await erasing.erase(tx, contact, await erasing.of(tx, contact))
    await kit.go()  # the answer comes for what is not there any more
    assert [await kit.count(table) for table in ("webhook_deliveries", "webhook_attempts", "call_webhooks")] == [0] * 3
