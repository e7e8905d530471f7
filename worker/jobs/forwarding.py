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

from livekit import rtc

from callcore import clock, contract, transfers
from worker import dispatch_client
from worker.jobs.transfers import bridges, controls, following, legs, racing, reaching

_log = logging.getLogger(__name__)

_REACH_S = 3.0  # for dispatch to take the request; the caller hears ringing meanwhile
_ROOM_S = 3.0  # from dispatch's word that somebody answered to the room's
_FIRST = 1  # a forward has one destination


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a job has in hand when it forwards its call."""

    caller: rtc.RemoteParticipant
    dispatch: dispatch_client.DispatchClient
    """With a session that stays open until `connect` is over."""
    controls: controls.Controls
    call_id: str
    """As dispatch named it with the plan."""
    intake: contract.CallIntake
    clock: clock.Clock
    bridge: bridges.Parts
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
        self._room = parts.bridge.room
        self._has_rung = asyncio.Event()

    async def connect(self, plan: contract.Forward) -> bool:
        """Connect the caller with the plan's destination, and stay until dispatch knows of it, or one of them leaves.

        True when they were connected: the call is dispatch's, or its ending is decided (`transferred` by caller or
        callee, or `max_duration`). False when the caller must get `plan.otherwise`; no phone rings any more then, and
        the caller may or may not have been answered yet. Takes at most `ringing_timeout_s` + 5 s to the connection.

        Raises:
            CallTaken, CallOver: this job has nothing to do here any more.
        """
        # A call that a snapshot routed has no id: dispatch, which would dial, is out.
        if self._parts.call_id:
            self._on_move()
            with legs.watching(self._room, self._on_move):
                async with self._following() as beginning:
                    if await self._is_connected(plan.ringing_timeout_s + transfers.SETTLE_S, beginning):
                        return True
        await legs.hang_up(self._room, self._parts.controls, legs.dialed(self._room))
        return False

    async def _is_connected(self, limit_s: float, beginning: asyncio.Task[following.Follower]) -> bool:
        async with racing.together(self._answered(), self._unanswered(beginning)) as tasks:
            await asyncio.wait(tasks, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            answering, missing = tasks
            if not answering.done():
                if missing.done():
                    missing.result()
                return False
            leg = answering.result()
        bridges.note(self._parts.bridge)
        self._parts.on_answered()
        await bridges.hand_over(self._parts.bridge, leg, self._acknowledged(beginning))
        return True

    @asynccontextmanager
    async def _following(self) -> AsyncIterator[asyncio.Task[following.Follower]]:
        async with racing.together(self._begun()) as (beginning,):
            try:
                yield beginning
            finally:
                if beginning.done() and beginning.exception() is None:
                    await beginning.result().aclose()

    async def _begun(self) -> following.Follower:
        """Have dispatch begin, however long it is out."""
        parts = self._parts
        wish = contract.ForwardRequest(job_id=parts.intake.job_id, generation=parts.intake.generation)
        progress = await reaching.asked_for_ever(lambda limit_s: parts.dispatch.forward(parts.call_id, wish, limit_s))
        return following.Follower(parts.dispatch, parts.call_id, parts.intake, parts.clock, progress)

    async def _answered(self) -> rtc.RemoteParticipant:
        def look() -> rtc.RemoteParticipant | None:
            return next(filter(legs.is_answered, legs.dialed(self._room)), None)

        return await legs.until(self._room, look)

    async def _unanswered(self, beginning: asyncio.Task[following.Follower]) -> None:
        """Wait until nobody will answer any more, or dispatch is out and nothing rings."""
        done, _ = await asyncio.wait([beginning], timeout=_REACH_S)
        if not done:
            return
        try:
            follower = beginning.result()
        except dispatch_client.TransferRefused as refusal:
            _log.error("dispatch does not forward", extra={"code": refusal.code})
            return
        over = follower.until(lambda progress: progress.state.is_final)
        await racing.first(over, self._deserted(follower))
        if following.is_bridged(follower.progress):
            await asyncio.sleep(_ROOM_S)  # the room tells it in a moment, unless they have hung up already

    async def _deserted(self, follower: following.Follower) -> None:
        """Wait until nothing rings any more, and dispatch is out, so that nobody says why."""
        await self._has_rung.wait()
        await legs.until(self._room, lambda: None if legs.dialed(self._room) else True)
        await follower.out_for(following.SILENCE_S)

    async def _acknowledged(self, beginning: asyncio.Task[following.Follower]) -> None:
        """Wait until dispatch knows that they hear each other, which it finds out by itself, or from us."""
        follower = await asyncio.shield(beginning)
        follower.note(contract.Seen.PICKED_UP, _FIRST)
        await follower.until(following.is_bridged)

    def _on_move(self, *_: object) -> None:
        dialed = legs.dialed(self._room)
        if dialed:
            self._has_rung.set()
        # The bridge takes the leg's track, and that answers the caller; the status may follow a second later.
        if any(leg.track_publications for leg in dialed) or legs.is_answered(self._parts.caller):
            self._parts.on_answered()
