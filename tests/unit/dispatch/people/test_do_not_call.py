"""`/v1/do-not-call`: who is not to be called."""

from __future__ import annotations

import pytest

from dispatch.store import do_not_call
from tests.unit.dispatch import conftest, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

PATH = "/v1/do-not-call"


async def listed(service: conftest.Service, query: str = "") -> list[str]:
    status, page = await service.public(f"{PATH}?{query}")
    assert status == 200
    return [entry["e164"] for entry in page["items"]]


async def test_a_number_is_listed_once_and_its_first_entry_stands(service: conftest.Service) -> None:
    status, entry = await service.public(PATH, "POST", json={"e164": "(201) 555-0123", "reason": "wrote to us"})
    assert (status, entry) == (
        200,
        {
            "e164": samples.CALLER,
            "source": "api",
            "reason": "wrote to us",
            "callId": None,
            "createdAt": "2026-01-02T03:04:05.000Z",
        },
    )
    assert await service.public(PATH, "POST", json={"e164": samples.CALLER, "reason": "later"}) == (200, entry)
    assert await listed(service) == [samples.CALLER]
    async with service.store.reading() as tx:
        assert await do_not_call.is_listed(tx, samples.CALLER)
        assert not await do_not_call.is_listed(tx, "+12015550199")


async def test_a_number_can_be_taken_off_again(service: conftest.Service) -> None:
    await service.public(PATH, "POST", json={"e164": samples.CALLER})
    assert (await service.public(f"{PATH}/12015550123", "DELETE"))[0] == 204
    assert await listed(service) == []
    status, problem = await service.public(f"{PATH}/{samples.CALLER}", "DELETE")
    assert (status, problem["code"]) == (404, "not_found")
    assert (await service.public(f"{PATH}/nonsense", "DELETE"))[0] == 422


async def test_the_list_has_pages_also_within_one_moment(service: conftest.Service) -> None:
    numbers = [f"+1201555010{number}" for number in range(5)]
    await service.public(f"{PATH}/import", "POST", json={"entries": [{"e164": number} for number in numbers]})
    service.clock.advance(1)
    await service.public(PATH, "POST", json={"e164": samples.CALLER})
    seen, query = [], "limit=2"
    while True:
        _, page = await service.public(f"{PATH}?{query}")
        seen += [entry["e164"] for entry in page["items"]]
        if page["nextCursor"] is None:
            break
        query = f"limit=2&cursor={page['nextCursor']}"
    assert seen == [samples.CALLER, *numbers[::-1]]
    assert await listed(service, "number=2015550103") == ["+12015550103"]
    assert (await service.public(f"{PATH}?cursor=bm9uc2Vuc2U"))[0] == 422


async def test_many_are_added_and_what_is_no_number_is_told(service: conftest.Service) -> None:
    await service.public(PATH, "POST", json={"e164": samples.CALLER})
    rows = [{"e164": "2015550123"}, {"e164": "+12015550124"}, {"e164": "x"}, {}]
    status, done = await service.public(f"{PATH}/import", "POST", json={"entries": rows})
    assert (status, done["added"], done["present"]) == (200, 1, 1)
    assert [row["index"] for row in done["invalid"]] == [2, 3]


async def test_an_entry_that_another_version_wrote_still_counts(service: conftest.Service) -> None:
    await service.public(PATH, "POST", json={"e164": samples.CALLER})
    async with service.store.writing() as tx:
        await tx.exec_driver_sql("UPDATE do_not_call SET source = 'seance'")
    async with service.store.writing() as tx:
        assert await do_not_call.is_listed(tx, samples.CALLER)
        entry = do_not_call.Entry(e164=samples.CALLER, source=do_not_call.Source.API, created_at=samples.START)
        assert not await do_not_call.put(tx, entry)
