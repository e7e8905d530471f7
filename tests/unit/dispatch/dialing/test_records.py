"""Steps of a dial that must not be taken."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable

import pytest

from callcore import dials, transfers
from dispatch import keys
from dispatch.dialing import records
from dispatch.store import dial_claims
from dispatch.store import dials as rows
from tests.unit.dispatch import conftest
from tests.unit.dispatch.dialing import steps

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

END = dials.termination(transfers.AttemptResult.BUSY)


async def _nothing(*_: object) -> tuple[()]:
    return ()


async def undriven(service: conftest.Service) -> rows.Dial:
    """The claim of a call that nobody goes on with."""
    call_id = await steps.accepted(service)
    tasks = list(service.app[keys.DIALING]._tasks.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return await steps.row(service, call_id)


def book_of(service: conftest.Service) -> records.Records:
    return records.Records(service.app[keys.LEDGER], service.store, service.clock)


_Step = Callable[[records.Records, rows.Dial], Awaitable[object]]
STEPS: list[_Step] = [
    lambda book, claim: book.held(claim, _nothing),
    lambda book, claim: book.again(claim),
    lambda book, claim: book.begin(claim),
    lambda book, claim: book.answered(claim),
    lambda book, claim: book.ended(claim, END),
]


async def test_whoever_has_lost_a_claim_writes_nothing(service: conftest.Service) -> None:
    claim, book = await undriven(service), book_of(service)
    later = service.clock.now() + dt.timedelta(seconds=9)
    async with service.store.writing() as tx:
        (taken,) = await dial_claims.claim(tx, by="another", now=later, until=later, but=(), most=1)
    same_name = dataclasses.replace(taken, generation=1)
    for step in STEPS:
        for lost in (claim, same_name):
            with pytest.raises(records.Lost):
                await step(book, lost)
    assert await steps.row(service, claim.call_id) == taken
    assert await steps.events(service, claim.call_id) == ["call.queued"]


async def test_a_phone_is_put_down_as_dialed_only_once(service: conftest.Service) -> None:
    claim, book = await undriven(service), book_of(service)
    await book.begin(claim)
    for step in STEPS[:3]:
        with pytest.raises(records.Lost):
            await step(book, claim)
    assert await steps.events(service, claim.call_id) == ["call.queued", "call.dialing"]


async def test_a_call_that_has_ended_is_not_dialed(service: conftest.Service) -> None:
    claim, book = await undriven(service), book_of(service)
    others = service.app[keys.INTERJECTIONS]
    assert await others.cancel(claim.call_id)
    assert not await others.cancel(claim.call_id)
    for step in STEPS:
        with pytest.raises(records.Lost):
            await step(book, claim)
