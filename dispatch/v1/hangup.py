"""Ends a call by an operator's hand."""

from __future__ import annotations

from aiohttp import web

from callcore import calls, endings, transitions
from dispatch import keys
from dispatch.http import answers, paths, routes
from dispatch.store import calls as call_rows
from dispatch.v1 import calls as v1_calls

_REPORT_S = 4.0  # for the job to report the end with the last words; it closes its session first, about 2 s
_LOOK_S = 0.5  # at the store, for what another process was told


async def hang_up(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """End the call and answer with it; a call that is over already is answered as it is.

    A call that we place and nobody has answered is cancelled. Of any other, closing the room ends every leg at once;
    the job then reports what was said last, and the call is ended without it only if it does not.
    """
    call_id = paths.call_id(request)
    if await request.app[keys.INTERJECTIONS].cancel(call_id):
        return answers.model(await v1_calls.load(request.app[keys.STORE], call_id))
    call = await request.app[keys.LEDGER].request_hangup(call_id)
    if not call.is_over:
        await request.app[keys.CLOSER].close_now(call.room_name)
        ended_at = request.app[keys.CLOCK].now()
        if not await _ends_by_itself(request.app, call):
            ended = transitions.Ended(at=ended_at, termination=endings.BY_OPERATOR, inferred=True)
            await request.app[keys.LEDGER].post(call_id, ended)
    return answers.model(await v1_calls.load(request.app[keys.STORE], call_id))


async def _ends_by_itself(app: web.Application, call: calls.Call) -> bool:
    async def look() -> bool:
        async with app[keys.STORE].reading() as tx:
            return (await call_rows.get(tx, call.id)).call.is_over

    return await app[keys.WAKEUPS].until(call.id, look, bool, every_s=_LOOK_S, within_s=_REPORT_S)
