"""Calls a method that a participant of a room has registered.

The server knows `RoomService/PerformRpc`, the Python client has no method for it; this is the one place that uses the
client's inner request. livekit-sip registers `lk.sip.EndCall` on every SIP participant.
"""

from __future__ import annotations

import asyncio

from livekit import api
from livekit.protocol import room as room_protocol

END_SIP_CALL = "lk.sip.EndCall"

_CLIENT_MARGIN_S = 0.5  # the server gives up first, so that its error is seen rather than ours


async def perform(
    livekit: api.LiveKitAPI, *, room: str, identity: str, method: str, payload: str, timeout_s: float
) -> str:
    """The answer of a participant's method.

    Raises:
        api.ServerError: the method or the participant does not exist, or failed.
        TimeoutError: no answer within `timeout_s`.
    """
    service = livekit.room
    request = room_protocol.PerformRpcRequest(
        room=room,
        destination_identity=identity,
        method=method,
        payload=payload,
        response_timeout_ms=int(timeout_s * 1000),
    )
    grants = api.VideoGrants(room_admin=True, room=room)
    async with asyncio.timeout(timeout_s + _CLIENT_MARGIN_S):
        answer = await service._client.request(
            "RoomService", "PerformRpc", request, service._auth_header(grants), room_protocol.PerformRpcResponse
        )
    return answer.payload
