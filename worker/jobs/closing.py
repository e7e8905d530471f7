"""The last minute of a call: say what there is to say, end every leg, and leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import logging

import aiohttp
from livekit import agents, api, rtc

from callcore import contract
from worker import rooms

_log = logging.getLogger(__name__)

_REFUSAL_S = 1.0  # livekit-sip answers in 10 ms
_TAIL_S = 0.3  # sound that the track has played out is still on its way through the SFU, the bridge and the phone


async def refuse(room: rtc.Room, caller: rtc.RemoteParticipant, refusal: contract.Refuse) -> None:
    """Turn a ringing call away. The caller sees 486 whatever we ask for; code and text go into Reason (RFC 3326)."""
    headers = {"Reason": f'SIP;cause={refusal.sip_status_code};text="{refusal.text}"'}
    try:
        async with asyncio.timeout(_REFUSAL_S):
            await room.local_participant.perform_rpc(
                destination_identity=caller.identity,
                method="lk.sip.EndCall",
                payload=json.dumps({"headers": headers}),
            )
    except (TimeoutError, rtc.RpcError, rtc.room.ConnectError) as error:
        _log.warning("the refusal's reason could not be sent", extra={"error_class": type(error).__name__})


async def let_goodbye_arrive() -> None:
    """Wait until the last sound has reached the caller's ear."""
    await asyncio.sleep(_TAIL_S)


async def end_every_leg(ctx: agents.JobContext) -> None:
    """Delete the room: that, and only that, sends BYE."""
    try:
        await rooms.delete(ctx.api, ctx.job.room.name)
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        # Dispatch deletes the room of every ended call too, and goes on trying.
        _log.error("the room could not be deleted", extra={"error_class": type(error).__name__})
