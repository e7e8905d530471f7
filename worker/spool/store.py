"""The worker's spools together: one that is written, and those of earlier runs that are still owed to dispatch."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime as dt
import logging
import pathlib

from callcore import clock, contract, errors, ids
from worker.spool import files

_log = logging.getLogger(__name__)

_ROTATE_BYTES = 4 * 1024 * 1024  # a spool that is all delivered and larger than this makes room for a new one
_MAX_BYTES = 512 * 1024 * 1024  # all spools together: about a million turns, days of a dispatch that is out


class SpoolFull(errors.Unavailable):
    """The spool has reached its bound because dispatch has been out for too long."""

    public_code = "spool_full"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Origin:
    """Whose records they are."""

    room_name: str
    job_id: str
    generation: int


class SpoolStore:
    """Numbers, keeps and hands out lines. All file work is in one thread at a time, off the event loop."""

    def __init__(self, folder: pathlib.Path, timepiece: clock.Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._clock = timepiece
        self._lock = asyncio.Lock()
        self._old = collections.deque(files.left_behind(folder))
        self._current = self._fresh()
        self.appended = asyncio.Event()
        """Set whenever there may be something to deliver."""
        if self._old:
            self.appended.set()

    @property
    def owed(self) -> int:
        """Lines that dispatch does not have yet."""
        return sum(spool.last - spool.acknowledged for spool in (*self._old, self._current))

    async def append(self, origin: Origin, at: dt.datetime, record: contract.Record) -> None:
        """Keep one record; returns when it is on disk.

        Raises:
            SpoolFull, OSError: the bound is reached, or the disk's; the record is not kept.
        """
        async with self._lock:
            if sum(spool.size for spool in (*self._old, self._current)) > _MAX_BYTES:
                raise SpoolFull
            line = contract.SpoolLine(
                line=self._current.last + 1,
                room_name=origin.room_name,
                job_id=origin.job_id,
                generation=origin.generation,
                at=at,
                record=record,
            )
            await asyncio.to_thread(self._current.append, [line])
        self.appended.set()

    async def next_batch(self, limit: int) -> contract.SpoolBatch | None:
        """What is to be delivered next, oldest spool first; None when dispatch has everything."""
        async with self._lock:
            while self._old:
                spool = self._old[0]
                try:
                    if lines := await asyncio.to_thread(spool.pending, limit):
                        return contract.SpoolBatch(spool_id=spool.spool_id, lines=lines)
                    spool.delete()
                except files.Unreadable as error:
                    _log.error("a spool of an earlier run is set aside", extra={"at": str(error)})
                    spool.set_aside()
                self._old.popleft()
            lines = await asyncio.to_thread(self._current.pending, limit)
            return contract.SpoolBatch(spool_id=self._current.spool_id, lines=lines) if lines else None

    async def acknowledge(self, spool_id: str, line: int) -> None:
        """Dispatch has everything of this spool up to `line`."""
        async with self._lock:
            for spool in (*self._old, self._current):
                if spool.spool_id == spool_id:
                    await asyncio.to_thread(spool.acknowledge, line)
            if self._current.is_empty and self._current.size > _ROTATE_BYTES:
                self._current.delete()
                self._current = self._fresh()

    async def rewind(self, spool_id: str, line: int) -> None:
        """Dispatch lacks this spool from `line` on; as far as it is still here, it will be delivered again."""
        async with self._lock:
            for spool in (*self._old, self._current):
                if spool.spool_id == spool_id:
                    await asyncio.to_thread(spool.rewind, line)

    def close(self) -> None:
        """Close the files; a spool that dispatch has whole is deleted. Closing twice is harmless."""
        for spool in (*self._old, self._current):
            if spool.is_empty:
                spool.delete()
            else:
                spool.close()

    def _fresh(self) -> files.SpoolFile:
        return files.SpoolFile(self._folder, ids.new(ids.SPOOL, self._clock.now()))
