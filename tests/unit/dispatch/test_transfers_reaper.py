"""A call that was transferred lives without an agent, for as long as both are on the line."""

from __future__ import annotations

import pytest

from callcore import endings, transfer_wishes, transfers
from dispatch import keys
from dispatch.livekit import rooms
from dispatch.reaper import verdicts
from dispatch.store import transfers as rows
from tests.unit.dispatch import conftest, dialers, doubles, samples, test_webhooks

pytestmark = pytest.mark.unit

LEG = dialers.leg("tr_1_1", "active")
ROUND_S = 2.0


async def let_pass(service: conftest.Service, seconds: float) -> None:
    """Rounds of the reaper without any worker's report."""
    for _ in range(int(seconds / ROUND_S)):
        await service.app[keys.REAPER].round()
        service.clock.advance(ROUND_S)


async def orphan(
    service: conftest.Service, state: transfers.State = transfers.State.BRIDGED
) -> list[rooms.Participant]:
    """A forwarded call whose job was killed; those who are in its room."""
    await service.deliver(*samples.whole_call()[:3])
    call_id = (await service.only_call())["callId"]
    now = service.clock.now()
    transfer = transfers.Transfer(
        id="tr_1",
        call_id=call_id,
        kind=transfers.Kind.FORWARD,
        state=state,
        attempts=(),
        identity=LEG.identity,
        created_at=now,
        updated_at=now,
    )
    async with service.store.writing() as tx:
        await rows.insert(tx, transfer)
    present = service.livekit.present[samples.ROOM] = [doubles.CALLER, LEG]
    return present


async def ending(service: conftest.Service) -> tuple[str, str] | None:
    end = (await service.only_call())["termination"]
    return (end["reason"], end["endedBy"]) if end else None


@pytest.mark.parametrize(("leaver", "by"), [(LEG, endings.EndedBy.CALLEE), (doubles.CALLER, endings.EndedBy.CALLER)])
async def test_it_is_over_when_one_of_the_two_leaves(
    service: conftest.Service, leaver: rooms.Participant, by: endings.EndedBy
) -> None:
    present = await orphan(service)
    await let_pass(service, 60)
    assert await ending(service) is None
    present.remove(leaver)
    await let_pass(service, ROUND_S)
    assert await ending(service) == (endings.Reason.TRANSFERRED, by)
    assert service.livekit.closed[0] == samples.ROOM


async def test_the_callers_leg_that_leaves_is_not_made_up_for_by_the_other(service: conftest.Service) -> None:
    present = await orphan(service)
    present.remove(doubles.CALLER)
    left = test_webhooks.event(
        "participant_left", kind="SIP", attributes=dict(doubles.CALLER.attributes), disconnectReason="CLIENT_INITIATED"
    )
    assert await test_webhooks.post(service, left) == 204
    await let_pass(service, verdicts.GRACE_S + ROUND_S)
    assert await ending(service) == (endings.Reason.TRANSFERRED, endings.EndedBy.CALLER)


async def test_a_dialed_leg_that_leaves_is_not_the_callers(service: conftest.Service) -> None:
    await orphan(service)
    left = test_webhooks.event("participant_left", kind="SIP", attributes=dict(LEG.attributes))
    assert await test_webhooks.post(service, left) == 204
    assert (await test_webhooks.entry(service)).leg_left_at is None


async def test_nobody_is_connected_for_ever(service: conftest.Service) -> None:
    await orphan(service)
    await let_pass(service, verdicts.GRACE_S + ROUND_S)
    service.clock.advance(transfer_wishes.LONGEST_S)
    await let_pass(service, ROUND_S)
    assert await ending(service) == (endings.Reason.MAX_DURATION, endings.EndedBy.SYSTEM)


async def test_a_forward_that_failed_leaves_the_call_to_its_agent(service: conftest.Service) -> None:
    present = await orphan(service, transfers.State.FAILED)
    present.remove(LEG)
    await let_pass(service, verdicts.GRACE_S + ROUND_S)
    assert await ending(service) == (endings.Reason.WORKER_LOST, endings.EndedBy.SYSTEM)


async def test_a_call_whose_destination_rings_needs_no_agent(service: conftest.Service) -> None:
    await orphan(service)
    ringing = transfers.Transfer(
        id="tr_1",
        call_id="call_1",
        kind=transfers.Kind.FORWARD,
        state=transfers.State.DIALING,
        attempts=(),
        created_at=samples.START,
        updated_at=samples.START,
    )
    seen = verdicts.Sighting(
        entry=await test_webhooks.entry(service), has_room=True, is_claimed=False, has_worker=False, transfer=ringing
    )
    assert verdicts.is_refuted(seen, verdicts.Symptom.UNATTENDED, [doubles.CALLER])
    assert not verdicts.is_refuted(seen, verdicts.Symptom.UNATTENDED, [LEG])
