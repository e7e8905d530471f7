"""The gate against many at once, and against many numbers."""

from __future__ import annotations

import asyncio
import datetime as dt
import pathlib
import random

import pytest
import sqlalchemy as sa

import sip_config
from dispatch import gate
from dispatch.store import engine, tables
from sip_config import loading
from tests.unit.callcore import test_dialable
from tests.unit.dispatch.gate import wishing

pytestmark = pytest.mark.integration

DEMO = pathlib.Path(sip_config.__file__).parent / "demo"
LIMIT, WISHES = 5, 1000


@pytest.mark.both_stores
async def test_a_thousand_at_once_never_exceed_a_limit_of_five(database_url: str) -> None:
    """Reservations are made and given back in any order by two processes' stores, while a reader counts them."""
    store, other = engine.Store(database_url), engine.Store(database_url)
    configuration = wishing.ruled(loading.load(DEMO, {}), limits={"concurrent": LIMIT})
    chance = random.Random(5)
    reserved = 0

    async def dial(place: int) -> None:
        nonlocal reserved
        await asyncio.sleep(chance.random())
        now = wishing.NOON + dt.timedelta(milliseconds=place)
        wanted = wishing.wish(configuration, f"+1201555{place:04}", call_id=f"call_{place}")
        refused = await wishing.code_of_reserving((store, other)[place % 2], configuration, wanted, now)
        if refused is not None:
            assert (refused.code, refused.scope) == ("limit_concurrent", "organization")
            return
        reserved += 1
        await asyncio.sleep(chance.random() / 20)
        async with store.writing() as tx:
            await gate.release(tx, wanted.call_id, now, 0.5)

    dialing = asyncio.gather(*(dial(place) for place in range(WISHES)))
    seen = []
    while not dialing.done():
        async with store.reading() as tx:
            is_open = tables.reservations.c.released_at.is_(None)
            counted = await tx.execute(sa.select(sa.func.count()).select_from(tables.reservations).where(is_open))
            seen.append(int(counted.scalar_one()))
        await asyncio.sleep(0.005)
    await dialing
    reserved_in_the_storm = reserved
    await dial(WISHES)
    await store.close()
    await other.close()
    assert max(seen) == LIMIT
    assert reserved == reserved_in_the_storm + 1, "what was given back counts no more"


@pytest.mark.long
def test_ten_thousand_numbers_of_everywhere() -> None:
    checked, allowed = test_dialable.check_many(seed=2026, count=10_000)
    assert (checked, allowed > 500) == (10_000, True)
