"""The routes of the internal API."""

from __future__ import annotations

from callcore import contract
from dispatch.access import issuing
from dispatch.http import routes
from dispatch.internal import audio, calls, dials, leases, snapshot, spool, transfers, workers
from dispatch.v1 import keys as api_keys
from dispatch.v1 import listing
from sip_config import snapshots

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
        path="/internal/calls/{id}/forward",
        handler=transfers.forward,
        summary="A job has its call forwarded, as the plan says.",
        query=routes.Nothing,
        body=contract.ForwardRequest,
        answers={200: contract.TransferProgress},
    ),
    routes.Route(
        method="POST",
        path="/internal/calls/{id}/transfers",
        handler=transfers.begin,
        summary="The agent wants its call transferred.",
        query=routes.Nothing,
        body=contract.TransferRequest,
        answers={200: contract.TransferProgress},
    ),
    routes.Route(
        method="GET",
        path="/internal/calls/{id}/transfers/{tid}",
        handler=transfers.follow,
        summary="How far a transfer has come, once that is news.",
        query=transfers.Known,
        body=routes.Nothing,
        answers={200: contract.TransferProgress},
    ),
    routes.Route(
        method="POST",
        path="/internal/calls/{id}/transfers/{tid}/facts",
        handler=transfers.note,
        summary="What a job saw or did for a transfer.",
        query=routes.Nothing,
        body=contract.TransferFact,
        answers={200: contract.TransferProgress},
    ),
    routes.Route(
        method="POST",
        path="/internal/calls/{id}/ready",
        handler=dials.ready,
        summary="The job of a call that we place can talk.",
        query=routes.Nothing,
        body=contract.Ready,
        answers={204: None},
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
        method="PUT",
        path="/internal/audio/{kind}",
        handler=audio.put,
        summary="A worker sends what was recorded of a call, as a WAV file.",
        query=contract.AudioLabel,
        body=routes.Nothing,
        answers={204: None},
        streamed=True,
    ),
    routes.Route(
        method="GET",
        path="/internal/snapshot",
        handler=snapshot.fetch,
        summary="What a worker routes by while dispatch is out.",
        query=routes.Nothing,
        body=routes.Nothing,
        answers={200: snapshots.Snapshot, 304: None},
    ),
    routes.Route(
        method="POST",
        path="/internal/leases/{name}",
        handler=leases.take,
        summary="A command asks to be the only one.",
        query=routes.Nothing,
        body=leases.LeaseRequest,
        answers={200: leases.LeaseGranted},
    ),
    routes.Route(
        method="DELETE",
        path="/internal/leases/{name}",
        handler=leases.release,
        summary="A command is done.",
        query=leases.LeaseHolder,
        body=routes.Nothing,
        answers={204: None},
    ),
    routes.Route(
        method="GET",
        path="/internal/keys",
        handler=api_keys.index,
        summary="`trunkline keys list`.",
        query=listing.Paging,
        body=routes.Nothing,
        answers={200: listing.Page[issuing.Key]},
    ),
    routes.Route(
        method="POST",
        path="/internal/keys",
        handler=api_keys.create,
        summary="`trunkline keys create`: where the first key comes from.",
        query=routes.Nothing,
        body=issuing.NewKey,
        answers={201: issuing.CreatedKey},
    ),
    routes.Route(
        method="DELETE",
        path="/internal/keys/{id}",
        handler=api_keys.revoke,
        summary="`trunkline keys revoke`.",
        query=routes.Nothing,
        body=routes.Nothing,
        answers={204: None},
    ),
)
