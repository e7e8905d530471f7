"""The outermost middleware: one line in the log and one observation for each request."""

from __future__ import annotations

import structlog
from aiohttp import typedefs, web

from callcore import clock
from dispatch import metrics

_log = structlog.get_logger(__name__)

_UNMATCHED = "unmatched"
_QUIET = frozenset({"/healthz", "/readyz", "/metrics", "/internal/workers", "/internal/snapshot"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def middleware(counters: metrics.Metrics, timepiece: clock.Clock) -> typedefs.Middleware:
    """Observe by the route's pattern, which holds no ids."""

    @web.middleware
    async def observe(request: web.Request, handler: typedefs.Handler) -> web.StreamResponse:
        # A connection serves its requests in one task: what one of them bound must not stick to the next.
        structlog.contextvars.clear_contextvars()
        began = timepiece.monotonic()
        response = await handler(request)
        seconds = timepiece.monotonic() - began
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else _UNMATCHED
        method = request.method if request.method in _METHODS else "other"
        counters.http_requests.labels(method=method, route=route, status=str(response.status)).inc()
        if response.content_type != "text/event-stream":
            counters.http_seconds.labels(route=route).observe(seconds)
        log = _log.debug if route in _QUIET else _log.info
        log("request", method=method, route=route, status=response.status, ms=round(seconds * 1000, 1))
        return response

    return observe
