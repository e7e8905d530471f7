"""What the reaper leaves to whoever carries transfers out, and what it does not."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from callcore import endings, transfers
from dispatch import keys
from dispatch.livekit import rooms
from dispatch.reaper import verdicts
from dispatch.store import transfers as rows
from tests.unit.dispatch import conftest, dialers, doubles, samples, test_webhooks

pytestmark = pytest.mark.unit

LEG = dialers.leg("tr_1_1", "active")
ROUND_S = 2.0
LONG_S = verdicts.CARRIED_GRACE_S + ROUND_S
BY_CALLER = (endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
WORKER_LOST = (endings.Reason.WORKER_LOST, endings.EndedBy.SYSTEM)

FORWARDED = (transfers.Kind.FORWARD, transfers.State.DIALING)
BRIDGED = (transfers.Kind.WARM, transfers.State.BRIDGED)
CONSULTING = (transfers.Kind.WARM, transfers.State.CONSULTING)
RETURNED = (transfers.Kind.BLIND, transfers.State.RETURNED)


async def let_pass(service: conftest.Service, seconds: float) -> None:
    """Rounds of the reaper without any worker's report."""
    for _ in range(int(seconds / ROUND_S)):
        await service.app[keys.REAPER].round()
        service.clock.advance(ROUND_S)


async def orphan(service: conftest.Service, kind: transfers.Kind, state: transfers.State) -> list[rooms.Participant]:
    """A call whose transfer is so far and whose job was killed; those who are in its room."""
    await service.deliver(*samples.whole_call()[:3])
    now = service.clock.now()
    transfer = transfers.Transfer(
        id="tr_1",
        call_id=(await service.only_call())["callId"],
        kind=kind,
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


async def leave(service: conftest.Service) -> None:
    """LiveKit says that the caller has hung up."""
    attributes = dict(doubles.CALLER.attributes)
    left = test_webhooks.event(
        "participant_left", kind="SIP", attributes=attributes, disconnectReason="CLIENT_INITIATED"
    )
    assert await test_webhooks.post(service, left) == 204


async def ending(service: conftest.Service) -> tuple[str, str] | None:
    end = (await service.only_call())["termination"]
    return (end["reason"], end["endedBy"]) if end else None


@pytest.mark.parametrize(("kind", "state"), [FORWARDED, BRIDGED])
async def test_what_goes_on_without_an_agent_is_not_the_reapers(
    service: conftest.Service, kind: transfers.Kind, state: transfers.State
) -> None:
    present = await orphan(service, kind, state)
    await let_pass(service, LONG_S)
    present.remove(doubles.CALLER)
    await leave(service)
    await let_pass(service, LONG_S)
    assert await ending(service) is None
    assert service.livekit.closed == []


@pytest.mark.parametrize(("kind", "state"), [CONSULTING, RETURNED])
async def test_what_needs_an_agent_ends_without_one(
    service: conftest.Service, kind: transfers.Kind, state: transfers.State
) -> None:
    await orphan(service, kind, state)
    await let_pass(service, verdicts.GRACE_S + ROUND_S)
    assert await ending(service) == WORKER_LOST
    assert service.livekit.closed[0] == samples.ROOM


async def test_a_caller_on_hold_who_hangs_up_ends_the_call(service: conftest.Service) -> None:
    present = await orphan(service, *CONSULTING)
    present.append(doubles.AGENT)
    present.remove(doubles.CALLER)
    await leave(service)
    await let_pass(service, verdicts.GRACE_S + ROUND_S)
    assert await ending(service) == BY_CALLER


@pytest.mark.parametrize(
    ("kind", "state", "then"),
    [(*BRIDGED, (endings.Reason.TRANSFERRED, endings.EndedBy.CALLER)), (*FORWARDED, BY_CALLER)],
)
async def test_a_room_that_went_with_its_caller_ends_the_call_in_any_case(
    service: conftest.Service, kind: transfers.Kind, state: transfers.State, then: tuple[str, str]
) -> None:
    await orphan(service, kind, state)
    await leave(service)
    service.livekit.present.pop(samples.ROOM)
    await let_pass(service, verdicts.CARRIED_GRACE_S)
    assert await ending(service) is None, "whoever carries the transfer out comes first"
    await let_pass(service, ROUND_S)
    assert await ending(service) == then


@pytest.mark.parametrize(("kind", "state"), [FORWARDED, BRIDGED])
async def test_a_room_that_is_lost_is_not_for_want_of_a_worker(
    service: conftest.Service, kind: transfers.Kind, state: transfers.State
) -> None:
    await orphan(service, kind, state)
    service.livekit.present.pop(samples.ROOM)
    await let_pass(service, LONG_S)
    assert await ending(service) == (endings.Reason.PLATFORM_LOST, endings.EndedBy.SYSTEM)


@pytest.mark.parametrize(("kind", "state"), [FORWARDED, BRIDGED])
async def test_an_operators_end_is_carried_out_also_after_a_transfer(
    service: conftest.Service, kind: transfers.Kind, state: transfers.State
) -> None:
    await orphan(service, kind, state)
    await service.app[keys.LEDGER].request_hangup((await service.only_call())["callId"])
    await let_pass(service, LONG_S)
    assert await ending(service) == (endings.Reason.OPERATOR_HANGUP, endings.EndedBy.OPERATOR)


async def test_a_call_that_is_bridged_while_it_is_judged_goes_on(service: conftest.Service) -> None:
    await orphan(service, *CONSULTING)
    await let_pass(service, verdicts.GRACE_S)
    looking, is_bridged = service.livekit.participants, False

    async def and_meanwhile(room_name: str) -> tuple[rooms.Participant, ...]:
        nonlocal is_bridged
        async with service.store.writing() as tx:
            (transfer,) = await rows.of_call(tx, (await test_webhooks.entry(service)).call.id)
            await rows.update(tx, dataclasses.replace(transfer, state=transfers.State.BRIDGED))
        is_bridged = True
        return await looking(room_name)

    service.livekit.participants = and_meanwhile  # type: ignore[method-assign]
    await let_pass(service, ROUND_S)
    assert is_bridged
    assert await ending(service) is None


@pytest.mark.both_stores
async def test_what_goes_on_without_an_agent(service: conftest.Service) -> None:
    await orphan(service, *BRIDGED)
    (transfer,) = await in_hands(service)
    for kind, state in itertools.product(transfers.Kind, transfers.State):
        async with service.store.writing() as tx:
            await rows.update(tx, dataclasses.replace(transfer, kind=kind, state=state))
        is_under_way = kind is not transfers.Kind.WARM and not state.is_final
        assert bool(await in_hands(service)) == (is_under_way or state is transfers.State.BRIDGED), (kind, state)

    async with service.store.writing() as tx:
        await rows.update(tx, transfer)
    assert await in_hands(service) == [transfer]
    await service.deliver(samples.ENDED, first=4)
    assert await in_hands(service) == [], "the call is over"


async def in_hands(service: conftest.Service) -> list[transfers.Transfer]:
    async with service.store.reading() as tx:
        found = await rows.in_hands(tx)
    assert list(found) == [transfer.call_id for transfer in found.values()]
    return list(found.values())
