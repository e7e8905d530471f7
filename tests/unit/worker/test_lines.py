"""The caller's leg: who it is, and when it is gone for good."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import rtc

from callcore import calls, contract
from tests.unit.worker import samples
from worker.jobs import lines

pytestmark = pytest.mark.unit

CALLER = "sip_caller"
CONNECTED, RECONNECTING = rtc.ConnectionState.CONN_CONNECTED, rtc.ConnectionState.CONN_RECONNECTING
DEADLINE_S = 30.0


@dataclasses.dataclass(frozen=True)
class Participant:
    kind: rtc.ParticipantKind.ValueType
    disconnect_reason: rtc.DisconnectReason.ValueType | None = None


@dataclasses.dataclass(frozen=True)
class Leg:
    identity: str
    disconnect_reason: rtc.DisconnectReason.ValueType | None


SIP_LEG = Participant(rtc.ParticipantKind.PARTICIPANT_KIND_SIP)
AGENT = Participant(rtc.ParticipantKind.PARTICIPANT_KIND_AGENT)


class Room(rtc.EventEmitter[str]):
    """What a job sees of a room, moved by the test."""

    def __init__(self, *identities: str) -> None:
        super().__init__()
        self.name = f"call_{samples.DIALED}_x7"
        self.connection_state = CONNECTED
        self.remote_participants: dict[str, Any] = dict.fromkeys(identities, SIP_LEG)

    def leaves(self, identity: str) -> None:
        del self.remote_participants[identity]
        self.emit("participant_disconnected", identity)

    def joins(self, identity: str, leg: Participant | Leg = SIP_LEG) -> None:
        self.remote_participants[identity] = leg
        self.emit("participant_connected", identity)

    def becomes(self, state: rtc.ConnectionState.ValueType) -> None:
        self.connection_state = state
        self.emit("connection_state_changed", state)


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def watching(
    room: Room, reason: rtc.DisconnectReason.ValueType | None = rtc.DisconnectReason.CLIENT_INITIATED
) -> AsyncIterator[asyncio.Task[bool]]:
    caller = Leg(identity=CALLER, disconnect_reason=reason)
    if CALLER in room.remote_participants:
        room.remote_participants[CALLER] = caller
    task = asyncio.create_task(lines.caller_left(room, caller))  # type: ignore[arg-type]  # the test's own
    await settled()
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not any(room._events.values())  # it listens no longer


async def ends(task: asyncio.Task[bool]) -> bool:
    async with asyncio.timeout(DEADLINE_S):
        return await task


async def test_a_caller_who_hangs_up_has_left() -> None:
    room = Room(CALLER)
    async with watching(room) as left:
        assert not left.done()
        room.leaves(CALLER)
        assert await ends(left), "somebody hung up"


async def test_a_leg_that_livekit_lost_is_nobodys_hangup() -> None:
    room = Room(CALLER)
    async with watching(room, rtc.DisconnectReason.CONNECTION_TIMEOUT) as left:
        room.leaves(CALLER)
        assert not await ends(left)


async def test_a_caller_who_was_gone_before_has_left() -> None:
    async with watching(Room()) as left:
        await ends(left)


async def test_others_may_come_and_go() -> None:
    room = Room(CALLER)
    async with watching(room) as left:
        room.joins("supervisor")
        room.leaves("supervisor")
        await settled()
        assert not left.done()


async def test_an_absence_while_the_room_reconnects_is_no_end() -> None:
    room = Room(CALLER)
    async with watching(room) as left:
        room.becomes(RECONNECTING)
        room.leaves(CALLER)
        await settled()
        assert not left.done()
        room.becomes(CONNECTED)
        await settled()
        assert not left.done()
        room.joins(CALLER)
        await settled()
        assert not left.done()
        room.leaves(CALLER)
        await ends(left)


async def test_of_a_leg_that_came_back_the_second_leaving_counts() -> None:
    room = Room(CALLER)
    async with watching(room, None) as left:
        room.becomes(RECONNECTING)
        room.leaves(CALLER)
        room.joins(CALLER, Leg(identity=CALLER, disconnect_reason=rtc.DisconnectReason.CONNECTION_TIMEOUT))
        room.becomes(CONNECTED)
        await settled()
        room.leaves(CALLER)
        assert not await ends(left)


async def test_every_reconnect_is_survived() -> None:
    room = Room(CALLER)
    async with watching(room) as left:
        for _ in range(3):
            room.becomes(RECONNECTING)
            room.leaves(CALLER)
            await settled()
            room.joins(CALLER)
            room.becomes(CONNECTED)
            await settled()
        assert not left.done()


@pytest.mark.parametrize("comes_back", [False, True], ids=["room stays away", "room comes back without the caller"])
async def test_an_absence_that_lasts_is_the_end(comes_back: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_RETURN_S", 0.05)
    room = Room(CALLER)
    async with watching(room) as left:
        room.becomes(RECONNECTING)
        room.leaves(CALLER)
        if comes_back:
            room.becomes(CONNECTED)
            room.joins("supervisor")
        await settled()
        await ends(left)


class Context:
    """A job's context with a caller, without one, or with a room that closes."""

    def __init__(self, room: Room, attributes: dict[str, str] | None, failure: Exception | None = None) -> None:
        self.room = room
        self.job = type("Job", (), {"id": "AJ_1", "metadata": ""})()
        self._attributes = attributes
        self._failure = failure
        self.is_connected = False

    async def connect(self) -> None:
        self.is_connected = True

    async def wait_for_participant(self, *, kind: list[Any]) -> Any:
        assert kind == [rtc.ParticipantKind.PARTICIPANT_KIND_SIP]
        if self._failure:
            raise self._failure
        if self._attributes is None:
            await asyncio.Event().wait()
        return type("Caller", (), {"identity": CALLER, "attributes": self._attributes})()


