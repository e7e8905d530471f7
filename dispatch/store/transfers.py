"""Rows of transfers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, errors, transfer_wishes, transfers
from dispatch.store import readable, tables

_T = tables.transfers
_OPEN = tuple(state.value for state in transfers.State if not state.is_final)
_PARTED = (transfers.State.RETURNED.value, transfers.State.FAILED.value, transfers.State.CANCELLED.value)
_LIVE = tuple(status.value for status in calls.Status if status is not calls.Status.ENDED)


class NoSuchTransfer(errors.NotFound):
    """This call has no such transfer."""


async def insert(tx: sa_async.AsyncConnection, transfer: transfers.Transfer) -> None:
    await tx.execute(sa.insert(_T).values(_values(transfer)))


async def update(tx: sa_async.AsyncConnection, transfer: transfers.Transfer) -> None:
    await tx.execute(sa.update(_T).where(_T.c.id == transfer.id).values(_values(transfer)))


async def get(tx: sa_async.AsyncConnection, call_id: str, transfer_id: str) -> transfers.Transfer:
    """A transfer of a call.

    Raises:
        NoSuchTransfer: there is none, or it is another call's.
    """
    for transfer in await of_call(tx, call_id):
        if transfer.id == transfer_id:
            return transfer
    raise NoSuchTransfer


async def of_call(tx: sa_async.AsyncConnection, call_id: str) -> tuple[transfers.Transfer, ...]:
    """Every transfer of a call, oldest first."""
    rows = await tx.execute(sa.select(_T).where(_T.c.call_id == call_id).order_by(_T.c.id))
    return readable.only(rows, _transfer, "transfers")


async def unfinished(tx: sa_async.AsyncConnection) -> tuple[transfers.Transfer, ...]:
    """Every transfer that somebody has to look after, oldest first: under way, or bridged and the call is not over."""
    rows = await tx.execute(sa.select(_T).where(_T.c.state.in_(_OPEN)))
    under_way = readable.only(rows, _transfer, "transfers")
    bridged = await _of_live_calls(tx, _T.c.state == transfers.State.BRIDGED.value)
    return tuple(sorted((*under_way, *bridged), key=lambda transfer: transfer.id))


async def in_hands(tx: sa_async.AsyncConnection) -> Mapping[str, transfers.Transfer]:
    """By the id of a call that has not ended: the transfer that goes on, or is bridged, without an agent.

    Whoever looks after it ends the call. A warm one that is under way is not among them: without the agent nobody asks
    the destination.
    """
    is_alone = _T.c.state.in_(_OPEN) & (_T.c.kind != transfers.Kind.WARM.value)
    found = await _of_live_calls(tx, is_alone | (_T.c.state == transfers.State.BRIDGED.value))
    return {transfer.call_id: transfer for transfer in found}


async def parted(tx: sa_async.AsyncConnection) -> tuple[transfers.Transfer, ...]:
    """Those of live calls that came to nothing: the leg that was dialed last may have been left behind."""
    return await _of_live_calls(tx, _T.c.state.in_(_PARTED) & _T.c.identity.is_not(None))


async def _of_live_calls(
    tx: sa_async.AsyncConnection, condition: sa.ColumnElement[bool]
) -> tuple[transfers.Transfer, ...]:
    query = sa.select(_T).join(tables.calls, tables.calls.c.id == _T.c.call_id)
    rows = await tx.execute(query.where(condition, tables.calls.c.status.in_(_LIVE)).order_by(_T.c.id))
    return readable.only(rows, _transfer, "transfers")


def _values(transfer: transfers.Transfer) -> dict[str, object]:
    return {
        "id": transfer.id,
        "call_id": transfer.call_id,
        "kind": transfer.kind.value,
        "state": transfer.state.value,
        "identity": transfer.identity,
        "attempts": [_kept(attempt) for attempt in transfer.attempts],
        "requested_by": transfer.requested_by.value,
        "request_id": transfer.request_id,
        "wish": transfer.wish.model_dump(mode="json") if transfer.wish is not None else None,
        "version": transfer.version,
        "accepted_at": transfer.accepted_at,
        "bridged_at": transfer.bridged_at,
        "created_at": transfer.created_at,
        "updated_at": transfer.updated_at,
    }


def _transfer(row: sa.Row[Any]) -> transfers.Transfer:
    return transfers.Transfer(
        id=row.id,
        call_id=row.call_id,
        kind=transfers.Kind(row.kind),
        state=transfers.State(row.state),
        identity=row.identity,
        attempts=tuple(_attempt(kept) for kept in row.attempts),
        requested_by=transfer_wishes.Requester(row.requested_by),
        request_id=row.request_id,
        wish=transfer_wishes.Wish.model_validate(row.wish) if row.wish is not None else None,
        version=row.version,
        accepted_at=row.accepted_at,
        bridged_at=row.bridged_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _kept(attempt: transfers.Attempt) -> dict[str, object]:
    began_at = attempt.began_at.isoformat() if attempt.began_at is not None else None
    return {**dataclasses.asdict(attempt), "began_at": began_at}


def _attempt(kept: Mapping[str, Any]) -> transfers.Attempt:
    result = kept.get("result")
    return transfers.Attempt(
        to=kept.get("to") or "",
        label=kept.get("label"),
        result=transfers.AttemptResult(result) if result else None,
        sip_status_code=kept.get("sip_status_code"),
        seconds=kept.get("seconds"),
        method=transfers.Method(kept.get("method") or transfers.Method.DIAL),
        began_at=dt.datetime.fromisoformat(kept["began_at"]) if kept.get("began_at") else None,
    )
