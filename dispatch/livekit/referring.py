"""Asks a caller's carrier to connect them with somebody else (REFER, RFC 3515), and tells what it said.

livekit-sip sends REFER on the caller's leg, and once that is accepted it waits for the NOTIFY with the destination's
final answer, or for the leg to leave. A failure is told by a SIP status and a message. The status may be the same for
a carrier that takes no REFER and for a person who declines (603 is both), but the message is not: livekit-sip 1.8.0
passes the answer to REFER on as it is, and begins its account of a NOTIFY with words of its own (`sendRefer` and
`handleReferNotify` in its pkg/sip/protocol.go).
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Mapping
from typing import Protocol

import aiohttp
from google.protobuf import duration_pb2
from livekit import api

from callcore import errors, numbers, transfers

_LATE_S = 1.0  # LiveKit ends a REFER at its ringing timeout and says so within 0.1 s
# So begins what LiveKit says where REFER itself was not accepted; of a NOTIFY it says "call transfer failed: " first.
_ANSWER_TO_REFER = re.compile(r"(?:twirp error \w+: )?sip status: ", re.ASCII)
_REQUEST_TIMEOUT = 408  # nobody knows whether what did not answer in time has acted upon the REFER
_NO_DIALOG = 481  # the leg is over (RFC 3261 section 12.2.1.2): there is nobody to connect any more

# Answers to REFER that say nothing of the destination: nobody's phone can have rung. A carrier that answers a REFER
# only when it has tried the destination would say that it is busy, away or nobody's number.
_OF_THE_CARRIER = frozenset({transfers.AttemptResult.REJECTED, transfers.AttemptResult.CARRIER_FAILURE})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refer:
    """A caller to be connected with somebody else by their own carrier."""

    room_name: str
    identity: str
    """Of the caller's leg. It holds their number: it is never logged."""
    to: str
    """E.164, or a `sip:` URI."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """To go with the REFER."""
    ringing_timeout_s: float
    """How long the destination may take to answer."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Referral:
    """How a REFER ended."""

    result: transfers.AttemptResult
    """`answered`: the carrier has taken the caller over, whose leg leaves within about a second."""
    sip_status_code: int | None = None
    is_refused: bool = False
    """REFER itself was not accepted: nobody's phone has rung, so the destination may be dialed instead."""

    @property
    def is_unknown(self) -> bool:
        """Nobody can say how it went: the destination may have been connected, so it must not be dialed."""
        return self.result is transfers.AttemptResult.UNKNOWN


class Referrer(Protocol):
    """Whoever sends REFER."""

    async def refer(self, refer: Refer) -> Referral:
        """Ask the carrier and wait for the outcome; the job plays music meanwhile. Never raises for a failed one."""
        ...


class LiveKitReferrer:
    """`Referrer` over LiveKit's API."""

    def __init__(self, livekit: api.LiveKitAPI) -> None:
        self._livekit = livekit

    async def refer(self, refer: Refer) -> Referral:
        try:
            wanted = request(refer)
        except errors.InvalidSipUri:
            return Referral(result=transfers.AttemptResult.INVALID_NUMBER)
        try:
            async with asyncio.timeout(refer.ringing_timeout_s + _LATE_S):
                await self._livekit.sip.transfer_sip_participant(wanted)
        except api.ServerError as error:
            return _failure(error)
        except aiohttp.ClientConnectorError:
            return Referral(result=transfers.AttemptResult.UNAVAILABLE)  # nothing was sent
        except (aiohttp.ClientError, TimeoutError):
            return Referral(result=transfers.AttemptResult.UNKNOWN)
        return Referral(result=transfers.AttemptResult.ANSWERED, sip_status_code=200)


def request(refer: Refer) -> api.TransferSIPParticipantRequest:
    """A REFER in LiveKit's words.

    Raises:
        InvalidSipUri: the destination is neither a number nor a SIP URI with a user.
    """
    return api.TransferSIPParticipantRequest(
        room_name=refer.room_name,
        participant_identity=refer.identity,
        transfer_to=target(refer.to),
        # While LiveKit plays its own tone it passes nothing on to the caller, and it does not stop before the REFER is
        # answered: 32 s where the carrier leaves it unanswered, whatever the deadline.
        play_dialtone=False,
        headers=dict(refer.headers),
        ringing_timeout=duration_pb2.Duration(seconds=max(1, round(refer.ringing_timeout_s))),
    )


def target(to: str) -> str:
    """A destination for the header Refer-To, in which LiveKit checks next to nothing: a blank goes out as it is.

    Of a SIP URI only scheme, user, host and port are left: its headers (`?…`) would become those of somebody else's
    INVITE.

    Raises:
        InvalidSipUri: it is neither a number nor a SIP URI with a user.
    """
    if numbers.is_e164(to):
        return f"tel:{to}"
    uri = numbers.parse_uri(to)
    if uri.scheme == "tel" or not uri.user or not (to.isascii() and to.isprintable()):
        raise errors.InvalidSipUri
    return str(uri)


def _failure(error: api.ServerError) -> Referral:
    if isinstance(error, api.SipCallError) and error.sip_status_code is not None:
        return _of_status(error.sip_status_code, is_answer_to_refer=_ANSWER_TO_REFER.match(error.message) is not None)
    if error.code == api.ServerErrorCode.NOT_FOUND:
        return Referral(result=transfers.AttemptResult.CANCELLED)  # the leg has left: the caller hung up before
    return Referral(result=transfers.AttemptResult.UNKNOWN)


def _of_status(code: int, *, is_answer_to_refer: bool) -> Referral:
    """What a final SIP response says, of the carrier or, by NOTIFY, of the destination.

    A message of another form than is known counts as the destination's answer: whoever may have declined is not called.
    """
    result = transfers.result_of(code)
    if not is_answer_to_refer:
        return Referral(result=result, sip_status_code=code)
    if code == _REQUEST_TIMEOUT:
        return Referral(result=transfers.AttemptResult.UNKNOWN, sip_status_code=code)
    if code == _NO_DIALOG:
        return Referral(result=transfers.AttemptResult.CANCELLED, sip_status_code=code)
    return Referral(result=result, sip_status_code=code, is_refused=result in _OF_THE_CARRIER)
