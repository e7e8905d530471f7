"""Refusals are counted and logged, wherever they happen."""

from __future__ import annotations

import enum

import structlog

from callcore import clock, errors
from dispatch import metrics

_log = structlog.get_logger(__name__)


class Stage(enum.StrEnum):
    """Where a dial was refused."""

    ACCEPT = "accept"
    """When the client asked for it."""
    CLAIM = "claim"
    """When it was about to be dialed."""
    TRANSFER = "transfer"
    """When a call was to be sent on."""


def note_refusal(counters: metrics.Metrics, refused: errors.PolicyRefused, stage: Stage, call_id: str | None) -> None:
    """Count a refusal and write it to the log, without the number.

    Args:
        counters: of this process.
        refused: what the gate raised.
        stage: where.
        call_id: None where the request was refused before there was a call.
    """
    counters.dials_refused.labels(code=refused.code, stage=stage.value).inc()
    _log.warning(
        "a dial was refused",
        code=refused.code,
        stage=stage.value,
        call_id=call_id,
        scope=refused.scope,
        retry_at=clock.rfc3339(refused.retry_at) if refused.retry_at else None,
    )
