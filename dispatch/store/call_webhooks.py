"""Rows of calls' webhooks: where those of a call go, settled once and then the same until its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext import asyncio as sa_async

from dispatch.store import tables

_T = tables.call_webhooks


@dataclasses.dataclass(frozen=True, kw_only=True)
class CallWebhooks:
    """Whom a call's webhooks are for."""

    call_id: str
    agent_id: str | None
    """Whose webhooks they are: of the agent that takes the call, or that its number names; None: nobody's."""
    targets: Mapping[str, str]
    """URL by kind, of those that are wanted: `status`, `post_call`, `lead_updated`."""


async def of_calls(tx: sa_async.AsyncConnection, call_ids: Collection[str]) -> Mapping[str, CallWebhooks]:
    """By call; one that is not settled yet is left out."""
    rows = await tx.execute(sa.select(_T).where(_T.c.call_id.in_(call_ids)))
    return {row.call_id: _settled(row) for row in rows}


async def find(tx: sa_async.AsyncConnection, call_id: str) -> CallWebhooks | None:
    """Those of one call; None where they are not settled yet."""
    return (await of_calls(tx, (call_id,))).get(call_id)


async def insert(tx: sa_async.AsyncConnection, new: Sequence[CallWebhooks]) -> None:
    """Settle those of calls; what another process has settled meanwhile stands."""
    if new:
        insert = (sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert)(_T).on_conflict_do_nothing()
        await tx.execute(insert, [dataclasses.asdict(one) | {"targets": dict(one.targets)} for one in new])


def _settled(row: sa.Row[Any]) -> CallWebhooks:
    return CallWebhooks(call_id=row.call_id, agent_id=row.agent_id, targets=row.targets)
