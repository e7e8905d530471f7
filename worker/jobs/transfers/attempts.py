"""One destination of a warm transfer: it rings, is asked, and takes the call or does not."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from livekit import rtc

from callcore import contract, errors, transfers
from worker.jobs.consulting import consultations
from worker.jobs.transfers import bridges, following, legs, music, patience, racing, stories

_log = logging.getLogger(__name__)

_GRACE_S = 2.0  # a destination who is gone by then was gone in the moment of the merge
_JOIN_S = 1.0  # from dispatch's word that a leg was answered to the leg in the room, where it is already


class Attempt:
    """The job's part in one attempt."""

    def __init__(
        self,
        parts: stories.Parts,
        follower: following.Follower,
        hold_music: music.WaitingSound,
        order: contract.TransferProgress,
    ) -> None:
        """Begin with nothing; `order` has the identity of the leg, and is of an attempt that is under way."""
        assert order.identity is not None  # noqa: S101  # see above
        self._parts = parts
        self._follower = follower
        self._music = hold_music
        self._order = order
        self._identity = order.identity
        self._number = order.attempt

    async def live_through(self) -> stories.Outcome:
        """Ask whoever picks up; connect them, or let them go.

        Raises:
            CallTaken, CallOver, TransferRefused: this job has nothing to do here any more.
        """
        try:
            consultation = self._parts.consult(self._order)
        except errors.ProviderUnavailable as error:
            _log.error("a destination cannot be asked: %s", error.message)
            return await self._failed(contract.Seen.UNRESPONSIVE)
        try:
            outcome = await self._decided(consultation)
            return outcome if outcome is not None else await self._connect(consultation)
        finally:
            consultation.hush()
            self._parts.let_go(consultation.aclose)

    async def _decided(self, consultation: consultations.Consultation) -> stories.Outcome | None:
        """What becomes of it without the two hearing each other; None where they are to be connected."""
        over, accepted = self._follower.until(self._is_over), self._follower.until(self._is_accepted)
        works = over, accepted, self._parts.partition.broken(), self._deserted(), self._left(), self._ask(consultation)
        async with racing.together(*works) as tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            is_over, is_accepted, is_broken, is_deserted, has_left, asking = tasks
            if is_over.done():
                is_over.result()
                return stories.Outcome.OVER
            if is_broken.done() or is_deserted.done():
                return stories.Outcome.ALONE
            if is_accepted.done():
                return None
            seen = contract.Seen.LEFT if has_left.done() else _answer(asking)
        return await self._accepted() if seen is contract.Seen.ACCEPTED else await self._failed(seen)

    async def _ask(self, consultation: consultations.Consultation) -> contract.Seen:
        async with racing.together(self._picked_up()) as (answering,):
            # First things first: getting ready keeps a processor busy, and the leg may be picked up at any moment.
            await legs.appears(self._parts.room, self._identity)
            await self._parts.partition.kept_up()
            self._parts.partition.lets_hear(self._identity, await consultation.prepare())
            leg = await answering
        return await consultation.talk(leg)

    async def _picked_up(self) -> rtc.RemoteParticipant:
        leg = await legs.answered(self._parts.room, self._identity)
        self._follower.note(contract.Seen.PICKED_UP, self._number)
        return leg

    async def _accepted(self) -> stories.Outcome | None:
        told = await self._follower.tell(contract.Seen.ACCEPTED, self._number)
        if told is None or self._is_accepted(told):
            return None  # where dispatch is silent, two people who want to talk with each other do not wait for it
        if self._is_over(told):
            return stories.Outcome.OVER
        _log.error("dispatch does not let a destination take the call")
        return await self._failed(contract.Seen.UNRESPONSIVE)

    async def _connect(self, consultation: consultations.Consultation) -> stories.Outcome:
        consultation.hush()
        self._parts.talk.pause()
        self._music.hush()
        try:
            await self._parts.partition.merge(self._identity)
        except errors.Unavailable as error:
            _log.error("caller and destination could not be connected", extra={"error_class": error.message})
            return await self._failed(contract.Seen.LEFT)
        self._parts.bridge.ending.note_bridged()
        _log.info("caller and destination are connected")
        return await self._stay(self._follower.note(contract.Seen.MERGED, self._number))

    async def _stay(self, telling: asyncio.Future[contract.TransferProgress | None]) -> stories.Outcome:
        room = self._parts.room
        telling.add_done_callback(self._on_told)
        await racing.first(legs.gone(room, self._identity), self._refused(), timeout=_GRACE_S)
        leg = room.remote_participants.get(self._identity)
        if leg is None or self._is_refused(self._follower.progress):
            telling.remove_done_callback(self._on_told)
            return await self._part()
        await bridges.hand_over(self._parts.bridge, leg, self._follower.until(following.is_bridged))
        return stories.Outcome.HANDED_OVER

    def _on_told(self, telling: asyncio.Future[contract.TransferProgress | None]) -> None:
        if not telling.cancelled() and (told := telling.result()) is not None and following.is_bridged(told):
            self._parts.bridge.reports.leave()  # should this process die now, they talk on

    async def _refused(self) -> None:
        await self._follower.until(self._is_refused)

    async def _part(self) -> stories.Outcome:
        """The destination is gone, or was to be: the caller is with the agent again."""
        self._parts.bridge.ending.note_parted()
        self._parts.bridge.reports.come_back()
        if self._is_refused(self._follower.progress):
            return stories.Outcome.OVER
        return await self._failed(contract.Seen.LOST)

    async def _failed(self, seen: contract.Seen) -> stories.Outcome:
        """Tell dispatch that this destination does not take the call; it hangs up on them."""
        told = await self._follower.tell(seen, self._number)
        return stories.Outcome.OVER if told is not None else stories.Outcome.ALONE

    async def _left(self) -> None:
        """Wait until somebody who had picked up has hung up."""
        room = self._parts.room
        await racing.first(legs.answered(room, self._identity), self._follower.until(self._is_consulting))
        await racing.first(legs.appears(room, self._identity), timeout=_JOIN_S)
        await legs.gone(room, self._identity)

    async def _deserted(self) -> None:
        await patience.deserted(self._parts.room, self._parts.roll, self._follower, self._identity)

    def _is_over(self, progress: contract.TransferProgress) -> bool:
        return following.is_over(progress, self._number)

    def _is_refused(self, progress: contract.TransferProgress) -> bool:
        """By dispatch this attempt was over before they heard each other."""
        return self._is_over(progress) and not following.is_bridged(progress)

    def _is_accepted(self, progress: contract.TransferProgress) -> bool:
        return progress.is_accepted and not self._is_over(progress)

    def _is_consulting(self, progress: contract.TransferProgress) -> bool:
        return progress.state is transfers.State.CONSULTING and not self._is_over(progress)


def _answer(asking: asyncio.Task[Any]) -> contract.Seen:
    """What came of asking a destination; a fault of ours is no answer of theirs."""
    try:
        seen: contract.Seen = asking.result()
    except Exception:  # noqa: BLE001  # whatever it is, the caller gets another destination, or the agent
        _log.exception("a destination could not be asked")
        return contract.Seen.UNRESPONSIVE
    return seen
