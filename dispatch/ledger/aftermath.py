"""After the commit: counters, wake-ups, and the end of every leg of a call that ended."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from callcore import calls, transitions
from dispatch import closing, metrics, wakeups
from dispatch.ledger import changes, transferring

_log = structlog.get_logger(__name__)


class Consequences:
    """What this process does about changes; `changes.Aftermath`."""

    def __init__(
        self,
        counters: metrics.Metrics,
        hints: wakeups.Wakeups,
        closer: closing.Closer,
        *,
        tell: Callable[[], None],
    ) -> None:
        """Act through these; `tell` is called when there is an event to be told to the outside."""
        self._metrics = counters
        self._wakeups = hints
        self._closer = closer
        self._tell = tell

    def follow(self, outcome: changes.Outcome) -> None:
        if isinstance(outcome, changes.Ignored):
            late = outcome.late
            self._metrics.late_facts.labels(why=late.why.value).inc()
            _log.info("a report had no effect", call_id=late.call_id, room=late.room_name, why=late.why.value)
            return
        self._count(outcome)
        for effect in outcome.effects:
            match effect:
                case transitions.CloseRoom():
                    self._closer.start(effect.room_name)
                case transitions.Record():
                    transferring.count(self._metrics, effect)
        if outcome.effects:
            self._tell()
        self._wakeups.notify(outcome.after.id)

    def stir(self, call_id: str) -> None:
        self._wakeups.notify(call_id)

    def _count(self, change: changes.Change) -> None:
        call = change.after
        if change.before is None:
            self._metrics.calls_started.labels(direction=call.direction.value).inc()
            _log.info("a call began", call_id=call.id, room=call.room_name, direction=call.direction.value)
        is_ours = call.direction is calls.Direction.OUTBOUND  # how long people let a phone ring tells nothing of us
        if isinstance(change.fact, transitions.Answered) and change.fact.ringing_ms is not None and not is_ours:
            self._metrics.answer_seconds.observe(change.fact.ringing_ms / 1000)
        if change.turn is not None:
            self._metrics.turns.labels(role=change.turn.role.value).inc()
        if isinstance(change.fact, transitions.Corrected):
            reason = change.fact.termination.reason.value
            self._metrics.calls_corrected.labels(reason=reason).inc()
            _log.info("how a call ended was corrected", call_id=call.id, reason=reason)
        if change.ended and call.termination is not None:
            end = call.termination
            self._metrics.calls_ended.labels(result=end.result.value, reason=end.reason.value).inc()
            _log.info("a call ended", call_id=call.id, reason=end.reason.value, ended_by=end.ended_by.value)
