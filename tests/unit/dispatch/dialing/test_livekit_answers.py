"""What LiveKit says of a dial, in our words."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp
import pytest
from livekit import api

from callcore import contract, transfers
from dispatch.livekit import dialing
from sip_config.schema import trunks

pytestmark = pytest.mark.unit

ROUTE = dialing.Route(host="127.0.0.1", user="+12015550123", transport=trunks.Transport.UDP, caller="+12015550100")
DIAL = dialing.Dial(room_name="call_1", identity="callee_1", route=ROUTE, ringing_timeout_s=contract.RINGING_S)


class _Sip:
    """Takes the place of LiveKit's API for dials."""

    def __init__(self, outcome: Exception | None) -> None:
        self.sip = self
        self._outcome = outcome

    async def create_sip_participant(self, _: api.CreateSIPParticipantRequest, timeout: float | None = None) -> None:
        if self._outcome is not None:
            raise self._outcome


def _refused(code: str, phrase: str | None) -> Exception:
    metadata = {"sip_status_code": code} | ({"sip_status": phrase} if phrase is not None else {})
    return api.SipCallError("resource_exhausted", "refused", status=429, metadata=metadata)


def _failed(code: str) -> Exception:
    return api.ServerError(code, "sip request timed out", status=408)


RESULTS = transfers.AttemptResult
CASES: list[tuple[Exception | None, dialing.Answer]] = [
    (None, dialing.Answer(result=RESULTS.ANSWERED, sip_status_code=200)),
    (_refused("486", "Busy Here"), dialing.Answer(result=RESULTS.BUSY, sip_status_code=486, sip_status="Busy Here")),
    (_refused("603", ""), dialing.Answer(result=RESULTS.REJECTED, sip_status_code=603)),
    (_refused("503", None), dialing.Answer(result=RESULTS.CARRIER_FAILURE, sip_status_code=503)),
    (
        _refused("404", "x" * 500),
        dialing.Answer(result=RESULTS.INVALID_NUMBER, sip_status_code=404, sip_status="x" * 100),
    ),
    (_failed("canceled"), dialing.Answer(result=RESULTS.NO_ANSWER, is_early=True)),
    (_failed("deadline_exceeded"), dialing.Answer(result=RESULTS.NO_ANSWER, is_early=True)),
    (_failed("unavailable"), dialing.Answer(result=RESULTS.UNKNOWN)),
    (_failed("not_found"), dialing.Answer(result=RESULTS.CARRIER_FAILURE)),
    (aiohttp.ServerDisconnectedError(), dialing.Answer(result=RESULTS.UNKNOWN)),
    (TimeoutError(), dialing.Answer(result=RESULTS.UNKNOWN)),
    (
        aiohttp.ClientConnectorError(cast(Any, None), OSError()),
        dialing.Answer(result=RESULTS.UNAVAILABLE),
    ),
]


async def test_only_the_sip_status_tells_why_nobody_answered() -> None:
    dials = [dialing.LiveKitDialer(cast(api.LiveKitAPI, _Sip(outcome))).dial(DIAL) for outcome, _ in CASES]
    assert await asyncio.gather(*dials) == [answer for _, answer in CASES]


async def test_a_phone_that_rang_for_its_time_was_not_called_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "_EARLY_S", contract.RINGING_S + 0.001)
    answer = await dialing.LiveKitDialer(cast(api.LiveKitAPI, _Sip(_failed("canceled")))).dial(DIAL)
    assert answer == dialing.Answer(result=RESULTS.NO_ANSWER)


def test_a_forward_says_whose_leg_it_is_and_lets_the_caller_hear_it_ring() -> None:
    of_forward = {"transfer_id": "tr_1", "kind": transfers.Kind.FORWARD, "plays_dialtone": True}
    wanted = dialing.request(dialing.Dial(**(vars(DIAL) | of_forward)))
    assert dict(wanted.participant_attributes) == {transfers.LEG_ATTRIBUTE: "tr_1"}
    assert (wanted.participant_name, wanted.play_dialtone) == ("forward", True)
    assert not wanted.HasField("max_call_duration")
