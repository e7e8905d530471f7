"""What dispatch does to LiveKit's rooms, and what it hears of them."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from livekit import api, rtc

from callcore import contract, transfers
from dispatch.livekit import client, rooms, rpc
from dispatch.reaper import verdicts
from dispatch.transfers import summoning
from tests.integration.dispatch import conftest
from tests.unit.dispatch import samples

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]


async def test_the_end_of_a_call_closes_its_room(site: conftest.Site) -> None:
    room = "call_ends"
    async with site.phone(room):
        batch = samples.batch([samples.arrived(room), samples.ENDED], spool="spool_ends", room=room)
        assert await site.post("/internal/spool", batch) == 200
        await conftest.eventually(lambda: _is_gone(site, room), within_s=2.0)


async def test_a_room_of_an_ended_call_that_comes_back_is_closed_again(site: conftest.Site) -> None:
    room = "call_returns"
    batch = samples.batch([samples.arrived(room), samples.ENDED], spool="spool_returns", room=room)
    await site.post("/internal/spool", batch)
    async with site.phone(room):
        await conftest.eventually(lambda: _is_gone(site, room), within_s=8.0)


async def test_what_goes_by_the_clock_and_not_by_what_a_worker_says(site: conftest.Site) -> None:
    """All at once, because each takes a while."""
    async with asyncio.TaskGroup() as tasks:
        for happens in (
            _who_waits_for_nobody_is_let_go_and_rooms_of_others_are_left_alone,
            _who_hung_up_ends_the_call_though_no_worker_says_so,
            _a_call_with_an_agent_in_it_outlives_the_silence_of_its_worker,
        ):
            tasks.create_task(happens(site))


async def _who_waits_for_nobody_is_let_go_and_rooms_of_others_are_left_alone(site: conftest.Site) -> None:
    async with site.phone("conference"):
        async with site.phone("call_unattended"):
            seconds = await conftest.eventually(lambda: _is_gone(site, "call_unattended"))
        assert seconds > 5.0
        assert "conference" in await site.rooms()


async def _who_hung_up_ends_the_call_though_no_worker_says_so(site: conftest.Site) -> None:
    room = "call_hung_up"
    async with site.phone(room):
        batch = samples.batch(samples.whole_call()[1:3], first=2, spool="spool_hung_up", room=room)
        first = samples.batch([samples.arrived(room)], spool="spool_hung_up", room=room)
        assert await site.post("/internal/spool", first) == 200
        assert await site.post("/internal/spool", batch) == 200

    await conftest.eventually(lambda: _is_over(site, room))
    assert (await site.call_of(room))["termination"]["reason"] == "caller_hangup"


async def _a_call_with_an_agent_in_it_outlives_the_silence_of_its_worker(site: conftest.Site) -> None:
    room = "call_silent"
    async with site.phone(room):
        async with site.phone(room, kind="agent"):
            first = samples.batch([samples.arrived(room), samples.ANSWERED], spool="spool_silent", room=room)
            assert await site.post("/internal/spool", first) == 200
            with pytest.raises(TimeoutError):
                await conftest.eventually(lambda: _is_over(site, room), within_s=verdicts.GRACE_S + 4.0)
        await conftest.eventually(lambda: _is_over(site, room))
    assert (await site.call_of(room))["termination"]["reason"] == "worker_lost"


async def test_what_came_through_the_catch_all_rule_is_refused_with_a_reason(site: conftest.Site) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    # The attribute comes when the phone can already be refused, as with livekit-sip, which registers before it joins.
    async with site.phone("refused_1") as phone:

        async def end_call(call: rtc.RpcInvocationData) -> str:
            heard.put_nowait(call.payload)
            return ""

        async def ping(_: rtc.RpcInvocationData) -> str:
            return "pong"

        async def can_be_called() -> bool:
            with contextlib.suppress(api.ServerError, TimeoutError):
                me = phone.local_participant.identity
                await rpc.perform(site.livekit, room="refused_1", identity=me, method="ping", payload="", timeout_s=1.0)
                return True
            return False

        phone.local_participant.register_rpc_method("lk.sip.EndCall", end_call)
        phone.local_participant.register_rpc_method("ping", ping)
        await conftest.eventually(can_be_called)
        await site.livekit.room.update_participant(
            api.UpdateParticipantRequest(
                room="refused_1",
                identity=phone.local_participant.identity,
                attributes={contract.CATCH_ALL_ATTRIBUTE: "1"},
            )
        )
        async with asyncio.timeout(conftest.DEADLINE_S):
            payload = await heard.get()
        await conftest.eventually(lambda: _is_gone(site, "refused_1"))
    assert json.loads(payload) == {"headers": {"Reason": 'SIP;cause=404;text="Not Found"'}}
    assert await site.call_of("refused_1") is None


async def test_a_catch_all_call_is_gone_within_a_second_by_its_webhook(site: conftest.Site) -> None:
    async with site.phone("refused_2", {contract.CATCH_ALL_ATTRIBUTE: "1"}):
        await conftest.eventually(lambda: _is_gone(site, "refused_2"), within_s=5.0)
    async with site.http.get(f"{site.url}/metrics") as response:
        text = await response.text()
    assert 'trunkline_livekit_webhooks_total{event="participant_joined"}' in text


async def test_closing_and_listing_what_is_not_there_is_no_failure(site: conftest.Site) -> None:
    livekit = client.LiveKitRooms(site.livekit)
    await livekit.close("call_never_was")
    assert await livekit.participants("call_never_was") == ()


async def test_a_phone_that_is_not_there_cannot_be_refused(site: conftest.Site) -> None:
    livekit = client.LiveKitRooms(site.livekit)
    with pytest.raises(rooms.LiveKitUnavailable) as caught:
        await livekit.refuse("call_never_was", f"sip_{samples.CALLER}", {})
    assert samples.CALLER not in caught.value.message


async def test_a_job_is_told_of_a_transfer(site: conftest.Site) -> None:
    room, heard = "call_summoned", list[str]()
    notice = contract.TransferNotice(call_id="call_1", transfer_id="tr_1")
    async with site.phone(room), site.phone(room, kind="agent") as agent:

        async def take(call: rtc.RpcInvocationData) -> str:
            heard.append(call.payload)
            return "taken"

        agent.local_participant.register_rpc_method(transfers.RPC_METHOD, take)
        await summoning.Summoner(client.LiveKitRooms(site.livekit)).summon(room, "AJ_1", notice)
    assert contract.TransferNotice.model_validate_json(heard[0]) == notice


async def test_participants_are_told_apart(site: conftest.Site) -> None:
    async with site.phone("conference", {"a": "1"}), site.phone("conference", kind="agent"):
        present = await client.LiveKitRooms(site.livekit).participants("conference")
    assert {(someone.kind, tuple(someone.attributes)) for someone in present} == {
        (rooms.Kind.SIP, ("a",)),
        (rooms.Kind.AGENT, ()),
    }


async def _is_over(site: conftest.Site, room: str) -> bool:
    return bool((await site.call_of(room))["status"] == "ended")


async def _is_gone(site: conftest.Site, room: str) -> bool:
    return room not in await site.rooms()


async def test_a_room_is_made_with_a_job_and_made_anew_for_the_next_one(site: conftest.Site) -> None:
    livekit, room = client.LiveKitRooms(site.livekit), "call_opened"
    for told in ("one", "two"):
        await livekit.open(room, job_metadata=told)
        (dispatched,) = await site.livekit.agent_dispatch.list_dispatch(room)
        assert (dispatched.agent_name, dispatched.metadata) == (contract.AGENT_NAME, told)
        async with site.phone(room):
            assert [someone.kind for someone in await livekit.participants(room)] == [rooms.Kind.SIP]
        await livekit.close(room)
        await livekit.close(room)
        assert room not in await site.rooms()
