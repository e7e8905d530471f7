"""Transfers under way: each has one task here, or in another process, also after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog

from callcore import contract, errors, transfers
from dispatch import background
from dispatch.store import engine
from dispatch.store import transfers as rows
from dispatch.transfers import claims, driving, records

_log = structlog.get_logger(__name__)

_EVERY_S = 2.0  # to look for transfers that nobody drives
_MOST = 1000  # at once; more wait for the next look


class Transfers:
    """Owns the tasks that drive transfers."""

    def __init__(
        self, store: engine.Store, claimant: claims.Claimant, book: records.Records, driver: driving.Driver
    ) -> None:
        self._store = store
        self._claimant = claimant
        self._records = book
        self._driver = driver
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()  # between a row and its task nobody may take the row for an abandoned one

    async def forward(self, call_id: str, wish: contract.ForwardRequest) -> transfers.Transfer:
        """Carry out the forward of a call's plan. Asked again, the answer is the transfer that there is.

        Raises:
            NoSuchCall, CallOver, Fenced, NotAForward: it is not to be carried out.
        """
        async with self._turn:
            transfer, plan = await self._records.open_forward(call_id, wish)
            if plan is not None:
                self._start(transfer.id, self._driver.carry_out(transfer, plan))
        return transfer

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
            async with self._store.reading() as tx:
                open_ones = await rows.unfinished(tx)
            abandoned = [transfer for transfer in open_ones if transfer.id not in mine]
            for transfer in await self._claimant.take(abandoned[: max(0, _MOST - len(self._tasks))]):
                self._start(transfer.id, self._driver.take_up(transfer))

    async def aclose(self) -> None:
        """Stop driving. What is being dialed goes on in LiveKit, and the next process takes it up."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        try:
            await self._claimant.keep(())
        except errors.Unavailable as error:
            _log.warning("transfers could not be let go", error=error.public_code)

    def _start(self, transfer_id: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks[transfer_id] = task
        task.add_done_callback(lambda done: self._finished(transfer_id, done))

    def _finished(self, transfer_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(transfer_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a transfer was left in the middle", transfer_id=transfer_id, exc_info=error)
