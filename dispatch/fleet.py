"""The workers that are alive, as far as their own reports tell."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext import asyncio as sa_async

from callcore import clock, contract
from dispatch.store import engine, workers

FRESH_S = 3 * contract.REPORT_EVERY_S
"""A worker that has said nothing for longer than this does not count."""


async def fresh(store: engine.Store, timepiece: clock.Clock) -> tuple[workers.Worker, ...]:
    """The workers that are alive."""
    async with store.reading() as tx:
        return await fresh_in(tx, timepiece)


async def fresh_in(tx: sa_async.AsyncConnection, timepiece: clock.Clock) -> tuple[workers.Worker, ...]:
    """The workers that are alive, as a transaction sees them."""
    return await workers.reported_since(tx, timepiece.now() - dt.timedelta(seconds=FRESH_S))
