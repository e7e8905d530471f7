"""The configuration in force, and the LiveKit objects that calls reach it through."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import logging
from collections.abc import Mapping

import structlog

from callcore import clock, contract
from sip_config import configurations, routing, schema, snapshots
from sip_config import live as live_state
from sip_config.templates import variables

_log = structlog.get_logger(__name__)

_Taken = tuple[snapshots.Snapshot, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Board:
    """All that a decision goes by. Replaced as a whole, so a call meets the old one or the new one."""

    configuration: configurations.Configuration
    live: live_state.LiveObjects | None


class Switchboard:
    """Decides calls. Until LiveKit's objects are known it cannot tell one trunk from another and decides nothing."""

    def __init__(self, configuration: configurations.Configuration, timepiece: clock.Clock) -> None:
        self._board = _Board(configuration=configuration, live=None)
        self._clock = timepiece
        self._ready = asyncio.Event()
        self._taken: _Taken | None = None

    @property
    def configuration(self) -> configurations.Configuration:
        return self._board.configuration

    @property
    def live(self) -> live_state.LiveObjects | None:
        """LiveKit's objects; None while they are not known."""
        return self._board.live

    @property
    def is_ready(self) -> bool:
        return self._board.live is not None

    def connect(self, objects: live_state.LiveObjects) -> None:
        """Take calls through these trunks and rules from now on."""
        self.reconfigure(self._board.configuration, objects)

    def reconfigure(self, configuration: configurations.Configuration, objects: live_state.LiveObjects | None) -> None:
        """Decide by this configuration from now on; calls that are decided keep what they began with.

        Args:
            configuration: takes the place of the old one.
            objects: LiveKit's objects for it; None leaves those that are known.
        """
        board = _Board(configuration=configuration, live=objects or self._board.live)
        if board != self._board:
            self._board, self._taken = board, None
        if board.live is not None:
            self._ready.set()

    async def wait_ready(self, timeout_s: float) -> None:
        """Wait until calls can be decided, or the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()

    def dialed_number(self, intake: contract.CallIntake) -> schema.Number | None:
        """Which of our numbers was dialed; None where it is none of ours."""
        return routing.dialed_number(self._board.configuration, intake.dialed)

    def decide(
        self,
        intake: contract.CallIntake,
        ring_back: routing.RingBack | None = None,
        *,
        contact: variables.Contact | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> routing.Decision | None:
        """What to do with a call, by what is known of its caller; None while that cannot be told."""
        board = self._board
        if board.live is None:
            return None
        decision = routing.decide(
            board.configuration,
            board.live,
            intake,
            self._clock.now(),
            ring_back=ring_back,
            contact=contact,
            fields=fields,
        )
        for fault in decision.faults:
            _report(board.configuration, fault, intake)
        return decision

    def snapshot(self) -> _Taken | None:
        """What workers route by when dispatch is out, and its ETag (RFC 9110 section 8.8.3)."""
        board = self._board
        if board.live is None:
            return None
        if self._taken is None:
            taken = snapshots.take(board.configuration, board.live)
            digest = hashlib.sha256(taken.model_dump_json().encode()).hexdigest()
            self._taken = taken, f'"{digest[:32]}"'
        return self._taken


def _report(configuration: configurations.Configuration, fault: routing.Step, intake: contract.CallIntake) -> None:
    """Tell the operator what to mend, and where."""
    kind, name, *_ = (*(fault.setting or ()), "", "")
    _log.log(
        logging.WARNING if fault.passed else logging.ERROR,
        "a setting could not be followed for a call" if fault.passed else "a call is refused for its configuration",
        step=fault.name.value,
        text=fault.text,
        agent_id=name if kind == "agents" else None,
        place=configuration.places.of(fault.setting) if fault.setting else None,
        job_id=intake.job_id,
    )
