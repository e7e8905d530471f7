"""What stands in the path of a request."""

from __future__ import annotations

import structlog
from aiohttp import web

from callcore import ids
from dispatch.store import calls, transfers


def call_id(request: web.Request) -> str:
    """The call that a path names; its log lines carry the id from now on.

    Raises:
        NoSuchCall: this is no call's id.
    """
    found = request.match_info["id"]
    if not ids.is_id(ids.CALL, found):
        raise calls.NoSuchCall
    structlog.contextvars.bind_contextvars(call_id=found)
    return found


def transfer_id(request: web.Request) -> str:
    """The transfer that a path names, besides its call; as `call_id`.

    Raises:
        NoSuchTransfer: this is no transfer's id.
    """
    found = request.match_info["tid"]
    if not ids.is_id(ids.TRANSFER, found):
        raise transfers.NoSuchTransfer
    structlog.contextvars.bind_contextvars(transfer_id=found)
    return found
