"""Where a call's transfers begin, one at a time: the agent's tool wants one, or dispatch asks for one."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import uuid
from collections.abc import AsyncIterator

import pydantic
from livekit import rtc
from livekit.agents import llm

from callcore import contract, errors, transfers
from worker import dispatch_client
from worker.jobs.transfers import blind, following, reaching, stories, texts, warm

_log = logging.getLogger(__name__)

_REFUSED = "Nobody there can be reached now: the transfer was not begun. Say so, and ask how else you can help."
_BUSY = "A transfer of this call is under way already."
_WRONG = 2400  # codes of errors of our own, as a caller of the method sees them
_BUSY_CODE = 2409
_TAKEN = "taken"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Wanted:
    """The agent's tool wants a transfer, and waits to hear whether it is begun."""

    option: contract.TransferOption
    summary: str | None
    answer: asyncio.Future[str | None]


class Desk:
    """One call's; it is there as long as agent and caller talk."""

    def __init__(self, parts: stories.Parts, reach: reaching.Reach) -> None:
        """Nothing is under way.

        Args:
            parts: of the call.
            reach: of dispatch.
        """
        self._parts = parts
        self._reach = reach
        self._orders: asyncio.Queue[_Wanted | contract.TransferNotice] = asyncio.Queue(maxsize=1)
        self._is_busy = False
        self._known: set[str] = set()
        """Ids of the transfers that were begun here."""
        self._followers: list[following.Follower] = []
        self._blind: blind.Blind | None = None

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Desk]:
        """Take orders. What one that is over has still to tell dispatch is told until this ends."""
        local = self._parts.room.local_participant
        local.register_rpc_method(transfers.RPC_METHOD, self._summoned)
        self._parts.talk.transfer_by(self)
        try:
            yield self
        finally:
            local.unregister_rpc_method(transfers.RPC_METHOD)
            for follower in self._followers:
                await follower.aclose()
            await self._reach.aclose()
            await self._parts.partition.aclose()
            self._parts.roll.close()

    async def serve(self) -> None:
        """Carry out what is ordered, for ever.

        Raises:
            CallTaken, CallOver: this job has nothing to do here any more.
            ProviderUnavailable: the caller cannot be spoken to.
        """
        while True:
            order = await self._orders.get()
            try:
                await (self._by_tool(order) if isinstance(order, _Wanted) else self._by_notice(order))
            finally:
                self._is_busy = False

    async def transfer(self, option: contract.TransferOption, summary: str | None) -> str | None:
        """Begin a transfer for the agent's tool; what the model is told where it was not begun."""
        if self._is_busy:
            return _BUSY
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._order(_Wanted(option=option, summary=summary, answer=answer))
        return await asyncio.shield(answer)

    async def caller_has_left(self) -> None:
        """Find out whether the carrier has taken the caller over; 1.5 s at most, and at once where it was not asked."""
        if self._blind is not None:
            await self._blind.caller_has_left()

    async def _summoned(self, call: rtc.RpcInvocationData) -> str:
        """Dispatch asks for a transfer; told again, it is the one there is."""
        try:
            notice = contract.TransferNotice.model_validate_json(call.payload)
        except pydantic.ValidationError:
            raise rtc.RpcError(_WRONG, "this is no notice of a transfer") from None
        if notice.transfer_id in self._known:
            return _TAKEN
        if self._is_busy:
            raise rtc.RpcError(_BUSY_CODE, "another transfer is under way")
        if not self._reach.is_of(notice.call_id):
            raise rtc.RpcError(_WRONG, "this job has another call")
        self._known.add(notice.transfer_id)
        self._order(notice)
        return _TAKEN

    def _order(self, order: _Wanted | contract.TransferNotice) -> None:
        self._is_busy = True
        self._orders.put_nowait(order)

    async def _by_tool(self, wanted: _Wanted) -> None:
        try:
            if wanted.option.kind is transfers.Kind.WARM:
                await self._warm_by_tool(wanted)
            else:
                progress = await self._requested(wanted)
                if progress is not None:
                    await self._tell_blind(progress)
        finally:
            if not wanted.answer.done():
                wanted.answer.set_result(_REFUSED)

    async def _warm_by_tool(self, wanted: _Wanted) -> None:
        story = warm.Warm(self._parts)
        is_told = has_spoken(self._parts.talk.history)
        if not await _is_held(story):
            return
        progress = await self._requested(wanted)
        if progress is None:
            await story.release()
        else:
            await self._tell_warm(story, progress, is_told=is_told)

    async def _requested(self, wanted: _Wanted) -> contract.TransferProgress | None:
        """Have dispatch carry it out; None where it does not. From then on the agent is quiet."""
        request_id = uuid.uuid4().hex
        try:
            progress = await self._reach.request(wanted.option.name, wanted.summary, request_id)
        except (dispatch_client.TransferRefused, errors.DispatchUnavailable) as refusal:
            _log.warning("a transfer was not begun", extra={"error_class": type(refusal).__name__})
            return None
        self._known.add(progress.transfer_id)
        self._parts.talk.pause()
        wanted.answer.set_result(None)
        return progress

    async def _by_notice(self, notice: contract.TransferNotice) -> None:
        try:
            progress = await self._reach.look(notice)
        except (dispatch_client.TransferRefused, errors.DispatchUnavailable) as refusal:
            _log.warning("a transfer was not begun", extra={"error_class": type(refusal).__name__})
            self._known.discard(notice.transfer_id)
            return
        if progress.state.is_final or progress.kind is transfers.Kind.FORWARD:
            return
        if progress.kind is transfers.Kind.WARM:
            await self._warm_by_notice(progress)
        else:
            self._parts.talk.pause()
            await self._parts.talk.say(texts.connecting(self._parts.agent, progress.label))
            await self._tell_blind(progress)

    async def _warm_by_notice(self, progress: contract.TransferProgress) -> None:
        story = warm.Warm(self._parts)
        if await _is_held(story):
            self._parts.talk.pause()
            await self._tell_warm(story, progress, is_told=False)
        else:
            self._follow(progress).note(contract.Seen.RETURNED, 0)

    async def _tell_warm(self, story: warm.Warm, progress: contract.TransferProgress, *, is_told: bool) -> None:
        follower = self._follow(progress)
        follower.note(contract.Seen.HELD, 0)
        try:
            await story.run(follower, is_told=is_told)
        except (dispatch_client.CallTaken, dispatch_client.CallOver, errors.ProviderUnavailable):
            raise
        except Exception:  # noqa: BLE001  # see `_give_up`
            await self._give_up(story, follower)

    async def _tell_blind(self, progress: contract.TransferProgress) -> None:
        follower = self._follow(progress)
        follower.note(contract.Seen.HELD, 0)
        self._blind = story = blind.Blind(self._parts, follower)
        try:
            await story.run()
        except (dispatch_client.CallTaken, dispatch_client.CallOver, errors.ProviderUnavailable):
            raise
        except Exception:  # noqa: BLE001  # see `_give_up`
            await self._give_up(story, follower)
        finally:
            self._blind = None

    async def _give_up(self, story: warm.Warm | blind.Blind, follower: following.Follower) -> None:
        """A fault of ours must not leave a caller on hold; the log has the traceback."""
        _log.exception("a transfer failed")
        await story.release()
        await stories.end(self._parts, follower, by_dispatch=False)

    def _follow(self, progress: contract.TransferProgress) -> following.Follower:
        follower = self._reach.follow(progress)
        self._followers.append(follower)
        return follower


async def _is_held(story: warm.Warm) -> bool:
    try:
        await story.hold()
    except errors.Unavailable as error:
        _log.error("a caller could not be put on hold", extra={"error_class": error.message})
        await story.release()
        return False
    return True


def has_spoken(history: llm.ChatContext) -> bool:
    """Whether the agent has said something since the caller spoke last."""
    said = (item.role for item in reversed(history.items) if isinstance(item, llm.ChatMessage))
    return next((role == "assistant" for role in said if role in ("user", "assistant")), False)
