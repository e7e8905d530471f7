"""The room is deleted at the end, whatever fails; and a server that does not do it is not asked for ever."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

import aiohttp
import pytest
from livekit import api, rtc

from callcore import contract, endings
from worker import rooms
from worker.jobs import closing

pytestmark = pytest.mark.unit

ROOM = "call_+12015550100_x7"
GONE = api.ServerError(api.TwirpErrorCode.NOT_FOUND, "requested room does not exist", status=404)
BROKEN = api.ServerError(api.TwirpErrorCode.INTERNAL, "oops", status=500)
HANGS = "hangs"


class RoomService:
    """Stands in for livekit-server: each request takes the next of what is scripted."""

    def __init__(self, *script: Exception | str | None) -> None:
        self._script = list(script)
        self.deleted: list[str] = []
        self.room = self

    async def delete_room(self, request: api.DeleteRoomRequest) -> None:
        self.deleted.append(request.room)
        step = self._script.pop(0)
        if step == HANGS:
            await asyncio.Event().wait()
        if isinstance(step, Exception):
            raise step


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "_PAUSE_S", 0.0)
    monkeypatch.setattr(rooms, "_ATTEMPT_S", 0.02)
    monkeypatch.setattr(closing, "_REFUSAL_S", 0.02)


async def delete(service: RoomService) -> None:
    await rooms.delete(service, ROOM)  # type: ignore[arg-type]  # the one method that is needed


@pytest.mark.parametrize(
    "script",
    [
        [None],
        [GONE],
        [BROKEN, None],
        [aiohttp.ClientConnectionError(), GONE],
        [HANGS, None],
        [HANGS, BROKEN, None],
    ],
    ids=str,
)
async def test_it_is_asked_until_the_room_is_gone(script: list[Exception | str | None]) -> None:
    service = RoomService(*script)
    await delete(service)
    assert service.deleted == [ROOM] * len(script)


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        ([BROKEN] * 3, api.ServerError),
        ([HANGS] * 3, TimeoutError),
        ([aiohttp.ClientConnectionError()] * 3, aiohttp.ClientConnectionError),
    ],
)
async def test_it_is_asked_three_times_at_most(script: list[Exception | str | None], failure: type[Exception]) -> None:
    service = RoomService(*script)
    with pytest.raises(failure):
        await delete(service)
    assert len(service.deleted) == 3


class Context:
    """The parts of a job's context that closing uses."""

    def __init__(self, service: RoomService) -> None:
        self.api = service
        self.job = type("Job", (), {"room": type("Room", (), {"name": ROOM})()})()


async def test_a_room_that_cannot_be_deleted_is_left_to_dispatch(caplog: pytest.LogCaptureFixture) -> None:
    service = RoomService(BROKEN, BROKEN, BROKEN)
    with caplog.at_level(logging.ERROR):
        await closing.end_every_leg(Context(service))  # type: ignore[arg-type]
    (record,) = caplog.records
    assert record.getMessage() == "the room could not be deleted"
    assert record.__dict__["error_class"] == "ServerError"


class RefusingRoom:
    """A room whose only method is the request to livekit-sip."""

    def __init__(self, answer: Callable[[], None]) -> None:
        self._answer = answer
        self.requests: list[dict[str, str]] = []
        self.local_participant = self

    async def perform_rpc(self, **request: str) -> str:
        self.requests.append(request)
        await asyncio.sleep(0)
        self._answer()
        return ""


REFUSAL = contract.Refuse(reason=endings.Reason.REJECTED, sip_status_code=603, text="Decline")


async def refuse(room: RefusingRoom) -> None:
    caller = type("Caller", (), {"identity": "sip_1"})()
    await closing.refuse(room, caller, REFUSAL)  # type: ignore[arg-type]


async def test_a_refusal_tells_code_and_text_in_the_reason_header() -> None:
    room = RefusingRoom(lambda: None)
    await refuse(room)
    (request,) = room.requests
    assert (request["destination_identity"], request["method"]) == ("sip_1", "lk.sip.EndCall")
    assert json.loads(request["payload"]) == {"headers": {"Reason": 'SIP;cause=603;text="Decline"'}}


async def test_a_refusal_that_livekit_sip_does_not_take_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise rtc.RpcError(1400, "unsupported")

    await refuse(RefusingRoom(fail))
    assert [record.__dict__["error_class"] for record in caplog.records] == ["RpcError"]


async def test_a_refusal_that_is_not_answered_does_not_hold_the_call(caplog: pytest.LogCaptureFixture) -> None:
    class Mute(RefusingRoom):
        async def perform_rpc(self, **request: str) -> str:
            await asyncio.Event().wait()
            return ""

    async with asyncio.timeout(30):
        await refuse(Mute(lambda: None))
    assert [record.__dict__["error_class"] for record in caplog.records] == ["TimeoutError"]
