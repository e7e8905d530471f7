"""A job whose call is sent on: what dispatch says, what the room shows, and who leaves first."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import rtc

from callcore import contract, endings, errors, transfer_wishes, transfers
from tests.unit.worker import samples
from worker import dispatch_client
from worker.jobs import endings as job_endings
from worker.jobs import forwarding
from worker.jobs.transfers import bridges, following, reaching

pytestmark = pytest.mark.unit

DEADLINE_S = 30.0
CALLER, LEG = "sip_caller", "tr_1_1"
VOICE = contract.Voice(tts=contract.ProviderSpec(provider="offline"), language="en-US")
PLAN = contract.Forward(
    to="+12015550199", ringing_timeout_s=20, otherwise=contract.Announce(text="Closed.", voice=VOICE)
)


@dataclasses.dataclass
class Publication:
    subscribed: bool = True

    def set_subscribed(self, subscribed: bool) -> None:
        self.subscribed = subscribed


@dataclasses.dataclass
class Participant:
    identity: str
    attributes: dict[str, str] = dataclasses.field(default_factory=dict)
    track_publications: dict[str, Publication] = dataclasses.field(default_factory=dict)
    disconnect_reason: rtc.DisconnectReason.ValueType | None = rtc.DisconnectReason.CLIENT_INITIATED


class Room(rtc.EventEmitter[str]):
    """A room with a caller in it, moved by the test; also what LiveKit's API does to it."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "call_x"
        self.connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.caller = Participant(CALLER, {"sip.callStatus": "ringing"})
        self.remote_participants = {CALLER: self.caller}
        self.removed: list[str] = []

    def rings(self) -> None:
        leg = Participant(LEG, {transfers.LEG_ATTRIBUTE: "tr_1", "sip.callStatus": "ringing"})
        self.remote_participants[LEG] = leg
        self.emit("participant_connected", leg)
        leg.track_publications["TR_1"] = Publication()
        self.emit("track_published", None, leg)

    def picks_up(self) -> None:
        self.remote_participants[LEG].attributes["sip.callStatus"] = "active"
        self.emit("participant_attributes_changed", {}, self.remote_participants[LEG])

    def leaves(self, identity: str) -> None:
        self.emit("participant_disconnected", self.remote_participants.pop(identity))

    async def remove(self, identity: str) -> None:
        self.removed.append(identity)
        self.leaves(identity)


class Dispatch:
    """Says how the transfer stands, as the test moves it; or is out."""

    def __init__(self) -> None:
        self.state: transfers.State | Exception = transfers.State.REQUESTED
        self.asked = 0
        self.told: list[contract.Seen] = []
        self._version = 1
        self._moved = asyncio.Event()

    def moves_to(self, state: transfers.State | Exception) -> None:
        self.state = state
        self._version += 1
        self._moved.set()

    async def forward(self, call_id: str, wish: contract.ForwardRequest, timeout: float) -> contract.TransferProgress:
        self.asked += 1
        assert (call_id, wish) == (samples.CALL, contract.ForwardRequest(job_id="AJ_1", generation=1))
        return self._progress()

    async def follow_transfer(
        self, call_id: str, transfer_id: str, known: int, timeout: float
    ) -> contract.TransferProgress:
        while self._version == known:
            self._moved.clear()
            await self._moved.wait()
        return self._progress()

    async def transfer_fact(
        self, call_id: str, transfer_id: str, fact: contract.TransferFact, timeout: float
    ) -> contract.TransferProgress:
        progress = self._progress()
        self.told.append(fact.seen)
        return progress

    def _progress(self) -> contract.TransferProgress:
        if isinstance(self.state, Exception):
            raise self.state
        return contract.TransferProgress(
            transfer_id="tr_1", kind=transfers.Kind.FORWARD, state=self.state, version=self._version
        )


@dataclasses.dataclass
class Reports:
    has_left: bool = False

    def leave(self) -> None:
        self.has_left = True


@dataclasses.dataclass
class Stage:
    """A forwarding under way."""

    room: Room
    dispatch: Dispatch
    ending: job_endings.Ending
    connecting: asyncio.Task[bool]
    answered: list[None]
    reports: Reports
    outs: list[None]
    """Once for each time that the job left the call to dispatch."""

    async def connected(self) -> bool:
        async with asyncio.timeout(DEADLINE_S):
            return await self.connecting


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def forwarded(
    state: transfers.State | Exception = transfers.State.REQUESTED,
    call_id: str = samples.CALL,
    plan: contract.Forward = PLAN,
    rings: bool = False,
) -> AsyncIterator[Stage]:
    room, dispatch, ending, answered = Room(), Dispatch(), job_endings.Ending(), list[None]()
    dispatch.state, reports, outs = state, Reports(), list[None]()
    if rings:
        room.rings()
    bridge: Any = {"room": room, "ending": ending, "reports": reports, "step_out": lambda: outs.append(None)}
    parts: Any = {  # the test's own room, dispatch and API
        "caller": room.caller,
        "dispatch": dispatch,
        "controls": room,
        "call_id": call_id,
        "intake": samples.intake(),
        "clock": samples.a_clock(),
        "bridge": bridges.Parts(**bridge),
        "on_answered": lambda: answered.append(None),
    }
    task = asyncio.create_task(forwarding.Forwarding(forwarding.Parts(**parts)).connect(plan))
    await settled()
    yield Stage(room, dispatch, ending, task, answered, reports, outs)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not any(room._events.values())  # it listens no longer


@contextlib.asynccontextmanager
async def bridged() -> AsyncIterator[Stage]:
    async with forwarded() as stage:
        stage.room.rings()
        stage.room.picks_up()
        await settled()
        assert not stage.connecting.done()
        yield stage


