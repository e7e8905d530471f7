"""Refuses what came through the catch-all rule.

That rule takes every call that no number of the configuration takes, also those that the number's trunk refused for
their address or credentials. It brings no agent, so the caller would hear ringing for ever. Such a call has no row in
the ledger: it is nobody's.
"""

from __future__ import annotations

import structlog

from callcore import contract
from dispatch import closing, metrics
from dispatch.livekit import rooms

_log = structlog.get_logger(__name__)

# The status is always 486, fixed by livekit-sip; what we mean travels beside it (RFC 3326).
_HEADERS = {"Reason": 'SIP;cause=404;text="Not Found"'}


def is_unwanted(participant: rooms.Participant) -> bool:
    """Whether somebody came in through the catch-all rule."""
    return participant.kind is rooms.Kind.SIP and contract.CATCH_ALL_ATTRIBUTE in participant.attributes


class Doorman:
    """Sends away what nobody takes."""

    def __init__(self, livekit: rooms.Rooms, closer: closing.Closer, counters: metrics.Metrics) -> None:
        self._livekit = livekit
        self._closer = closer
        self._metrics = counters

    async def refuse(self, room_name: str, participant: rooms.Participant) -> None:
        """Refuse with a reason; and close the room in any case, which refuses without one."""
        self._metrics.catch_all_refusals.inc()
        _log.warning("a call that nobody takes", room=room_name, trunk=participant.attributes.get("sip.trunkID"))
        try:
            await self._livekit.refuse(room_name, participant.identity, _HEADERS)
        except rooms.LiveKitUnavailable as error:
            self._metrics.livekit_failures.labels(request="refuse").inc()
            _log.warning("a refusal went without its reason", room=room_name, error=error.message)
        finally:
            await self._closer.close_now(room_name)
