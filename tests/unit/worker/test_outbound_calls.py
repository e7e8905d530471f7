"""A call that we place: nobody's phone rings before the agent can talk, and only an answered call is the job's."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import rtc

from callcore import calls, contract, endings, errors
from tests.unit.worker import reports, samples
from worker import dispatch_client
from worker.jobs import closing, conversation, entry, kits, outbound_calls
from worker.jobs.speech import apologies
from worker.providers import registry
from worker.spool import client as spool_client

pytestmark = pytest.mark.unit

DEADLINE_S = 30.0
CALLEE = "callee_01k8r3v5m2c4d6e8f0g1h2j3k4"
ASSIGNMENT = contract.JobAssignment(caller=samples.DIALED, dialed=samples.CALLER, identity=CALLEE, generation=2)
READY = contract.Ready(job_id="AJ_1", generation=2)


@dataclasses.dataclass
class Leg:
    """What livekit-sip shows of the phone that is dialed."""

    identity: str = CALLEE
    attributes: dict[str, str] = dataclasses.field(default_factory=lambda: {"sip.callStatus": "dialing"})
    disconnect_reason: rtc.DisconnectReason.ValueType | None = None
    kind: rtc.ParticipantKind.ValueType = rtc.ParticipantKind.PARTICIPANT_KIND_SIP


class Room(rtc.EventEmitter[str]):
    """A room that dispatch has made, moved by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.name = samples.CALL
        self.connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.remote_participants: dict[str, Any] = {}
        self.leg = Leg()
        self.local_participant = self

    def register_rpc_method(self, *_: object) -> None:
        pass

    def unregister_rpc_method(self, *_: object) -> None:
        pass

    def is_dialed(self) -> None:
        self.remote_participants[CALLEE] = self.leg
        self.emit("participant_connected", self.leg)

    def becomes(self, status: str) -> None:
        self.leg.attributes["sip.callStatus"] = status
        self.emit("participant_attributes_changed", {}, self.leg)

    def loses_the_leg(self, reason: rtc.DisconnectReason.ValueType = rtc.DisconnectReason.CLIENT_INITIATED) -> None:
        self.leg.disconnect_reason = reason
        self.emit("participant_disconnected", self.remote_participants.pop(CALLEE))

    def is_deleted(self) -> None:
        self.emit("disconnected", rtc.DisconnectReason.ROOM_DELETED)

    def is_closed_behind_the_leg(self, reason: rtc.DisconnectReason.ValueType) -> None:
        """What a job sees that had no time for 2 s: all of it at once."""
        self.loses_the_leg(reason)
        self.connection_state = rtc.ConnectionState.CONN_DISCONNECTED
        self.emit("disconnected", rtc.DisconnectReason.ROOM_CLOSED)


class Dispatch:
    """Has the plan at once, and takes the job's word, unless it is told to be out."""

    def __init__(self) -> None:
        self.intakes: list[contract.CallIntake] = []
        self.ready_said = asyncio.Event()
        self.words = 0
        self.announcing: Exception | None = None
        self.failing: list[Exception] = []

    async def announce(self, intake: contract.CallIntake, timeout: float) -> contract.CallAccepted:
        self.intakes.append(intake)
        if self.announcing is not None:
            raise self.announcing
        return contract.CallAccepted(call_id=samples.CALL, plan_within_s=3.0, plan=samples.BY_DISPATCH)

    async def ready(self, call_id: str, ready: contract.Ready, timeout: float) -> None:
        assert (call_id, ready) == (samples.CALL, READY)
        self.words += 1
        if self.failing:
            raise self.failing.pop(0)
        self.ready_said.set()


