"""The job's end of the spool: report and go on, and at the end make sure that everything is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import pathlib

from callcore import clock, contract
from worker.spool import wire

_log = logging.getLogger(__name__)

_CONNECT_S = 5.0  # the socket is local; longer means that the worker is gone
_MAX_WAITING = 10_000  # records between job and worker; a call of an hour makes a few hundred


class SpoolClient:
    """Reports of one call. `report` never blocks; `flush` waits until the worker has all of it on disk."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timepiece: clock.Clock) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = timepiece
        self._sent = 0
        self._answered = 0
        self._refused = 0
        self._progress = asyncio.Condition()
        self._receipts = asyncio.create_task(self._take_receipts())

    def report(self, record: contract.Record, *, at: dt.datetime | None = None) -> None:
        """Hand a record to the worker; `at` is when it happened, by default now."""
        if self._sent - self._answered > _MAX_WAITING:
            _log.error("the worker does not take reports any more; a record is dropped", extra={"kind": record.kind})
            return
        self._sent += 1
        self._writer.write(wire.encode(wire.Report(number=self._sent, at=at or self._clock.now(), record=record)))

    def leave(self) -> None:
        """Say that the call goes on without this job, so that nobody takes it for lost. Reports may still follow."""
        self._writer.write(wire.encode(wire.Farewell()))

    def come_back(self) -> None:
        """Take that back: the call needs this job again."""
        self._writer.write(wire.encode(wire.Farewell(leaves=False)))

    async def flush(self, timeout: float) -> bool:
        """Wait until every record is on disk; False when one is not, or `timeout` seconds were not enough."""
        target = self._sent
        try:
            async with asyncio.timeout(timeout), self._progress:
                await self._progress.wait_for(lambda: self._answered >= target)
        except TimeoutError:
            return False
        return self._refused == 0

    async def close(self) -> None:
        """Hang up on the worker; what it has not confirmed by now may be lost."""
        self._receipts.cancel()
        await asyncio.gather(self._receipts, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _take_receipts(self) -> None:
        while raw := await self._reader.readline():
            receipt = wire.Receipt.model_validate_json(raw)
            if not receipt.kept:
                _log.error("the worker could not keep a record")
                self._refused += 1
            async with self._progress:
                self._answered = receipt.number
                self._progress.notify_all()


async def connect(socket_path: pathlib.Path, hello: wire.Hello, timepiece: clock.Clock) -> SpoolClient:
    """A line to the worker's spool for the length of a call; the caller closes it.

    Raises:
        OSError, TimeoutError: the worker's main process is gone.
    """
    async with asyncio.timeout(_CONNECT_S):
        reader, writer = await asyncio.open_unix_connection(socket_path, limit=wire.MAX_LINE)
    writer.write(wire.encode(hello))
    return SpoolClient(reader, writer, timepiece)
