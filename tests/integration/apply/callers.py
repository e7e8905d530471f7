"""The least of a SIP phone: sends an INVITE from a chosen loopback address and reads the first answers."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator

from livekit import api

_ARRIVAL_S = 5.0
_POLL_S = 0.05
_counter = itertools.count(1)


class Caller:
    """One INVITE, sent once; whoever rings is seen in LiveKit's room list, and dies with its room."""

    def __init__(self, livekit_api: api.LiveKitAPI, sip_port: int) -> None:
        self._livekit_api = livekit_api
        self._sip_port = sip_port

    async def call(self, dialed: str, *, source: str = "127.0.0.1") -> tuple[str, api.ParticipantInfo]:
        """Ring a number; the name of the room that it made, and the caller in it. The room is deleted."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind((source, 0))
            phone.sendto(_invite(dialed, source, phone.getsockname()[1]), ("127.0.0.1", self._sip_port))
            async with asyncio.timeout(_ARRIVAL_S):
                async for room, participant in self._participants():
                    await self._livekit_api.room.delete_room(api.DeleteRoomRequest(room=room))
                    return room, participant
        raise AssertionError("no room")

    async def _participants(self) -> AsyncIterator[tuple[str, api.ParticipantInfo]]:
        service = self._livekit_api.room
        while True:
            for room in (await service.list_rooms(api.ListRoomsRequest())).rooms:
                listed = await service.list_participants(api.ListParticipantsRequest(room=room.name))
                for participant in listed.participants:
                    yield room.name, participant
            await asyncio.sleep(_POLL_S)


def _invite(dialed: str, source: str, port: int) -> bytes:
    number = next(_counter)
    sdp = (
        f"v=0\r\no=- 1 1 IN IP4 {source}\r\ns=-\r\nc=IN IP4 {source}\r\nt=0 0\r\n"
        "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    )
    head = (
        f"INVITE sip:{dialed}@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP {source}:{port};branch=z9hG4bKapply{number};rport",
        "Max-Forwards: 70",
        f"From: <sip:+12015550199@{source}>;tag=apply{number}",
        f"To: <sip:{dialed}@127.0.0.1>",
        f"Call-ID: apply{number}-{port}@{source}",
        "CSeq: 1 INVITE",
        f"Contact: <sip:caller@{source}:{port}>",
        "Content-Type: application/sdp",
        f"Content-Length: {len(sdp)}",
    )
    return ("\r\n".join(head) + "\r\n\r\n" + sdp).encode()
