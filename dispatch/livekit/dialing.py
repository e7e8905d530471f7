"""Dials a phone into a room.

Only the SIP status tells why a dial failed, LiveKit's own error codes do not; and giving up waiting does not stop the
dial, removing the leg does.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
from collections.abc import Mapping
from typing import Protocol

import aiohttp
from google.protobuf import duration_pb2
from livekit import api

from callcore import contract, transfers
from dispatch.livekit import rooms
from sip_config.schema import trunks

_REQUEST_S = 2.0
_LATE_S = 3.0  # LiveKit ends a dial at its ringing timeout and says so within 0.1 s
_EARLY_S = 0.5  # what it ends so long before that was not ended by its time

_DIGIT_S = 0.5  # a digit's tone and the pause after it, or a `w`; LiveKit returns when the last one was sent

_CALLEE = "callee"
_MAX_PHRASE = 100  # characters of what a stranger sent

_NOBODY = frozenset({api.ServerErrorCode.CANCELED, api.ServerErrorCode.DEADLINE_EXCEEDED})
_NOBODY_KNOWS = frozenset({api.ServerErrorCode.UNAVAILABLE, api.ServerErrorCode.INTERNAL, api.ServerErrorCode.UNKNOWN})
_TRANSPORTS = {
    trunks.Transport.UDP: api.SIP_TRANSPORT_UDP,
    trunks.Transport.TCP: api.SIP_TRANSPORT_TCP,
    trunks.Transport.TLS: api.SIP_TRANSPORT_TLS,
}
_ENCRYPTIONS = {
    trunks.MediaEncryption.DISABLE: api.SIP_MEDIA_ENCRYPT_DISABLE,
    trunks.MediaEncryption.ALLOW: api.SIP_MEDIA_ENCRYPT_ALLOW,
    trunks.MediaEncryption.REQUIRE: api.SIP_MEDIA_ENCRYPT_REQUIRE,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Route:
    """How a phone is reached, and as whom."""

    host: str
    """With a port where it is not the usual one."""
    user: str
    """User part of the URI that is called: a number or a name."""
    transport: trunks.Transport
    media_encryption: trunks.MediaEncryption = trunks.MediaEncryption.DISABLE
    auth: trunks.Auth | None = None
    caller: str
    """User part of the From URI: the number that the phone shows."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    longest_ringing_s: float = contract.MAX_RINGING_S
    """How long that phone may ring at most, as the trunk says, or as long as any of ours may."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dial:
    """One phone to be dialed into a room."""

    room_name: str
    identity: str
    """Of the new leg; each dial has its own."""
    transfer_id: str | None = None
    """Of the transfer that the leg belongs to; None for the callee of a call that we place."""
    kind: transfers.Kind | None = None
    """Of that transfer."""
    route: Route
    ringing_timeout_s: float
    dtmf: str = ""
    """Digits to be dialed after the answer, `0-9*#A-D`; each `w` is half a second's pause."""
    plays_dialtone: bool = False
    """Whether who is in the room hears ringback until the answer."""
    longest_s: float | None = None
    """After which LiveKit hangs up, whoever else forgets to; None: its own limit."""


class Stage(enum.StrEnum):
    """Where a dialed leg is."""

    RINGING = "ringing"
    CONNECTED = "connected"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """How a dial ended."""

    result: transfers.AttemptResult
    """`unknown` where LiveKit was lost in between; `no_answer` also for a dial that was called off: see `is_early`."""
    sip_status_code: int | None = None
    sip_status: str | None = None
    """The phrase beside that code, as the other side sent it."""
    is_early: bool = False
    """Nobody answered, and the phone could have rung on: somebody called the dial off, or LiveKit went down."""


class Dialer(Protocol):
    """What dispatch does with phones that it calls itself."""

    async def dial(self, dial: Dial) -> Answer:
        """Dial and wait for the answer and for the digits after it. Never raises for a failed dial."""
        ...

    async def give_up(self, room_name: str, identity: str) -> None:
        """Stop ringing, or hang up; a leg that is not there is a success.

        Raises:
            LiveKitUnavailable: LiveKit did not do it.
        """
        ...