class Talk:
    """Stands in for the conversation: says what is done with it, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.has_sound = True

    def hold(self) -> None:
        self.done.append("hold")

    async def begin(self, identity: str) -> None:
        assert identity == CALLEE
        self.done.append("begin")

    async def has_first_sound(self, seconds: float) -> bool:
        return self.has_sound

    async def answer(self) -> None:
        self.done.append("answer")

    async def breaks_silence(self) -> bool:
        return True

    def transfer_by(self, _: object) -> None:
        pass

    def hush(self) -> None:
        self.done.append("hush")

    async def close(self) -> None:
        self.done.append("close")


class Context:
    """A job whose metadata is an assignment."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.api = None
        self.job: Any = type("Job", (), {"id": "AJ_1", "metadata": ASSIGNMENT.model_dump_json()})()
        self.proc: Any = self
        self.userdata: dict[str, Any] = {}
        self.log_context_fields: dict[str, object] = {}
        self.is_shut_down = False

    async def connect(self) -> None:
        pass

    def shutdown(self, reason: str) -> None:
        self.is_shut_down = True


class Kit:
    clock = samples.a_clock()
    worker_id = "wrk_1"
    warm: Any = None

    class settings:  # noqa: N801
        trunkline_hold_music = None


@dataclasses.dataclass
class Stage:
    """One outbound call under way."""

    ctx: Any
    room: Room
    dispatch: Dispatch
    talk: Talk
    told: reports.Reports
    closed: list[str]
    apologies: list[str]
    holding: asyncio.Task[None] | None = None

    def begins(self) -> asyncio.Task[None]:
        self.holding = self.holding or asyncio.create_task(entry.hold_call(self.ctx))
        return self.holding

    async def is_ready(self) -> None:
        self.begins()
        async with asyncio.timeout(DEADLINE_S):
            await self.dispatch.ready_said.wait()
        await settled()

    async def is_over(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.gather(self.begins(), return_exceptions=True)
            await entry.put_on_record(self.ctx)
        assert self.ctx.is_shut_down

    @property
    def kinds(self) -> list[str]:
        return [record.kind for record in self.told.records]

    @property
    def how(self) -> tuple[str, str] | None:
        end = self.told.end
        return (end.reason.value, end.ended_by.value) if end is not None else None


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(30):
        await asyncio.sleep(0)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    room, dispatch, talk, told = Room(), Dispatch(), Talk(), reports.Reports()
    kit, made = Kit(), Context(room)
    kit.clock = samples.a_clock()
    closed: list[str] = []
    sorry: list[str] = []

    async def connect(*_: object) -> reports.Reports:
        return told

    @contextlib.asynccontextmanager
    async def reached(_: object) -> AsyncIterator[Dispatch]:
        yield dispatch

    async def end_every_leg(_: object) -> None:
        closed.append(room.name)

    async def let_goodbye_arrive() -> None:
        pass

    async def play(*_: object) -> None:
        sorry.append("played")

    monkeypatch.setattr(kits, "of", lambda _: kit)
    monkeypatch.setattr(kit.settings, "socket_path", None, raising=False)
    monkeypatch.setattr(spool_client, "connect", connect)
    monkeypatch.setattr(entry, "_dispatch", reached)
    monkeypatch.setattr(closing, "end_every_leg", end_every_leg)
    monkeypatch.setattr(closing, "let_goodbye_arrive", let_goodbye_arrive)
    monkeypatch.setattr(apologies, "play", play)
    monkeypatch.setattr(registry, "build", lambda *_, **__: None)
    monkeypatch.setattr(conversation, "Conversation", lambda *_: talk)
    monkeypatch.setattr(outbound_calls, "_PAUSE_S", 0.001)
    ctx: Any = made
    stage = Stage(ctx, room, dispatch, talk, told, closed, sorry)
    yield stage
    if stage.holding is not None:
        stage.holding.cancel()
        await asyncio.gather(stage.holding, return_exceptions=True)


async def test_the_assignment_says_who_calls_whom(stage: Stage) -> None:
    await stage.is_ready()
    (intake,) = stage.dispatch.intakes
    assert intake == contract.CallIntake(
        room_name=samples.CALL,
        direction=calls.Direction.OUTBOUND,
        caller=samples.DIALED,
        dialed=samples.CALLER,
        trunk_id=None,
        rule_id=None,
        sip_call_id=None,
        job_id="AJ_1",
        worker_id="wrk_1",
        generation=2,
        arrived_at=samples.NOW,
    )
    assert stage.kinds == ["arrived", "routed"]


async def test_nobody_is_dialed_before_the_greeting_is_in_hand_and_it_waits_for_the_answer(stage: Stage) -> None:
    await stage.is_ready()
    assert stage.talk.done == ["hold", "begin"]
    stage.room.is_dialed()
    stage.room.becomes("ringing")
    await settled()
    assert stage.talk.done == ["hold", "begin"]
    stage.room.becomes("active")
    await settled()
    assert stage.talk.done == ["hold", "begin", "answer"]


async def test_ringing_is_measured_from_the_dial(stage: Stage) -> None:
    clock: Any = kits.of(stage.ctx).clock
    await stage.is_ready()
    clock.advance(3.0)
    stage.room.is_dialed()
    stage.room.becomes("ringing")
    clock.advance(2.5)
    stage.room.becomes("active")
    assert stage.kinds == ["arrived", "routed", "ringing", "answered"]
    (answered,) = [record for record in stage.told.records if isinstance(record, contract.AnsweredRecord)]
    assert answered.ringing_ms == 2500


async def test_every_step_is_told_once_and_only_forward(stage: Stage) -> None:
    """After a restart of livekit-server the status reads as at the beginning."""
    await stage.is_ready()
    stage.room.is_dialed()
    for status in ("ringing", "ringing", "active", "ringing", "active"):
        stage.room.becomes(status)
    assert stage.kinds == ["arrived", "routed", "ringing", "answered"]


async def test_a_phone_may_be_picked_up_without_having_rung(stage: Stage) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.becomes("active")
    assert stage.kinds == ["arrived", "routed", "answered"]


async def test_the_callee_hangs_up(stage: Stage) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.becomes("active")
    stage.room.loses_the_leg()
    await stage.is_over()
    assert stage.how == ("caller_hangup", "callee")
    assert stage.closed == [samples.CALL]


async def test_a_callee_who_hangs_up_at_once_had_answered(stage: Stage) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.leg.attributes["sip.callStatus"] = "hangup"
    stage.room.loses_the_leg()
    await stage.is_over()
    assert stage.kinds == ["arrived", "routed", "answered", "ended"]
    assert stage.how == ("caller_hangup", "callee")


async def test_a_leg_that_livekit_lost_is_nobodys_hangup(stage: Stage) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.becomes("active")
    stage.room.loses_the_leg(rtc.DisconnectReason.CONNECTION_TIMEOUT)
    await stage.is_over()
    assert stage.how == ("platform_lost", "system")


@pytest.mark.parametrize(
    ("reason", "how"),
    [
        (rtc.DisconnectReason.CLIENT_INITIATED, ("caller_hangup", "callee")),
        (rtc.DisconnectReason.CONNECTION_TIMEOUT, ("platform_lost", "system")),
    ],
)
async def test_a_hangup_is_one_also_to_a_job_that_was_too_busy_to_see_it(
    stage: Stage, reason: rtc.DisconnectReason.ValueType, how: tuple[str, str]
) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.becomes("active")
    stage.room.is_closed_behind_the_leg(reason)
    await stage.is_over()
    assert stage.how == how


async def test_a_refusal_is_dispatchs_to_explain_also_to_a_job_that_was_too_busy_to_see_it(stage: Stage) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.is_closed_behind_the_leg(rtc.DisconnectReason.USER_REJECTED)
    await stage.is_over()
    assert (stage.how, stage.closed) == (None, [])


@pytest.mark.parametrize("status", ["dialing", "ringing"])
async def test_a_phone_that_is_not_picked_up_is_dispatchs_to_explain(stage: Stage, status: str) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.becomes(status)
    stage.room.loses_the_leg(rtc.DisconnectReason.USER_REJECTED)
    await stage.is_over()
    assert (stage.how, stage.closed) == (None, [])


@pytest.mark.parametrize("is_dialed", [False, True], ids=["before the dial", "while it rings"])
async def test_a_call_that_dispatch_takes_back_is_left_without_a_word(stage: Stage, is_dialed: bool) -> None:
    await stage.is_ready()
    if is_dialed:
        stage.room.is_dialed()
    stage.room.is_deleted()
    await stage.is_over()
    assert (stage.how, stage.closed) == (None, [])


async def test_an_operator_hangs_up_an_answered_call(stage: Stage) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.becomes("active")
    stage.room.is_deleted()
    await stage.is_over()
    assert stage.how == ("operator_hangup", "operator")


async def test_without_dispatch_nobody_is_called(stage: Stage) -> None:
    stage.dispatch.announcing = errors.DispatchUnavailable("gone")
    await stage.is_over()
    assert (stage.kinds, stage.closed, stage.talk.done) == (["arrived"], [], [])


async def test_our_word_is_said_again_until_dispatch_takes_it(stage: Stage) -> None:
    stage.dispatch.failing = [errors.DispatchUnavailable("starting"), errors.DispatchUnavailable("starting")]
    await stage.is_ready()
    assert stage.dispatch.words == 3


async def test_a_leg_that_is_there_shows_that_our_word_arrived(stage: Stage) -> None:
    stage.dispatch.failing = [errors.DispatchUnavailable("the answer was lost")] * 10_000
    stage.begins()
    async with asyncio.timeout(DEADLINE_S):
        while not stage.dispatch.words:
            await asyncio.sleep(0)
    stage.room.is_dialed()
    stage.room.becomes("active")
    async with asyncio.timeout(DEADLINE_S):
        while "answer" not in stage.talk.done:
            await asyncio.sleep(0.001)


async def test_a_dispatch_that_never_takes_our_word_is_left_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound_calls, "_READY_S", 0.02)
    stage.dispatch.failing = [errors.DispatchUnavailable("gone")] * 10_000
    await stage.is_over()
    assert (stage.how, stage.closed) == (None, [])


