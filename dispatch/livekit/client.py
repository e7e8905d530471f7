"""The rooms of a real LiveKit server."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator, Mapping

import aiohttp
from livekit import api

from callcore import contract
from dispatch.livekit import rooms, rpc

_REQUEST_S = 2.0  # the server answers in milliseconds; what takes longer is tried again by the reaper
_ASK_S = 1.0  # an answer takes milliseconds; whoever is asked for may be gone, and somebody waits on the phone
_EMPTY_S = 60  # with nobody but an agent in it; the callee's leg comes within seconds
_DEPARTURE_S = 2  # after the last leg has left, should nobody else close the room
_SESSION_S = 10.0  # the last bound; every use has its own, shorter deadline

_REASONS = {number: name for name, number in api.DisconnectReason.items()}
_KINDS = {
    api.ParticipantInfo.Kind.SIP: rooms.Kind.SIP,
    api.ParticipantInfo.Kind.AGENT: rooms.Kind.AGENT,
}


class LiveKitRooms:
    """`rooms.Rooms` over LiveKit's API."""

    def __init__(self, livekit: api.LiveKitAPI) -> None:
        self._livekit = livekit

    async def ours(self) -> tuple[rooms.Room, ...]:
        async with _answering():
            listed = await self._livekit.room.list_rooms(api.ListRoomsRequest())
        return tuple(
            rooms.Room(name=room.name, created_at=dt.datetime.fromtimestamp(room.creation_time, dt.UTC))
            for room in listed.rooms
            if room.name.startswith(rooms.OUR_PREFIXES)
        )

    async def participants(self, room_name: str) -> tuple[rooms.Participant, ...]:
        async with _answering():
            try:
                listed = await self._livekit.room.list_participants(api.ListParticipantsRequest(room=room_name))
            except api.ServerError as error:
                if error.code == api.ServerErrorCode.NOT_FOUND:
                    return ()
                raise
        return tuple(participant_of(participant) for participant in listed.participants)

    async def open(self, room_name: str, *, job_metadata: str) -> None:
        agent = api.RoomAgentDispatch(agent_name=contract.AGENT_NAME, metadata=job_metadata)
        wanted = api.CreateRoomRequest(
            name=room_name, empty_timeout=_EMPTY_S, departure_timeout=_DEPARTURE_S, agents=[agent]
        )
        async with _answering():
            await self._livekit.room.create_room(wanted)

    async def close(self, room_name: str) -> None:
        async with _answering():
            try:
                await self._livekit.room.delete_room(api.DeleteRoomRequest(room=room_name))
            except api.ServerError as error:
                if error.code != api.ServerErrorCode.NOT_FOUND:
                    raise

    async def refuse(self, room_name: str, identity: str, headers: Mapping[str, str]) -> None:
        await self.ask(room_name, identity, rpc.END_SIP_CALL, json.dumps({"headers": dict(headers)}))

    async def ask(self, room_name: str, identity: str, method: str, payload: str) -> str:
        async with _answering():
            return await rpc.perform(
                self._livekit,
                room=room_name,
                identity=identity,
                method=method,
                payload=payload,
                timeout_s=_ASK_S,
            )


def participant_of(info: api.ParticipantInfo) -> rooms.Participant:
    """A participant without LiveKit's types."""
    kind = _KINDS.get(info.kind, rooms.Kind.OTHER)
    return rooms.Participant(identity=info.identity, kind=kind, attributes=dict(info.attributes))


def disconnect_reason(info: api.ParticipantInfo) -> str:
    """Why somebody left, by LiveKit's name of it; a reason that only a later server knows is an unknown one."""
    return _REASONS.get(info.disconnect_reason, "UNKNOWN_REASON")


@contextlib.asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_REQUEST_S):
            yield
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        # The server's message may repeat a SIP identity, and with it a number: only its class and code are kept.
        code = error.code if isinstance(error, api.ServerError) else type(error).__name__
        raise rooms.LiveKitUnavailable(f"LiveKit failed: {code}") from None


def connect(url: str, api_key: str, api_secret: str) -> api.LiveKitAPI:
    """A client of LiveKit's API, to be closed by whoever asked for it. One server: no failover."""
    limit = aiohttp.ClientTimeout(total=_SESSION_S)
    return api.LiveKitAPI(url, api_key, api_secret, timeout=limit, failover=False)
