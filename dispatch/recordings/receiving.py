"""Takes in a recording that a worker sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import structlog
from aiohttp import http_exceptions, web

from callcore import contract, errors
from dispatch.http import reading
from dispatch.recordings import shelves
from dispatch.reports import scheduling
from dispatch.store import calls as call_rows
from dispatch.store import engine
from dispatch.store import recordings as rows

MAX_SIZE = 32 * 1024 * 1024
"""Bytes: over half an hour of telephone sound."""
_TYPES = frozenset({"audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave"})
_RECEIVE_S = 60.0  # for all of it; a worker sends again what it could not deliver
_HEAD = 12  # bytes that tell a WAV file: `RIFF`, a length, `WAVE`

_log = structlog.get_logger(__name__)


class NoSuchCall(errors.NotFound):
    """No call of that room is in the ledger yet."""

    public_code = "no_such_call"


class NotWave(errors.BadInput):
    """This is not a WAV file."""

    public_code = "not_wave"


async def receive(
    request: web.Request,
    store: engine.Store,
    shelf: shelves.Shelf,
    kind: contract.AudioKind,
    label: contract.AudioLabel,
) -> rows.Recording:
    """Keep the body of a request as a call's recording. Sending it twice is harmless.

    Raises:
        UnsupportedMediaType: the body does not call itself WAV.
        NoSuchCall: the ledger has no call of that room.
        NotWave: the body is none.
        ShelfUnavailable: the disk does not take it.
        Unreadable: another version wrote the call.
        StoreUnavailable: the database does not answer.
        web.HTTPException: too large, or too slow.
    """
    if request.content_type not in _TYPES:
        raise reading.UnsupportedMediaType("The body must be audio/wav.")
    if (request.content_length or 0) > MAX_SIZE:
        raise web.HTTPRequestEntityTooLarge(max_size=MAX_SIZE, actual_size=request.content_length or 0)
    async with store.reading() as tx:
        call_id = await call_rows.find_id(tx, label.room_name)
    if call_id is None:
        raise NoSuchCall
    structlog.contextvars.bind_contextvars(call_id=call_id)
    file = shelf.place(call_id, kind)
    async with shelf.incoming(file, _sound(request)) as incoming:
        recording = rows.Recording(
            call_id=call_id,
            kind=kind,
            file=file,
            size=incoming.size,
            duration_s=label.duration_s,
            recorded_at=label.recorded_at,
        )
        async with store.writing() as tx:  # a file that cannot be put into its place takes the row with it
            entry = await call_rows.find_room_for_update(tx, label.room_name)
            if entry is None:
                raise NoSuchCall  # deleted while the sound came in
            await rows.put(tx, recording)
            await scheduling.note_sound(tx, entry.call)
            await incoming.keep()
    _log.info("a recording is kept", kind=kind.value, bytes=recording.size)
    return recording


async def _sound(request: web.Request) -> AsyncIterator[bytes]:
    """The body, as far as it is a WAV file of a size that can be kept."""
    head, size, deadline = bytearray(), 0, asyncio.get_running_loop().time() + _RECEIVE_S
    try:
        while piece := await _piece(request, deadline):
            size += len(piece)
            if size > MAX_SIZE:
                raise web.HTTPRequestEntityTooLarge(max_size=MAX_SIZE, actual_size=size)
            if len(head) < _HEAD:
                head += piece[: _HEAD - len(head)]
                _check(head)
            yield piece
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, http_exceptions.HttpProcessingError, ConnectionError):
        raise reading.Malformed("The body does not arrive as its headers say.") from None
    if len(head) < _HEAD:
        raise NotWave


async def _piece(request: web.Request, deadline: float) -> bytes:
    async with asyncio.timeout_at(deadline):
        return await request.content.readany()


def _check(head: bytes | bytearray) -> None:
    if head[:4] != b"RIFF"[: len(head)] or head[8:] != b"WAVE"[: max(0, len(head) - 8)]:
        raise NotWave
