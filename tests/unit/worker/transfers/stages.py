"""A call whose transfer is under way: room, LiveKit, dispatch, agent and destination, all moved by the test."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from livekit import api, rtc
from livekit.agents import llm

from callcore import contract, errors, transfer_wishes, transfers
from tests.unit.worker import samples
from worker.jobs import endings as job_endings
from worker.jobs.transfers import (
    attempts,
    bridges,
    controls,
    desk,
    following,
    legs,
    music,
    partition,
    patience,
    reaching,
    stories,
)

DEADLINE_S = 30.0
CALLER, LEG = "sip_caller", "tr_1_1"
CALLERS_TRACK, LEGS_TRACK = "TR_caller", "TR_leg"
AGENTS_TRACK, MUSIC_TRACK, CONSULT_TRACK = "TR_agent", "TR_hold", "TR_consult"
LABEL = "the sales team"
OPTION = contract.TransferOption(
    name="sales",
    label=LABEL,
    kind=transfers.Kind.WARM,
    wish=transfer_wishes.Wish(destinations=(transfer_wishes.Destination(to="+12015550199", label=LABEL),)),
)
AGENT = samples.agent()

_FIRST = contract.TransferProgress(
    transfer_id="tr_1", kind=transfers.Kind.WARM, state=transfers.State.REQUESTED, version=1, label=LABEL
)


@dataclasses.dataclass
class Publication:
    sid: str
    kind: rtc.TrackKind.ValueType = rtc.TrackKind.KIND_AUDIO
    subscribed: bool = True

    def set_subscribed(self, subscribed: bool) -> None:
        self.subscribed = subscribed


@dataclasses.dataclass
class Leg:
    identity: str
    attributes: dict[str, str] = dataclasses.field(default_factory=dict)
    track_publications: dict[str, Publication] = dataclasses.field(default_factory=dict)
    disconnect_reason: rtc.DisconnectReason.ValueType | None = rtc.DisconnectReason.CLIENT_INITIATED


class Room(rtc.EventEmitter[str]):
    """A room with an answered caller in it; also the job's own participant."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "call_x"
        self.connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.caller = Leg(CALLER, {"sip.callStatus": "active"}, {CALLERS_TRACK: Publication(CALLERS_TRACK)})
        self.remote_participants = {CALLER: self.caller}
        self.local_participant = self
        self.methods: dict[str, Any] = {}
        self.permitted: dict[str, list[str]] | None = None
        """By identity: the tracks that it may take; None: everybody may take every one."""

    def rings(self, identity: str = LEG) -> None:
        leg = Leg(identity, {transfers.LEG_ATTRIBUTE: "tr_1", "sip.callStatus": "ringing"})
        self.remote_participants[identity] = leg
        self.emit("participant_connected", leg)
        self.publishes(identity, LEGS_TRACK)

    def publishes(self, identity: str, sid: str) -> None:
        publication = Publication(sid)
        self.remote_participants[identity].track_publications[sid] = publication
        self.emit("track_published", publication, self.remote_participants[identity])

    def picks_up(self, identity: str = LEG) -> None:
        self.remote_participants[identity].attributes["sip.callStatus"] = "active"
        self.emit("participant_attributes_changed", {}, self.remote_participants[identity])

    def leaves(self, identity: str = LEG) -> None:
        if identity in self.remote_participants:
            self.emit("participant_disconnected", self.remote_participants.pop(identity))

    def set_track_subscription_permissions(
        self, *, allow_all_participants: bool, participant_permissions: list[Any]
    ) -> None:
        allowed = {each.participant_identity: list(each.allowed_track_sids) for each in participant_permissions}
        self.permitted = None if allow_all_participants else allowed

    def register_rpc_method(self, name: str, method: Any) -> None:
        self.methods[name] = method

    def unregister_rpc_method(self, name: str) -> None:
        del self.methods[name]


