"""The configuration in force, and the LiveKit objects that calls reach it through."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib

import structlog

from callcore import clock, contract, endings
from sip_config import configurations, live, routing, snapshots

_log = structlog.get_logger(__name__)


class Switchboard:
    """Decides calls. Until LiveKit's objects are known it cannot tell one trunk from another and decides nothing."""

    def __init__(self, configuration: configurations.Configuration, timepiece: clock.Clock) -> None:
        self._configuration = configuration
        self._clock = timepiece
        self._live: live.LiveObjects | None = None
        self._ready = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        return self._live is not None

    def connect(self, objects: live.LiveObjects) -> None:
        """Take calls through these trunks and rules from now on."""
        self._live = objects
        self._ready.set()

    async def wait_ready(self, timeout_s: float) -> None:
        """Wait until calls can be decided, or the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()

    def decide(self, intake: contract.CallIntake) -> contract.Plan | None:
        """What to do with a call; None while that cannot be told."""
        if self._live is None:
            return None
        plan = routing.decide(self._configuration, self._live, intake, self._clock.now())
        if isinstance(plan, contract.Refuse) and plan.reason is endings.Reason.INTERNAL_ERROR:
            number = routing.dialed_number(self._configuration, intake.dialed)
            _log.error("a call is refused for its agent", agent_id=number.agent if number else None, text=plan.text)
        return plan

    def snapshot(self) -> tuple[contract.Snapshot, str] | None:
        """What workers route by when dispatch is out, and its ETag (RFC 9110 section 8.8.3)."""
        if self._live is None:
            return None
        taken = snapshots.take(self._configuration, self._live, self._clock.now())
        digest = hashlib.sha256(taken.model_dump_json().encode()).hexdigest()
        return taken, f'"{digest[:32]}"'
