"""A warm transfer: the caller on hold hears music while the agent asks one destination after the other."""

from __future__ import annotations

import logging

from callcore import contract, errors
from worker.jobs.transfers import attempts, following, legs, music, patience, racing, stories, texts

_log = logging.getLogger(__name__)


class Warm:
    """The job's part in one.

    await story.hold()
    ... tell dispatch ...
    await story.run(follower, is_told=False)
    """

    def __init__(self, parts: stories.Parts) -> None:
        self._parts = parts
        self._music = music.WaitingSound(parts.room, parts.music_path)

    async def hold(self) -> None:
        """Put the caller on hold, in silence so far.

        Raises:
            ControlFailed: they are not; they are as before.
        """
        async with racing.together(self._music.open()) as (opening,):
            await self._parts.partition.hold()
            tracks = self._parts.talk.track_sid, await opening
        self._parts.partition.restrict({sid for sid in tracks if sid is not None})

    async def release(self) -> None:
        """Take the caller off hold, and whoever was dialed from the line first. The agent says nothing yet."""
        self._music.hush()
        await legs.hang_up(self._parts.room, self._parts.controls, legs.dialed(self._parts.room))
        await self._parts.partition.lift()
        self._parts.let_go(self._music.aclose)

    async def run(self, follower: following.Follower, *, is_told: bool) -> None:
        """Play the part to its end: the call is dispatch's then, or over, or the caller is with the agent.

        Args:
            follower: of the transfer, closed by whoever made it.
            is_told: whether the agent has told the caller.

        Raises:
            CallTaken, CallOver, TransferRefused: this job has nothing to do here any more.
            ProviderUnavailable: as `stories.end`.
        """
        try:
            async with racing.together(self._entertain(follower.progress.label, is_told=is_told)):
                outcome = await self._live_through(follower)
        finally:
            self._music.hush()
        if outcome is not stories.Outcome.HANDED_OVER:
            await self.release()
            await stories.end(self._parts, follower, by_dispatch=outcome is stories.Outcome.OVER)

    async def _live_through(self, follower: following.Follower) -> stories.Outcome:
        tried = 0
        while not (progress := follower.progress).state.is_final:
            if not self._parts.partition.is_held:
                try:
                    await self.hold()
                except errors.Unavailable as error:
                    _log.error("a caller could not be put on hold again", extra={"error_class": error.message})
                    return stories.Outcome.ALONE
                self._music.play()
            if progress.is_attempting and progress.attempt > tried and progress.identity is not None:
                tried = progress.attempt
                outcome = await attempts.Attempt(self._parts, follower, self._music, progress).live_through()
                if outcome is not stories.Outcome.OVER:
                    return outcome
            elif not await self._is_moved(follower, progress):
                return stories.Outcome.ALONE
        return stories.Outcome.OVER

    async def _is_moved(self, follower: following.Follower, progress: contract.TransferProgress) -> bool:
        moved = follower.until(lambda now: now.version != progress.version)
        idle = patience.idle(self._parts.room, self._parts.roll, follower)
        first = await racing.first(moved, idle, self._parts.partition.broken())
        return first == 0

    async def _entertain(self, label: str | None, *, is_told: bool) -> None:
        """Say where the caller is to be connected, unless the agent has, and play music from then on."""
        try:
            if not is_told:
                await self._parts.talk.say(texts.connecting(self._parts.agent, label))
            self._music.play()
        except Exception:  # noqa: BLE001  # a caller who is not told is connected all the same
            _log.exception("a caller on hold could not be told so")