class LiveKit:
    """livekit-server, as far as it mutes, subscribes, permits and removes."""

    def __init__(self, room: Room) -> None:
        self.room = self
        self._room = room
        self.muted: set[str] = set()
        self.unheard: set[str] = set()
        """Tracks that were taken from the caller."""
        self.without_data: set[str] = set()
        self.removed: list[str] = []
        self.failing: set[str] = set()
        self.asked: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}
        """What happens just before something is done."""

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if what in self.before:
            self.before[what]()
        if what in self.failing:
            raise api.ServerError("internal", "no", status=500)

    async def mute_published_track(self, wanted: Any) -> Any:
        self._note("mute" if wanted.muted else "unmute")
        if wanted.track_sid not in self._room.remote_participants[wanted.identity].track_publications:
            return api.MuteRoomTrackResponse()
        (self.muted.add if wanted.muted else self.muted.discard)(wanted.track_sid)
        return api.MuteRoomTrackResponse(track=api.TrackInfo(sid=wanted.track_sid, muted=wanted.muted))

    async def update_subscriptions(self, wanted: Any) -> None:
        self._note("subscribe" if wanted.subscribe else "unsubscribe")
        if wanted.identity == CALLER:
            for sid in wanted.track_sids:
                (self.unheard.discard if wanted.subscribe else self.unheard.add)(sid)

    async def get_participant(self, wanted: Any) -> Any:
        self._note("look")
        permission = api.ParticipantPermission(
            can_publish=True, can_subscribe=True, can_publish_data=wanted.identity not in self.without_data
        )
        return api.ParticipantInfo(identity=wanted.identity, permission=permission)

    async def update_participant(self, wanted: Any) -> None:
        assert (wanted.permission.can_publish, wanted.permission.can_subscribe) == (True, True)
        allowed = wanted.permission.can_publish_data
        self._note("allow" if allowed else "forbid")
        (self.without_data.discard if allowed else self.without_data.add)(wanted.identity)

    async def remove_participant(self, wanted: Any) -> None:
        self._note("remove")
        self.removed.append(wanted.identity)
        self._room.leaves(wanted.identity)


class Dispatch:
    """Decides as dispatch does, unless it is out; the test begins attempts and calls things off."""

    def __init__(self, progress: contract.TransferProgress) -> None:
        self.progress = progress
        self.facts: list[contract.Seen] = []
        self.requests: list[contract.TransferRequest] = []
        self.refusal: errors.TrunklineError | None = None
        self.is_out = False
        self.next_state = transfers.State.RETURNED
        """After a destination that does not take the call."""
        self._moved = asyncio.Event()

    def moves(self, **changes: Any) -> None:
        version = self.progress.version + 1
        self.progress = self.progress.model_copy(update={**changes, "version": version})
        self._moved.set()

    def dials(self, attempt: int = 1, method: transfers.Method = transfers.Method.DIAL) -> None:
        is_leg = method is transfers.Method.DIAL
        self.moves(
            state=transfers.State.DIALING,
            attempt=attempt,
            is_attempting=True,
            method=method,
            identity=f"tr_1_{attempt}" if is_leg else None,
        )

    def goes_out(self) -> None:
        self.is_out = True
        self._moved.set()

    def comes_back(self) -> None:
        self.is_out = False
        self._moved.set()

    async def request_transfer(
        self, call_id: str, wish: contract.TransferRequest, timeout: float
    ) -> contract.TransferProgress:
        self.requests.append(wish)
        if self.refusal is not None:
            raise self.refusal
        return self._answer()

    async def follow_transfer(
        self, call_id: str, transfer_id: str, known: int, timeout: float
    ) -> contract.TransferProgress:
        while self.progress.version == known and not self.is_out:
            self._moved.clear()
            await self._moved.wait()
        return self._answer()

    async def transfer_fact(
        self, call_id: str, transfer_id: str, fact: contract.TransferFact, timeout: float
    ) -> contract.TransferProgress:
        self._answer()
        self.facts.append(fact.seen)
        self._take(fact)
        return self._answer()

    def _answer(self) -> contract.TransferProgress:
        if self.is_out:
            raise errors.DispatchUnavailable
        return self.progress

    def _take(self, fact: contract.TransferFact) -> None:
        is_on = self.progress.is_attempting and self.progress.attempt == fact.attempt
        match fact.seen:
            case contract.Seen.HELD if self.progress.state is transfers.State.REQUESTED:
                self.moves(state=transfers.State.HOLDING)
            case contract.Seen.PICKED_UP if self.progress.state is transfers.State.DIALING:
                is_warm = self.progress.kind is transfers.Kind.WARM
                state = transfers.State.CONSULTING if is_warm else transfers.State.BRIDGED
                self.moves(state=state, is_attempting=is_warm)
            case contract.Seen.ACCEPTED if is_on:
                self.moves(is_accepted=True)
            case contract.Seen.MERGED if is_on:
                self.moves(state=transfers.State.BRIDGED, is_attempting=False)
            case contract.Seen.LOST if self.progress.state is transfers.State.BRIDGED:
                self.moves(state=transfers.State.RETURNED)
            case contract.Seen.RETURNED if not self.progress.state.is_final:
                self.moves(state=transfers.State.RETURNED, is_attempting=False)
            case contract.Seen.LEFT | contract.Seen.DECLINED | contract.Seen.UNRESPONSIVE if is_on:
                self.moves(state=self.next_state, is_attempting=False, is_accepted=False)


