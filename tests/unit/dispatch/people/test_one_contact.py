"""However many tell of a number at once, and however they write it: it has one contact."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable

import pytest
import sqlalchemy as sa

from dispatch.store import tables
from tests.unit.dispatch import conftest, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

SPELLINGS = ("+12015550123", "12015550123", "(201) 555-0123", "001 201 555 0123", "1-201-555-0123", "201.555.0123")
SIP = ("+12015550123", "sip:+12015550123@carrier.example", "<sip:2015550123@10.0.0.1;user=phone>", "tel:+12015550123")


async def one_of_thirty(service: conftest.Service, dice: random.Random, number: int) -> None:
    spelling = dice.choice(SPELLINGS)
    match dice.randrange(3):
        case 0:
            caller = dice.choice(SIP)
            status, _ = await service.internal(
                "POST", "/internal/calls", samples.intake(f"room_{number}", caller=caller)
            )
            assert status == 200
        case 1:
            status, _ = await service.public("/v1/contacts", "POST", json={"e164": spelling})
            assert status in (201, 409)
        case _:
            body = {"contacts": [{"e164": spelling, "fields": {f"f{number}": "x"}}]}
            status, done = await service.public("/v1/contacts/import", "POST", json=body)
            assert (status, done["invalid"]) == (200, [])


@pytest.mark.parametrize("seed", range(2))
async def test_thirty_at_once_make_one_contact(service: conftest.Service, seed: int) -> None:
    dice = random.Random(seed)
    work: list[Awaitable[None]] = [one_of_thirty(service, dice, number) for number in range(30)]
    await asyncio.gather(*work)
    async with service.store.reading() as tx:
        (contact_id,) = (await tx.execute(sa.select(tables.contacts.c.id))).scalars()
        of_calls = (await tx.execute(sa.select(tables.calls.c.contact_id))).scalars().all()
        fields = (await tx.execute(sa.select(tables.contacts.c.fields))).scalar_one()
    assert len(of_calls) > 3
    assert set(of_calls) == {contact_id}
    assert len(fields) > 3  # no import overwrote what another one told


async def test_the_store_itself_keeps_a_second_one_out(service: conftest.Service) -> None:
    await service.public("/v1/contacts", "POST", json={"e164": samples.CALLER})
    async with service.store.writing() as tx:
        row = dict((await tx.execute(sa.select(tables.contacts))).one()._mapping) | {"id": "ct_2"}
        with pytest.raises(sa.exc.IntegrityError):
            await tx.execute(sa.insert(tables.contacts).values(row))
