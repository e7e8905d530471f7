"""What a job has livekit-server do to the legs of its room, each within 2 s and tried again where it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
from livekit import api

from callcore import errors

_WITHIN_S = 2.0
_ATTEMPT_S = 0.8  # the server answers in about 10 ms
_PAUSE_S = 0.1


class ControlFailed(errors.Unavailable):
    """livekit-server did not do to a leg what it was asked."""

    public_code = "livekit_unavailable"


class _NotThere(Exception):  # an answer, to be asked for again
    pass


class Controls:
    """One room's. All of it may be done twice; a leg or a track that is gone needs nothing done to it."""

    def __init__(self, livekit: api.LiveKitAPI, room_name: str) -> None:
        self._livekit = livekit
        self._room = room_name

    async def mute(self, identity: str, track_sid: str, muted: bool) -> None:
        """Let nobody hear a leg's track, or let them hear it again; needs `room.enable_remote_unmute`.

        Raises:
            ControlFailed: it is as before, or nobody knows.
        """
        await _done(lambda: self._mute(identity, track_sid, muted))

    async def subscribe(self, identity: str, track_sids: list[str], wanted: bool) -> None:
        """Let a leg hear these tracks of others, or not; raises as `mute`."""
        request = api.UpdateSubscriptionsRequest(
            room=self._room, identity=identity, track_sids=track_sids, subscribe=wanted
        )
        await _done(lambda: self._livekit.room.update_subscriptions(request))

    async def allow_data(self, identity: str, allowed: bool) -> None:
        """Let the digits that are pressed on a leg reach the others, or nobody; raises as `mute`."""
        await _done(lambda: self._allow_data(identity, allowed))

    async def remove(self, identity: str) -> None:
        """Hang up on a leg; raises as `mute`."""
        wanted = api.RoomParticipantIdentity(room=self._room, identity=identity)
        await _done(lambda: self._livekit.room.remove_participant(wanted))

    async def _mute(self, identity: str, track_sid: str, muted: bool) -> None:
        wanted = api.MuteRoomTrackRequest(room=self._room, identity=identity, track_sid=track_sid, muted=muted)
        answer = await self._livekit.room.mute_published_track(wanted)
        if answer.track.sid != track_sid:
            # Of a track that it does not have, or not yet, the server says the same as of one that it has muted.
            raise _NotThere

    async def _allow_data(self, identity: str, allowed: bool) -> None:
        leg = await self._livekit.room.get_participant(api.RoomParticipantIdentity(room=self._room, identity=identity))
        if leg.permission.can_publish_data == allowed:
            return
        # The permissions of a participant are replaced as a whole.
        leg.permission.can_publish_data = allowed
        wanted = api.UpdateParticipantRequest(room=self._room, identity=identity, permission=leg.permission)
        await self._livekit.room.update_participant(wanted)


async def _done(do: Callable[[], Awaitable[object]]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _WITHIN_S
    while True:
        try:
            async with asyncio.timeout(min(_ATTEMPT_S, deadline - loop.time())):
                await do()
            return
        except api.ServerError as error:
            if error.code == api.TwirpErrorCode.NOT_FOUND:
                return
            failure: Exception = error
        except (aiohttp.ClientError, TimeoutError, _NotThere) as error:
            failure = error
        if loop.time() + _PAUSE_S >= deadline:
            raise ControlFailed(f"livekit-server: {type(failure).__name__}") from failure
        await asyncio.sleep(_PAUSE_S)
