"""Workers say that they are alive. The open LiveKit server lists no workers, so this is how dispatch knows them."""

from __future__ import annotations

from aiohttp import web

from callcore import contract
from dispatch import keys
from dispatch.http import routes
from dispatch.store import workers


async def report(request: web.Request, _: routes.Nothing, said: contract.WorkerReport) -> web.Response:
    """Keep a worker's newest report."""
    async with request.app[keys.STORE].writing() as tx:
        await workers.put(tx, said, request.app[keys.CLOCK].now())
    return web.Response(status=204)
