"""Sends recordings to dispatch, again and again until it has them."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
import pathlib

from callcore import clock, errors
from worker import dispatch_client
from worker.audio import outbox

_log = logging.getLogger(__name__)

_LOOK_S = 1.0  # how often the folder is looked at
_SEND_S = 60.0  # for one recording; dispatch waits as long
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_GIVE_UP_AFTER = dt.timedelta(days=7)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Pause:
    until: float
    seconds: float


class Courier:
    """Sends what waits in an outbox. One that dispatch does not take, as its call is not known yet, delays no other."""

    def __init__(
        self, waiting: outbox.Outbox, dispatch: dispatch_client.DispatchClient, timepiece: clock.Clock
    ) -> None:
        self._outbox = waiting
        self._dispatch = dispatch
        self._clock = timepiece
        self._pauses: dict[pathlib.Path, _Pause] = {}

    async def deliver_for_ever(self) -> None:
        """Look into the outbox every second until cancelled."""
        while True:
            await self.deliver()
            await asyncio.sleep(_LOOK_S)

    async def deliver(self) -> None:
        """Send everything whose time has come, once."""
        paths = await asyncio.to_thread(self._outbox.paths)
        self._pauses = {path: pause for path in paths if (pause := self._pauses.get(path))}
        for path in paths:
            pause = self._pauses.get(path)
            if pause is None or pause.until <= self._clock.monotonic():
                await self._deliver(path)

    async def _deliver(self, path: pathlib.Path) -> None:
        try:
            parcel = await asyncio.to_thread(self._outbox.parcel, path)
            if parcel is not None:
                await self._send(parcel)
        except OSError as error:
            if self._wait(path):
                _log.error("a recording cannot be read now", extra={"error_class": type(error).__name__})

    async def _send(self, parcel: outbox.Parcel) -> None:
        try:
            await self._dispatch.put_audio(parcel.kind, parcel.label, parcel.path, _SEND_S)
        except errors.DispatchUnavailable as error:
            if self._clock.now() - parcel.label.recorded_at > _GIVE_UP_AFTER:
                _log.error("a recording is given up and removed", extra={"error_class": error.message})
                await asyncio.to_thread(self._outbox.remove, parcel.path)
            elif self._wait(parcel.path):
                _log.warning("a recording waits for dispatch", extra={"error_class": error.message})
            return
        await asyncio.to_thread(self._outbox.remove, parcel.path)
        _log.info("a recording is delivered", extra={"kind": parcel.kind.value})

    def _wait(self, path: pathlib.Path) -> bool:
        """Leave a recording alone for a while, each time longer; whether it is for the first time."""
        last = self._pauses.get(path)
        seconds = min(last.seconds * 2, _LONGEST_PAUSE_S) if last else _FIRST_PAUSE_S
        self._pauses[path] = _Pause(until=self._clock.monotonic() + seconds, seconds=seconds)
        return last is None
