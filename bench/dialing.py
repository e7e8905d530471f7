"""From `POST /v1/sessions/phone` to the INVITE at the callee's phone, beside a script that asks LiveKit itself.

    scripts/bench dialing [--rounds N] [--json]

Real calls in a lab: SIP bridge, LiveKit, dispatch and worker. Two ways to an INVITE, one after the other in every pair,
in alternating order:

    ours     POST /v1/sessions/phone. On the way: gate and books, a room with a job, the job's word that it can talk.
    direct   by hand over LiveKit's API: make a room with an agent, then CreateSIPParticipant.

Both have to wait until a job can talk, which takes as long whoever waits. How long is told by LiveKit's time of the
room and by the `ready_at` of dispatch's store, which is when the job's word came to dispatch, both by this machine's
clock, and is left out of both:

    before   from the first request to the room
    job      from the room to the job's word; only ours has it
    after    from the job's word (direct: from the second request) to the INVITE

The overhead is what `before` and `after` of ours take longer than those of the direct way. The goal is 15 ms or less.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import os
import pathlib
import secrets
import shutil
import sqlite3
import statistics
import tempfile
import time

import psutil
from livekit import api as livekit_api

from bench import figures
from cli import api
from lab import labs, softphone

OURS = "+12015550100"
WARM_UP = 2
RINGS_S = 0.6  # long enough to ask LiveKit for the time of the room
LOOK_S = 0.4
IDLE = 0.1  # of a core
IDLE_S = 15.0  # the longest wait for it
DEADLINE_S = 20.0

FILES = {
    "organization.yaml": "organization: {id: acme, name: Acme, time_zone: America/New_York}\n"
    "dialing:\n  calling_hours: '00:00-24:00'\n  limits: {per_minute: 1000, per_day: 1000, minutes_per_day: 100000}\n",
    "trunks.yaml": "trunks:\n  lab:\n    inbound: {allowed_addresses: ['127.0.0.1/32']}\n"
    "    outbound: {address: '${BENCH_PHONE}'}\n",
    "numbers.yaml": f"numbers: [{{e164: '{OURS}', trunk: lab, direction: both, agent: front-desk}}]\n",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Way:
    """How long one way took, in seconds."""

    before_s: float
    after_s: float
    job_s: float = 0.0

    @property
    def total_s(self) -> float:
        return self.before_s + self.job_s + self.after_s


class Ways:
    """Both ways to one phone."""

    def __init__(
        self, lab: labs.Lab, dispatch: api.Api, livekit: livekit_api.LiveKitAPI, phone: softphone.Softphone
    ) -> None:
        self._lab = lab
        self._dispatch = dispatch
        self._livekit = livekit
        self._phone = phone
        self._count = 0

    async def ours(self) -> Way:
        self._count += 1
        body = {"to": f"+120155{50300 + self._count:05d}", "from": OURS, "agentId": "front-desk"}
        began = time.time()
        placed = await self._dispatch.place_call(body, idempotency_key=f"bench_{secrets.token_hex(8)}")
        call = await self._phone.next_call(timeout=DEADLINE_S)
        invited = _wall(call)
        room = await self._room(placed["callId"])
        ready = self._ready_at(placed["callId"])
        await call.ended(timeout=DEADLINE_S)
        return Way(before_s=room - began, job_s=ready - room, after_s=invited - ready)

    async def direct(self) -> Way:
        name = f"bench_{secrets.token_hex(8)}"
        agent = livekit_api.RoomAgentDispatch(agent_name="nobody")
        began = time.time()
        await self._livekit.room.create_room(livekit_api.CreateRoomRequest(name=name, agents=[agent]))
        room = await self._room(name)
        host, port = self._phone.address
        wanted = livekit_api.CreateSIPParticipantRequest(
            trunk=livekit_api.SIPOutboundConfig(hostname=f"{host}:{port}"),
            sip_number=OURS,
            sip_call_to="+12015550190",
            room_name=name,
            participant_identity="callee",
            wait_until_answered=True,
        )
        asked = time.time()
        dialed = asyncio.create_task(self._livekit.sip.create_sip_participant(wanted))
        call = await self._phone.next_call(timeout=DEADLINE_S)
        with contextlib.suppress(livekit_api.ServerError):  # the phone refuses
            await dialed
        await self._livekit.room.delete_room(livekit_api.DeleteRoomRequest(room=name))
        return Way(before_s=room - began, after_s=_wall(call) - asked)

    async def _room(self, name: str) -> float:
        """When a room was made, by the clock on the wall."""
        listed = await self._livekit.room.list_rooms(livekit_api.ListRoomsRequest(names=[name]))
        return listed.rooms[0].creation_time_ms / 1000

    def _ready_at(self, call_id: str) -> float:
        with contextlib.closing(sqlite3.connect(f"file:{self._lab.database}?mode=ro", uri=True)) as store:
            query = "SELECT (julianday(ready_at) - 2440587.5) * 86400.0 FROM dials WHERE call_id = ?"
            ((ready,),) = store.execute(query, (call_id,))
        return float(ready)


def _wall(call: softphone.IncomingCall) -> float:
    """When the INVITE came, by the clock on the wall."""
    return time.time() - call.now_s


async def idle(lab: labs.Lab) -> None:
    """Wait until the worker, which warms a process after each call, leaves the cores alone."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(IDLE_S):
            before = -1.0
            while (now := _cpu_s(lab)) - before > IDLE * LOOK_S or before < 0:
                before = now
                await asyncio.sleep(LOOK_S)


