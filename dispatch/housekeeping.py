"""Forgets what was only kept for a while."""

from __future__ import annotations

import datetime as dt

import structlog

from callcore import clock, errors
from dispatch import background, gate
from dispatch.recordings import shelves
from dispatch.store import deliveries, endpoints, engine, idempotency, late, notices, reservations, spools, workers

_EVERY_S = 3600.0
_KEEP_NOTICES = dt.timedelta(days=1)  # LiveKit repeats a webhook for minutes
_KEEP_WORKERS = dt.timedelta(days=1)
_KEEP_LATE = dt.timedelta(days=30)  # for whoever looks into a strange call
_KEEP_DELIVERIES = dt.timedelta(days=30)  # they may be sent again until then
_KEEP_SPOOLS = dt.timedelta(days=30)  # a worker may have been away for long
_KEEP_RESERVATIONS = dt.timedelta(days=2)  # limits count those of a day
_KEEP_ANSWERS = dt.timedelta(days=2)  # what is promised to clients with an Idempotency-Key is one day

_log = structlog.get_logger(__name__)


async def run(store: engine.Store, shelf: shelves.Shelf, timepiece: clock.Clock, stop: background.Stop) -> None:
    """Tidy up now and every hour, until told to stop."""
    while not stop.is_set:
        try:
            await tidy(store, shelf, timepiece)
        except errors.Unavailable as error:
            _log.warning("housekeeping failed", error=error.public_code)
        await stop.pause(_EVERY_S)


async def tidy(store: engine.Store, shelf: shelves.Shelf, timepiece: clock.Clock) -> None:
    """Delete what is too old to matter."""
    now = timepiece.now()
    async with store.writing() as tx:
        await notices.forget_before(tx, now - _KEEP_NOTICES)
        await workers.forget_before(tx, now - _KEEP_WORKERS)
        await late.forget_before(tx, now - _KEEP_LATE)
        await deliveries.forget_before(tx, now - _KEEP_DELIVERIES)
        await endpoints.forget_unused(tx)
        await spools.forget_before(tx, now - _KEEP_SPOOLS)
        await idempotency.forget_before(tx, now - _KEEP_ANSWERS)
        for left in await reservations.abandoned(tx):
            await gate.release(tx, left.call_id, left.ended_at or now, left.minutes)
        await reservations.forget_before(tx, now - _KEEP_RESERVATIONS)
    await store.scrub()
    await shelf.sweep(now.timestamp())
