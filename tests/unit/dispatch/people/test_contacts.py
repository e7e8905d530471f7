"""`/v1/contacts`: one for each number, made, changed, listed and imported."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from tests.unit.dispatch import conftest, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

JSON = dict[str, Any]


async def make(service: conftest.Service, e164: str = samples.CALLER, **more: Any) -> JSON:
    status, contact = await service.public("/v1/contacts", "POST", json={"e164": e164, **more})
    assert status == 201
    assert isinstance(contact, dict)
    return contact


async def ids(service: conftest.Service, query: str) -> list[str]:
    status, page = await service.public(f"/v1/contacts?{query}")
    assert status == 200
    return [contact["id"] for contact in page["items"]]


async def test_a_contact_has_what_was_told(service: conftest.Service) -> None:
    made = await make(service, "(201) 555-0123", name="Ada", fields={"plan": "gold"}, status="qualified", isTest=True)
    assert await service.public(f"/v1/contacts/{made['id']}") == (200, made)
    moment = "2026-01-02T03:04:05.000Z"
    assert made == {
        "id": made["id"],
        "e164": samples.CALLER,
        "name": "Ada",
        "fields": {"plan": "gold"},
        "status": "qualified",
        "isTest": True,
        "doNotCall": False,
        "calls": 0,
        "lastCallAt": None,
        "createdAt": moment,
        "updatedAt": moment,
    }


async def test_a_number_has_one_contact_in_whatever_spelling(service: conftest.Service) -> None:
    made = await make(service)
    for spelling in (samples.CALLER, "1 (201) 555-0123", "001 201 555 0123", "201.555.0123"):
        status, problem = await service.public("/v1/contacts", "POST", json={"e164": spelling})
        assert (status, problem["code"], problem["contactId"]) == (409, "contact_exists", made["id"])


async def test_a_change_adds_fields_and_null_takes_one_away(service: conftest.Service) -> None:
    made = await make(service, name="Ada", fields={"plan": "gold", "city": "London"})
    service.clock.advance(60)
    path = f"/v1/contacts/{made['id']}"
    status, changed = await service.public(path, "PATCH", json={"fields": {"city": None, "pets": "2"}, "isTest": True})
    assert status == 200
    assert changed == made | {
        "fields": {"plan": "gold", "pets": "2"},
        "isTest": True,
        "updatedAt": "2026-01-02T03:05:05.000Z",
    }
    _, changed = await service.public(path, "PATCH", json={"name": None, "status": "follow_up"})
    assert (changed["name"], changed["status"], changed["isTest"]) == (None, "follow_up", True)


REFUSED: tuple[JSON, ...] = (
    {"e164": "nonsense"},
    {"e164": "+1"},
    {"e164": samples.CALLER, "name": ""},
    {"e164": samples.CALLER, "name": "x" * 201},
    {"e164": samples.CALLER, "name": "a\x00b"},
    {"e164": samples.CALLER, "fields": {"9lives": "yes"}},
    {"e164": samples.CALLER, "fields": {"note": "x" * 1001}},
    {"e164": samples.CALLER, "fields": {"note": 5}},
    {"e164": samples.CALLER, "fields": {f"f{number}": "" for number in range(101)}},
    {"e164": samples.CALLER, "doNotCall": True},
    {"e164": samples.CALLER, "status": "Not one word"},
    {},
)


async def test_what_is_not_valid_makes_no_contact(service: conftest.Service) -> None:
    for body in REFUSED:
        status, problem = await service.public("/v1/contacts", "POST", json=body)
        assert (status, problem["status"]) == (422, 422), body
    assert await ids(service, "") == []


async def test_a_contact_keeps_its_limit_of_fields_through_changes(service: conftest.Service) -> None:
    made = await make(service, fields={f"f{number}": "" for number in range(100)})
    path = f"/v1/contacts/{made['id']}"
    status, problem = await service.public(path, "PATCH", json={"fields": {"more": ""}})
    assert (status, problem["code"]) == (422, "too_many_fields")
    status, _ = await service.public(path, "PATCH", json={"fields": {"more": "", "f0": None}})
    assert status == 200


async def test_filters_narrow_the_list(service: conftest.Service) -> None:
    ada = (await make(service, "+12015550101", status="qualified"))["id"]
    service.clock.advance(1)
    bob = (await make(service, "+12015550102"))["id"]
    await service.public("/v1/do-not-call", "POST", json={"e164": "+12015550102"})
    wanted: tuple[tuple[str, list[str]], ...] = (
        ("", [bob, ada]),
        ("number=%2B12015550101", [ada]),
        ("number=2015550102", [bob]),
        ("number=%2B12015550103", []),
        ("status=qualified", [ada]),
        ("doNotCall=true", [bob]),
        ("doNotCall=false", [ada]),
        ("doNotCall=false&status=no_answer", []),
    )
    for query, found in wanted:
        assert await ids(service, query) == found, query


async def test_pages_follow_one_another_without_gap_or_repetition(service: conftest.Service) -> None:
    made = []
    for number in range(5):
        made.append((await make(service, f"+1201555012{number}"))["id"])
        service.clock.advance(1)
    seen, query = [], "limit=2"
    while True:
        _, page = await service.public(f"/v1/contacts?{query}")
        seen += [contact["id"] for contact in page["items"]]
        if page["nextCursor"] is None:
            break
        query = f"limit=2&cursor={page['nextCursor']}"
    assert seen == made[::-1]


async def test_an_import_makes_and_merges_and_tells_the_rows_that_are_wrong(service: conftest.Service) -> None:
    former = await make(service, name="Ada", fields={"plan": "gold"})
    rows: list[Any] = [
        {"e164": "1-201-555-0123", "fields": {"city": "London"}},
        {"e164": "nonsense"},
        {"e164": "+12015550124", "name": "Bob"},
        {"name": "Nobody"},
        "row",
        {"e164": "2015550124", "isTest": True},
        {"e164": samples.CALLER, "fields": {f"f{number}": "" for number in range(99)}},
    ]
    status, done = await service.public("/v1/contacts/import", "POST", json={"contacts": rows})
    assert (status, done["created"], done["updated"]) == (200, 1, 2)
    assert [(row["index"], row["result"]) for row in done["contacts"]] == [
        (0, "updated"),
        (2, "created"),
        (5, "updated"),
    ]
    assert [row["index"] for row in done["invalid"]] == [1, 3, 4, 6]
    assert done["invalid"][1]["message"] == "e164: Field required"
    _, ada = await service.public(f"/v1/contacts/{former['id']}")
    assert (ada["name"], ada["fields"]) == ("Ada", {"plan": "gold", "city": "London"})
    _, bob = await service.public(f"/v1/contacts/{done['contacts'][1]['contactId']}")
    assert (bob["name"], bob["isTest"]) == ("Bob", True)


async def test_an_import_has_a_size(service: conftest.Service) -> None:
    for rows in ([], [{"e164": samples.CALLER}] * 501):
        status, _ = await service.public("/v1/contacts/import", "POST", json={"contacts": rows})
        assert status == 422


async def test_a_request_that_is_sent_again_makes_nothing_twice(service: conftest.Service) -> None:
    again = {"Idempotency-Key": "one"}
    answers = await asyncio.gather(
        *(service.public("/v1/contacts", "POST", json={"e164": samples.CALLER}, headers=dict(again)) for _ in range(10))
    )
    assert {status for status, _ in answers} == {201}
    assert len({contact["id"] for _, contact in answers}) == 1


async def test_calls_are_counted_and_found_by_their_contact(service: conftest.Service) -> None:
    for number in range(2):
        at = samples.START + dt.timedelta(minutes=number)
        room = f"room_{number}"
        await service.deliver(samples.arrived(room, arrived_at=at), spool=f"spool_{number}", room=room)
    await service.deliver(samples.arrived("other", caller="+12015550199"), spool="other", room="other")
    (contact_id,) = await ids(service, "number=%2B12015550123")
    _, contact = await service.public(f"/v1/contacts/{contact_id}")
    assert (contact["calls"], contact["lastCallAt"]) == (2, "2026-01-02T03:05:05.000Z")
    _, page = await service.public(f"/v1/calls?contact={contact_id}")
    assert [(call["roomName"], call["contactId"]) for call in page["items"]] == [
        ("room_1", contact_id),
        ("room_0", contact_id),
    ]


async def test_what_is_not_there_is_not_found(service: conftest.Service) -> None:
    for name in ("ct_00000000000000000000000000", "nonsense"):
        for method in ("GET", "PATCH", "DELETE"):
            status, _ = await service.public(f"/v1/contacts/{name}", method, json={} if method == "PATCH" else None)
            assert status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "where"),
    [
        ("POST", "/v1/contacts", {"e164": "nobody"}, "e164"),
        ("GET", "/v1/contacts?number=nobody", None, "number"),
        ("POST", "/v1/do-not-call", {"e164": "nobody"}, "e164"),
        ("GET", "/v1/do-not-call?number=nobody", None, "number"),
        ("DELETE", "/v1/do-not-call/nobody", None, "e164"),
    ],
)
async def test_what_is_no_number_is_told_with_its_place(
    service: conftest.Service, method: str, path: str, body: JSON | None, where: str
) -> None:
    status, problem = await service.public(path, method, json=body)
    assert (status, [error["path"] for error in problem["errors"]]) == (422, [where])


async def test_mistakes_are_told_in_words_of_json(service: conftest.Service) -> None:
    rows = [{"e164": samples.CALLER}] * 501
    _, problem = await service.public("/v1/contacts/import", "POST", json={"contacts": rows})
    _, answer = await service.public(
        "/v1/contacts/import", "POST", json={"contacts": [5, {"e164": samples.CALLER, "fields": 5}]}
    )
    _, long = await service.public("/v1/contacts", "POST", json={"e164": samples.CALLER, "name": "x" * 201})
    assert long["errors"] == [{"path": "name", "message": "String should have at most 200 characters"}]
    messages = [problem["errors"][0]["message"], *(row["message"] for row in answer["invalid"])]
    assert messages == [
        "List should have at most 500 items after validation, not 501",
        "Input should be an object",
        "fields: Input should be an object",
    ]
