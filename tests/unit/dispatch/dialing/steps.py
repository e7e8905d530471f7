"""What tests of placed calls do again and again; the job of a call is played here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from callcore import calls, contract, transfers
from dispatch import keys
from dispatch.store import dials as rows
from tests.unit.dispatch import conftest, dialers, doubles, samples

TO = "+12015550123"
SOON_S = 30.0
PATH = "/v1/sessions/phone"


async def request(service: conftest.Service, **changes: Any) -> tuple[int, Any]:
    """Ask for a call; a worker that takes calls is there."""
    await service.internal("POST", "/internal/workers", samples.report())
    headers = {"Idempotency-Key": changes.pop("key")} if "key" in changes else {}
    body = {"to": TO, "agentId": "front-desk"} | changes
    return await service.public(PATH, "POST", json=body, headers=headers)


async def accepted(service: conftest.Service, **changes: Any) -> str:
    """A call that is accepted."""
    status, answer = await request(service, **changes)
    assert status == 202, answer
    return str(answer["callId"])


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SOON_S):
        while not await what():
            await asyncio.sleep(0.002)


async def room_of(service: conftest.Service, call_id: str, tries: int = 1) -> contract.JobAssignment:
    """What the job of a call is told, once its room is made for the so-manieth time."""

    async def made() -> bool:
        return len([name for name, _ in service.livekit.opened if name == call_id]) >= tries

    await until(made)
    told = [metadata for name, metadata in service.livekit.opened if name == call_id]
    return contract.JobAssignment.model_validate_json(told[-1])


async def joins(service: conftest.Service, call_id: str, tries: int = 1, *, job: str = "AJ_1") -> contract.CallPlan:
    """The job announces its call; it has not said yet that it can talk."""
    told = await room_of(service, call_id, tries)
    intake = samples.intake(
        call_id,
        job=job,
        direction=calls.Direction.OUTBOUND,
        caller=told.caller,
        dialed=told.dialed,
        trunk_id=None,
        rule_id=None,
        generation=told.generation,
    )
    status, answer = await service.internal("POST", "/internal/calls", intake)
    assert (status, answer["call_id"]) == (200, call_id), answer
    service.livekit.present.setdefault(call_id, []).append(doubles.AGENT)
    if answer["plan"] is None:  # it is made while the job starts
        status, plan = await service.internal("GET", f"/internal/calls/{call_id}/plan")
        assert status == 200, plan
        return contract.CallPlan.model_validate(plan)
    return contract.CallPlan.model_validate(answer["plan"])


async def says_ready(service: conftest.Service, call_id: str, generation: int = 1, *, job: str = "AJ_1") -> int:
    word = contract.Ready(job_id=job, generation=generation)
    status, _ = await service.internal("POST", f"/internal/calls/{call_id}/ready", word)
    return status


async def ringing(service: conftest.Service, **changes: Any) -> str:
    """A call whose callee's phone rings."""
    call_id = await accepted(service, **changes)
    await joins(service, call_id)
    assert await says_ready(service, call_id) == 204
    await rings(service, call_id)
    return call_id


async def rings(service: conftest.Service, call_id: str) -> None:
    async def dialed() -> bool:
        return any(dial.room_name == call_id for dial in service.dialer.dials)

    await until(dialed)


async def call(service: conftest.Service, call_id: str) -> dict[str, Any]:
    status, body = await service.public(f"/v1/calls/{call_id}")
    assert status == 200
    return dict(body)


async def comes_to(service: conftest.Service, call_id: str, status: str) -> dict[str, Any]:
    """The call, once it is there."""

    async def there() -> bool:
        return bool((await call(service, call_id))["status"] == status)

    await until(there)
    return await call(service, call_id)


async def events(service: conftest.Service, call_id: str) -> list[str]:
    _, body = await service.public(f"/v1/calls/{call_id}/events")
    assert [event["sequence"] for event in body["events"]] == list(range(1, len(body["events"]) + 1))
    return [event["type"] for event in body["events"]]


async def row(service: conftest.Service, call_id: str) -> rows.Dial:
    async with service.store.reading() as tx:
        dial = await rows.get(tx, call_id)
    assert dial is not None
    return dial


async def is_over(service: conftest.Service, call_id: str) -> None:
    """The dial is in nobody's hands any more."""

    async def over() -> bool:
        return (await row(service, call_id)).state is rows.State.OVER

    await until(over)


async def crash(service: conftest.Service) -> None:
    """The process dies: nothing of what it had in hand goes on, and its leases run out."""
    dialing = service.app[keys.DIALING]
    tasks = list(dialing._tasks.values())
    dialing._tasks.clear()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    service.clock.advance(5)
    await service.internal("POST", "/internal/workers", samples.report())


async def looks(service: conftest.Service) -> None:
    """Dispatch looks at the store for what is due and in nobody's hands."""
    await service.app[keys.DIALING].take_up()


def picked_up(service: conftest.Service, call_id: str, identity: str) -> None:
    """The phone is answered, and nobody of dispatch is there to see it."""
    service.dialer.remove(call_id, identity)
    service.livekit.present[call_id].append(dialers.leg(identity, "active"))


ANSWERED, BUSY = transfers.AttemptResult.ANSWERED, transfers.AttemptResult.BUSY


def metadata(assignment: contract.JobAssignment) -> dict[str, Any]:
    return dict(json.loads(assignment.model_dump_json()))
