"""How often a call came back to us, as its own headers and our own dials tell."""

from __future__ import annotations

import dataclasses

import pytest

from callcore import calls, ids, transfers
from dispatch.ledger import hops
from dispatch.store import calls as call_rows
from dispatch.store import transfers as transfer_rows
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = pytest.mark.unit

ELSEWHERE = "+12015550199"
BACK = "call_+12015550199_b2"


async def announced(service: conftest.Service, room: str = samples.ROOM, **changes: object) -> str:
    """A job says that a call has arrived; the call's id."""
    intake = samples.intake(room, **changes)  # type: ignore[arg-type]  # names of its fields
    status, accepted = await service.internal("POST", "/internal/calls", intake)
    assert status == 200
    call_id: str = accepted["call_id"]
    return call_id


async def of(service: conftest.Service, call_id: str) -> int:
    async with service.store.reading() as tx:
        return await hops.of_call(tx, call_id)


async def dialing(
    service: conftest.Service,
    call_id: str,
    to: str,
    *,
    result: transfers.AttemptResult | None = None,
    state: transfers.State = transfers.State.DIALING,
) -> None:
    """A transfer of a call tries a destination."""
    now = service.clock.now()
    attempt = transfers.Attempt(to=to, label=None, result=result, sip_status_code=None, seconds=None, began_at=now)
    transfer = transfers.Transfer(
        id=ids.new(ids.TRANSFER, now),
        call_id=call_id,
        kind=transfers.Kind.WARM,
        state=state,
        attempts=(attempt,),
        created_at=now,
        updated_at=now,
    )
    async with service.store.writing() as tx:
        await call_rows.get(tx, call_id)
        await transfer_rows.insert(tx, transfer)


async def test_a_call_from_outside_has_made_none(service: conftest.Service) -> None:
    assert await of(service, await announced(service)) == 0


async def test_its_headers_are_kept_with_the_call(service: conftest.Service) -> None:
    assert await of(service, await announced(service, hops=2)) == 2


@pytest.mark.parametrize("to", [doubles.DIALED, f"sip:{doubles.DIALED}@carrier.example"])
async def test_a_number_that_we_dial_in_this_moment_is_the_same_call(service: conftest.Service, to: str) -> None:
    first = await announced(service, "call_+12015550100_a1", hops=1)
    await dialing(service, first, to)
    assert await of(service, await announced(service)) == 2


@pytest.mark.parametrize(
    ("to", "result", "state"),
    [
        (ELSEWHERE, None, transfers.State.DIALING),
        (doubles.DIALED, transfers.AttemptResult.BUSY, transfers.State.HOLDING),
        (doubles.DIALED, transfers.AttemptResult.ANSWERED, transfers.State.BRIDGED),
        ("sip:reception@pbx.example", None, transfers.State.DIALING),
    ],
)
async def test_other_dials_of_ours_have_nothing_to_do_with_it(
    service: conftest.Service, to: str, result: transfers.AttemptResult | None, state: transfers.State
) -> None:
    first = await announced(service, "call_+12015550100_a1", hops=1)
    await dialing(service, first, to, result=result, state=state)
    assert await of(service, await announced(service)) == 0


async def test_what_was_counted_at_the_beginning_stands_when_another_job_takes_the_call(
    service: conftest.Service,
) -> None:
    first = await announced(service, "call_+12015550100_a1")
    await dialing(service, first, doubles.DIALED)
    call_id = await announced(service)
    async with service.store.writing() as tx:
        (transfer,) = await transfer_rows.of_call(tx, first)
        await transfer_rows.update(tx, dataclasses.replace(transfer, state=transfers.State.BRIDGED))
    assert await announced(service, job="AJ_2", generation=2) == call_id
    assert await of(service, call_id) == 1


async def test_a_call_that_we_place_begins_anew(service: conftest.Service) -> None:
    first = await announced(service, "call_+12015550100_a1")
    await dialing(service, first, ELSEWHERE)
    placed = samples.intake(BACK, direction=calls.Direction.OUTBOUND, caller=doubles.DIALED, dialed=ELSEWHERE)
    async with service.store.reading() as tx:
        assert (await hops.counted(tx, placed, ELSEWHERE)).hops == 0
        arriving = placed.model_copy(update={"direction": calls.Direction.INBOUND})
        assert (await hops.counted(tx, arriving, ELSEWHERE)).hops == 1
