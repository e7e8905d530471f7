"""What an agent is told of a person before it talks."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from callcore import contract, endings
from dispatch import contacts, keys, ring_backs
from dispatch.internal import calls as internal_calls
from dispatch.store import tables
from sip_config import routing
from sip_config.templates import variables
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

NEW_YORK = "America/New_York"


async def called(service: conftest.Service, number: int, *records: contract.Record, **changes: Any) -> str:
    """A call, so many days after the first; its id."""
    room, at = f"room_{number}", samples.START + dt.timedelta(days=number)
    await service.deliver(samples.arrived(room, arrived_at=at, **changes), *records, room=room, spool=room)
    _, page = await service.public("/v1/calls?limit=1")
    return str(page["items"][0]["callId"])


async def known(
    service: conftest.Service, *, but: str | None = None, number: str = samples.CALLER
) -> contacts.Introduction:
    async with service.store.reading() as tx:
        return await contacts.introduce(tx, number, before_call_id=but, time_zone=NEW_YORK)


async def test_nothing_is_known_of_a_stranger(service: conftest.Service) -> None:
    assert await known(service) == contacts.NOBODY
    first = await called(service, 0)
    assert await known(service, but=first) == contacts.NOBODY


async def test_what_the_api_told_is_known(service: conftest.Service) -> None:
    told = {"e164": samples.CALLER, "name": "Ada", "fields": {"plan": "gold"}, "status": "qualified"}
    _, made = await service.public("/v1/contacts", "POST", json=told)
    person = variables.Contact(is_known=True, name="Ada", status="qualified")
    assert await known(service) == contacts.Introduction(contact=person, fields={"plan": "gold"})
    async with service.store.reading() as tx:
        assert await contacts.context(tx, made["id"]) == (person, {"plan": "gold"})


async def test_who_is_not_to_be_called_is_known_without_a_contact(service: conftest.Service) -> None:
    await service.public("/v1/do-not-call", "POST", json={"e164": samples.CALLER})
    assert (await known(service)).contact == variables.Contact(is_known=True, do_not_call=True)


async def test_earlier_calls_are_told_newest_first_and_without_their_words(service: conftest.Service) -> None:
    busy = samples.ENDED.model_copy(update={"reason": endings.Reason.BUSY})
    await called(service, 0, samples.ROUTED, samples.ANSWERED, samples.said("A secret"), samples.ENDED)
    await called(service, 1, busy)
    now = await called(service, 2)
    told = (await known(service, but=now)).contact
    assert told == variables.Contact(
        is_known=True,
        status="no_answer",
        calls=2,
        last_call="Friday, 2 January 2026, 22:04",
        history="Friday, 2 January 2026, 22:04: inbound, busy\nThursday, 1 January 2026, 22:04: inbound, completed",
    )


async def test_a_long_history_is_counted_whole_and_told_in_part(service: conftest.Service) -> None:
    for number in range(7):
        await called(service, number, samples.ENDED)
    told = (await known(service)).contact
    assert (told.calls, len(told.history.splitlines())) == (7, 5)


async def test_calls_that_go_on_and_dials_that_policy_forbade_are_no_earlier_calls(service: conftest.Service) -> None:
    await called(service, 0, samples.ENDED.model_copy(update={"reason": endings.Reason.POLICY_REFUSED}))
    await called(service, 1, samples.ROUTED, samples.ANSWERED)
    assert (await known(service)).contact == variables.Contact()


@dataclasses.dataclass
class Asked:
    """What the switchboard was given to decide by."""

    ring_back: routing.RingBack | None = None
    contact: variables.Contact | None = None
    fields: Any = None


@pytest.fixture
def asked(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> Asked:
    seen, board = Asked(), service.app[keys.SWITCHBOARD]
    decide = board.decide

    def noting(intake: contract.CallIntake, ring_back: routing.RingBack | None = None, **who: Any) -> Any:
        seen.ring_back, seen.contact, seen.fields = ring_back, who["contact"], who["fields"]
        return decide(intake, ring_back, **who)

    monkeypatch.setattr(board, "decide", noting)
    monkeypatch.setattr(internal_calls, "_LOOK_S", 7.0)  # the store of a busy machine may take its time
    monkeypatch.setattr(internal_calls, "_PLAN_S", 10.0)
    return seen


async def test_a_call_is_decided_by_what_is_known_of_its_caller(service: conftest.Service, asked: Asked) -> None:
    await service.public(
        "/v1/contacts", "POST", json={"e164": samples.CALLER, "name": "Ada", "fields": {"plan": "gold"}}
    )
    status, _ = await service.internal("POST", "/internal/calls", samples.intake(caller="sip:2015550123@carrier"))
    assert status == 200
    assert asked.contact == variables.Contact(is_known=True, name="Ada")
    assert asked.fields == {"plan": "gold"}
    await service.internal("POST", "/internal/calls", samples.intake("room_2", caller="anonymous"))
    assert (asked.contact, asked.fields) == (variables.Contact(), {})


async def test_the_call_itself_is_none_of_its_callers_earlier_ones(service: conftest.Service, asked: Asked) -> None:
    service.app[keys.SWITCHBOARD]._board = dataclasses.replace(service.app[keys.SWITCHBOARD]._board, live=None)
    _, accepted = await service.internal("POST", "/internal/calls", samples.intake())
    assert accepted["plan"] is None
    service.app[keys.SWITCHBOARD].connect(doubles.LIVE)
    status, _ = await service.internal("GET", f"/internal/calls/{accepted['call_id']}/plan")
    assert (status, asked.contact) == (200, variables.Contact())


async def test_a_store_that_is_slow_to_tell_leaves_what_was_found(
    service: conftest.Service, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    await service.deliver(
        samples.arrived("ours", direction="outbound", caller=doubles.DIALED, dialed=samples.CALLER),
        samples.ROUTED,
        room="ours",
    )
    found = await ring_backs.find(service.store, service.app[keys.SWITCHBOARD], samples.intake())

    async def finds_at_once(*_: object) -> routing.RingBack | None:
        return found

    monkeypatch.setattr(ring_backs, "find", finds_at_once)
    monkeypatch.setattr(contacts, "introduce", never)
    monkeypatch.setattr(internal_calls, "_LOOK_S", 0.05)
    status, _ = await service.internal("POST", "/internal/calls", samples.intake())
    assert (status, asked.contact) == (200, variables.Contact())
    assert asked.ring_back == routing.RingBack(agent_id="front-desk")


async def test_a_ring_back_brings_the_variables_of_the_call_that_is_returned(
    service: conftest.Service, asked: Asked
) -> None:
    for number, dialed_at in enumerate((samples.START, None)):  # the second one never went out
        at = samples.START + dt.timedelta(minutes=number)
        room = f"ours_{number}"
        ours = samples.arrived(room, direction="outbound", caller=doubles.DIALED, dialed=samples.CALLER, arrived_at=at)
        await service.deliver(ours, samples.ROUTED, room=room, spool=room)
        _, page = await service.public("/v1/calls?limit=1")
        row = {
            "call_id": page["items"][0]["callId"],
            "state": "over",
            "to": samples.CALLER,
            "request": {"variables": {"order": f"A-{number}"}},
            "identity": "callee_x",
            "ringing_timeout_s": 30.0,
            "due_at": at,
            "generation": 1,
            "dialed_at": dialed_at,
        }
        async with service.store.writing() as tx:
            await tx.execute(sa.insert(tables.dials).values(row))
    later = samples.START + dt.timedelta(hours=1)
    await service.internal("POST", "/internal/calls", samples.intake(arrived_at=later))
    assert asked.ring_back == routing.RingBack(agent_id="front-desk", variables={"order": "A-0"})
