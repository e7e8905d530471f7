"""What was said: as a list, or as a stream of server-sent events (WHATWG HTML section 9.2).

A stream is the same for a call that goes on and for one that is over: `connected`, every stored turn, those that are
stored from then on, `ended`. A turn's event id is its position, so a reader that comes back misses nothing.
"""

from __future__ import annotations

import re

import aiohttp_sse
import structlog
from aiohttp import web

from callcore import errors
from dispatch import keys
from dispatch.access import auth
from dispatch.http import answers, paths, routes
from dispatch.store import calls as call_rows
from dispatch.store import turns as turn_rows
from dispatch.v1 import schemas

_HEARTBEAT_S = 15.0  # below the idle limits of common proxies
_SLOW_READER_S = 5.0  # a reader that takes nothing for so long is dropped
_POLL_S = 1.0  # the store is the truth; hints of this process make it faster
_END_ID = "end"

_log = structlog.get_logger(__name__)

_POSITION = re.compile(r"\d{1,9}", re.ASCII)


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.StreamResponse:
    """The transcript so far, or the stream where the client accepts one."""
    call_id = paths.call_id(request)
    if _accepts_stream(request):
        with request.app[keys.STREAMS].place():
            return await _stream(request, call_id)
    async with request.app[keys.STORE].reading() as tx:
        await call_rows.get(tx, call_id)
        placed = await turn_rows.of_call(tx, call_id)
    said = tuple(schemas.Turn.of(place.turn) for place in placed)
    return answers.value(said, tuple[schemas.Turn, ...], headers={"Vary": "Accept"})


async def _stream(request: web.Request, call_id: str) -> web.StreamResponse:
    async with request.app[keys.STORE].reading() as tx:
        call = (await call_rows.get(tx, call_id)).call
    last_id = request.headers.get("Last-Event-ID", "")
    if last_id == _END_ID and call.is_over:
        return web.Response(status=204)  # tells an EventSource not to come back
    response = aiohttp_sse.EventSourceResponse(
        headers={"Vary": "Accept"}, sep="\n", send_timeout=_SLOW_READER_S, ping_interval=_HEARTBEAT_S
    )
    await response.prepare(request)
    try:
        async with response:
            await response.send(f'{{"callId":"{call_id}"}}', event="connected")
            await _follow(request, response, call_id, int(last_id) if _POSITION.fullmatch(last_id) else 0)
    except (ConnectionError, TimeoutError):
        pass  # the reader is gone, or too slow: it may come back and resume
    except errors.Unavailable as error:
        _log.warning("a transcript's stream broke off", error=error.public_code)
    return response


async def _follow(request: web.Request, response: aiohttp_sse.EventSourceResponse, call_id: str, position: int) -> None:
    streams, ring, key = request.app[keys.STREAMS], request.app[keys.KEYRING], auth.key_of(request)
    async with request.app[keys.WAKEUPS].following(call_id) as subscription:
        while response.is_connected() and not _is_gone(request) and not streams.is_closing:
            if not await ring.still_opens(key):
                return
            async with request.app[keys.STORE].reading() as tx:
                call = (await call_rows.get(tx, call_id)).call
                placed = await turn_rows.of_call(tx, call_id, after=position)
            for place in placed:
                position = place.position
                data = schemas.Turn.of(place.turn).model_dump_json()
                await response.send(data, id=str(position), event="turn")
            if call.is_over:
                await response.send(schemas.Ended.of(call).model_dump_json(), id=_END_ID, event="ended")
                return
            await subscription.wait(_POLL_S)


def _accepts_stream(request: web.Request) -> bool:
    ranges = request.headers.get("Accept", "").split(",")
    return any(media.split(";")[0].strip().lower() == "text/event-stream" for media in ranges)


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
