"""Keeps LiveKit's trunks and rules as the configuration wants them, from the start to the end of the process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Protocol

import structlog
from livekit import api

from callcore import errors
from dispatch import background, metrics, switchboard
from dispatch.livekit import rooms
from sip_config import apply, configurations, live

_log = structlog.get_logger(__name__)

_APPLY_S = 20.0  # for some hundred objects at some milliseconds each
_CHECK_EVERY_S = 10.0  # how soon trunks are back after Redis lost them
_FIRST_RETRY_S = 0.5
_LONGEST_RETRY_S = 10.0


class ObjectsMissing(errors.Unavailable):
    """LiveKit does not have the trunks and rules of this configuration, and this dispatch may not make them."""

    public_code = "objects_missing"


class Objects(Protocol):
    """LiveKit's trunks and rules.

    All of them raise `Unavailable`, or `Conflict` where somebody else's object is in the way.
    """

    async def missing(self) -> tuple[str, ...]:
        """What is wanted and not there, by name."""
        ...

    async def found(self) -> live.LiveObjects:
        """What is there. Only looks."""
        ...

    async def apply(self) -> live.LiveObjects:
        """Make everything as wanted; changes nothing where it is."""
        ...


class LiveKitObjects:
    """`Objects` over LiveKit's API."""

    def __init__(self, configuration: configurations.Configuration, livekit: api.LiveKitAPI) -> None:
        self._configuration = configuration
        self._livekit = livekit

    async def missing(self) -> tuple[str, ...]:
        with _in_time():
            async with asyncio.timeout(_APPLY_S):
                return await apply.missing(self._configuration, self._livekit)

    async def found(self) -> live.LiveObjects:
        with _in_time():
            async with asyncio.timeout(_APPLY_S):
                return await apply.found(self._configuration, self._livekit)

    async def apply(self) -> live.LiveObjects:
        with _in_time():
            async with asyncio.timeout(_APPLY_S):
                return await apply.apply(self._configuration, self._livekit)


class Keeper:
    """The owned loop around `Objects`."""

    def __init__(
        self, objects: Objects, board: switchboard.Switchboard, counters: metrics.Metrics, *, may_change: bool
    ) -> None:
        self._objects = objects
        self._board = board
        self._metrics = counters
        self._may_change = may_change
        self.failure: errors.TrunklineError | None = None
        """Why the last try did not succeed; None when it did."""

    @property
    def is_applied(self) -> bool:
        """Whether LiveKit had everything when it was last asked."""
        return self._board.is_ready and self.failure is None

    async def run(self, stop: background.Stop) -> None:
        """Try until it succeeds, then look again every few seconds; until told to stop."""
        retry_s = _FIRST_RETRY_S
        while not stop.is_set:
            try:
                await self.ensure()
            except (errors.Unavailable, errors.Conflict) as error:
                self._fail(error)
                await stop.pause(retry_s)
                retry_s = min(retry_s * 2, _LONGEST_RETRY_S)
            else:
                retry_s = _FIRST_RETRY_S
                await stop.pause(_CHECK_EVERY_S)

    async def ensure(self) -> None:
        """Look once, and mend what is missing if this dispatch may.

        Raises:
            Unavailable: LiveKit does not answer; `ObjectsMissing` where this dispatch may not make what is missing.
            Conflict: an object of somebody else is in the way.
        """
        missing = await self._objects.missing()
        if missing and not self._may_change:
            raise ObjectsMissing
        if self._may_change and (missing or not self._board.is_ready):
            self._board.connect(await self._objects.apply())
            _log.info("the configuration is applied", changed=len(missing))
        else:  # somebody else may have made them again, with other ids
            self._board.connect(await self._objects.found())
        self.failure = None
        self._metrics.configuration_applied.set(1)

    def _fail(self, error: errors.TrunklineError) -> None:
        if type(error) is not type(self.failure):
            _log.warning("the configuration is not applied", error=error.public_code, reason=error.message)
        self.failure = error
        self._metrics.configuration_applied.set(0)


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise rooms.LiveKitUnavailable(f"LiveKit took longer than {_APPLY_S:g} s for trunks and rules") from None
