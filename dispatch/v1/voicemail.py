"""The message that a caller left, as sound."""

from __future__ import annotations

import asyncio

from aiohttp import web

from callcore import contract, errors
from dispatch import keys
from dispatch.http import paths, problems, routes
from dispatch.store import calls as call_rows
from dispatch.store import recordings

_HEADERS = {"Content-Type": "audio/wav", "Cache-Control": "private"}


class NoVoicemail(errors.NotFound):
    """The caller left no message."""

    public_code = "no_voicemail"


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.StreamResponse:
    """The sound, or the part of it that `Range` asks for (RFC 9110 section 14)."""
    call_id, kind = paths.call_id(request), contract.AudioKind.VOICEMAIL
    async with request.app[keys.STORE].reading() as tx:
        await call_rows.get(tx, call_id)
        recording = (await recordings.of_calls(tx, [call_id], kind)).get(call_id)
    if recording is None:
        raise NoVoicemail
    path = request.app[keys.SHELF].path(recording.file)
    if not await asyncio.to_thread(path.is_file):
        raise NoVoicemail("The message is not kept any more.")
    if not _can_be_had(request, recording.size):
        headers = {"Content-Range": f"bytes */{recording.size}"}
        return problems.response(416, "range_not_satisfiable", "There is no such part of it.", headers=headers)
    return web.FileResponse(path, headers=_HEADERS)


def _can_be_had(request: web.Request, size: int) -> bool:
    try:
        return (request.http_range.start or 0) < size
    except ValueError:
        return False
