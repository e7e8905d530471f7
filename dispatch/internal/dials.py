"""The job of a call that we place can talk."""

from __future__ import annotations

from aiohttp import web

from callcore import contract
from dispatch import keys
from dispatch.http import paths, routes


async def ready(request: web.Request, _: routes.Nothing, word: contract.Ready) -> web.Response:
    """Have the callee dialed. Saying it again is harmless."""
    call_id = paths.call_id(request)
    await request.app[keys.INTERJECTIONS].ready(call_id, word)
    request.app[keys.WAKEUPS].notify(call_id)
    return web.Response(status=204)
