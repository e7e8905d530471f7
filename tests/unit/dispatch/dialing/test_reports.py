"""The report of a call that we place and that comes to nothing."""

from __future__ import annotations

from typing import Any

import pytest

from callcore import contract
from dispatch import keys
from tests.unit.dispatch import conftest
from tests.unit.dispatch.dialing import steps

pytestmark = pytest.mark.unit


async def report(service: conftest.Service, call_id: str) -> dict[str, Any]:
    while await service.app[keys.REPORTS].make_next():
        pass
    status, body = await service.public(f"/v1/calls/{call_id}/report")
    assert status == 200, body
    assert isinstance(body, dict)
    return body


async def test_a_busy_line(service: conftest.Service) -> None:
    call_id = await steps.ringing(service, metadata={"order": "7"})
    service.clock.advance(4)
    service.dialer.answer(steps.BUSY, 486)
    await steps.comes_to(service, call_id, "ended")
    told = await report(service, call_id)
    assert (told["direction"], told["to"], told["outcome"], told["contactStatus"]) == (
        "outbound",
        steps.TO,
        "busy",
        "no_answer",
    )
    assert (told["termination"]["reason"], told["termination"]["sipStatusCode"]) == ("busy", 486)
    assert (told["durations"]["talkSeconds"], told["durations"]["totalSeconds"]) == (None, 4.0)
    assert (told["transcript"], told["scheduledAt"], told["metadata"]["order"]) == ([], None, "7")


async def test_what_its_job_used_in_vain_is_counted_although_dispatch_ended_the_call(service: conftest.Service) -> None:
    call_id = await steps.ringing(service)
    service.dialer.answer(steps.BUSY, 486)
    await steps.comes_to(service, call_id, "ended")
    used = contract.ProviderUsage(part=contract.Part.TTS, provider="offline", model="", requests=1, characters=12)
    await service.deliver(contract.UsageRecord(usage=(used,)), room=call_id)
    told = await report(service, call_id)
    assert [(each["part"], each["characters"]) for each in told["usage"]] == [("tts", 12)]


async def test_a_call_that_was_cancelled_before_its_time(service: conftest.Service) -> None:
    call_id = await steps.accepted(service, schedule={"at": "2026-01-02T16:00:00Z"})
    await service.public(f"/v1/calls/{call_id}/hangup", "POST")
    told = await report(service, call_id)
    assert (told["outcome"], told["scheduledAt"]) == ("no_answer", "2026-01-02T16:00:00.000Z")
    assert told["durations"] == {"ringingSeconds": None, "talkSeconds": None, "totalSeconds": None}
