"""The routes of transfers."""

from __future__ import annotations

from dispatch.access import scopes
from dispatch.http import routes
from dispatch.v1 import listing, schemas, transfer_shapes, transfers

ROUTES: tuple[routes.AnyRoute, ...] = (
    routes.Route(
        method="GET",
        path="/v1/calls/{id}/transfers",
        handler=transfers.index,
        summary="Transfers of a call, newest first.",
        query=listing.Paging,
        body=routes.Nothing,
        scope=scopes.Scope.CALLS_READ,
        answers={200: listing.Page[schemas.Transfer]},
    ),
    routes.Route(
        method="POST",
        path="/v1/calls/{id}/transfers/blind",
        handler=transfers.begin_blind,
        summary="Connects the caller with somebody else, without a word to them.",
        query=routes.Nothing,
        body=transfer_shapes.BlindTransfer,
        scope=scopes.Scope.CALLS_TRANSFER,
        is_idempotent=True,
        answers={202: schemas.Transfer},
    ),
    routes.Route(
        method="POST",
        path="/v1/calls/{id}/transfers/warm",
        handler=transfers.begin_warm,
        summary="Has the agent find somebody who takes the caller, and connects the two.",
        query=routes.Nothing,
        body=transfer_shapes.WarmTransfer,
        scope=scopes.Scope.CALLS_TRANSFER,
        is_idempotent=True,
        answers={202: schemas.Transfer},
    ),
    routes.Route(
        method="GET",
        path="/v1/calls/{id}/transfers/{tid}",
        handler=transfers.show,
        summary="One transfer, with every destination that was tried.",
        query=routes.Nothing,
        body=routes.Nothing,
        scope=scopes.Scope.CALLS_READ,
        answers={200: schemas.Transfer},
    ),
    routes.Route(
        method="POST",
        path="/v1/calls/{id}/transfers/{tid}/complete",
        handler=transfers.complete,
        summary="Connects the caller with the destination that is being asked, without waiting for its word.",
        query=routes.Nothing,
        body=routes.Nothing,
        scope=scopes.Scope.CALLS_TRANSFER,
        answers={202: schemas.Transfer},
    ),
    routes.Route(
        method="POST",
        path="/v1/calls/{id}/transfers/{tid}/cancel",
        handler=transfers.cancel,
        summary="Calls a transfer off, or only the destination that is being tried.",
        query=routes.Nothing,
        body=transfer_shapes.TransferCancellation,
        scope=scopes.Scope.CALLS_TRANSFER,
        answers={202: schemas.Transfer},
    ),
)
