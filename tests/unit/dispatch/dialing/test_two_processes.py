"""Two dispatches on one Postgres: whoever is asked, it is one dispatch that answers."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import pytest
from aiohttp import test_utils

from callcore import transfers
from dispatch import app, keys
from dispatch.store import engine
from dispatch.transfers import claims
from tests.unit.dispatch import conftest, dialers, doubles, referrers, samples, test_transcripts, test_transfers
from tests.unit.dispatch.dialing import steps

pytestmark = pytest.mark.unit

LEASE_S = claims.LEASE.total_seconds()
MANY = 40


@pytest.fixture
def database_url(emptied_postgres: str) -> str:
    return emptied_postgres


@pytest.fixture
async def pair(parts: app.Parts, database_url: str) -> AsyncIterator[tuple[conftest.Service, conftest.Service]]:
    """Two of them with the same LiveKit."""
    livekit = doubles.FakeRooms()
    dialer = dialers.FakeDialer(livekit)
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(_running(parts, parts.store, livekit, dialer))
        store = engine.Store(database_url)
        stack.push_async_callback(store.close)
        yield first, await stack.enter_async_context(_running(parts, store, livekit, dialer))


@contextlib.asynccontextmanager
async def _running(
    parts: app.Parts, store: engine.Store, livekit: doubles.FakeRooms, dialer: dialers.FakeDialer
) -> AsyncIterator[conftest.Service]:
    objects, files, referrer = doubles.FakeObjects(), conftest.Files(parts.configuration), referrers.FakeReferrer()
    given = dataclasses.replace(
        parts, store=store, livekit=livekit, dialer=dialer, referrer=referrer, objects=objects, load=files.load
    )
    application = app.build(given)
    async with test_utils.TestClient(test_utils.TestServer(application)) as client:
        application[keys.SWITCHBOARD].connect(doubles.LIVE)
        yield conftest.Service(
            app=application,
            client=client,
            store=store,
            clock=parts.clock,  # type: ignore[arg-type]  # the tests' own
            livekit=livekit,
            dialer=dialer,
            referrer=referrer,
            objects=objects,
            files=files,
        )


Pair = tuple[conftest.Service, conftest.Service]


async def test_a_call_that_one_is_told_of_is_followed_at_the_other(pair: Pair) -> None:
    one, other = pair
    first, *rest = samples.whole_call()
    status, accepted = await one.internal("POST", "/internal/calls", samples.intake())
    assert (status, accepted["plan"]["plan"]["action"]) == (200, "converse")
    call_id = accepted["call_id"]
    following = asyncio.create_task(test_transcripts.stream(other, call_id))
    await one.deliver(first, *rest[:3])
    await other.deliver(*rest[3:], first=5)
    assert test_transcripts.ids_and_types(await following) == test_transcripts.WHOLE
    assert await steps.events(one, call_id) == await steps.events(other, call_id)


async def test_an_operator_ends_at_one_what_is_reported_to_the_other(pair: Pair) -> None:
    one, other = pair
    await one.deliver(samples.arrived(), samples.ROUTED, samples.ANSWERED)
    call_id = (await other.only_call())["callId"]
    ending = asyncio.create_task(other.public(f"/v1/calls/{call_id}/hangup", "POST", json={}))

    async def room_is_closed() -> bool:
        return samples.ROOM in other.livekit.closed

    await steps.until(room_is_closed)
    await one.deliver(samples.said("Bye"), samples.ENDED, first=4)
    status, call = await ending
    assert (status, call["status"], call["termination"]["endedBy"]) == (200, "ended", "operator")
    assert [turn["message"] for turn in call["transcript"]] == ["Bye"]


async def test_a_job_may_speak_to_another_dispatch_than_the_one_that_dials(pair: Pair) -> None:
    one, other = pair
    call_id = await steps.accepted(one)
    assert (await steps.joins(other, call_id)).plan.action == "converse"
    assert await steps.says_ready(other, call_id) == 204
    await steps.rings(one, call_id)
    await steps.looks(other)
    one.dialer.answer(steps.ANSWERED, 200)
    await steps.comes_to(other, call_id, "in_progress")
    await steps.is_over(other, call_id)
    assert len(one.dialer.dials) == 1


async def test_a_call_that_rings_is_taken_back_at_the_other(pair: Pair) -> None:
    one, other = pair
    call_id = await steps.ringing(one)
    status, call = await other.public(f"/v1/calls/{call_id}/hangup", "POST", json={})
    assert (status, call["status"]) == (200, "ended")

    async def is_stopped() -> bool:
        return bool(one.dialer.given_up)

    await steps.until(is_stopped)


async def test_a_dial_of_one_that_died_is_taken_up_by_the_other_and_not_dialed_again(pair: Pair) -> None:
    one, other = pair
    call_id = await steps.ringing(one)
    await steps.looks(other)
    assert not other.app[keys.DIALING]._tasks
    await steps.crash(one)
    await steps.looks(other)
    steps.picked_up(other, call_id, one.dialer.dials[0].identity)
    await steps.comes_to(other, call_id, "in_progress")
    await steps.is_over(other, call_id)
    assert len(one.dialer.dials) == 1


async def test_the_same_request_to_both_at_once_is_one_call(pair: Pair) -> None:
    await asyncio.gather(*(service.internal("POST", "/internal/workers", samples.report()) for service in pair))
    answers = await asyncio.gather(*(steps.request(pair[number % 2], key="one") for number in range(20)))
    assert {status for status, _ in answers} == {202}
    assert len({answer["callId"] for _, answer in answers}) == 1


async def test_a_limit_holds_over_both(pair: Pair) -> None:
    numbers = [f"+1201555{number:04}" for number in range(100, 100 + MANY)]
    answers = await asyncio.gather(*(steps.request(pair[place % 2], to=to) for place, to in enumerate(numbers)))
    assert sorted(status for status, _ in answers) == [202] * 5 + [429] * (MANY - 5)


async def test_a_forward_of_one_is_left_alone_by_the_other_until_it_dies(pair: Pair) -> None:
    one, other = pair
    call_id = await test_transfers.ringing_call(one)
    transfer_id = await test_transfers.forward(one, call_id)
    await one.dialer.ringing()
    for _ in range(2):
        one.clock.advance(LEASE_S / 2)
        await one.app[keys.TRANSFERS]._claimant.keep([transfer_id])
        await other.app[keys.TRANSFERS].take_up()
    assert not other.app[keys.TRANSFERS]._tasks
    assert await test_transfers.forward(other, call_id) == transfer_id
    steps.picked_up(one, samples.ROOM, f"{transfer_id}_1")
    for task in one.app[keys.TRANSFERS]._tasks.values():
        task.cancel()
    one.clock.advance(LEASE_S)
    await other.app[keys.TRANSFERS].take_up()
    assert (await test_transfers.settled(other, call_id)).state is transfers.State.BRIDGED
    assert len(one.dialer.dials) == 1


async def test_what_becomes_of_a_forward_is_told_by_the_other(pair: Pair) -> None:
    one, other = pair
    call_id = await test_transfers.ringing_call(one)
    transfer_id = await test_transfers.forward(one, call_id)
    await one.dialer.ringing()
    path = f"/internal/calls/{call_id}/transfers/{transfer_id}"
    _, rings = await other.internal("GET", path)
    held = asyncio.create_task(other.internal("GET", f"{path}?version={rings['version']}"))
    one.dialer.answer(transfers.AttemptResult.ANSWERED, 200)
    assert (await held)[1]["state"] == "bridged"


async def test_a_key_that_is_revoked_at_one_opens_nothing_at_the_other_a_second_later(pair: Pair) -> None:
    one, other = pair
    _, made = await one.public("/v1/keys", "POST", json={"scopes": ["calls:read"]})
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await other.public("/v1/calls", headers=headers))[0] == 200
    assert (await one.public(f"/v1/keys/{made['id']}", "DELETE"))[0] < 300
    other.clock.advance(1.5)
    assert (await other.public("/v1/calls", headers=headers))[0] == 401
