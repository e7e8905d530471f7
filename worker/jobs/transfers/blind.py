"""A blind transfer: the carrier takes the caller over, or the destination is dialed into the room.

The agent is quiet. The caller hears ringback, ours while the carrier is asked and that of livekit-sip while we dial.
"""

from __future__ import annotations

import asyncio

from callcore import contract, transfers
from worker.jobs.transfers import bridges, following, legs, music, patience, racing, stories

_BYE_S = 10.0  # for a leg that the carrier has taken over to leave; livekit-sip hangs up after 1 s


class Blind:
    """The job's part in one."""

    def __init__(self, parts: stories.Parts, follower: following.Follower) -> None:
        """Begin with nothing; the follower is closed by whoever made it."""
        self._parts = parts
        self._follower = follower
        self._ringback = music.WaitingSound(parts.room, music.RINGBACK)
        self._is_referred = False

    async def run(self) -> None:
        """Play the part to its end: the call is dispatch's then, or over, or the caller is with the agent.

        Raises:
            CallTaken, CallOver, TransferRefused: this job has nothing to do here any more.
            ProviderUnavailable: as `stories.end`.
        """
        outcome = await self._live_through()
        if outcome is not stories.Outcome.HANDED_OVER:
            await self.release()
            await stories.end(self._parts, self._follower, by_dispatch=outcome is stories.Outcome.OVER)

    async def release(self) -> None:
        """Have the caller to ourselves again. The agent says nothing yet."""
        self._note(is_referred=False)
        self._parts.let_go(self._ringback.aclose)
        await legs.hang_up(self._parts.room, self._parts.controls, legs.dialed(self._parts.room))

    async def caller_has_left(self) -> None:
        """Find out whether the carrier was asked to take the caller: then it has done so. Takes 1.5 s at most."""
        await self._follower.look()
        self._note(is_referred=_is_referred(self._follower.progress))

    async def _live_through(self) -> stories.Outcome:
        while not (progress := self._follower.progress).state.is_final:
            self._note(is_referred=_is_referred(progress))
            is_leg = progress.is_attempting and progress.identity is not None
            outcome = await (self._dialed(progress) if is_leg else self._waited(progress))
            if outcome is not None:
                return outcome
        return await self._taken_over(progress) if following.is_bridged(progress) else stories.Outcome.OVER

    async def _waited(self, progress: contract.TransferProgress) -> stories.Outcome | None:
        moved = self._moved(progress)
        if self._is_referred:
            first = await racing.first(moved, self._follower.out_for(patience.REFER_S), self._play())
        else:
            first = await racing.first(moved, patience.idle(self._parts.room, self._parts.roll, self._follower))
        return None if first == 0 else stories.Outcome.ALONE

    async def _play(self) -> None:
        """Let the caller hear ringback, until this is cancelled."""
        await self._ringback.open()
        self._ringback.play()
        try:
            await asyncio.Event().wait()
        finally:
            self._ringback.hush()

    async def _dialed(self, progress: contract.TransferProgress) -> stories.Outcome | None:
        room, identity = self._parts.room, progress.identity
        assert identity is not None  # noqa: S101  # a leg is dialed
        deserted = patience.deserted(room, self._parts.roll, self._follower, identity)
        async with racing.together(legs.answered(room, identity), self._moved(progress), deserted) as tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            answering, moving, leaving = tasks
            if moving.done():
                moving.result()
            if not answering.done():
                return stories.Outcome.ALONE if leaving.done() else None
            leg = answering.result()
        bridges.note(self._parts.bridge)
        self._follower.note(contract.Seen.PICKED_UP, progress.attempt)
        await bridges.hand_over(self._parts.bridge, leg, self._follower.until(following.is_bridged))
        return stories.Outcome.HANDED_OVER

    async def _taken_over(self, progress: contract.TransferProgress) -> stories.Outcome:
        """Dispatch says that somebody has taken the caller."""
        bridge = self._parts.bridge
        if not self._is_referred:
            bridges.note(bridge)
        if _is_referred(progress):
            await racing.first(bridge.ending.wait(), timeout=_BYE_S)
        if not bridge.ending.is_decided:
            bridge.step_out()
        return stories.Outcome.HANDED_OVER

    async def _moved(self, progress: contract.TransferProgress) -> None:
        await self._follower.until(lambda now: now.version != progress.version)

    def _note(self, *, is_referred: bool) -> None:
        """While the carrier is asked to take the caller, a caller who leaves was transferred, and needs no job."""
        if is_referred is self._is_referred:
            return
        self._is_referred = is_referred
        if is_referred:
            self._parts.bridge.ending.note_bridged()
            self._parts.bridge.reports.leave()
        else:
            self._parts.bridge.ending.note_parted()
            self._parts.bridge.reports.come_back()


def _is_referred(progress: contract.TransferProgress) -> bool:
    is_on = progress.is_attempting or progress.state is transfers.State.BRIDGED
    return is_on and progress.method is transfers.Method.REFER
