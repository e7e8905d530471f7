"""LiveKit's SIP service with a deadline on every call, and its failures as ours."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
from google.protobuf import message as protobuf
from livekit import api

from callcore import errors

_CALL_S = 5.0  # the server answers in milliseconds; this is for one that hangs
_REFUSALS = frozenset({"invalid_argument", "failed_precondition", "already_exists", "permission_denied"})
_UNAUTHORIZED = 401
_DIGITS = re.compile(r"\+?\d[\d\s().-]{5,}\d")

Answer = TypeVar("Answer")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inventory:
    """Everything inbound that LiveKit has, ours and others'."""

    trunks: tuple[api.SIPInboundTrunkInfo, ...]
    rules: tuple[api.SIPDispatchRuleInfo, ...]


class Gone(errors.Unavailable):
    """The object was deleted by somebody else meanwhile."""


class SipService:
    """What `apply` asks of LiveKit.

    Every method raises `errors.Conflict` where LiveKit refuses, and `errors.Unavailable` where it does not answer.
    """

    def __init__(self, livekit_api: api.LiveKitAPI) -> None:
        self._sip = livekit_api.sip

    async def inventory(self) -> Inventory:
        trunks = await _answer("listing trunks", self._sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest()))
        rules = await _answer("listing rules", self._sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest()))
        return Inventory(trunks=tuple(trunks.items), rules=tuple(rules.items))

    async def create(self, message: api.SIPInboundTrunkInfo | api.SIPDispatchRuleInfo) -> str:
        """Make a trunk or rule; returns the server's id."""
        doing = f"creating `{message.name}`"
        if isinstance(message, api.SIPInboundTrunkInfo):
            trunk_request = api.CreateSIPInboundTrunkRequest(trunk=message)
            return (await _answer(doing, self._sip.create_inbound_trunk(trunk_request))).sip_trunk_id
        rule_request = api.CreateSIPDispatchRuleRequest(dispatch_rule=message)
        return (await _answer(doing, self._sip.create_dispatch_rule(rule_request))).sip_dispatch_rule_id

    async def update(self, object_id: str, message: api.SIPInboundTrunkInfo | api.SIPDispatchRuleInfo) -> None:
        """Replace all of a trunk or rule."""
        doing = f"changing `{message.name}`"
        if isinstance(message, api.SIPInboundTrunkInfo):
            await _answer(doing, self._sip.update_inbound_trunk(object_id, message))
        else:
            await _answer(doing, self._sip.update_dispatch_rule(object_id, message))

    async def delete_trunk(self, trunk_id: str) -> None:
        request = api.DeleteSIPTrunkRequest(sip_trunk_id=trunk_id)
        await _answer(f"deleting {trunk_id}", self._sip.delete_trunk(request))

    async def delete_rule(self, rule_id: str) -> None:
        request = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule_id)
        with contextlib.suppress(Gone):
            await _answer(f"deleting {rule_id}", self._sip.delete_dispatch_rule(request))


async def _answer(doing: str, call: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(_CALL_S):
            return await call
    except api.ServerError as error:
        raise _failure(doing, error) from None
    except TimeoutError:
        raise errors.Unavailable(f"LiveKit, {doing}: no answer within {_CALL_S:g} s") from None
    except protobuf.DecodeError:
        raise errors.Unavailable(f"LiveKit, {doing}: what answers is no livekit-server") from None
    except aiohttp.ClientConnectorError as error:
        reason = error.strerror or type(error).__name__
        raise errors.Unavailable(f"LiveKit, {doing}: no connection: {reason}") from None
    except aiohttp.ClientError as error:
        raise errors.Unavailable(f"LiveKit, {doing}: {type(error).__name__}") from None


def _failure(doing: str, error: api.ServerError) -> errors.TrunklineError:
    if error.status == _UNAUTHORIZED:
        return errors.Unavailable(f"LiveKit, {doing}: it does not take LIVEKIT_API_KEY with this LIVEKIT_API_SECRET")
    said = _DIGITS.sub("•••", error.message) or f"status {error.status}"  # the server's words may hold phone numbers
    message = f"LiveKit, {doing}: {error.code}: {said}"
    if error.code == "not_found":
        return Gone(message)
    return errors.Conflict(message) if error.code in _REFUSALS else errors.Unavailable(message)
