"""Transfers of a call: an operator wants one, looks at it, and has a hand in it."""

from __future__ import annotations

import hashlib

from aiohttp import web
from sqlalchemy.ext import asyncio as sa_async

from callcore import errors, ids, transfer_wishes, transfers
from dispatch import gate, keys
from dispatch.http import answers, idempotency, paths, routes
from dispatch.store import calls as call_rows
from dispatch.store import transfers as rows
from dispatch.v1 import listing, schemas, transfer_shapes, transfer_wishing


async def index(request: web.Request, paging: listing.Paging, _: routes.Nothing) -> web.Response:
    """A page of a call's transfers, newest first."""
    call_id, before = paths.call_id(request), paging.before(is_name=_is_transfer)
    async with request.app[keys.STORE].reading() as tx:
        await call_rows.get(tx, call_id)
        found = await rows.of_call(tx, call_id)
    left = [transfer for transfer in reversed(found) if before is None or transfer.id < before]
    shown = left[: paging.limit]
    return answers.model(
        listing.Page[schemas.Transfer](
            items=tuple(schemas.Transfer.of(transfer) for transfer in shown),
            next_cursor=listing.following(shown[-1].id if len(left) > len(shown) else None),
        )
    )


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """One transfer."""
    async with request.app[keys.STORE].reading() as tx:
        return answers.model(
            schemas.Transfer.of(await rows.get(tx, paths.call_id(request), paths.transfer_id(request)))
        )


async def begin_blind(request: web.Request, _: routes.Nothing, body: transfer_shapes.BlindTransfer) -> web.Response:
    """Have the caller connected without a word to the destination."""
    return await _begin(request, transfers.Kind.BLIND, body)


async def begin_warm(request: web.Request, _: routes.Nothing, body: transfer_shapes.WarmTransfer) -> web.Response:
    """Have the agent find somebody who takes the caller."""
    return await _begin(request, transfers.Kind.WARM, body)


async def complete(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Take the call in the destination's name."""
    call_id, transfer_id = paths.call_id(request), paths.transfer_id(request)
    return _accepted(await request.app[keys.TRANSFERS].complete(call_id, transfer_id))


async def cancel(request: web.Request, _: routes.Nothing, wanted: transfer_shapes.TransferCancellation) -> web.Response:
    """Call a transfer off, or only the destination that is being tried."""
    call_id, transfer_id = paths.call_id(request), paths.transfer_id(request)
    service = request.app[keys.TRANSFERS]
    return _accepted(await service.cancel(call_id, transfer_id, try_next=wanted.try_next))


async def _begin(request: web.Request, kind: transfers.Kind, body: transfer_wishing.Body) -> web.Response:
    """Begin a transfer once for each attempt, whose answer is kept in the same transaction."""
    call_id, app = paths.call_id(request), request.app
    attempt = idempotency.attempt_of(request, body)
    async with app[keys.STORE].reading() as tx:
        stored = await idempotency.recall(tx, attempt)
        if stored is not None:
            return idempotency.replay(stored)
        subject = await transfer_wishing.Subject.read(tx, call_id)
    answered: list[web.Response] = []

    async def keep(tx: sa_async.AsyncConnection, transfer: transfers.Transfer) -> None:
        answer = _accepted(transfer)
        stored = await idempotency.keep_first(
            tx, attempt, status=answer.status, body=answer.text or "", now=app[keys.CLOCK].now(), call_id=call_id
        )
        answered.append(answer if stored is None else idempotency.replay(stored))

    try:
        wish = transfer_wishing.wish(app[keys.SWITCHBOARD].configuration, subject, body)
        await app[keys.TRANSFERS].request(
            call_id, kind, wish, transfer_wishes.Requester.API, request_id=_request_id(attempt), alongside=keep
        )
    except errors.PolicyRefused as refused:
        gate.note_refusal(app[keys.METRICS], refused, gate.Stage.ACCEPT, call_id)
        raise
    return answered[-1]


def _request_id(attempt: idempotency.Attempt | None) -> str | None:
    """By which the same attempt finds the transfer that it has made; another body is another request."""
    if attempt is None:
        return None
    return hashlib.sha256("\n".join((attempt.key_id, attempt.name, attempt.fingerprint)).encode()).hexdigest()


def _accepted(transfer: transfers.Transfer) -> web.Response:
    return answers.model(schemas.Transfer.of(transfer), status=202)


def _is_transfer(name: str) -> bool:
    return ids.is_id(ids.TRANSFER, name)