async def test_a_dispatch_that_does_not_dial_is_left_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another job may have been asked in the meantime, in this very room."""
    monkeypatch.setattr(outbound_calls, "_DIAL_S", 0.02)
    await stage.is_over()
    assert (stage.how, stage.closed) == (None, [])


async def test_another_job_has_the_call(stage: Stage) -> None:
    stage.dispatch.failing = [dispatch_client.CallTaken()]
    await stage.is_over()
    assert (stage.how, stage.closed) == (None, [])


async def test_no_phone_rings_for_an_agent_without_a_voice(stage: Stage) -> None:
    stage.talk.has_sound = False
    await stage.is_over()
    assert stage.dispatch.words == 0
    assert stage.how == ("provider_failure", "system")
    assert (stage.closed, stage.apologies) == ([samples.CALL], [])


@pytest.mark.parametrize(("status", "heard"), [("ringing", []), ("active", ["played"])])
async def test_only_somebody_who_listens_gets_an_apology(stage: Stage, status: str, heard: list[str]) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.becomes(status)
    await settled()
    call: Any = stage.ctx.userdata["call"]
    call.ending.decide(endings.Reason.PROVIDER_FAILURE, endings.EndedBy.SYSTEM)
    await stage.is_over()
    assert stage.apologies == heard
    assert (stage.how, stage.closed) == (("provider_failure", "system"), [samples.CALL])


async def test_a_job_that_has_to_go_takes_its_ringing_phone_down(stage: Stage) -> None:
    await stage.is_ready()
    stage.room.is_dialed()
    stage.room.becomes("ringing")
    stage.begins().cancel()
    await stage.is_over()
    assert (stage.how, stage.closed) == (("worker_lost", "system"), [samples.CALL])
