"""What every real-call test needs: the ledger of a lab, and the proof that a call left nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import psutil
from livekit import api as livekit_api

from cli import api
from lab import labs, softphone

NUMBER = "+12015550100"
NUMBER_WITH_CREDENTIALS = "+12015550101"
UNKNOWN_NUMBER = "+12015550177"
CALLER = "+12015550123"
SIP_PASSWORD = "correct horse battery"

SETTLED_S = 30.0
_POLL_S = 0.1


def uri(lab: labs.Lab, number: str = NUMBER) -> str:
    return f"sip:{number}@{lab.sip}"


@contextlib.asynccontextmanager
async def ledger_of(lab: labs.Lab) -> AsyncIterator[api.Api]:
    """The public API of the lab's dispatch."""
    async with api.connect(api.Access(url=lab.dispatch_url, key=lab.api_key)) as client:
        yield client


async def known_calls(ledger: api.Api) -> set[str]:
    """The ids of the calls that the ledger has."""
    return {call["callId"] for call in (await ledger.calls({"limit": "200"}))["items"]}


async def new_call(ledger: api.Api, known: set[str], *, timeout: float = 10.0) -> api.Json:
    """A call that was not known before, as soon as the ledger has it."""
    async with asyncio.timeout(timeout):
        while True:
            for call in (await ledger.calls({}))["items"]:
                if call["callId"] not in known:
                    found: api.Json = call
                    return found
            await asyncio.sleep(_POLL_S)


async def ended_call(ledger: api.Api, call_id: str, *, timeout: float = SETTLED_S) -> api.Json:
    """The call once the ledger has its end."""
    async with asyncio.timeout(timeout):
        while (call := await ledger.call(call_id))["status"] != "ended":
            await asyncio.sleep(_POLL_S)
    return call


async def ended_call_from(ledger: api.Api, known: set[str], caller: str, *, timeout: float = SETTLED_S) -> api.Json:
    """The one new call from a number, once the ledger has its end; others may have come meanwhile."""
    return await ended_call(ledger, (await call_from(ledger, known, caller))["callId"], timeout=timeout)


async def call_from(ledger: api.Api, known: set[str], caller: str, *, timeout: float = 10.0) -> api.Json:
    """The one new call from a number, as soon as the ledger has it; others may have come meanwhile."""
    async with asyncio.timeout(timeout):
        while True:
            new = [call for call in (await ledger.calls({"number": caller}))["items"] if call["callId"] not in known]
            found: list[api.Json] = [call for call in new if call["from"] == caller]
            assert len(found) < 2, "there is one call from this number"
            if found:
                return found[0]
            await asyncio.sleep(_POLL_S)


async def new_rows(ledger: api.Api, known: set[str], count: int, *, timeout: float = SETTLED_S) -> list[api.Json]:
    """The calls that were not known before, so many of them, each with its end."""
    async with asyncio.timeout(timeout):
        while len(fresh := await known_calls(ledger) - known) < count:
            await asyncio.sleep(_POLL_S)
    assert len(fresh) == count
    return [await ended_call(ledger, call_id, timeout=timeout) for call_id in sorted(fresh)]


async def event_types(ledger: api.Api, call_id: str) -> list[str]:
    """The types of a call's events, after checking that their sequence is gapless."""
    events = await ledger.events(call_id)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    return [event["type"] for event in events]


async def reload(lab: labs.Lab) -> int:
    """Have dispatch read its configuration again; the HTTP status."""
    headers = {"Authorization": f"Bearer {lab.api_key}"}
    async with (
        aiohttp.ClientSession(lab.dispatch_url, headers=headers) as http,
        http.post("/v1/config/reload") as response,
    ):
        return response.status


async def rooms(lab: labs.Lab) -> list[str]:
    """The rooms that livekit-server has."""
    access = lab.livekit
    async with livekit_api.LiveKitAPI(access.url, access.api_key, access.api_secret) as client:
        listed = await client.room.list_rooms(livekit_api.ListRoomsRequest())
    return [room.name for room in listed.rooms]


def job_processes(lab: labs.Lab) -> set[int]:
    """Every process below the worker's main one: warm ones and those that hold a call."""
    return {child.pid for child in psutil.Process(lab.worker.pid).children(recursive=True)}


def jobs_in_calls(lab: labs.Lab) -> list[psutil.Process]:
    """The worker's processes that hold a call: those with UDP sockets, which are WebRTC's."""
    children = psutil.Process(lab.worker.pid).children(recursive=True)
    return [child for child in children if child.net_connections(kind="udp")]


def kill_job(lab: labs.Lab) -> None:
    """Kill -9 the process that holds the one call that is up."""
    (job,) = jobs_in_calls(lab)
    job.kill()


_warm: dict[int, int] = {}


async def record_warm_jobs(lab: labs.Lab) -> None:
    """Remember how many processes a worker without calls has, once that number stands still."""
    before, steady = -1, 0
    async with asyncio.timeout(SETTLED_S):
        while steady < 20:
            now = len(job_processes(lab))
            steady = steady + 1 if now == before else 0
            before = now
            await asyncio.sleep(_POLL_S)
    _warm[lab.worker.pid] = before


async def settles(lab: labs.Lab, phone: softphone.Softphone, *, timeout: float = SETTLED_S) -> None:
    """Assert that nothing of any call is left: no room, no SIP dialog, no job process, no row that is not over."""
    left: list[str] = ["not looked yet"]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            while left := await _left(lab, phone):
                await asyncio.sleep(_POLL_S)
    assert left == []


async def _left(lab: labs.Lab, phone: softphone.Softphone) -> list[str]:
    left = [f"room {name}" for name in await rooms(lab)]
    left += [f"dialog {dialog.key[0]}" for dialog in phone.dialogs]
    if lab.worker.running and len(job_processes(lab)) > _warm.get(lab.worker.pid, 0):
        left.append("a job process")
    async with ledger_of(lab) as ledger:
        calls = (await ledger.calls({"limit": "200"}))["items"]
    return left + [f"row {call['callId']} is {call['status']}" for call in calls if call["status"] != "ended"]