async def pick_up(context: Context) -> lines.Line:
    return await lines.pick_up(context, "wrk_1", samples.a_clock())  # type: ignore[arg-type]


async def test_the_legs_attributes_say_who_calls_whom() -> None:
    context = Context(
        Room(CALLER),
        {
            "sip.phoneNumber": samples.CALLER,
            "sip.trunkPhoneNumber": "12015550100",
            "sip.trunkID": samples.TRUNK,
            "sip.ruleID": samples.RULE,
            "sip.callIDFull": "abc@127.0.0.1",
        },
    )
    line = await pick_up(context)
    assert context.is_connected
    assert line.caller is not None
    assert line.intake == samples.intake("12015550100")
    assert line.intake.direction is calls.Direction.INBOUND


@pytest.mark.parametrize(
    "attribute",
    [contract.DIVERSION_ATTRIBUTE, contract.HISTORY_ATTRIBUTE, contract.FORWARDED_ATTRIBUTE],
)
async def test_whose_phone_sent_the_call_on_is_read_from_its_headers(attribute: str) -> None:
    line = await pick_up(Context(Room(CALLER), {attribute: "<sip:+12015550150@carrier.example>;index=1"}))
    assert line.intake.forwarded_from == "sip:+12015550150@carrier.example"


async def test_a_header_of_any_length_does_no_harm() -> None:
    line = await pick_up(Context(Room(CALLER), {contract.DIVERSION_ATTRIBUTE: "1" * 5000}))
    assert line.intake.forwarded_from is None


async def test_what_a_caller_sends_is_cut_to_what_fits() -> None:
    attributes = {"sip.phoneNumber": "1" * 5000, "sip.trunkPhoneNumber": "2" * 5000, "sip.callIDFull": "x" * 5000}
    line = await pick_up(Context(Room(CALLER), attributes))
    assert (line.intake.caller, line.intake.dialed, line.intake.sip_call_id) == ("1" * 512, "2" * 512, "x" * 512)


async def test_a_call_that_another_agent_is_in_is_seen() -> None:
    room = Room(CALLER)
    assert not (await pick_up(Context(room, {}))).has_other_agent
    room.remote_participants["agent-1"] = AGENT
    assert (await pick_up(Context(room, {}))).has_other_agent


async def test_a_room_that_cannot_be_joined_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(Context):
        async def connect(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(lines, "_CONNECT_S", 0.02)
    with pytest.raises(TimeoutError):
        await pick_up(Stuck(Room(CALLER), {}))


@pytest.mark.parametrize("failure", [None, RuntimeError("room disconnected")], ids=["nobody", "the room closes"])
async def test_a_caller_who_gave_up_leaves_the_dialed_number_in_the_rooms_name(
    failure: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_CALLER_S", 0.02)
    line = await pick_up(Context(Room(), None, failure))
    assert line.caller is None
    assert (line.intake.caller, line.intake.dialed, line.intake.trunk_id) == (None, samples.DIALED, None)


@pytest.mark.parametrize(
    ("name", "dialed"),
    [
        ("call_+12015550100_a_b", "+12015550100_a"),
        ("call__x7", None),
        ("call_", None),
        ("meeting_+12015550100_x7", None),
    ],
)
async def test_a_room_of_another_name_tells_nothing(name: str, dialed: str | None) -> None:
    room = Room()
    room.name = name
    line = await pick_up(Context(room, None, RuntimeError()))
    assert line.intake.dialed == dialed