def _cpu_s(lab: labs.Lab) -> float:
    """What the worker and the processes below it have used of the processors so far."""
    worker = psutil.Process(lab.worker.pid)
    used = 0.0
    for process in (worker, *worker.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used


async def measure(count: int) -> tuple[list[Way], list[Way]]:
    """Ours and the direct way, so many of each."""
    found: tuple[list[Way], list[Way]] = [], []
    async with contextlib.AsyncExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-bench-")))
        shutil.copytree(labs.SAMPLE_SET / "agents", folder / "agents")
        for name, text in FILES.items():
            (folder / name).write_text(text)
        phone = await stack.enter_async_context(softphone.Softphone.open())
        phone.answer_with(softphone.Answering(after_s=RINGS_S, code=486))
        environment = {**os.environ, "BENCH_PHONE": ":".join(map(str, phone.address))}
        lab = await stack.enter_async_context(labs.running(labs.LabOptions(environment=environment, config=folder)))
        access = api.Access(url=lab.dispatch_url, key=lab.api_key)
        dispatch = await stack.enter_async_context(api.connect(access))
        livekit = await stack.enter_async_context(
            livekit_api.LiveKitAPI(lab.livekit.url, lab.livekit.api_key, lab.livekit.api_secret)
        )
        ways = Ways(lab, dispatch, livekit, phone)
        for pair in range(-WARM_UP, count):
            for which in (0, 1) if pair % 2 else (1, 0):
                way = await (ways.direct if which else ways.ours)()
                if pair >= 0:
                    found[which].append(way)
                await idle(lab)
    return found


def report(ours: list[Way], direct: list[Way]) -> dict[str, dict[str, float]]:
    """All figures."""
    found = {"ours: POST to INVITE": figures.ms([way.total_s for way in ours])}
    found["ours: before"] = figures.ms([way.before_s for way in ours])
    found["ours: job"] = figures.ms([way.job_s for way in ours])
    found["ours: after"] = figures.ms([way.after_s for way in ours])
    found["direct: before"] = figures.ms([way.before_s for way in direct])
    found["direct: after"] = figures.ms([way.after_s for way in direct])
    differences = [one.total_s - one.job_s - other.total_s for one, other in zip(ours, direct, strict=True)]
    found["overhead, by pairs"] = figures.ms(differences)
    medians = [statistics.median(way.total_s - way.job_s for way in ways) for ways in (ours, direct)]
    found["overhead, of medians"] = {"median_ms": round((medians[0] - medians[1]) * 1000, 3)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30, help="pairs; at most 300")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures.show(report(*asyncio.run(measure(min(given.rounds, 300)))), as_json=given.json)


if __name__ == "__main__":
    main()
