"""How much waits to be told to the outside, for whoever watches."""

from __future__ import annotations

import structlog

from callcore import clock, errors
from dispatch import background, metrics
from dispatch.store import backlog, engine

_EVERY_S = 10.0

_log = structlog.get_logger(__name__)


async def run(store: engine.Store, counters: metrics.Metrics, timepiece: clock.Clock, stop: background.Stop) -> None:
    """Look again and again, until told to stop."""
    while not stop.is_set:
        try:
            await look(store, counters, timepiece)
        except errors.Unavailable as error:
            _log.warning("the backlog of webhooks could not be looked at", error=error.public_code)
        await stop.pause(_EVERY_S)


async def look(store: engine.Store, counters: metrics.Metrics, timepiece: clock.Clock) -> None:
    """Look once.

    Raises:
        StoreUnavailable: the gauges stay as they are.
    """
    async with store.reading() as tx:
        seen = await backlog.look(tx)
    age_s = (timepiece.now() - seen.oldest).total_seconds() if seen.oldest is not None else 0.0
    counters.webhook_backlog.set(seen.pending)
    counters.webhook_backlog_seconds.set(max(0.0, age_s))
    counters.webhook_endpoints_disabled.set(seen.disabled)
