"""Two dispatch processes on one Postgres, with a real LiveKit: what one begins, the other goes on with."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import pathlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
import pytest_asyncio

from callcore import calls, contract
from lab import applications
from lab.stack import probes, processes
from tests import postgres
from tests.integration.dispatch import conftest
from tests.unit.dispatch import doubles, samples

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]

CALLEE = "+12015550123"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Member(conftest.Site):
    """One of the two, with what is around both."""

    address: str

    @property
    def url(self) -> str:
        return self.address

    async def ask(self, method: str, path: str, body: conftest.Json = None) -> tuple[int, conftest.Json]:
        headers = {"Authorization": f"Bearer {self.deployment.api_key}"}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def tell(self, path: str, message: contract.CallIntake) -> conftest.Json:
        """A worker's request, and its answer."""
        headers = {"Authorization": f"Bearer {self.deployment.internal_secret}", "Content-Type": "application/json"}
        async with self.http.post(self.url + path, data=message.model_dump_json(), headers=headers) as response:
            assert response.status == 200
            return await response.json()


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.running() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def pair(site: conftest.Site, server: postgres.Server) -> AsyncIterator[tuple[Member, Member]]:
    """Both start at once, on a database in which nothing is."""
    await site.dispatch.stop()  # it would look after the rooms of calls that it knows nothing of
    config = _placing(site)
    started = [_process(site, server, config, name) for name in ("first", "second")]
    try:
        await asyncio.gather(*(process.start() for process in started))
        one, other = (_member(site, process) for process in started)
        await asyncio.gather(*(_connected(member) for member in (one, other)))
        yield one, other
    finally:
        await asyncio.gather(*(process.stop() for process in started))
        await site.dispatch.start()


def _placing(site: conftest.Site) -> pathlib.Path:
    """The sample set, with a way out."""
    folder = site.stack.site.folder("both") / "config"
    shutil.copytree(site.deployment.config, folder)
    for name, old, new in (
        ("trunks.yaml", "    inbound:\n", "    outbound: {address: '127.0.0.1:5080'}\n    inbound:\n"),
        ("numbers.yaml", "direction: inbound", "direction: both"),
        ("organization.yaml", "organization:\n", "dialing: {calling_hours: '00:00-24:00'}\norganization:\n"),
    ):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))
    return folder


def _process(site: conftest.Site, server: postgres.Server, config: pathlib.Path, name: str) -> processes.Process:
    deployment = site.deployment

    async def ready(process: processes.Process) -> None:
        await probes.printed(process, "dispatch listens")

    variables = {
        "PYTHONPATH": str(applications.PACKAGES),
        "PYTHONUNBUFFERED": "1",
        "TRUNKLINE_API_KEY": deployment.api_key,
        "TRUNKLINE_INTERNAL_SECRET": deployment.internal_secret,
        "TRUNKLINE_CONFIG": str(config),
        "TRUNKLINE_STATE_DIR": str(site.stack.site.folder("both")),
        "DATABASE_URL": server.url(),
        "TRUNKLINE_HTTP_PORT": "0",
        "LIVEKIT_URL": site.stack.site.access.url,
        "LIVEKIT_API_KEY": site.stack.site.access.api_key,
        "LIVEKIT_API_SECRET": site.stack.site.access.api_secret,
    }
    return site.stack.site.process(name, [*applications.TRUNKLINE, "dispatch"], ready, variables=variables, ready_s=60)


def _member(site: conftest.Site, process: processes.Process) -> Member:
    lines: Sequence[str] = re.findall(r"^\{.*dispatch listens.*\}$", process.output(), re.MULTILINE)
    address = f"http://127.0.0.1:{json.loads(lines[-1])['port']}"
    return Member(
        stack=site.stack,
        deployment=site.deployment,
        dispatch=process,
        http=site.http,
        livekit=site.livekit,
        address=address,
    )


async def _connected(member: Member) -> None:
    async def is_connected() -> bool:
        checks = await member.checks()
        return checks["store"] and checks["configuration"]

    await conftest.eventually(is_connected)


async def test_a_call_is_announced_at_one_reported_to_both_followed_and_ended_at_either(
    pair: tuple[Member, Member],
) -> None:
    one, other = pair
    room = f"call_{doubles.DIALED}_both"
    accepted = await one.tell("/internal/calls", samples.intake(room))
    path = f"/v1/calls/{accepted['call_id']}"
    headers = {"Authorization": f"Bearer {one.deployment.api_key}", "Accept": "text/event-stream"}
    async with one.phone(room), one.phone(room, kind="agent"):
        first = samples.batch([samples.arrived(room), samples.ANSWERED], spool="both", room=room)
        assert await other.post("/internal/spool", first) == 200
        async with one.http.get(f"{one.url}{path}/transcript", headers=headers) as response:
            said = samples.batch([samples.said("Hello?")], first=3, spool="both", room=room)
            assert await other.post("/internal/spool", said) == 200
            async with asyncio.timeout(conftest.DEADLINE_S):
                await response.content.readuntil(b"id: 1\n")
                ending = asyncio.create_task(other.ask("POST", f"{path}/hangup", {}))
                await conftest.eventually(lambda: _is_gone(one, room))
                last = samples.batch([samples.said("Bye"), samples.ENDED], first=4, spool="both", room=room)
                assert await one.post("/internal/spool", last) == 200
                status, call = await ending
                rest = await response.content.read()
    assert (status, call["status"], call["termination"]["endedBy"]) == (200, "ended", "operator")
    assert b"event: ended" in rest
    assert (await one.get(f"{path}/events")) == (await other.get(f"{path}/events"))


async def test_a_call_is_placed_by_one_whose_job_speaks_to_the_other(pair: tuple[Member, Member]) -> None:
    one, other = pair
    await other.post("/internal/workers", samples.report())
    status, accepted = await one.ask("POST", "/v1/sessions/phone", {"to": CALLEE, "agentId": "front-desk"})
    assert status == 202, accepted
    call_id = accepted["callId"]

    async def has_room() -> bool:
        await other.post("/internal/workers", samples.report())
        return call_id in await one.rooms()

    await conftest.eventually(has_room)
    intake = samples.intake(
        call_id,
        direction=calls.Direction.OUTBOUND,
        caller=accepted["callerId"],
        dialed=CALLEE,
        trunk_id=None,
        rule_id=None,
    )
    assert (await other.tell("/internal/calls", intake))["call_id"] == call_id
    word = contract.Ready(job_id="AJ_1", generation=1)
    assert await other.post(f"/internal/calls/{call_id}/ready", word) == 204

    async def is_dialed() -> bool:
        _, body = await other.get(f"/v1/calls/{call_id}/events")
        return "call.dialing" in [event["type"] for event in body["events"]]

    await conftest.eventually(is_dialed)


async def _is_gone(member: Member, room: str) -> bool:
    return room not in await member.rooms()
