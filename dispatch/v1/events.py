"""What happened in a call."""

from __future__ import annotations

from aiohttp import web

from dispatch import keys
from dispatch.http import answers, paths, routes
from dispatch.store import calls as call_rows
from dispatch.store import events as event_rows
from dispatch.v1 import schemas


async def index(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Every event of a call so far, by sequence."""
    call_id = paths.call_id(request)
    async with request.app[keys.STORE].reading() as tx:
        await call_rows.get(tx, call_id)
        found = await event_rows.of_call(tx, call_id)
    return answers.model(schemas.EventList(events=tuple(schemas.Event.of(event) for event in found)))