def how(ending: endings.Termination) -> tuple[str, str]:
    return ending.reason, ending.ended_by


async def test_the_call_is_over_when_the_destination_hangs_up() -> None:
    async with bridged() as stage:
        stage.room.leaves(LEG)
        assert await stage.connected()
        assert how(await stage.ending.wait()) == ("transferred", "callee")


async def test_a_caller_who_hangs_up_after_the_connection_was_transferred() -> None:
    async with bridged() as stage:
        stage.ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)  # as whoever watches the caller does
        assert await stage.connected()
        assert how(await stage.ending.wait()) == ("transferred", "caller")


async def test_a_leg_that_livekit_lost_is_nobodys_hangup() -> None:
    async with bridged() as stage:
        stage.room.remote_participants[LEG].disconnect_reason = rtc.DisconnectReason.CONNECTION_TIMEOUT
        stage.room.leaves(LEG)
        assert await stage.connected()
        assert how(await stage.ending.wait()) == ("platform_lost", "system")


async def test_nobody_is_connected_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_wishes, "LONGEST_S", 0.01)
    async with forwarded() as stage:
        stage.room.rings()
        stage.room.picks_up()
        assert await stage.connected()
        assert how(await stage.ending.wait()) == ("max_duration", "system")


async def test_a_call_that_dispatch_knows_to_be_connected_is_dispatchs() -> None:
    async with bridged() as stage:
        assert stage.dispatch.told == [contract.Seen.PICKED_UP]
        stage.dispatch.moves_to(transfers.State.BRIDGED)
        assert await stage.connected()
        assert len(stage.outs) == 1
        assert not stage.ending.is_decided


async def test_a_job_stays_with_a_connected_call_while_dispatch_is_out() -> None:
    async with forwarded() as stage:
        stage.room.rings()
        stage.dispatch.moves_to(errors.DispatchUnavailable())
        stage.room.picks_up()
        await settled()
        assert not stage.connecting.done()
        stage.dispatch.moves_to(transfers.State.BRIDGED)
        assert await stage.connected()
        assert len(stage.outs) == 1


async def test_a_job_that_dies_is_missed_only_before_the_connection() -> None:
    async with forwarded() as stage:
        stage.room.rings()
        await settled()
        assert not stage.reports.has_left
        stage.room.picks_up()
        await settled()
        assert stage.reports.has_left


async def test_the_two_are_left_alone() -> None:
    async with bridged() as stage:
        (publication,) = stage.room.remote_participants[LEG].track_publications.values()
        assert not publication.subscribed


async def test_the_caller_is_answered_when_the_ringback_begins() -> None:
    async with forwarded() as stage:
        assert not stage.answered
        stage.room.rings()
        assert stage.answered
        assert not stage.ending.is_decided


@pytest.mark.parametrize("state", [transfers.State.FAILED, transfers.State.CANCELLED])
async def test_a_transfer_that_fails_leaves_the_caller_to_the_job(state: transfers.State) -> None:
    async with forwarded() as stage:
        stage.dispatch.moves_to(transfers.State.DIALING)
        stage.room.rings()
        await settled()
        stage.room.leaves(LEG)
        stage.dispatch.moves_to(state)
        assert not await stage.connected()
        assert not stage.ending.is_decided


async def test_the_room_is_believed_while_dispatch_is_out() -> None:
    async with forwarded() as stage:
        stage.room.rings()
        stage.dispatch.moves_to(errors.DispatchUnavailable())
        await settled()
        stage.room.picks_up()
        await settled()
        stage.room.leaves(LEG)
        assert await stage.connected()
        assert how(await stage.ending.wait()) == ("transferred", "callee")


async def test_a_dial_that_ended_while_dispatch_is_out_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SILENCE_S", 0.01)
    async with forwarded() as stage:
        stage.room.rings()
        stage.dispatch.moves_to(errors.DispatchUnavailable())
        stage.room.leaves(LEG)
        assert not await stage.connected()


async def test_dispatch_that_cannot_be_reached_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "_REACH_S", 0.05)
    monkeypatch.setattr(reaching, "_PAUSE_S", 0.0)
    async with forwarded(errors.DispatchUnavailable()) as stage:
        assert not await stage.connected()
        assert stage.dispatch.asked > 1


async def test_a_dispatch_that_is_back_in_time_forwards() -> None:
    async with forwarded(errors.DispatchUnavailable()) as stage:
        stage.dispatch.moves_to(transfers.State.FAILED)
        assert not await stage.connected()
        assert stage.dispatch.asked == 2


async def test_a_dispatch_that_says_nothing_in_time_is_out_and_the_phone_stops_ringing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transfers, "SETTLE_S", 0.05)
    async with forwarded(plan=PLAN.model_copy(update={"ringing_timeout_s": 0.01}), rings=True) as stage:
        assert not await stage.connected()
        assert stage.room.removed == [LEG]


async def test_a_call_that_a_snapshot_routed_is_not_sent_on() -> None:
    async with forwarded(call_id="") as stage:
        assert not await stage.connected()
        assert stage.dispatch.asked == 0


async def test_a_dispatch_that_refuses_is_not_asked_again() -> None:
    async with forwarded(dispatch_client.TransferRefused("not_a_forward")) as stage:
        assert not await stage.connected()
        assert stage.dispatch.asked == 1


@pytest.mark.parametrize("refusal", [dispatch_client.CallTaken(), dispatch_client.CallOver()])
async def test_a_job_that_has_no_say_any_more_is_told(refusal: errors.TrunklineError) -> None:
    async with forwarded(refusal) as stage:
        with pytest.raises(type(refusal)):
            await stage.connected()
