"""API keys: made, listed, revoked.

A new one takes no `Idempotency-Key`: to show its secret a second time, the secret would have to be kept.
"""

from __future__ import annotations

from aiohttp import web

from dispatch import keys
from dispatch.access import issuing
from dispatch.http import answers, routes
from dispatch.v1 import listing

_SHOWN_ONCE = {"Cache-Control": "no-store"}


async def index(request: web.Request, paging: listing.Paging, _: routes.Nothing) -> web.Response:
    """A page of keys, newest first."""
    async with request.app[keys.STORE].reading() as tx:
        found = await issuing.page(tx, paging)
    return answers.model(found)


async def create(request: web.Request, _: routes.Nothing, wanted: issuing.NewKey) -> web.Response:
    """Make a key and show it, this once."""
    async with request.app[keys.STORE].writing() as tx:
        created = await issuing.create(tx, wanted, request.app[keys.CLOCK].now())
    return answers.model(created, status=201, headers=_SHOWN_ONCE)


async def revoke(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Revoke a key. What it has open, such as a stream, ends within a second or two."""
    key_id = request.match_info["id"]
    async with request.app[keys.STORE].writing() as tx:
        await issuing.revoke(tx, key_id, request.app[keys.CLOCK].now())
    request.app[keys.KEYRING].forget(key_id)
    return web.Response(status=204)
