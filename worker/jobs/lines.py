"""The line of a call: what its job finds in the room, and how long the other end stays there."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
from collections.abc import Mapping
from typing import Literal

from livekit import agents, rtc

from callcore import calls, clock, contract, forwarding

_log = logging.getLogger(__name__)

_CONNECT_S = 10.0  # a room is joined within 0.2 s
_LONGEST_ATTRIBUTE = 512  # characters, as the contract allows
_CALLER_S = 5.0  # the caller's leg is in the room before the job is; later means that it is gone again
_RETURN_S = 12.0  # how long a leg may be away while LiveKit reconnects (about 5 s after a server restart)

_LOST = frozenset(
    {
        rtc.DisconnectReason.CONNECTION_TIMEOUT,
        rtc.DisconnectReason.SIGNAL_CLOSE,
        rtc.DisconnectReason.SERVER_SHUTDOWN,
        rtc.DisconnectReason.STATE_MISMATCH,
        rtc.DisconnectReason.MIGRATION,
    }
)
_PRESENCE: tuple[Literal["participant_disconnected", "participant_connected", "connection_state_changed"], ...] = (
    "participant_disconnected",
    "participant_connected",
    "connection_state_changed",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """Who is on the phone."""

    intake: contract.CallIntake
    caller: rtc.RemoteParticipant | None = None
    """None when the caller gave up before the job was there, and in a call that we place."""
    callee: str | None = None
    """Identity of the leg that dispatch will dial, in a call that we place."""
    has_other_agent: bool = False
    """Another job is in the room already, as can be after a restart of livekit-server: the call is its."""


async def pick_up(ctx: agents.JobContext, worker_id: str, timepiece: clock.Clock) -> Line:
    """Join the room and find out who is calling whom.

    A caller goes on hearing the ringing tone; a callee's phone does not ring before dispatch dials it.
    """
    arrived_at = timepiece.now()
    async with asyncio.timeout(_CONNECT_S):
        await ctx.connect()
    if ctx.job.metadata:
        line = _placed(ctx, contract.JobAssignment.model_validate_json(ctx.job.metadata), worker_id, arrived_at)
    else:
        line = await _taken(ctx, worker_id, arrived_at)
    others = [participant.kind for participant in ctx.room.remote_participants.values()]
    return dataclasses.replace(line, has_other_agent=rtc.ParticipantKind.PARTICIPANT_KIND_AGENT in others)


def _placed(
    ctx: agents.JobContext, assignment: contract.JobAssignment, worker_id: str, arrived_at: dt.datetime
) -> Line:
    intake = contract.CallIntake(
        room_name=ctx.room.name,
        direction=calls.Direction.OUTBOUND,
        caller=assignment.caller,
        dialed=assignment.dialed,
        trunk_id=None,
        rule_id=None,
        sip_call_id=None,
        job_id=ctx.job.id,
        worker_id=worker_id,
        generation=assignment.generation,
        arrived_at=arrived_at,
    )
    return Line(intake=intake, callee=assignment.identity)


async def _taken(ctx: agents.JobContext, worker_id: str, arrived_at: dt.datetime) -> Line:
    try:
        async with asyncio.timeout(_CALLER_S):
            caller = await ctx.wait_for_participant(kind=[rtc.ParticipantKind.PARTICIPANT_KIND_SIP])
    except (TimeoutError, RuntimeError):
        # RuntimeError is what livekit-agents raises when the room closes in the meantime.
        caller = None
    attributes = dict(caller.attributes) if caller else {}
    intake = contract.CallIntake(
        room_name=ctx.room.name,
        direction=calls.Direction.INBOUND,
        caller=_attribute(attributes, "sip.phoneNumber"),
        dialed=_attribute(attributes, "sip.trunkPhoneNumber") or _dialed_of(ctx.room.name),
        trunk_id=attributes.get("sip.trunkID"),
        rule_id=attributes.get("sip.ruleID"),
        forwarded_from=forwarding.forwarded_from(attributes),
        hops=forwarding.hops(attributes),
        sip_call_id=_attribute(attributes, "sip.callIDFull"),
        job_id=ctx.job.id,
        worker_id=worker_id,
        arrived_at=arrived_at,
    )
    return Line(intake=intake, caller=caller)


async def caller_left(room: rtc.Room, caller: rtc.RemoteParticipant) -> bool:
    """Wait until the caller's leg is gone for good; whether somebody hung up, and not LiveKit lost it.

    livekit-sip says "client initiated" of a BYE, of a CANCEL, and of a leg without sound packets for 15 s.

    While the room reconnects after a server restart, LiveKit reports every leg as gone without a reason and brings it
    back; such an absence counts only when it lasts.
    """
    identity, changed = caller.identity, asyncio.Event()

    def on_change(*_: object) -> None:
        changed.set()

    for event in _PRESENCE:
        room.on(event, on_change)
    try:
        while True:
            # One that comes back is another participant to LiveKit.
            caller = await _gone(room, identity, changed) or caller
            if not await _comes_back(room, identity, changed):
                return has_hung_up(caller)
    finally:
        for event in _PRESENCE:
            room.off(event, on_change)


def has_hung_up(leg: rtc.RemoteParticipant) -> bool:
    """Whether a leg that is gone left by itself, and LiveKit did not lose it."""
    return leg.disconnect_reason not in _LOST


async def _gone(room: rtc.Room, identity: str, changed: asyncio.Event) -> rtc.RemoteParticipant | None:
    leg = None
    while (present := room.remote_participants.get(identity)) is not None:
        leg = present
        changed.clear()
        await changed.wait()
    return leg


async def _comes_back(room: rtc.Room, identity: str, changed: asyncio.Event) -> bool:
    if room.connection_state == rtc.ConnectionState.CONN_CONNECTED:
        return False
    _log.info("the room reconnects; waiting for the caller's leg")
    try:
        async with asyncio.timeout(_RETURN_S):
            while identity not in room.remote_participants:
                changed.clear()
                await changed.wait()
    except TimeoutError:
        return False
    return True


def _attribute(attributes: Mapping[str, str], name: str) -> str | None:
    # These are the caller's own text, of any length; what does not fit is no number that anybody could route.
    value = attributes.get(name)
    return value[:_LONGEST_ATTRIBUTE] if value else None


def _dialed_of(room_name: str) -> str | None:
    # A callee rule names its rooms call_<dialed>_<random>; without attributes this is all that is known.
    prefix = f"{contract.ROOM_PREFIX}_"
    return room_name.removeprefix(prefix).rsplit("_", 1)[0] or None if room_name.startswith(prefix) else None
