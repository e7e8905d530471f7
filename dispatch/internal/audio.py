"""Workers send what was recorded of a call."""

from __future__ import annotations

from aiohttp import web

from callcore import contract, errors
from dispatch import keys
from dispatch.http import routes
from dispatch.recordings import receiving


class NoSuchKind(errors.NotFound):
    """No recording of that kind is known here."""

    public_code = "no_such_kind"


async def put(request: web.Request, label: contract.AudioLabel, _: routes.Nothing) -> web.Response:
    """Keep a recording: the file at once, in its place when it is whole."""
    try:
        kind = contract.AudioKind(request.match_info["kind"])
    except ValueError:
        raise NoSuchKind from None
    await receiving.receive(request, request.app[keys.STORE], request.app[keys.SHELF], kind, label)
    return web.Response(status=204)
