"""Forwarding: the caller is connected with another phone in the call's own room.

Dispatch dials; the job asks it to, listens to how it goes, and watches the room, which knows it first. The dialed leg
brings the ringback: livekit-sip answers the caller within 0.1 s of the dial, because that leg publishes its track at
once, and plays the tone into it until the phone is picked up. When the destination answers, both legs hear each other
through the SFU; nothing is relayed by this process, and the call outlives it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

import aiohttp
from livekit import api, rtc

from callcore import contract, endings, errors, transfer_wishes, transfers
from worker import dispatch_client
from worker.jobs import endings as job_endings
from worker.jobs import lines
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_REACH_S = 3.0  # for dispatch to take the request; the caller hears ringing meanwhile
_REQUEST_S = 1.5  # dispatch answers in milliseconds
_HOLD_S = 8.0  # dispatch holds a question about a transfer no longer than 5 s
_PAUSE_S = 0.3  # between two tries
_REMOVE_S = 2.0  # LiveKit removes a leg in 10 ms

_MOVES: tuple[
    Literal["participant_connected", "participant_disconnected", "participant_attributes_changed", "track_published"],
    ...,
] = ("participant_connected", "participant_disconnected", "participant_attributes_changed", "track_published")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a job has in hand when it forwards its call."""

    room: rtc.Room
    caller: rtc.RemoteParticipant
    dispatch: dispatch_client.DispatchClient
    """With a session that stays open until `connect` is over."""
    livekit: api.LiveKitAPI
    call_id: str
    """As dispatch named it with the plan."""
    intake: contract.CallIntake
    ending: job_endings.Ending
    reports: spool_client.SpoolClient
    on_answered: Callable[[], None]
    """Called, perhaps more than once, when the caller's leg is answered: from then on there is ringback."""


class Forwarding:
    """One call that is sent on.

        if not await forwarding.Forwarding(parts).connect(plan):
            ... the caller gets plan.otherwise ...

    Whoever holds the call goes on watching for the caller's hang-up and deletes the room at the end, as in any call:
    that is what ends the dialed leg too, also while it rings.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._room = parts.room
        self._moved = asyncio.Event()
        self._has_rung = False

    async def connect(self, plan: contract.Forward) -> bool:
        """Connect the caller with the plan's destination, and stay until one of them leaves.

        True when they were connected: the ending is decided (`transferred` by caller or callee, or `max_duration`).
        False when the caller must get `plan.otherwise`; no phone rings any more then, and the caller may or may not
        have been answered yet. Takes at most `ringing_timeout_s` + 5 s to the connection, then 4 h.

        Raises:
            CallTaken, CallOver: this job has nothing to do here any more.
        """
        async with self._watching():
            # A call that a snapshot routed has no id: dispatch, which would dial, is out.
            is_known = bool(self._parts.call_id)
            leg = await self._reach(plan.ringing_timeout_s + transfers.SETTLE_S) if is_known else None
            if leg is None:
                await self._stop_ringing()
                return False
            self._parts.ending.note_bridged()
            self._parts.reports.leave()  # should this process die, dispatch sees to the end of the call
            self._parts.on_answered()
            _log.info("caller and destination are connected")
            await self._stay(leg)
            return True

    async def _reach(self, limit_s: float) -> rtc.RemoteParticipant | None:
        """The dialed leg once it is answered; None when nobody answers, or dispatch is out."""
        asking = asyncio.create_task(self._ask())
        answering = asyncio.create_task(self._answered_leg())
        try:
            await asyncio.wait([asking, answering], timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if asking.done() and not answering.done() and asking.result() is transfers.State.BRIDGED:
                # The room tells it in a moment, unless the destination has hung up already.
                await asyncio.wait([answering], timeout=_REACH_S)
            return answering.result() if answering.done() else None
        finally:
            for task in (asking, answering):
                task.cancel()
            await asyncio.gather(asking, answering, return_exceptions=True)

    async def _ask(self) -> transfers.State | None:
        """How the transfer ends, by dispatch; None when dispatch is out and nothing rings."""
        progress = await self._request()
        while progress is not None and not progress.state.is_final:
            try:
                progress = await self._parts.dispatch.follow_transfer(
                    self._parts.call_id, progress.transfer_id, progress.state, _HOLD_S
                )
            except errors.DispatchUnavailable as error:
                _log.warning("dispatch is out in mid-transfer", extra={"error_class": error.message})
                if self._has_rung and self._leg() is None:
                    return None
                await asyncio.sleep(_PAUSE_S)
        return progress.state if progress is not None else None

    async def _request(self) -> contract.TransferProgress | None:
        intake = self._parts.intake
        wish = contract.ForwardRequest(job_id=intake.job_id, generation=intake.generation)
        try:
            async with asyncio.timeout(_REACH_S):
                while True:
                    try:
                        return await self._parts.dispatch.forward(self._parts.call_id, wish, _REQUEST_S)
                    except errors.DispatchUnavailable as error:
                        _log.warning("dispatch does not forward", extra={"error_class": error.message})
                        await asyncio.sleep(_PAUSE_S)
        except TimeoutError:
            return None

    async def _answered_leg(self) -> rtc.RemoteParticipant:
        while True:
            self._moved.clear()
            leg = self._leg()
            if leg is not None and leg.attributes.get("sip.callStatus") == "active":
                return leg
            await self._moved.wait()

    async def _stay(self, leg: rtc.RemoteParticipant) -> None:
        self._stop_listening()
        ending = self._parts.ending
        leaving = asyncio.create_task(lines.caller_left(self._room, leg))
        over = asyncio.create_task(ending.wait())
        try:
            await asyncio.wait([leaving, over], timeout=transfer_wishes.LONGEST_S, return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done():
                ending.decide(endings.Reason.MAX_DURATION, endings.EndedBy.SYSTEM)
            elif leaving.result():
                ending.decide(endings.Reason.TRANSFERRED, endings.EndedBy.CALLEE)
            else:
                ending.decide(endings.Reason.PLATFORM_LOST, endings.EndedBy.SYSTEM)
        finally:
            leaving.cancel()
            over.cancel()
            await asyncio.gather(leaving, over, return_exceptions=True)

    def _stop_listening(self) -> None:
        """Leave the two alone: what they say need not be decoded here."""
        for participant in self._room.remote_participants.values():
            for publication in participant.track_publications.values():
                publication.set_subscribed(False)

    async def _stop_ringing(self) -> None:
        """See that no phone rings, or is picked up, while the caller hears something else."""
        leg = self._leg()
        if leg is None:
            return
        wanted = api.RoomParticipantIdentity(room=self._room.name, identity=leg.identity)
        try:
            async with asyncio.timeout(_REMOVE_S):
                await self._parts.livekit.room.remove_participant(wanted)
        except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
            _log.warning("a dialed leg could not be removed", extra={"error_class": type(error).__name__})

    def _leg(self) -> rtc.RemoteParticipant | None:
        for participant in self._room.remote_participants.values():
            if transfers.LEG_ATTRIBUTE in participant.attributes:
                self._has_rung = True
                return participant
        return None

    def _on_move(self, *_: object) -> None:
        leg = self._leg()
        # The bridge takes the leg's track, and that answers the caller; the status may follow a second later.
        if (leg is not None and leg.track_publications) or self._parts.caller.attributes.get(
            "sip.callStatus"
        ) == "active":
            self._parts.on_answered()
        self._moved.set()

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        for event in _MOVES:
            self._room.on(event, self._on_move)
        try:
            yield
        finally:
            for event in _MOVES:
                self._room.off(event, self._on_move)
