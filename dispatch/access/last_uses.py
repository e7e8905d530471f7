"""When keys were used last: noted in memory at once, written down later and seldom, so that no request waits for it."""

from __future__ import annotations

import datetime as dt

import structlog

from callcore import clock
from dispatch import background
from dispatch.store import api_keys, engine

_LOOK_S = 5.0
_WRITE_EVERY_S = 60.0  # for each key

_log = structlog.get_logger(__name__)


class LastUses:
    """Uses since they were written down."""

    def __init__(self, store: engine.Store, timepiece: clock.Clock) -> None:
        self._store = store
        self._clock = timepiece
        self._unwritten: dict[str, dt.datetime] = {}
        self._written: dict[str, float] = {}

    def note(self, key_id: str) -> None:
        """A key of the store was used."""
        self._unwritten[key_id] = self._clock.now()

    async def run(self, stop: background.Stop) -> None:
        """Write down what is due, until told to stop, and the rest at the end."""
        while not stop.is_set:
            await self.write()
            await stop.pause(_LOOK_S)
        await self.write(everything=True)

    async def write(self, *, everything: bool = False) -> None:
        """Write down the uses of those keys that were not written in the last minute."""
        now = self._clock.monotonic()
        due = {
            key_id: at
            for key_id, at in self._unwritten.items()
            if everything or self._written.get(key_id, -_WRITE_EVERY_S) + _WRITE_EVERY_S <= now
        }
        if not due:
            return
        try:
            async with self._store.writing() as tx:
                await api_keys.note_uses(tx, due)
        except engine.StoreUnavailable as error:
            _log.warning("the last uses of keys were not written down yet", error=error.public_code)
            return
        for key_id, at in due.items():
            self._written[key_id] = now
            if self._unwritten[key_id] == at:  # else it was used again meanwhile
                del self._unwritten[key_id]
