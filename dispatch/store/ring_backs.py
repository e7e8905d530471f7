"""Who dialed whom lately, so that a call that comes back finds the agent that placed it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch.store import tables

_T = tables.calls


async def newest_agent(tx: sa_async.AsyncConnection, *, ours: str, theirs: str, since: dt.datetime) -> str | None:
    """The agent of the newest call that we placed from one number to another; None where there is none.

    Args:
        tx: any transaction.
        ours: the number of ours that it was placed from, E.164.
        theirs: the number that was dialed, E.164.
        since: older calls do not count.
    """
    query = (
        sa.select(_T.c.agent_id)
        .where(
            _T.c.direction == calls.Direction.OUTBOUND.value,
            _T.c.dialed == theirs,
            _T.c.caller == ours,
            _T.c.created_at >= since,
            _T.c.agent_id.is_not(None),
        )
        .order_by(_T.c.created_at.desc(), _T.c.id.desc())
        .limit(1)
    )
    return (await tx.execute(query)).scalar_one_or_none()
