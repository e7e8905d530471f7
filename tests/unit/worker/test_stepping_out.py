"""A job that has to go: it ends its call, except where caller and destination talk with each other without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from livekit import rtc

from callcore import contract, endings
from tests.unit.worker import reports, samples
from worker.jobs import closing, entry, forwarding, kits, lines, phone_calls, plans

pytestmark = pytest.mark.unit

DEADLINE_S = 30.0
VOICE = contract.Voice(tts=contract.ProviderSpec(provider="offline"), language="en")
FORWARD = contract.Forward(
    to="+12015550190", ringing_timeout_s=20.0, otherwise=contract.Announce(text="Closed.", voice=VOICE)
)


class Kit:
    clock = samples.a_clock()
    worker_id = "wrk_1"

    class settings:  # noqa: N801
        snapshot_path = None
        trunkline_dispatch_url = "http://127.0.0.1:1"

        class trunkline_internal_secret:  # noqa: N801
            @staticmethod
            def get_secret_value() -> str:
                return samples.SECRET


class Caller:
    disconnect_reason = rtc.DisconnectReason.CLIENT_INITIATED


class Line:
    intake = samples.intake()
    caller: Any = Caller
    has_other_agent = False


class Room(rtc.EventEmitter[str]):
    name = "call_x"


class Context:
    """A job, as far as its call needs it."""

    def __init__(self) -> None:
        self.room = Room()
        self.proc: Any = self
        self.userdata: dict[str, Any] = {}
        self.api = None
        self.log_context_fields: dict[str, object] = {}
        self.is_shut_down = False

    def shutdown(self, reason: str) -> None:
        self.is_shut_down = True


class Job:
    """One job whose call is to be forwarded."""

    def __init__(self) -> None:
        context: Any = Context()
        self.ctx = context
        self.told = reports.Reports()
        self.dials = asyncio.Event()
        self.ending: Any = None
        self.legs_ended = 0
        self.holding: asyncio.Task[None] = asyncio.create_task(entry.hold_call(self.ctx))

    async def goes(self) -> None:
        """Cancelled or not, it does its last work."""
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.gather(self.holding, return_exceptions=True)
            await entry.put_on_record(self.ctx)
        assert self.ctx.is_shut_down


@pytest.fixture
async def job(monkeypatch: pytest.MonkeyPatch) -> Job:
    made: Job

    class Forwarding:
        def __init__(self, parts: forwarding.Parts) -> None:
            made.ending = parts.bridge.ending

        async def connect(self, _: contract.Forward) -> bool:
            made.dials.set()
            await asyncio.Event().wait()
            return True

    async def opened(*_: object) -> phone_calls.PhoneCall:
        call: Callable[..., phone_calls.PhoneCall] = phone_calls.PhoneCall
        return call(made.ctx, Kit, Line, made.told)

    async def picked_up(*_: object) -> Any:
        return Line

    async def obtained(*_: object) -> contract.CallPlan:
        return contract.CallPlan(call_id="c", decided_by="dispatch", plan=FORWARD)

    async def stays(*_: object) -> bool:
        return await asyncio.Event().wait()

    async def end_every_leg(_: object) -> None:
        made.legs_ended += 1

    monkeypatch.setattr(kits, "of", lambda _: Kit)
    monkeypatch.setattr(lines, "pick_up", picked_up)
    monkeypatch.setattr(lines, "caller_left", stays)
    monkeypatch.setattr(plans, "obtain", obtained)
    monkeypatch.setattr(forwarding, "Forwarding", Forwarding)
    monkeypatch.setattr(closing, "end_every_leg", end_every_leg)
    monkeypatch.setattr(entry, "_open", opened)
    made = Job()
    async with asyncio.timeout(DEADLINE_S):
        await made.dials.wait()
    return made


async def test_told_to_go_it_leaves_a_connected_call_to_dispatch(job: Job) -> None:
    job.ending.note_bridged()
    job.holding.cancel()
    await job.goes()
    assert (job.legs_ended, job.told.end) == (0, None)


async def test_told_to_go_it_ends_any_other_call(job: Job) -> None:
    job.holding.cancel()
    await job.goes()
    assert job.legs_ended == 1
    assert job.told.end is not None
    assert job.told.end.reason is endings.Reason.WORKER_LOST


async def test_a_connected_call_that_is_over_is_ended_like_any_other(job: Job) -> None:
    job.ending.note_bridged()
    job.ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
    await job.goes()
    assert job.legs_ended == 1
    assert job.told.end is not None
    assert job.told.end.reason is endings.Reason.TRANSFERRED


async def test_one_that_loses_sight_of_a_connected_call_leaves_it_to_dispatch(job: Job) -> None:
    job.ending.note_bridged()
    job.ctx.room.emit("disconnected", rtc.DisconnectReason.SIGNAL_CLOSE)
    await job.goes()
    assert (job.legs_ended, job.told.end) == (0, None)


async def test_one_that_loses_sight_of_any_other_call_ends_it(job: Job) -> None:
    job.ctx.room.emit("disconnected", rtc.DisconnectReason.SIGNAL_CLOSE)
    await job.goes()
    assert job.legs_ended == 1
    assert job.told.end is not None
    assert job.told.end.reason is endings.Reason.PLATFORM_LOST


async def test_a_room_that_livekit_closed_is_one_that_the_caller_has_left(job: Job) -> None:
    """A job that had no time for 2 s learns both at once."""
    job.ctx.room.emit("disconnected", rtc.DisconnectReason.ROOM_CLOSED)
    await job.goes()
    assert job.told.end is not None
    assert (job.told.end.reason, job.told.end.ended_by) == (endings.Reason.CANCELLED, endings.EndedBy.CALLER)
