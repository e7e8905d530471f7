"""What LiveKit says of a REFER, in our words, and how we ask for one."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp
import pytest
from livekit import api

from callcore import errors, transfers
from dispatch.livekit import referring

pytestmark = pytest.mark.unit

REFER = referring.Refer(
    room_name="call_1",
    identity="sip_+12015550123",
    to="+12015550199",
    headers={"X-Account": "7"},
    ringing_timeout_s=20,
)
RESULT = transfers.AttemptResult


class _Sip:
    """Takes the place of LiveKit's API for REFERs."""

    def __init__(self, outcome: Exception | None = None, *, hangs: bool = False) -> None:
        self.sip = self
        self._outcome = outcome
        self._hangs = hangs

    async def transfer_sip_participant(self, _: api.TransferSIPParticipantRequest) -> None:
        if self._hangs:
            await asyncio.get_running_loop().create_future()
        if self._outcome is not None:
            raise self._outcome


def answered(code: int, phrase: str = "Decline") -> Exception:
    """REFER itself is answered so, in livekit-sip's words."""
    return _sip_error(f"twirp error unknown: sip status: {code}: {phrase}", code)


def notified(code: int, phrase: str = "Decline") -> Exception:
    """REFER was accepted, and a NOTIFY says so."""
    return _sip_error(f"twirp error unknown: call transfer failed: sip status: {code}: {phrase}", code)


def _sip_error(message: str, code: int) -> Exception:
    return api.SipCallError("permission_denied", message, status=403, metadata={"sip_status_code": str(code)})


def failed(code: str) -> Exception:
    return api.ServerError(code, "request timed out", status=408)


async def referral(outcome: Exception | None) -> referring.Referral:
    return await referring.LiveKitReferrer(cast(api.LiveKitAPI, _Sip(outcome))).refer(REFER)


@pytest.mark.parametrize(
    ("outcome", "result", "code", "is_refused"),
    [
        (None, RESULT.ANSWERED, 200, False),  # NOTIFY 200, or BYE after 202: whoever sends the BYE
        (answered(603), RESULT.REJECTED, 603, True),
        (answered(405), RESULT.CARRIER_FAILURE, 405, True),
        (answered(403), RESULT.CARRIER_FAILURE, 403, True),
        (answered(501), RESULT.CARRIER_FAILURE, 501, True),
        (answered(420), RESULT.CARRIER_FAILURE, 420, True),
        (answered(503), RESULT.CARRIER_FAILURE, 503, True),
        (notified(486), RESULT.BUSY, 486, False),
        (notified(503), RESULT.CARRIER_FAILURE, 503, False),
        (notified(480), RESULT.UNAVAILABLE, 480, False),
        (notified(404), RESULT.INVALID_NUMBER, 404, False),
        (notified(408), RESULT.NO_ANSWER, 408, False),
        (notified(603), RESULT.REJECTED, 603, False),  # a person declined: their phone is not to ring again
        (notified(403), RESULT.CARRIER_FAILURE, 403, False),
        (notified(405), RESULT.CARRIER_FAILURE, 405, False),
        (answered(486), RESULT.BUSY, 486, False),  # a carrier that tried the destination before it answered
        (answered(404), RESULT.INVALID_NUMBER, 404, False),
        (answered(408), RESULT.UNKNOWN, 408, False),
        (answered(481), RESULT.CANCELLED, 481, False),
        (answered(603, "call transfer failed: "), RESULT.REJECTED, 603, True),
        (notified(603, "twirp error unknown: sip status: "), RESULT.REJECTED, 603, False),
        (_sip_error("sip status: 405: Method Not Allowed", 405), RESULT.CARRIER_FAILURE, 405, True),
        (_sip_error("in words of a later version", 603), RESULT.REJECTED, 603, False),
        (failed("deadline_exceeded"), RESULT.UNKNOWN, None, False),  # no NOTIFY, 100 alone, or REFER unanswered
        (failed("canceled"), RESULT.UNKNOWN, None, False),
        (failed("unavailable"), RESULT.UNKNOWN, None, False),
        (failed("invalid_argument"), RESULT.UNKNOWN, None, False),  # an earlier REFER is still under way
        (failed("not_found"), RESULT.CANCELLED, None, False),
        (aiohttp.ServerDisconnectedError(), RESULT.UNKNOWN, None, False),
        (TimeoutError(), RESULT.UNKNOWN, None, False),
        (aiohttp.ClientConnectorError(cast(Any, None), OSError()), RESULT.UNAVAILABLE, None, False),
    ],
)
async def test_what_came_of_it(
    outcome: Exception | None, result: transfers.AttemptResult, code: int | None, is_refused: bool
) -> None:
    found = await referral(outcome)
    assert (found.result, found.sip_status_code, found.is_refused) == (result, code, is_refused)
    assert found.is_unknown is (result is RESULT.UNKNOWN)


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referring, "_LATE_S", -REFER.ringing_timeout_s + 0.01)
    stuck = referring.LiveKitReferrer(cast(api.LiveKitAPI, _Sip(hangs=True)))
    assert (await stuck.refer(REFER)).is_unknown


async def test_what_is_no_destination_is_not_sent() -> None:
    nowhere = referring.Refer(**(vars(REFER) | {"to": "sip:nobody"}))
    found = await referring.LiveKitReferrer(cast(api.LiveKitAPI, _Sip(AssertionError()))).refer(nowhere)
    assert found == referring.Referral(result=RESULT.INVALID_NUMBER)


def test_a_refer_in_livekits_words() -> None:
    asked = referring.request(REFER)
    assert (asked.room_name, asked.participant_identity) == ("call_1", "sip_+12015550123")
    assert (asked.transfer_to, dict(asked.headers)) == ("tel:+12015550199", {"X-Account": "7"})
    assert (asked.play_dialtone, asked.ringing_timeout.seconds) == (False, 20)


@pytest.mark.parametrize(
    ("to", "target"),
    [
        ("+12015550199", "tel:+12015550199"),
        ("sip:sales@pbx.example", "sip:sales@pbx.example"),
        ("sips:sales@pbx.example:5061", "sips:sales@pbx.example:5061"),
        ("sip:sales@pbx.example;transport=tcp?Replaces=1", "sip:sales@pbx.example"),
    ],
)
def test_whom_the_carrier_is_to_call(to: str, target: str) -> None:
    assert referring.target(to) == target


@pytest.mark.parametrize(
    "to",
    [
        "2015550199",
        "tel:+12015550199",
        "sip:pbx.example",
        "sip:a b@pbx.example",
        "sip:a@pbx.example\r\nX-Evil: 1",
        "sip:a\x00@pbx.example",
        "sip:ä@pbx.example",
        "<sip:a@pbx.example>",
        "",
    ],
)
def test_whom_nobody_can_call(to: str) -> None:
    with pytest.raises(errors.InvalidSipUri):
        referring.target(to)
