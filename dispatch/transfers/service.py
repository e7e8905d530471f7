"""Transfers under way, and calls that were transferred: each has one task here, or in another process."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Coroutine

import structlog

from callcore import contract, errors, ids, transfer_steps, transfer_wishes, transfers
from dispatch import background
from dispatch.store import transfers as rows
from dispatch.transfers import admitting, claims, driving, means, operating, permits, records, taking

_log = structlog.get_logger(__name__)

_EVERY_S = 2.0  # to look for transfers that nobody looks after
_MOST = 1000  # at once; more wait for the next look
_TRIES = 2  # to carry a transfer out, where something fails that nobody foresaw


class Transfers:
    """Owns the tasks that carry transfers out."""

    def __init__(self, parts: means.Means, claimant: claims.Claimant) -> None:
        self._means = parts
        self._claimant = claimant
        self._driver = driving.Driver(parts)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failures: collections.Counter[str] = collections.Counter()
        self._turn = asyncio.Lock()  # between a row and its task nobody may take the row for an abandoned one
        self._has_swept = False

    async def forward(self, call_id: str, wish: contract.ForwardRequest) -> transfers.Transfer:
        """Carry out the forward of a call's plan. Asked again, the answer is the transfer that there is.

        Raises:
            NoSuchCall, CallOver, Fenced, NotAForward: it is not to be carried out.
        """
        wanted = self._new(call_id, transfers.Kind.FORWARD, transfer_wishes.Requester.WORK_MODE)
        return await self._open(wanted, admitting.of_forward(wish))

    async def request(
        self,
        call_id: str,
        kind: transfers.Kind,
        wish: transfer_wishes.Wish,
        requested_by: transfer_wishes.Requester,
        *,
        request_id: str | None = None,
        is_held: bool = False,
        holder: tuple[str, int] | None = None,
        alongside: records.Alongside | None = None,
    ) -> transfers.Transfer:
        """Begin a transfer that an agent or an operator wants; with a request's id again, it is the one there is.

        Args:
            call_id: of the call.
            kind: blind or warm.
            wish: to whom, and what becomes of the caller where nobody takes the call.
            requested_by: who wants it.
            request_id: of the tool call that wants it.
            is_held: the caller was told, and is on hold where it is a warm one: a phone may be dialed at once.
            holder: id and generation of the job that asks; None where it is no job.
            alongside: writes what belongs to it, in the same transaction; also where it is the one there is.

        Raises:
            NoSuchCall, CallNotInProgress, NoAgent, Fenced, TransferUnderWay, AlreadyTransferred: see `refusals`.
            BadInput, PolicyRefused: a destination cannot be dialed, or must not be.
        """
        wanted = self._new(call_id, kind, requested_by, wish=wish, request_id=request_id)
        story = await permits.story_of(self._means, wanted)
        permitted = [await permits.permit_best(self._means, story, each) for each in wish.destinations]
        first = permits.First(story=story, permit=permitted[0]) if is_held else None
        return await self._open(wanted, admitting.of_request(request_id, holder), first, alongside)

    async def note(self, call_id: str, transfer_id: str, fact: contract.TransferFact) -> transfers.Transfer:
        """Take what the call's job saw or did; the transfer after it. Too late, or said again, it changes nothing.

        Raises:
            NoSuchCall, NoSuchTransfer: there is none.
            Fenced: the call is another job's.
        """
        return await self._decide(call_id, transfer_id, operating.noting(fact, self._means.clock))

    async def complete(self, call_id: str, transfer_id: str) -> transfers.Transfer:
        """Take the call in the destination's name, as an operator wants it: the job lets the two hear each other.

        Raises:
            NoSuchCall, NoSuchTransfer: there is none.
            NotConsulting: nobody is being asked.
        """
        return await self._decide(call_id, transfer_id, operating.completing(self._means.clock))

    async def cancel(self, call_id: str, transfer_id: str, *, try_next: bool) -> transfers.Transfer:
        """Call it off, as an operator wants it; or with `try_next` only the destination that is being tried.

        Raises:
            NoSuchCall, NoSuchTransfer: there is none.
            TransferOver: it has ended.
            NotConsulting: with `try_next`, where no destination is being tried; or the carrier was asked to connect
                the caller, which cannot be taken back.
        """
        return await self._decide(call_id, transfer_id, operating.cancelling(self._means.clock, try_next=try_next))

    async def run(self, stop: background.Stop) -> None:
        """Take up, until told to stop, what is under way without a task, and keep what is in hand."""
        while not stop.is_set:
            try:
                await self._claimant.keep(self._tasks)
                await self.take_up()
            except errors.Unavailable as error:
                _log.warning("transfers could not be looked at", error=error.public_code)
            await stop.pause(_EVERY_S)

    async def take_up(self) -> None:
        """Take up, once, what is under way without a task."""
        async with self._turn:
            mine = set(self._tasks)  # before the rows: what ends in between is still in what was read
            async with self._means.store.reading() as tx:
                open_ones = await rows.unfinished(tx)
                parted = () if self._has_swept else await rows.parted(tx)
            abandoned = [transfer for transfer in open_ones if transfer.id not in mine]
            for transfer in await self._claimant.take(abandoned[: max(0, _MOST - len(self._tasks))]):
                is_hopeless = not transfer.state.is_final and self._failures[transfer.id] >= _TRIES
                go_on = self._driver.abandon if is_hopeless else self._driver.take_up
                self._start(transfer.id, go_on(transfer))
            for transfer in parted:  # a process before this one may have ended between their ends and their legs
                self._hang_up(transfer)
            self._has_swept = True

    async def aclose(self) -> None:
        """Stop driving. What is being dialed goes on in LiveKit, and the next process takes it up."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        try:
            await self._claimant.keep(())
        except errors.Unavailable as error:
            _log.warning("transfers could not be let go", error=error.public_code)

    def _new(
        self,
        call_id: str,
        kind: transfers.Kind,
        requested_by: transfer_wishes.Requester,
        *,
        wish: transfer_wishes.Wish | None = None,
        request_id: str | None = None,
    ) -> transfers.Transfer:
        now = self._means.clock.now()
        return transfers.Transfer(
            id=ids.new(ids.TRANSFER, now),
            call_id=call_id,
            kind=kind,
            state=transfers.State.REQUESTED,
            attempts=(),
            created_at=now,
            updated_at=now,
            requested_by=requested_by,
            wish=wish,
            request_id=request_id,
        )

    async def _decide(self, call_id: str, transfer_id: str, deciding: records.Deciding) -> transfers.Transfer:
        """Put down what is decided; where that gave a destination up, its leg leaves."""
        after = await self._means.records.decide(call_id, transfer_id, deciding)
        if not after.has_destination:
            self._hang_up(after)
        return after

    async def _open(
        self,
        wanted: transfers.Transfer,
        admit: records.Admitting,
        first: permits.First | None = None,
        alongside: records.Alongside | None = None,
    ) -> transfers.Transfer:
        at = wanted.created_at
        facts: tuple[transfer_steps.Fact, ...] = (transfer_steps.Requested(at=at),)
        reserve: taking.Reserving = taking.nothing
        if first is not None:
            facts = (*facts, transfer_steps.Held(at=at), first.permit.dialed(at))
            reserve = first.permit.reserve
        async with self._turn:
            opened = await self._means.records.open(wanted, facts, admit=admit, reserve=reserve, alongside=alongside)
            if opened.is_new:
                self._start(wanted.id, self._driver.begin(opened.transfer, first))
        return opened.transfer

    def _hang_up(self, transfer: transfers.Transfer) -> None:
        """Have the leg of the latest attempt leave, unless its task is here and sees to it: another process may die."""
        if transfer.identity is not None and transfer.id not in self._tasks:
            self._start(transfer.id, self._driver.hang_up(transfer))

    def _start(self, transfer_id: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks[transfer_id] = task
        task.add_done_callback(lambda done: self._finished(transfer_id, done))

    def _finished(self, transfer_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(transfer_id, None)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, errors.Unavailable):
            _log.warning("a transfer waits", transfer_id=transfer_id, error=error.public_code)
        elif error is not None:
            self._failures[transfer_id] += 1
            _log.error("a transfer was left in the middle", transfer_id=transfer_id, exc_info=error)
        else:
            self._failures.pop(transfer_id, None)