class Talk:
    """The agent: what it is made to do, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.history = llm.ChatContext()
        self.track_sid = AGENTS_TRACK
        self.transferrer: Any = None
        self.saying = asyncio.Event()
        self.saying.set()

    def transfer_by(self, transferrer: Any) -> None:
        self.transferrer = transferrer

    def pause(self) -> None:
        self.done.append("pause")

    def resume(self, text: str | None) -> None:
        self.done.append(f"resume {text}")

    async def say(self, text: str) -> None:
        self.done.append(f"say {text}")
        await self.saying.wait()

    @property
    def is_back(self) -> bool:
        return bool(self.done) and self.done[-1].startswith("resume")


class Consultation:
    """The conversation with one destination, which says what the test has it say."""

    failure: Exception | None = None
    """What comes of getting ready."""

    def __init__(self, order: contract.TransferProgress) -> None:
        self.order = order
        self.seen: asyncio.Future[contract.Seen] = asyncio.get_running_loop().create_future()
        self.talks = asyncio.Event()
        self.is_hushed = self.is_closed = False

    async def prepare(self) -> str:
        if self.failure is not None:
            raise self.failure
        return CONSULT_TRACK

    async def talk(self, leg: Leg) -> contract.Seen:
        assert leg.identity == self.order.identity
        self.talks.set()
        return await self.seen

    def says(self, seen: contract.Seen) -> None:
        self.seen.set_result(seen)

    def hush(self) -> None:
        self.is_hushed = True

    async def aclose(self) -> None:
        self.is_closed = True


class Music:
    """Hold music: whether it is heard."""

    made: list[Music]

    def __init__(self, *_: object) -> None:
        self.is_heard = False
        self.made.append(self)

    async def open(self) -> str:
        return MUSIC_TRACK

    def play(self) -> None:
        self.is_heard = True

    def hush(self) -> None:
        self.is_heard = False

    async def aclose(self) -> None:
        self.hush()


@dataclasses.dataclass
class Reports:
    is_left: bool = False

    def leave(self) -> None:
        self.is_left = True

    def come_back(self) -> None:
        self.is_left = False


@dataclasses.dataclass
class Stage:
    room: Room
    livekit: LiveKit
    dispatch: Dispatch
    talk: Talk
    ending: job_endings.Ending
    reports: Reports
    desk: desk.Desk
    serving: asyncio.Task[None]
    consultations: list[Consultation]
    messages: list[contract.TakeMessage]
    outs: list[None]
    """Once for each time that the job left the call to dispatch."""

    @property
    def consultation(self) -> Consultation:
        return self.consultations[-1]

    @property
    def music(self) -> Music:
        return Music.made[-1]

    @property
    def is_apart(self) -> bool:
        """Whether neither of caller and destination hears the other, in speech or by key."""
        leg = self.room.remote_participants.get(LEG)
        is_leg_taken = leg is None or set(leg.track_publications) <= self.livekit.unheard
        caller = self.room.remote_participants[CALLER]
        return (
            set(caller.track_publications) <= self.livekit.muted
            and is_leg_taken
            and CALLER in self.livekit.without_data
        )

    @property
    def is_free(self) -> bool:
        """Whether the caller is as before any transfer."""
        return not self.livekit.muted and not self.livekit.without_data and self.room.permitted is None

    async def is_summoned(self, transfer_id: str = "tr_1") -> str:
        notice = contract.TransferNotice(call_id=samples.CALL, transfer_id=transfer_id)
        call = rtc.RpcInvocationData("1", "", notice.model_dump_json(), 5.0)
        answer: str = await self.room.methods[transfers.RPC_METHOD](call)
        return answer

    async def is_ringing(self) -> None:
        """A warm transfer that dispatch has asked for, up to the ringing of the first destination."""
        await self.is_summoned()
        await until(lambda: contract.Seen.HELD in self.dispatch.facts)
        self.dispatch.dials()
        self.room.rings()
        await until(lambda: bool(self.consultations))

    async def is_consulting(self) -> None:
        await self.is_ringing()
        self.room.picks_up()
        await until(lambda: self.consultation.talks.is_set())

    async def is_merged(self) -> None:
        await self.is_consulting()
        self.consultation.says(contract.Seen.ACCEPTED)
        await until(lambda: self.dispatch.progress.state is transfers.State.BRIDGED)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(DEADLINE_S):
        while not is_so():
            await asyncio.sleep(0.001)


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No music, and short pauses between two tries."""
    monkeypatch.setattr(following, "_PAUSE_S", 0.005)
    monkeypatch.setattr(reaching, "_PAUSE_S", 0.005)
    monkeypatch.setattr(controls, "_PAUSE_S", 0.005)
    monkeypatch.setattr(partition, "_AGAIN_S", 0.01)
    monkeypatch.setattr(attempts, "_JOIN_S", 0.02)
    monkeypatch.setattr(music, "WaitingSound", Music)
    monkeypatch.setattr(Music, "made", [], raising=False)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for a dispatch that is out, made short."""
    monkeypatch.setattr(following, "SILENCE_S", 0.05)
    monkeypatch.setattr(patience, "IDLE_S", 0.1)
    monkeypatch.setattr(patience, "REFER_S", 0.1)
    monkeypatch.setattr(reaching, "_WITHIN_S", 0.1)


@pytest.fixture
def failing_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What livekit-server does not do is not tried for long."""
    monkeypatch.setattr(controls, "_WITHIN_S", 0.05)


