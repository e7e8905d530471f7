"""livekit-sip asks a phone to call somebody else: what becomes of it, and what LiveKit makes of that."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from google.protobuf import duration_pb2
from livekit import api

from lab import softphone
from lab.softphone import referrings
from lab.stack import stacks

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

HUMAN = "+12015550177"
_ANSWER_S = 10.0
_DEADLINE_S = 1  # of a REFER: LiveKit counts in whole seconds
_PATIENCE_S = 10
_BYE_S = 5.0  # LiveKit hangs up one second after the news that the other phone has answered
_TRANSFERRED = (200, None)  # LiveKit says nothing where the phone's BYE overtakes what it has to say
_LEAVE = ("tells_twice", "out_of_order", "hangs_up", "stays")
_TELL_NOTHING = ("never_notifies", "only_tries", "no_result", "no_body", "unanswered")
CALLERS_HZ, HUMANS_HZ, *_ = softphone.CLEAR_HZ


class Leg:
    """A phone in a room: LiveKit has called it."""

    def __init__(self, livekit: api.LiveKitAPI, room: str, phone: softphone.Softphone) -> None:
        self._livekit = livekit
        self._room = room
        self.phone = phone

    async def call(self) -> softphone.IncomingCall:
        """Have LiveKit call the phone, which answers."""
        self.phone.answer_with(softphone.Answering())
        host, port = self.phone.address
        request = api.CreateSIPParticipantRequest(
            room_name=self._room,
            participant_identity="leg",
            sip_call_to="+12015550123",
            sip_number="+12015550100",
            wait_until_answered=True,
        )
        request.trunk.hostname = f"{host}:{port}"
        request.trunk.transport = api.SIPTransport.SIP_TRANSPORT_UDP
        await self._livekit.sip.create_sip_participant(request)
        return await self.phone.next_call(timeout=_ANSWER_S)

    async def transfer(self, to: str, *, deadline_s: int = _PATIENCE_S) -> int | None:
        """Have LiveKit refer the phone; the SIP status of a failure, 200 for success, None where nothing was told."""
        request = api.TransferSIPParticipantRequest(
            room_name=self._room,
            participant_identity="leg",
            transfer_to=to,
            headers={"X-Case": "7"},
            ringing_timeout=duration_pb2.Duration(seconds=deadline_s),
        )
        try:
            await self._livekit.sip.transfer_sip_participant(request)
        except api.SipCallError as error:
            return error.sip_status_code
        except api.ServerError:
            return None
        return 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def livekit() -> AsyncIterator[api.LiveKitAPI]:
    async with stacks.running(
        stacks.StackOptions(environment=os.environ, max_calls=2 * len(referrings.FAULTS))
    ) as stack:
        access = stack.site.access
        async with api.LiveKitAPI(access.url, access.api_key, access.api_secret) as client:
            yield client


_rooms = itertools.count(1)


@contextlib.asynccontextmanager
async def _legs(livekit: api.LiveKitAPI) -> AsyncIterator[Leg]:
    room = f"refer{next(_rooms)}"
    async with softphone.Softphone.open() as phone:
        yield Leg(livekit, room, phone)
        await livekit.room.delete_room(api.DeleteRoomRequest(room=room))


@pytest_asyncio.fixture(loop_scope="module")
async def leg(livekit: api.LiveKitAPI) -> AsyncIterator[Leg]:
    async with _legs(livekit) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def human() -> AsyncIterator[softphone.Softphone]:
    async with softphone.Softphone.open() as phone:
        phone.answer_with(softphone.RINGS_FOREVER)
        yield phone


async def test_a_referred_phone_talks_to_whom_it_was_referred_to(leg: Leg, human: softphone.Softphone) -> None:
    leg.phone.refer_with(softphone.Referring(proxy=human.address))
    call = await leg.call()
    transfer = asyncio.create_task(leg.transfer(f"tel:{HUMAN}"))
    referral = await call.referred(timeout=_ANSWER_S)
    far = await human.next_call(timeout=_ANSWER_S)
    await _told(referral, 180)
    far.answer()
    assert await transfer in _TRANSFERRED
    assert (await call.ended(timeout=_BYE_S)).by is softphone.EndedBy.PHONE
    assert (referral.refer_to, referral.headers.get("X-Case")) == (f"tel:{HUMAN}", "7")
    assert [(note.code, note.answer) for note in referral.notifications] == [(100, 200), (180, 200), (200, 200)]
    near = referral.call
    assert near is not None
    await near.answered(timeout=_ANSWER_S)
    await asyncio.gather(
        near.play(softphone.tone(CALLERS_HZ, 0.3), rate=8000), far.play(softphone.tone(HUMANS_HZ, 0.3), rate=8000)
    )
    for end, hz in ((near, HUMANS_HZ), (far, CALLERS_HZ)):
        await end.hears_silence(for_s=0.2, timeout=10, since_s=end.now_s)
        assert end.tones_heard(hz) != []


async def test_what_livekit_makes_of_every_fault(livekit: api.LiveKitAPI) -> None:
    """All at once, because some take a while."""
    async with asyncio.TaskGroup() as tasks:
        outcomes = {name: tasks.create_task(_outcome(livekit, name)) for name in referrings.FAULTS}
    assert {name: outcome.result() for name, outcome in outcomes.items()} == {
        "403": (403, None),
        "403_with_allow": (403, None),
        "405": (405, None),
        "405_with_allow": (405, None),
        "501": (501, None),
        "603": (603, None),
        "notify_486": (486, None),
        "notify_503": (503, None),
        **dict.fromkeys(_TELL_NOTHING, (None, None)),
        "tells_twice": (200, softphone.EndedBy.PHONE),
        "out_of_order": (200, softphone.EndedBy.PHONE),
        "hangs_up": (200, softphone.EndedBy.PHONE),
        "stays": (200, softphone.EndedBy.PEER),
    }


async def _outcome(livekit: api.LiveKitAPI, name: str) -> tuple[int | None, softphone.EndedBy | None]:
    """What LiveKit says of a transfer, and who ended the call then; None: nobody."""
    async with _legs(livekit) as leg:
        leg.phone.refer_with(referrings.FAULTS[name])
        call = await leg.call()
        told = await leg.transfer(f"tel:{HUMAN}", deadline_s=_DEADLINE_S if name in _TELL_NOTHING else _PATIENCE_S)
        if name not in _LEAVE:
            return told, call.ending.by if call.ending else None
        return 200 if told in _TRANSFERRED else told, (await call.ended(timeout=_BYE_S)).by


async def test_success_that_is_told_after_the_deadline_changes_nothing(leg: Leg) -> None:
    leg.phone.refer_with(referrings.notifies(200, after_s=_DEADLINE_S + 1.0))
    call = await leg.call()
    assert await leg.transfer(f"tel:{HUMAN}", deadline_s=_DEADLINE_S) is None
    await _sent(call, 2)
    assert call.is_up


async def _told(referral: softphone.Referral, code: int) -> None:
    """Wait until LiveKit has taken such a NOTIFY."""
    async with asyncio.timeout(_ANSWER_S):
        while (code, 200) not in [(note.code, note.answer) for note in referral.notifications]:
            await asyncio.sleep(0.02)


async def _sent(call: softphone.Call, count: int) -> None:
    """Wait until the phone has sent so many NOTIFY."""
    async with asyncio.timeout(_ANSWER_S):
        while len(call.signalling.requests("NOTIFY")) < count:
            await asyncio.sleep(0.02)
