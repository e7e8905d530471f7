"""Keeps LiveKit's trunks and rules as the configuration wants them, from the start to the end of the process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from callcore import contract, errors
from dispatch import background, leases, metrics, switchboard
from dispatch.livekit import objects
from sip_config import apply, configurations, live

_log = structlog.get_logger(__name__)

_CHECK_EVERY_S = 3.0  # how soon trunks are back after Redis lost them; a look takes milliseconds
_FIRST_RETRY_S = 0.5
_LONGEST_RETRY_S = 3.0

Alone = Callable[[], contextlib.AbstractAsyncContextManager[None]]
"""Holds the lease for changing LiveKit's objects; raises `LeaseHeld`."""


class ObjectsMissing(errors.Unavailable):
    """LiveKit does not have all trunks and rules of this configuration: `trunkline apply` makes them."""

    public_code = "objects_missing"


class Superseded(errors.Conflict):
    """LiveKit has the trunks and rules of another configuration: `trunkline reload` to serve it, or apply this one."""

    public_code = "superseded"


class Keeper:
    """The owned loop around `Objects`.

    What is gone is made again; what somebody has changed by hand is shown, and left to the next apply or reload.
    """

    def __init__(
        self,
        found: objects.Objects,
        board: switchboard.Switchboard,
        counters: metrics.Metrics,
        alone: Alone,
        *,
        may_change: bool,
    ) -> None:
        self._objects = found
        self._board = board
        self._metrics = counters
        self._alone = alone
        self._may_change = may_change
        self._turn = asyncio.Lock()
        self._applied: configurations.Configuration | None = None  # what this process has brought to LiveKit last
        self._differing: tuple[str, ...] = ()
        self._looking: asyncio.Task[None] | None = None
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
        """Look once, take calls by what is there, and mend what is missing if this dispatch may.

        Raises:
            Unavailable: LiveKit does not answer; `ObjectsMissing` where something is missing still.
            Conflict: an object of somebody else is in the way; `Superseded`; `LeaseHeld` while something is missing
                and somebody else applies.
        """
        async with self._turn:
            configuration = self._board.configuration
            sight = await self._seen(configuration)
            try:
                if await self._mended(configuration, sight):
                    sight = await self._seen(configuration)
            except leases.LeaseHeld:
                if sight.gone:
                    raise
            if sight.gone:
                raise _what_is_missing(sight)
            self._succeed()

    async def adopt(self, configuration: configurations.Configuration) -> bool:
        """Put another configuration in force: first for LiveKit, where this dispatch may, then for deciding calls.

        Returns:
            Whether LiveKit has all of it. Where it does not answer, calls are decided by the new configuration all the
            same, and the loop brings LiveKit along as soon as it can.

        Raises:
            Conflict: an object of somebody else is in the way, or another process applies; nothing is in force anew.
        """
        async with self._turn:
            try:
                sight = await self._adopted(configuration)
            except errors.Unavailable as error:
                self._board.reconfigure(configuration, None)
                self._fail(error)
                return False
            self._board.reconfigure(configuration, sight.live)
            self._show(sight)
            if sight.gone:
                self._fail(_what_is_missing(sight))
            else:
                self._succeed()
            return not sight.gone

    def recognizes(self, intake: contract.CallIntake) -> bool:
        """Whether there is nothing to find out about how a call came.

        There is, where a number of ours was called by a trunk and rule that are not known: an apply, by this process
        or another, makes new ones, and calls come by them before it has ended.
        """
        number, known = self._board.dialed_number(intake), self._board.live
        if number is None or known is None or not (intake.trunk_id and intake.rule_id):
            return True
        return known.carry(number.e164, live.LiveNumber(trunk_id=intake.trunk_id, rule_id=intake.rule_id))

    async def recognize(self, intake: contract.CallIntake) -> None:
        """Look at LiveKit at once, unless this call is recognized. One look serves all calls that wait for it."""
        if self._looking is not None and not self.recognizes(intake):
            await asyncio.shield(self._looking)  # which may have begun before this call's trunk was made
        if self.recognizes(intake):
            return
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        configuration = self._board.configuration
        try:
            sight = await self._objects.look(configuration)
        except (errors.Unavailable, errors.Conflict) as error:
            _log.warning("a call came by an unknown trunk while LiveKit does not answer", error=error.public_code)
            return
        if self._board.configuration is configuration:
            self._board.connect(sight.live)

    async def _seen(self, configuration: configurations.Configuration) -> apply.Sight:
        """What there is; calls are taken by it from now on, also where somebody else has made it."""
        sight = await self._objects.look(configuration)
        self._show(sight)
        self._board.connect(sight.live)
        return sight

    async def _mended(self, configuration: configurations.Configuration, sight: apply.Sight) -> bool:
        """Make what this dispatch has to make; whether there was anything."""
        if not self._may_change:
            return False
        if self._applied != configuration:
            await self._apply(configuration)
        elif sight.gone and not sight.of_another:
            async with self._alone():
                await self._objects.restore(configuration)
        else:
            return False
        _log.info("the configuration is applied", missing=len(sight.gone))
        return True

    async def _adopted(self, configuration: configurations.Configuration) -> apply.Sight:
        if self._may_change:
            await self._apply(configuration)
        return await self._objects.look(configuration)

    async def _apply(self, configuration: configurations.Configuration) -> None:
        async with self._alone():
            self._applied = None  # where this ends half-way, the loop applies what is in force
            await self._objects.apply(configuration)
        self._applied = configuration

    def _show(self, sight: apply.Sight) -> None:
        """Tell of what differs, once."""
        differing = (*sight.gone, *sight.drifted)
        self._metrics.configuration_drift.set(len(differing))
        if differing and differing != self._differing:
            _log.warning("LiveKit is not as configured", gone=list(sight.gone), changed=list(sight.drifted))
        elif self._differing and not differing:
            _log.info("LiveKit is as configured again")
        self._differing = differing

    def _succeed(self) -> None:
        if self.failure is not None:
            _log.info("the configuration is applied again")
        self.failure = None
        self._metrics.configuration_applied.set(1)

    def _fail(self, error: errors.TrunklineError) -> None:
        if type(error) is not type(self.failure):
            _log.warning("the configuration is not applied", error=error.public_code, reason=error.message)
        self.failure = error
        self._metrics.configuration_applied.set(0)


def _what_is_missing(sight: apply.Sight) -> errors.TrunklineError:
    return Superseded() if sight.of_another else ObjectsMissing()
