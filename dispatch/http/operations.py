"""What whoever runs dispatch asks it: health, readiness, metrics. Open to all, and telling nothing about calls."""

from __future__ import annotations

import contextlib

import prometheus_client as prometheus
from aiohttp import web

from callcore import errors
from dispatch import fleet, keys
from dispatch.store import calls


async def alive(_: web.Request) -> web.Response:
    """`GET /healthz`: the process answers."""
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """`GET /readyz`: 200 when a call would find everything it needs, else 503; each check by name either way."""
    found = await request.app[keys.PROBES].look()
    version = request.app[keys.SWITCHBOARD].configuration.version
    body = found.model_dump() | {"configurationVersion": version}
    return web.json_response(body, status=200 if found.ready else 503)


async def metrics(request: web.Request) -> web.Response:
    """`GET /metrics` for Prometheus."""
    counters = request.app[keys.METRICS]
    with contextlib.suppress(errors.Unavailable):  # what this process counted is told even while the store is out
        await _look_up_gauges(request.app)
    return web.Response(body=counters.exposition(), headers={"Content-Type": prometheus.CONTENT_TYPE_LATEST})


async def _look_up_gauges(app: web.Application) -> None:
    counters = app[keys.METRICS]
    workers = await fleet.fresh(app[keys.STORE], app[keys.CLOCK])
    for accepting in (True, False):
        count = sum(worker.report.accepting is accepting for worker in workers)
        counters.workers.labels(accepting=str(accepting).lower()).set(count)
    async with app[keys.STORE].reading() as tx:
        counters.calls_live.set(await calls.count_live(tx))


def mount(app: web.Application) -> None:
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", metrics)