@contextlib.asynccontextmanager
async def opened(
    kind: transfers.Kind = transfers.Kind.WARM,
    fallback: transfer_wishes.Fallback = transfer_wishes.Fallback.RETURN_TO_AGENT,
    agent: contract.AgentPlan = AGENT,
    call_id: str = samples.CALL,
) -> AsyncIterator[Stage]:
    room, talk, ending, reports = Room(), Talk(), job_endings.Ending(), Reports()
    livekit, dispatch = LiveKit(room), Dispatch(_FIRST.model_copy(update={"kind": kind, "fallback": fallback}))
    consultations: list[Consultation] = []
    messages: list[contract.TakeMessage] = []
    outs: list[None] = []
    closing: list[asyncio.Task[None]] = []

    def consult(order: contract.TransferProgress) -> Consultation:
        consultations.append(Consultation(order))
        return consultations[-1]

    async def take_message(plan: contract.TakeMessage) -> None:
        messages.append(plan)

    fakes: Any = {"livekit": livekit, "room": room, "ending": ending, "reports": reports, "dispatch": dispatch}
    switches = controls.Controls(fakes["livekit"], room.name)
    wall = partition.Partition(fakes["room"], CALLER, switches, with_keys=agent.transfers.keys)
    parts: Any = {
        "room": room,
        "agent": agent,
        "talk": talk,
        "controls": switches,
        "partition": wall,
        "roll": legs.Roll(fakes["room"]),
        "bridge": bridges.Parts(
            room=fakes["room"], ending=ending, reports=fakes["reports"], step_out=lambda: outs.append(None)
        ),
        "music_path": None,
        "consult": consult,
        "let_go": lambda close: closing.append(asyncio.create_task(close())),
        "take_message": take_message,
    }
    reach = reaching.Reach(fakes["dispatch"], call_id, samples.intake(), samples.a_clock())
    async with desk.Desk(stories.Parts(**parts), reach).open() as made:
        serving = asyncio.create_task(made.serve())
        try:
            yield Stage(room, livekit, dispatch, talk, ending, reports, made, serving, consultations, messages, outs)
        finally:
            serving.cancel()
            await asyncio.gather(serving, *closing, return_exceptions=True)
    assert not any(room._events.values())  # it listens no longer
