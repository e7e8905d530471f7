"""Whose webhooks a call has, and where they go: settled once, so that a reload changes nothing for it any more."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch.store import call_webhooks, tables
from dispatch.webhooks import targets
from sip_config import configurations, schema

_T = tables.calls
_TELL_OF_IT = (targets.Kind.STATUS, targets.Kind.POST_CALL, targets.Kind.LEAD_UPDATED)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A call as far as its webhooks need it."""

    webhooks: call_webhooks.CallWebhooks
    metadata: dict[str, str]


async def settled(
    tx: sa_async.AsyncConnection, configuration: configurations.Configuration, call_ids: set[str]
) -> dict[str, Told]:
    """Calls with their webhooks, which are settled now where they were not.

    Args:
        tx: a writing transaction.
        configuration: the present one.
        call_ids: calls of which it is known who takes them, or that nobody will.
    """
    known = await call_webhooks.of_calls(tx, call_ids)
    rows = (await tx.execute(_CALLS, {"ids": sorted(call_ids)})).all()
    new = [_settle(configuration, row) for row in rows if row.id not in known]
    await call_webhooks.insert(tx, new)
    all_of_them = {**known, **await call_webhooks.of_calls(tx, {one.call_id for one in new})}
    return {row.id: Told(webhooks=all_of_them[row.id], metadata=row.metadata) for row in rows}


_CALLS: sa.Select[Any] = sa.select(
    _T.c.id, _T.c.direction, _T.c.agent_id, _T.c.caller, _T.c.dialed, _T.c.metadata
).where(_T.c.id.in_(sa.bindparam("ids", expanding=True)))


def _settle(configuration: configurations.Configuration, row: sa.Row[Any]) -> call_webhooks.CallWebhooks:
    agent_id = row.agent_id
    if agent_id is None:
        ours = row.caller if row.direction == calls.Direction.OUTBOUND.value else row.dialed
        number = configuration.numbers.get(ours) if ours is not None else None
        agent_id = _named_by(number) if number is not None else None
    found = {kind.value: targets.target_of(configuration, agent_id, kind) for kind in _TELL_OF_IT}
    urls = {kind: target.url for kind, target in found.items() if target is not None}
    return call_webhooks.CallWebhooks(call_id=row.id, agent_id=agent_id, targets=urls)


def _named_by(number: schema.Number) -> str | None:
    """The agent that a number names; of several, the first."""
    return number.agent or next(iter(number.split or ()), None)