class LiveKitDialer:
    """`Dialer` over LiveKit's API."""

    def __init__(self, livekit: api.LiveKitAPI) -> None:
        self._livekit = livekit

    async def dial(self, dial: Dial) -> Answer:
        timer = asyncio.get_running_loop()
        in_time_s = timer.time() + _rings_s(dial) - _EARLY_S
        try:
            longest_s = _rings_s(dial) + _dials_digits_s(dial) + _LATE_S
            async with asyncio.timeout(longest_s):
                await self._livekit.sip.create_sip_participant(request(dial), timeout=longest_s)
        except api.ServerError as error:
            return _failure(error, is_early=timer.time() < in_time_s)
        except aiohttp.ClientConnectorError:
            return Answer(result=transfers.AttemptResult.UNAVAILABLE)  # nothing was sent
        except (aiohttp.ClientError, TimeoutError):
            return Answer(result=transfers.AttemptResult.UNKNOWN)
        return Answer(result=transfers.AttemptResult.ANSWERED, sip_status_code=200)

    async def give_up(self, room_name: str, identity: str) -> None:
        wanted = api.RoomParticipantIdentity(room=room_name, identity=identity)
        try:
            async with asyncio.timeout(_REQUEST_S):
                await self._livekit.room.remove_participant(wanted)
        except api.ServerError as error:
            if error.code != api.ServerErrorCode.NOT_FOUND:
                raise rooms.LiveKitUnavailable(f"LiveKit failed: {error.code}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise rooms.LiveKitUnavailable(f"LiveKit failed: {type(error).__name__}") from None


def as_caller(way: Route, caller: str) -> Route:
    """The same way, with the number that the phone is to show."""
    return dataclasses.replace(way, caller=caller)


def stage_of(leg: rooms.Participant) -> Stage:
    """Whether a dialed leg is picked up, and the digits for its extension were sent: `automation` is before that."""
    return Stage.CONNECTED if leg.attributes.get("sip.callStatus") == "active" else Stage.RINGING


def request(dial: Dial) -> api.CreateSIPParticipantRequest:
    """A dial in LiveKit's words. The trunk goes along with the request: LiveKit keeps no outbound trunk of ours."""
    route = dial.route
    trunk = api.SIPOutboundConfig(hostname=route.host, transport=_TRANSPORTS[route.transport])
    if route.auth is not None:
        trunk.auth_username = route.auth.username
        trunk.auth_password = route.auth.password.get_secret_value()
    wanted = api.CreateSIPParticipantRequest(
        trunk=trunk,
        sip_number=route.caller,
        sip_call_to=route.user,
        room_name=dial.room_name,
        participant_identity=dial.identity,
        participant_name=dial.kind.value if dial.kind is not None else _CALLEE,
        participant_attributes={transfers.LEG_ATTRIBUTE: dial.transfer_id} if dial.transfer_id is not None else {},
        headers=dict(route.headers),
        media_encryption=_ENCRYPTIONS[route.media_encryption],
        ringing_timeout=duration_pb2.Duration(seconds=_rings_s(dial)),
        hide_phone_number=True,
        play_dialtone=dial.plays_dialtone,
        dtmf=dial.dtmf,
        wait_until_answered=True,
    )
    if dial.longest_s is not None:
        wanted.max_call_duration.FromSeconds(max(1, round(dial.longest_s)))
    return wanted


def _rings_s(dial: Dial) -> int:
    """How long the phone rings; together with the digits after the answer no longer than LiveKit waits in all."""
    return max(1, round(min(dial.ringing_timeout_s, contract.MAX_RINGING_S - _dials_digits_s(dial))))


def _dials_digits_s(dial: Dial) -> float:
    return _DIGIT_S * len(dial.dtmf)


def _failure(error: api.ServerError, *, is_early: bool) -> Answer:
    if isinstance(error, api.SipCallError) and error.sip_status_code is not None:
        code = error.sip_status_code
        phrase = (error.sip_status or "")[:_MAX_PHRASE] or None
        return Answer(result=transfers.result_of(code), sip_status_code=code, sip_status=phrase)
    if error.code in _NOBODY:
        return Answer(result=transfers.AttemptResult.NO_ANSWER, is_early=is_early)
    if error.code in _NOBODY_KNOWS:
        return Answer(result=transfers.AttemptResult.UNKNOWN)
    return Answer(result=transfers.AttemptResult.CARRIER_FAILURE)
