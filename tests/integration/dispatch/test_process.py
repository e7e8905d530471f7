"""Dispatch as a process: ready when everything is, and back after whatever happens to it or around it."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from livekit import api

from lab import applications
from lab.stack import errors
from tests.integration.dispatch import conftest
from tests.unit.dispatch import samples

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]

EVERYTHING = {"store": True, "livekit": True, "configuration": True, "workers": True, "redis": True}


async def is_ready(site: conftest.Site) -> bool:
    await site.post("/internal/workers", samples.report())
    return await site.checks() == EVERYTHING


async def test_it_is_ready_with_a_worker_and_not_without_redis(site: conftest.Site) -> None:
    await conftest.eventually(lambda: is_ready(site))
    await site.stack.redis.stop()
    try:
        await conftest.eventually(lambda: _is_red(site, "redis"))
    finally:
        await site.stack.redis.start()
    await conftest.eventually(lambda: is_ready(site))


async def test_trunks_and_rules_that_were_lost_are_made_again(site: conftest.Site) -> None:
    await conftest.eventually(lambda: is_ready(site))
    for trunk in (await site.livekit.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items:
        await site.livekit.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))

    async def has_trunk() -> bool:
        return bool((await site.livekit.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items)

    await conftest.eventually(has_trunk)


async def test_it_starts_and_serves_while_livekit_is_down_and_applies_when_it_is_up(site: conftest.Site) -> None:
    await site.dispatch.stop()
    await site.stack.livekit.stop()
    try:
        await site.dispatch.start()
        assert (await site.get("/healthz"))[0] == 200
        checks = await site.checks()
        assert (checks["livekit"], checks["configuration"]) == (False, False)
    finally:
        await site.stack.livekit.start()
    await conftest.eventually(lambda: is_ready(site))


async def test_a_second_one_on_the_same_database_refuses_to_start(site: conftest.Site) -> None:
    second = site.stack.site.process(
        "second",
        [*applications.TRUNKLINE, "dispatch"],
        _never_ready,
        variables={
            "PYTHONPATH": str(applications.PACKAGES),
            "TRUNKLINE_API_KEY": site.deployment.api_key,
            "TRUNKLINE_INTERNAL_SECRET": site.deployment.internal_secret,
            "TRUNKLINE_CONFIG": str(site.deployment.config),
            "DATABASE_URL": f"sqlite+aiosqlite:///{site.deployment.database}",
            "TRUNKLINE_HTTP_PORT": "0",
            "LIVEKIT_URL": site.stack.site.access.url,
            "LIVEKIT_API_KEY": site.stack.site.access.api_key,
            "LIVEKIT_API_SECRET": site.stack.site.access.api_secret,
        },
    )
    with pytest.raises(errors.ComponentFailed, match="Another dispatch is using"):
        await second.start()


async def test_a_stream_ends_when_it_is_told_to_stop_and_goes_on_after_a_restart(site: conftest.Site) -> None:
    room = "call_restart"
    first = samples.batch([samples.arrived(room), samples.ANSWERED, samples.said("Hello?")], spool="s1", room=room)
    await site.post("/internal/spool", first)
    call = await site.call_of(room)
    path = f"{site.url}/v1/calls/{call['callId']}/transcript"
    headers = {"Authorization": f"Bearer {site.deployment.api_key}", "Accept": "text/event-stream"}
    async with site.http.get(path, headers=headers) as response:
        await response.content.readuntil(b"id: 1\n")
        async with asyncio.timeout(conftest.DEADLINE_S):
            await site.dispatch.stop()
            rest = await response.content.read()
    assert b"event: ended" not in rest
    await site.dispatch.start()
    last = samples.batch([samples.said("Bye"), samples.ENDED], first=4, spool="s1", room=room)
    assert await site.post("/internal/spool", last) == 200
    async with site.http.get(path, headers={**headers, "Last-Event-ID": "1"}) as response:
        again = await response.text()
    assert [line for line in again.splitlines() if line.startswith("id:")] == ["id: 2", "id: end"]


async def test_what_it_acknowledged_survives_being_killed(site: conftest.Site) -> None:
    room = "call_killed"
    records = [samples.arrived(room), *samples.whole_call()[1:]]
    assert await site.post("/internal/spool", samples.batch(records, spool="s3", room=room)) == 200
    await site.dispatch.kill()
    with pytest.raises(aiohttp.ClientError):
        await site.get("/healthz")
    await site.dispatch.start()
    before = await site.call_of(room)
    assert before["status"] == "ended"
    assert await site.post("/internal/spool", samples.batch(records, spool="s3", room=room)) == 200
    assert await site.call_of(room) == before


async def _is_red(site: conftest.Site, name: str) -> bool:
    return not (await site.checks())[name]


async def _never_ready(_: object) -> None:
    await asyncio.Event().wait()
