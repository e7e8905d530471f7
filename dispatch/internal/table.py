"""The routes of the internal API."""

from __future__ import annotations

from callcore import contract
from dispatch import routes
from dispatch.internal import calls, snapshot, spool, workers

_SPOOL_BODY = 32 * 1024 * 1024  # bytes: a batch of the longest turns, which no worker may get stuck on

ROUTES: tuple[routes.AnyRoute, ...] = (
    routes.Route(
        method="POST",
        path="/internal/calls",
        handler=calls.announce,
        summary="A job announces its call.",
        query=routes.Nothing,
        body=contract.CallIntake,
        answers={200: contract.CallAccepted},
    ),
    routes.Route(
        method="GET",
        path="/internal/calls/{id}/plan",
        handler=calls.plan,
        summary="What to do with the call, once it is decided.",
        query=routes.Nothing,
        body=routes.Nothing,
        answers={200: contract.CallPlan},
    ),
    routes.Route(
        method="POST",
        path="/internal/spool",
        handler=spool.deliver,
        summary="A worker delivers what its jobs reported.",
        query=routes.Nothing,
        body=contract.SpoolBatch,
        answers={200: contract.SpoolReceipt},
        max_body=_SPOOL_BODY,
    ),
    routes.Route(
        method="POST",
        path="/internal/workers",
        handler=workers.report,
        summary="A worker says that it is alive.",
        query=routes.Nothing,
        body=contract.WorkerReport,
        answers={204: None},
    ),
    routes.Route(
        method="GET",
        path="/internal/snapshot",
        handler=snapshot.fetch,
        summary="What a worker routes by while dispatch is out.",
        query=routes.Nothing,
        body=routes.Nothing,
        answers={200: contract.Snapshot, 304: None},
    ),
)
