"""Transfers are counted by the events that tell of their ends: whoever put them down, each is told once."""

from __future__ import annotations

from callcore import events, transfers, transitions
from dispatch import metrics

_STATES = {
    events.EventType.TRANSFER_BRIDGED: transfers.State.BRIDGED,
    events.EventType.TRANSFER_RETURNED: transfers.State.RETURNED,
    events.EventType.TRANSFER_FAILED: transfers.State.FAILED,
    events.EventType.TRANSFER_CANCELLED: transfers.State.CANCELLED,
}


def count(counters: metrics.Metrics, record: transitions.Record) -> None:
    """Count the end of a transfer, where this event tells of one."""
    state = _STATES.get(record.type)
    if state is None:
        return
    kind = str(record.data["kind"])
    result = record.data.get("result", state.value)
    if state is transfers.State.BRIDGED:
        result = transfers.AttemptResult.ANSWERED.value
        counters.transfer_seconds.labels(kind=kind).observe(float(record.data["seconds"] or 0))
    counters.transfers.labels(kind=kind, result=str(result)).inc()
