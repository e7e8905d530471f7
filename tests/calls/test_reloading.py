"""A new configuration under live calls: none is dropped, and the next one gets what is new."""

import asyncio
import pathlib
import signal
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from cli import api
from lab import labs, softphone
from tests.calls import hearing, lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

CALLS = 3
NEW_GREETING = "Good morning, you have reached the new desk."
RELOADED_S = 10.0


def as_operator(lab: labs.Lab) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(lab.dispatch_url, headers={"Authorization": f"Bearer {lab.api_key}"})


async def greeting_in_force(lab: labs.Lab) -> str:
    async with as_operator(lab) as http, http.get("/v1/agents/second-desk") as response:
        greeting: str = (await response.json())["greeting"]
        return greeting


@pytest_asyncio.fixture(loop_scope="session")
async def agent(lab: labs.Lab) -> AsyncIterator[pathlib.Path]:
    """The file of the agent whose greeting is changed; afterwards all is as before."""
    path = lab.config / "agents" / "second-desk.yaml"
    before = path.read_text()
    yield path
    path.write_text(before)
    assert await standing.reload(lab) == 200


async def greeted(lab: labs.Lab, phone: softphone.Softphone) -> softphone.OutgoingCall:
    call = await phone.dial(standing.uri(lab, lines.OTHER_DESK), caller=standing.CALLER)
    await call.answered(timeout=15)
    await call.hears_speech(timeout=5, since_s=0)
    await call.hears_silence(for_s=1.0, timeout=15, since_s=call.timeline.answered_s + 1.0)
    return call


async def reload_by_signal(lab: labs.Lab, greeting: str) -> None:
    """Send SIGHUP, and wait for the greeting that comes by it."""
    await lab.dispatch.send_signal(signal.SIGHUP)
    async with asyncio.timeout(RELOADED_S):
        while await greeting_in_force(lab) != greeting:
            await asyncio.sleep(0.1)


async def test_no_call_is_dropped_and_the_next_one_has_the_new_greeting(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, agent: pathlib.Path
) -> None:
    known = await standing.known_calls(ledger)
    before = agent.read_text()
    calls = list(await asyncio.gather(*(greeted(lab, phone) for _ in range(CALLS))))

    for attempt in range(3):
        greeting = f"This is greeting number {attempt}."
        agent.write_text(before.replace(lines.OTHER_GREETING, greeting))
        assert await standing.reload(lab) == 200
        assert await greeting_in_force(lab) == greeting
    agent.write_text(before.replace(lines.OTHER_GREETING, NEW_GREETING))
    await reload_by_signal(lab, NEW_GREETING)
    agent.write_text(before + "agnet: front-desk\n")
    assert await standing.reload(lab) == 422
    assert all(call.is_up for call in calls)

    calls.append(await greeted(lab, phone))
    assert all(call.is_up for call in calls), "none was dropped"
    assert hearing.says(calls[-1], NEW_GREETING), "the broken configuration left the last good one serving"
    assert not hearing.says(calls[0], NEW_GREETING)
    await asyncio.gather(*(call.hang_up() for call in calls))
    rows = await standing.new_rows(ledger, known, CALLS + 1)
    assert [row["termination"]["reason"] for row in rows] == ["caller_hangup"] * (CALLS + 1)
    assert len({row["agentVersion"] for row in rows}) == 2
    await standing.settles(lab, phone)
