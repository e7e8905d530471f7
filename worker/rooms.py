"""Rooms on livekit-server."""

from __future__ import annotations

import asyncio

import aiohttp
from livekit import api

_ATTEMPTS = 3
_ATTEMPT_S = 2.0  # the server answers in about 10 ms
_PAUSE_S = 0.3


async def delete(livekit: api.LiveKitAPI, room_name: str) -> None:
    """Delete a room and so end every SIP leg in it; a room that is gone already is fine.

    Raises:
        ServerError, ClientError, TimeoutError: livekit-server did not do it in three attempts.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with asyncio.timeout(_ATTEMPT_S):
                await livekit.room.delete_room(api.DeleteRoomRequest(room=room_name))
            return
        except api.ServerError as error:
            if error.code == api.TwirpErrorCode.NOT_FOUND:
                return
            if attempt == _ATTEMPTS:
                raise
        except (aiohttp.ClientError, TimeoutError):
            if attempt == _ATTEMPTS:
                raise
        await asyncio.sleep(_PAUSE_S)
