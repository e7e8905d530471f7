"""Workers fetch what they route by while dispatch is out."""

from __future__ import annotations

from aiohttp import web

from dispatch import keys
from dispatch.http import answers, routes
from dispatch.internal import calls


async def fetch(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """The snapshot, or 304 where the worker's is still good."""
    taken = request.app[keys.SWITCHBOARD].snapshot()
    if taken is None:
        raise calls.Undecided
    snapshot, etag = taken
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers={"ETag": etag})
    return answers.model(snapshot, headers={"ETag": etag})
