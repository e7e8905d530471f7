"""The list of calls: filters and pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from callcore import endings
from dispatch.v1 import cursors
from tests.unit.dispatch import conftest, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


async def make_calls(service: conftest.Service) -> None:
    """Five calls, a minute apart: two ended well, one busy, one in progress, one ringing; the last is outbound."""
    busy = samples.ENDED.model_copy(update={"reason": endings.Reason.BUSY})
    tails: list[tuple[Any, ...]] = [
        (samples.ROUTED, samples.ANSWERED, samples.said("Hi"), samples.ENDED),
        (samples.ROUTED, samples.ANSWERED, samples.said("Hi"), samples.ENDED),
        (busy,),
        (samples.ROUTED.model_copy(update={"agent_id": "sales"}), samples.ANSWERED),
        (),
    ]
    for number, tail in enumerate(tails):
        room = f"call_{number}"
        arrived = samples.arrived(
            room,
            caller=f"+1201555012{number}",
            arrived_at=samples.START + dt.timedelta(minutes=number),
            direction="outbound" if number == 4 else "inbound",
        )
        await service.deliver(arrived, *tail, spool=f"spool_{number}", room=room)


async def rooms(service: conftest.Service, query: str) -> list[str]:
    status, page = await service.public(f"/v1/calls?{query}")
    assert status == 200
    return [call["roomName"] for call in page["items"]]


FILTERS: tuple[tuple[str, list[str]], ...] = (
    ("", ["call_4", "call_3", "call_2", "call_1", "call_0"]),
    ("status=ended", ["call_2", "call_1", "call_0"]),
    ("status=in_progress", ["call_3"]),
    ("status=queued", ["call_4"]),
    ("direction=outbound", ["call_4"]),
    ("agentId=sales", ["call_3"]),
    ("agentId=nobody", []),
    ("number=%2B12015550122", ["call_2"]),
    ("number=12015550122", ["call_2"]),
    ("number=%28201%29%20555-0122", ["call_2"]),
    ("number=%2B12015550100&limit=2", ["call_4", "call_3"]),
    ("outcome=completed", ["call_1", "call_0"]),
    ("outcome=busy", ["call_2"]),
    ("from=2026-01-02T03:06:05Z", ["call_4", "call_3", "call_2"]),
    ("to=2026-01-02T03:06:05Z", ["call_1", "call_0"]),
    ("from=2026-01-02T04:05:05%2B01:00&to=2026-01-02T03:06:06Z", ["call_2", "call_1"]),
    ("status=ended&outcome=completed&number=%2B12015550121", ["call_1"]),
)


async def test_filters_narrow_the_list(service: conftest.Service) -> None:
    await make_calls(service)
    for query, found in FILTERS:
        assert await rooms(service, query) == found, query


async def test_pages_follow_one_another_without_gap_or_repetition(service: conftest.Service) -> None:
    await make_calls(service)
    seen, query = [], "limit=2"
    while True:
        _, page = await service.public(f"/v1/calls?{query}")
        seen += [call["roomName"] for call in page["items"]]
        if page["nextCursor"] is None:
            break
        assert len(page["items"]) == 2
        query = f"limit=2&cursor={page['nextCursor']}"
    assert seen == ["call_4", "call_3", "call_2", "call_1", "call_0"]


async def test_a_call_that_comes_in_meanwhile_does_not_disturb_the_pages(service: conftest.Service) -> None:
    await make_calls(service)
    _, page = await service.public("/v1/calls?limit=2")
    later = samples.arrived("call_9", arrived_at=samples.START + dt.timedelta(hours=1))
    await service.deliver(later, spool="spool_9", room="call_9")
    assert await rooms(service, f"limit=2&cursor={page['nextCursor']}") == ["call_2", "call_1"]


async def test_a_call_has_every_field_of_the_api_and_null_for_what_is_unknown(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(caller=None))
    call = await service.only_call()
    _, page = await service.public("/v1/calls")
    assert page["items"] == [{name: value for name, value in call.items() if name not in ("transcript", "overrides")}]
    known = {
        "callId",
        "direction",
        "status",
        "to",
        "dialedNumber",
        "roomName",
        "createdAt",
        "callerIdStatus",
        "ringBack",
    }
    empty: dict[str, Any] = {"transfers": [], "transcript": [], "metadata": {}}
    for name, value in call.items():
        assert (value is not None) if name in known | empty.keys() else (value is None), name
    assert empty.items() <= call.items()


def test_a_cursor_is_the_call_it_was_made_of() -> None:
    call_id = "call_01kxyz00000000000000000000"
    assert cursors.decode(cursors.encode(call_id)) == call_id
