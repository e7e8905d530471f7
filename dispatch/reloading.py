"""Reload: the configuration's files are read anew and put in force as a whole, or not at all.

A call keeps what it began with: its plan is in the ledger. What is wrong with new files leaves the former configuration
serving.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from callcore import errors
from dispatch import background, metrics, switchboard
from sip_config import configurations

_LOAD_S = 10.0  # a folder of hundreds of agents takes one or two
_TOLD = 5  # problems that the log names; an API client gets all of them

_log = structlog.get_logger(__name__)

Loader = Callable[[], configurations.Configuration]
"""Reads the files; raises `ConfigurationInvalid`. Called in a thread."""


Follower = Callable[[configurations.Configuration, configurations.Configuration], Awaitable[None]]
"""Is told what was in force before a reload, and what is now."""


class UnderWay(errors.Conflict):
    """A reload is under way already."""

    public_code = "reload_under_way"


class LoadingTooSlow(errors.Unavailable):
    """The configuration's files cannot be read in time."""

    public_code = "loading_too_slow"


class Adopter(Protocol):
    """Puts a configuration in force."""

    async def adopt(self, configuration: configurations.Configuration) -> bool:
        """Make LiveKit's trunks and rules its own, and decide calls by it; whether LiveKit was brought along."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reload:
    """What a reload did."""

    before: str
    """Version that was in force."""
    configuration: configurations.Configuration
    """What is in force now."""
    applied: bool
    """Whether LiveKit has its trunks and rules already; else they follow as soon as that can be."""


class Reloader:
    """Reloads one at a time."""

    def __init__(
        self,
        load: Loader,
        adopter: Adopter,
        board: switchboard.Switchboard,
        counters: metrics.Metrics,
        wanted: asyncio.Event,
        *,
        follow: Follower | None = None,
    ) -> None:
        """`wanted` is set by a signal's handler."""
        self._load = load
        self._adopter = adopter
        self._board = board
        self._metrics = counters
        self._wanted = wanted
        self._follow = follow
        self._turn = asyncio.Lock()
        self._slow: asyncio.Task[configurations.Configuration] | None = None
        self._show()

    async def reload_now(self) -> Reload:
        """Reload, unless somebody else is at it.

        Raises:
            UnderWay: somebody is.
            ConfigurationInvalid: with every problem; the former configuration stays in force.
            Unavailable: the files cannot be read in time; it stays in force.
            Conflict: trunks or rules of somebody else are in the way; it stays in force.
        """
        if self._turn.locked():
            raise UnderWay
        return await self._reload()

    async def run(self, stop: background.Stop) -> None:
        """Reload whenever it is wanted, until told to stop. What goes wrong is in the log."""
        while not stop.is_set:
            await self._until_wanted(stop)
            if self._wanted.is_set() and not stop.is_set:
                self._wanted.clear()  # files that change from here on are worth another reload
                await self._reload_quietly()

    async def _until_wanted(self, stop: background.Stop) -> None:
        either = {asyncio.create_task(self._wanted.wait()), asyncio.create_task(stop.wait())}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in either:
                task.cancel()

    async def _reload_quietly(self) -> None:
        with contextlib.suppress(errors.BadInput, errors.Conflict, errors.Unavailable):  # which it has logged
            await self._reload()

    async def _reload(self) -> Reload:
        async with self._turn:
            former = self._board.configuration
            before = former.version
            try:
                configuration = await self._loaded()
                applied = await self._adopter.adopt(configuration)
            except errors.ConfigurationInvalid as error:
                self._metrics.reloads.labels(result="invalid").inc()
                told = list(error.problems[:_TOLD])
                _log.error("a new configuration is wrong", version=before, count=len(error.problems), problems=told)
                raise
            except errors.TrunklineError as error:
                self._metrics.reloads.labels(result="failed").inc()
                _log.error("a reload failed", version=before, error=error.public_code, reason=error.message)
                raise
            self._metrics.reloads.labels(result="applied" if applied else "not_applied").inc()
            if self._follow is not None:
                await self._follow(former, configuration)
            self._show()
            return Reload(before=before, configuration=configuration, applied=applied)

    async def _loaded(self) -> configurations.Configuration:
        if self._slow is not None and not self._slow.done():
            raise LoadingTooSlow("An earlier reload still reads the configuration's files.")
        loading = asyncio.create_task(asyncio.to_thread(self._load))
        await asyncio.wait({loading}, timeout=_LOAD_S)
        if not loading.done():
            self._slow = loading  # a thread cannot be stopped
            loading.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise LoadingTooSlow
        return loading.result()

    def _show(self) -> None:
        configuration = self._board.configuration
        self._metrics.configuration_info.clear()
        self._metrics.configuration_info.labels(version=configuration.version).set(1)
        _log.info(
            "the configuration in force",
            version=configuration.version,
            trunks=len(configuration.trunks),
            numbers=len(configuration.numbers),
            agents=len(configuration.agents),
        )
