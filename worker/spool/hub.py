"""The worker's end of the spool: takes its jobs' reports, and notices a job that vanished without an end."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pydantic

from callcore import clock, contract, endings
from worker.spool import store, wire

_log = logging.getLogger(__name__)

_HELLO_S = 10.0  # a job says hello at once

OnLost = Callable[[str], Awaitable[None]]
"""Called with the room of a call whose job died."""


class Hub:
    """Serves the jobs of one worker."""

    def __init__(self, spool: store.SpoolStore, timepiece: clock.Clock, on_lost: OnLost) -> None:
        self._spool = spool
        self._clock = timepiece
        self._on_lost = on_lost
        self._jobs: dict[str, str] = {}
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def rooms(self) -> tuple[str, ...]:
        """The rooms of the calls that are up."""
        return tuple(sorted(set(self._jobs.values())))

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one job until its socket closes."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # asyncio runs every connection in a task
        self._serving.add(task)
        try:
            async with asyncio.timeout(_HELLO_S):
                hello = wire.Hello.model_validate_json(await reader.readline())
            await self._serve(hello, reader, writer)
        except (pydantic.ValidationError, TimeoutError, ConnectionError, ValueError) as error:
            _log.error("a job's reports broke off", extra={"error_class": type(error).__name__})
        finally:
            self._serving.discard(task)
            writer.close()

    async def close(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, hello: wire.Hello, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        origin = store.Origin(room_name=hello.room_name, job_id=hello.job_id, generation=hello.generation)
        self._jobs[hello.job_id] = hello.room_name
        has_ended = False
        try:
            while raw := await reader.readline():
                report = wire.FromJob.validate_json(raw)
                if isinstance(report, wire.Farewell):
                    has_ended = report.leaves
                    continue
                kept = await self._keep(origin, report.at, report.record)
                has_ended = has_ended or (kept and report.record.kind == "ended")
                writer.write(wire.encode(wire.Receipt(number=report.number, kept=kept)))
                await writer.drain()
        finally:
            self._jobs.pop(hello.job_id, None)
            if not has_ended:
                await self._clear_up_after(origin)

    async def _keep(self, origin: store.Origin, at: dt.datetime, record: contract.Record) -> bool:
        try:
            await self._spool.append(origin, at, record)
        except (store.SpoolFull, OSError) as error:
            _log.error("a record could not be kept", extra={"error_class": type(error).__name__})
            return False
        return True

    async def _clear_up_after(self, origin: store.Origin) -> None:
        _log.error("a job died in its call", extra={"room": origin.room_name})
        if origin.room_name not in self._jobs.values():
            # The leg first: a caller in silence is worse than a record that is late.
            await self._on_lost(origin.room_name)
        lost = contract.EndedRecord(reason=endings.Reason.WORKER_LOST, ended_by=endings.EndedBy.SYSTEM)
        await self._keep(origin, self._clock.now(), lost)


@contextlib.asynccontextmanager
async def serving(hub: Hub, socket_path: pathlib.Path) -> AsyncIterator[None]:
    """Listen for jobs on a unix socket that only this user may open."""
    socket_path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(hub.take, socket_path, limit=wire.MAX_LINE)
    socket_path.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        await hub.close()
        await server.wait_closed()
        socket_path.unlink(missing_ok=True)
