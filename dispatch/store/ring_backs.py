"""Who dialed whom lately, so that a call that comes back finds the agent that placed it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch.store import tables

_T = tables.calls
_D = tables.dials


@dataclasses.dataclass(frozen=True, kw_only=True)
class Placed:
    """A call that we placed."""

    agent_id: str
    variables: Mapping[str, str]
    """What was given along with it."""


async def newest(tx: sa_async.AsyncConnection, *, ours: str, theirs: str, since: dt.datetime) -> Placed | None:
    """The newest call that an agent placed from one number to another; None where there is none.

    One that was never dialed does not count: whoever was to be called knows nothing of it.

    Args:
        tx: any transaction.
        ours: the number of ours that it was placed from, E.164.
        theirs: the number that was dialed, E.164.
        since: older calls do not count.
    """
    query = (
        sa.select(_T.c.agent_id, _D.c.request)
        .join_from(_T, _D, _D.c.call_id == _T.c.id, isouter=True)
        .where(
            _T.c.direction == calls.Direction.OUTBOUND.value,
            _T.c.dialed == theirs,
            _T.c.caller == ours,
            _T.c.created_at >= since,
            _T.c.agent_id.is_not(None),
            sa.or_(_D.c.call_id.is_(None), _D.c.dialed_at.is_not(None)),
        )
        .order_by(_T.c.created_at.desc(), _T.c.id.desc())
        .limit(1)
    )
    row = (await tx.execute(query)).one_or_none()
    return Placed(agent_id=row.agent_id, variables=(row.request or {}).get("variables", {})) if row else None
