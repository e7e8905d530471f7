"""The report of a call, and having it made anew or told again."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext import asyncio as sa_async

from dispatch import keys
from dispatch.http import answers, idempotency, paths, routes
from dispatch.v1 import schemas


class Finalization(schemas.Input):
    """What is to be done with a report."""

    force_analysis: bool = False
    """Make it anew of what is known now. This version analyses nothing: summary, structured data, cost and scheduled
    callback stay null."""
    retry_webhook: bool = False
    """Deliver it once more to `webhooks.post_call`, under the same `webhook-id`; not while the same is on its way."""


class FinalizedReport(schemas.Shape):
    """What came of it."""

    call_id: str
    report_id: str
    made_at: schemas.Time
    """When the report was made last."""
    remade: bool
    """Whether this request made it, for the first time or anew."""
    analyzed: bool = False
    """Always false: this version analyses nothing."""
    webhook_queued: bool
    """Whether this request began a delivery."""


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """The report as it was made last."""
    return answers.model(await request.app[keys.REPORTS].read(paths.call_id(request)))


async def finalize(request: web.Request, _: routes.Nothing, wanted: Finalization) -> web.Response:
    """Make the report now, make it anew, or tell it again."""
    call_id, service = paths.call_id(request), request.app[keys.REPORTS]

    async def make(tx: sa_async.AsyncConnection) -> FinalizedReport:
        done = await service.finalize(tx, call_id, remake=wanted.force_analysis, retell=wanted.retry_webhook)
        return FinalizedReport(
            call_id=call_id,
            report_id=done.report.id,
            made_at=done.report.made_at or request.app[keys.CLOCK].now(),
            remade=done.is_remade,
            webhook_queued=done.is_told,
        )

    answer = await idempotency.once(request, wanted, make, status=200)
    service.wake()
    return answer
