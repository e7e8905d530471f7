"""How one transfer stands by dispatch, and what the job tells of it, whether or not dispatch is out."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import logging
from collections.abc import Callable

from callcore import clock, contract, errors, transfers
from worker import dispatch_client

_log = logging.getLogger(__name__)

SILENCE_S = 1.5
"""How long a job waits for dispatch's word while somebody is on the phone; then it goes on by itself."""

_HOLD_S = 8.0  # dispatch holds a question back no longer than 5 s
_PAUSE_S = 0.3  # between two tries
_MOST_FACTS = 200  # of one transfer; ten destinations make forty

_Told = asyncio.Future[contract.TransferProgress | None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Untold:
    fact: contract.TransferFact
    told: _Told


class Follower:
    """One transfer, from the job's side.

    Asks dispatch all the time how it stands, and tells it facts in their order, each until it has an answer.
    """

    def __init__(
        self,
        dispatch: dispatch_client.DispatchClient,
        call_id: str,
        intake: contract.CallIntake,
        timepiece: clock.Clock,
        progress: contract.TransferProgress,
    ) -> None:
        """Begin to follow; whoever begins closes it.

        Args:
            dispatch: with a session that stays open until this is closed.
            call_id: as dispatch knows the call.
            intake: says which job this is.
            timepiece: for the facts.
            progress: what is known of the transfer.
        """
        self._dispatch = dispatch
        self._call_id = call_id
        self._intake = intake
        self._clock = timepiece
        self._progress = progress
        self._untold: collections.deque[_Untold] = collections.deque()
        self._silent_since: float | None = None
        self._fault: errors.TrunklineError | None = None
        self._moved = asyncio.Event()
        self._has_facts = asyncio.Event()
        self._tasks = [asyncio.create_task(self._ask_for_ever()), asyncio.create_task(self._tell_for_ever())]

    @property
    def progress(self) -> contract.TransferProgress:
        """How it stands, as far as the job knows."""
        return self._progress

    @property
    def is_out(self) -> bool:
        """Dispatch did not answer when it was asked last."""
        return self._silent_since is not None

    async def until(self, is_so: Callable[[contract.TransferProgress], bool]) -> contract.TransferProgress:
        """Wait until it stands so; how it stands then.

        Raises:
            CallTaken, CallOver, TransferRefused: dispatch wants nothing of this job any more.
        """
        while True:
            moved = self._moved
            if self._fault is not None:
                raise self._fault
            if is_so(self._progress):
                return self._progress
            await moved.wait()

    async def changed(self) -> contract.TransferProgress:
        """Wait until it stands otherwise than now; raises as `until`."""
        known = self._progress.version
        return await self.until(lambda progress: progress.version != known)

    async def out_for(self, seconds: float) -> None:
        """Wait until dispatch has not answered for so long."""
        while True:
            moved, since = self._moved, self._silent_since
            left_s = None if since is None else since + seconds - asyncio.get_running_loop().time()
            if left_s is not None and left_s <= 0:
                return
            try:
                async with asyncio.timeout(left_s):
                    await moved.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Ask how it stands now, for at most 1.5 s."""
        try:
            await self._look()
        except errors.DispatchUnavailable as error:
            self._note_silence(error)

    async def tell(self, seen: contract.Seen, attempt: int) -> contract.TransferProgress | None:
        """Tell dispatch what was seen or done; how it stands then.

        None where dispatch does not answer within 1.5 s. It goes on being told until dispatch answers or this is
        closed, and later facts wait for it.
        """
        told = self.note(seen, attempt)
        try:
            async with asyncio.timeout(SILENCE_S):
                return await asyncio.shield(told)
        except TimeoutError:
            _log.warning("dispatch does not take a fact yet", extra={"seen": seen.value})
            return None

    def note(self, seen: contract.Seen, attempt: int) -> _Told:
        """As `tell`, for those who do not wait for the answer."""
        fact = contract.TransferFact(
            job_id=self._intake.job_id,
            generation=self._intake.generation,
            attempt=attempt,
            seen=seen,
            at=self._clock.now(),
        )
        told: _Told = asyncio.get_running_loop().create_future()
        if len(self._untold) >= _MOST_FACTS:
            _log.error("dispatch takes no facts any more; one is dropped", extra={"seen": seen.value})
            told.set_result(None)
            return told
        self._untold.append(_Untold(fact=fact, told=told))
        self._has_facts.set()
        return told

    async def aclose(self) -> None:
        """Stop; what was not told by now is not told any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._untold:
            self._untold.popleft().told.cancel()

    async def _ask_for_ever(self) -> None:
        while not self._progress.state.is_final:
            known = self._progress.version
            try:
                progress = await self._dispatch.follow_transfer(
                    self._call_id, self._progress.transfer_id, known, _HOLD_S
                )
            except errors.DispatchUnavailable as error:
                self._note_silence(error)
                await asyncio.sleep(_PAUSE_S)
            except errors.Conflict as refusal:
                self._note_fault(refusal)
                return
            else:
                self._take(progress)
                if progress.version == known:
                    await asyncio.sleep(_PAUSE_S)  # a dispatch that is about to go holds nothing back

    async def _tell_for_ever(self) -> None:
        while True:
            if not self._untold:
                self._has_facts.clear()
                await self._has_facts.wait()
            first = self._untold[0]
            try:
                answer = await self._told(first.fact)
            except errors.DispatchUnavailable as error:
                self._note_silence(error)
                await asyncio.sleep(_PAUSE_S)
                continue
            self._untold.popleft()
            if not first.told.done():
                first.told.set_result(answer)

    async def _told(self, fact: contract.TransferFact) -> contract.TransferProgress | None:
        transfer_id = self._progress.transfer_id
        try:
            progress = await self._dispatch.transfer_fact(self._call_id, transfer_id, fact, SILENCE_S)
        except dispatch_client.TransferRefused as refusal:
            _log.warning("dispatch does not believe a fact", extra={"seen": fact.seen.value, "code": refusal.code})
            return await self._look()
        except errors.Conflict as taken:
            self._note_fault(taken)
            return None
        self._take(progress)
        return progress

    async def _look(self) -> contract.TransferProgress | None:
        transfer_id = self._progress.transfer_id
        try:
            progress = await self._dispatch.follow_transfer(self._call_id, transfer_id, 0, SILENCE_S)
        except errors.Conflict as refusal:
            self._note_fault(refusal)
            return None
        self._take(progress)
        return progress

    def _take(self, progress: contract.TransferProgress) -> None:
        self._silent_since = None
        if progress.version >= self._progress.version:
            self._progress = progress
        self._move()

    def _note_silence(self, error: errors.DispatchUnavailable) -> None:
        if self._silent_since is None:
            self._silent_since = asyncio.get_running_loop().time()
            _log.warning("dispatch is out in mid-transfer", extra={"error_class": error.message})
            self._move()

    def _note_fault(self, fault: errors.TrunklineError) -> None:
        self._fault = self._fault or fault
        self._move()

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


def is_over(progress: contract.TransferProgress, attempt: int) -> bool:
    """Whether an attempt is under way no longer."""
    return progress.state.is_final or progress.attempt != attempt or not progress.is_attempting


def is_bridged(progress: contract.TransferProgress) -> bool:
    """Whether dispatch knows that both sides hear each other, so that the call is dispatch's."""
    return progress.state is transfers.State.BRIDGED
