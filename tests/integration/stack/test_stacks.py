"""The real stack: up in seconds, on loopback, able to carry a call, and gone without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from livekit import api, rtc

from lab.stack import errors, ports, stacks
from tests.integration.stack import sockets
from tests.unit.stack import remains

pytestmark = pytest.mark.integration

UP_S = 15.0  # half a second on an idle machine
JOIN_S = 10.0


@pytest.fixture
async def stack() -> AsyncIterator[stacks.Stack]:
    async with stacks.running(stacks.StackOptions(environment=os.environ)) as started:
        yield started


@contextlib.asynccontextmanager
async def _client(stack: stacks.Stack) -> AsyncIterator[api.LiveKitAPI]:
    access = stack.site.access
    async with api.LiveKitAPI(access.url.replace("ws://", "http://"), access.api_key, access.api_secret) as client:
        yield client


def _pids(stack: stacks.Stack) -> list[int]:
    return [stack.redis.pid, stack.livekit.pid, stack.sip.pid]


async def test_stack_is_up_in_seconds_and_leaves_nothing() -> None:
    start = time.monotonic()
    async with stacks.running(stacks.StackOptions(environment=os.environ)) as stack:
        assert time.monotonic() - start < UP_S
        network, folder, pids = stack.site.ports, stack.site.guard.folder, [*_pids(stack), stack.site.guard.pid]
        listening = [network.redis, network.livekit, network.sip]
        assert all(map(remains.listening, listening))
    assert remains.nothing_of(pids, listening, folder)
    assert all(ports.is_free(port) for port in (*listening, network.livekit_udp))


async def test_nothing_listens_outside_of_loopback(stack: stacks.Stack) -> None:
    found = [listener for pid in _pids(stack) for listener in sockets.listeners(pid)]
    sip = {listener.protocol for listener in found if listener.port == stack.site.ports.sip}
    assert sip == {"tcp", "udp"}
    assert [listener for listener in found if not listener.address.is_loopback] == []


async def test_dialed_leg_joins_the_room_and_invites_over_sip(stack: stacks.Stack) -> None:
    async with _client(stack) as client, _joined_room(stack) as room:
        joined = asyncio.Event()
        room.on("participant_connected", lambda _: joined.set())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as callee:
            callee.bind(("127.0.0.1", 0))
            callee.setblocking(False)
            request = api.CreateSIPParticipantRequest(
                room_name=room.name, participant_identity="callee", sip_call_to="100", sip_number="200"
            )
            request.trunk.hostname = f"127.0.0.1:{callee.getsockname()[1]}"
            request.trunk.transport = api.SIPTransport.SIP_TRANSPORT_UDP
            await client.sip.create_sip_participant(request)
            async with asyncio.timeout(JOIN_S):
                invite = await asyncio.get_running_loop().sock_recv(callee, 4096)
                await joined.wait()
        assert invite.startswith(b"INVITE sip:100@127.0.0.1")
        assert b"\r\nc=IN IP4 127.0.0.1\r\n" in invite


@contextlib.asynccontextmanager
async def _joined_room(stack: stacks.Stack) -> AsyncIterator[rtc.Room]:
    access = stack.site.access
    grants = api.VideoGrants(room_join=True, room="meeting")
    token = api.AccessToken(access.api_key, access.api_secret).with_identity("observer").with_grants(grants)
    room = rtc.Room()
    await room.connect(access.url, token.to_jwt())
    try:
        yield room
    finally:
        await room.disconnect()


async def test_trunks_survive_a_crash_of_redis(stack: stacks.Stack) -> None:
    trunk = api.SIPInboundTrunkInfo(name="main", numbers=["+12015550199"])
    async with _client(stack) as client:
        await client.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=trunk))
        await _appended_to_disk(stack)
        await stack.redis.kill()
        await stack.redis.start()
        await stack.livekit.restart()
        listed = await client.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())
    assert [item.name for item in listed.items] == ["main"]


async def _appended_to_disk(stack: stacks.Stack) -> None:
    logs = stack.site.folder("redis") / "appendonlydir"
    assert await remains.until(lambda: any(b"+12015550199" in path.read_bytes() for path in logs.iterdir()))


async def test_each_component_comes_back_on_its_ports(stack: stacks.Stack) -> None:
    for component in (stack.sip, stack.livekit, stack.redis):
        await component.kill()
        await component.start()
    assert not any(component.failed.done() for component in (stack.sip, stack.livekit, stack.redis))


async def test_component_that_dies_is_reported(stack: stacks.Stack) -> None:
    os.kill(stack.sip.pid, 9)
    async with asyncio.timeout(UP_S):
        failure = await stack.sip.failed
    assert failure.component == "sip"
    assert "sip signaling listening on" in failure.log


async def test_two_stacks_run_side_by_side() -> None:
    options = stacks.StackOptions(environment=os.environ)
    async with stacks.running(options) as one, stacks.running(options) as other:
        assert len({*_pids(one), *_pids(other)}) == 6


async def test_port_lost_in_the_meantime_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    intruders: list[socket.socket] = []
    claimed = ports.claimed

    @contextlib.contextmanager
    def losing(max_calls: int, **asked: int | None) -> Iterator[tuple[ports.Ports, Sequence[int]]]:
        with claimed(max_calls, **asked) as (network, held):
            if not intruders:
                intruders.append(socket.create_server(("127.0.0.1", network.livekit)))
            yield network, held

    monkeypatch.setattr(ports, "claimed", losing)
    async with stacks.running(stacks.StackOptions(environment=os.environ)) as stack:
        assert stack.site.ports.livekit != intruders[0].getsockname()[1]
    intruders[0].close()


async def test_asked_for_sip_port_is_used_or_refused() -> None:
    with ports.claimed(1) as (network, _):
        wanted = network.rtp[0]
    async with stacks.running(stacks.StackOptions(environment=os.environ, sip_port=wanted)) as stack:
        assert stack.site.ports.sip == wanted
        with pytest.raises(errors.PortTaken, match=f"port {wanted}"):
            async with stacks.running(stacks.StackOptions(environment=os.environ, sip_port=wanted)):
                pass
