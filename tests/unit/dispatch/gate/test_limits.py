"""How much may be dialed: counted in the store, in the transaction of the dial."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from callcore import errors
from dispatch import gate
from dispatch.gate import counting
from dispatch.store import engine, reservations, tables
from sip_config import configurations, schema
from tests.unit.dispatch import doubles
from tests.unit.dispatch.gate import wishing

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]

NOW = wishing.NOON
SECOND, MINUTE, DAY = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(days=1)
ROWS = tables.reservations


@dataclasses.dataclass
class Dials:
    """Reserves one call after another."""

    store: engine.Store
    configuration: configurations.Configuration
    made: int = 0

    async def refused(self, now: dt.datetime = NOW, **changes: Any) -> errors.PolicyRefused | None:
        """A dial to somebody new; None where it may be made."""
        self.made += 1
        changes.setdefault("call_id", f"call_{self.made}")
        to = str(changes.pop("to", f"+12015550{self.made:03}"))
        wanted = wishing.wish(self.configuration, to, **changes)
        return await wishing.code_of_reserving(self.store, self.configuration, wanted, now)

    async def made_at(self, *moments: dt.datetime, **changes: Any) -> None:
        for moment in moments:
            assert await self.refused(moment, **changes) is None

    async def over(self, call_id: str, at: dt.datetime, minutes: float = 0) -> None:
        async with self.store.writing() as tx:
            await gate.release(tx, call_id, at, minutes)

    async def open(self) -> int:
        async with self.store.reading() as tx:
            query = sa.select(sa.func.count()).where(ROWS.c.released_at.is_(None))
            return int((await tx.execute(query)).scalar_one())


def limited(
    store: engine.Store, configuration: configurations.Configuration, scope: str, **limits: int
) -> tuple[Dials, dict[str, Any]]:
    """Dials under limits of one scope, and what belongs to their wishes."""
    free = wishing.ruled(configuration, limits=limits if scope in ("organization", "callee") else {})
    changes: dict[str, Any] = {}
    if scope == "number":
        changes["number"] = free.numbers[doubles.DIALED].model_copy(update={"limits": schema.Limits(**limits)})
    if scope == "key":
        changes["key"] = wishing.key(**limits)
    outbound = schema.OutboundTrunk(
        address="carrier.example", limits=schema.Limits(**limits if scope == "trunk" else {})
    )
    ways = {name: trunk.model_copy(update={"outbound": outbound}) for name, trunk in free.trunks.items()}
    return Dials(store, dataclasses.replace(free, trunks=ways)), changes


SCOPES = ["organization", "trunk", "number", "key"]


@pytest.mark.parametrize("scope", SCOPES)
async def test_only_so_many_at_the_same_time(
    store: engine.Store, configuration: configurations.Configuration, scope: str
) -> None:
    dials, of_scope = limited(store, configuration, scope, concurrent=2)
    await dials.made_at(NOW, NOW, **of_scope)
    refused = await dials.refused(**of_scope)
    assert refused is not None
    assert (refused.code, refused.scope, refused.is_limit) == ("limit_concurrent", scope, True)
    assert refused.retry_at is None  # nobody knows when a call ends
    await dials.over("call_1", NOW)
    await dials.made_at(NOW, **of_scope)
    assert await dials.refused(**of_scope) is not None


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("name", "window"), [("per_minute", MINUTE), ("per_day", DAY)])
async def test_only_so_many_in_any_span(
    store: engine.Store, configuration: configurations.Configuration, scope: str, name: str, window: dt.timedelta
) -> None:
    dials, of_scope = limited(store, configuration, scope, **{name: 2})
    await dials.made_at(NOW, NOW + 10 * SECOND, **of_scope)
    await dials.over("call_1", NOW + SECOND)  # busy, and yet it counts
    last = NOW + window - SECOND / 1000
    refused = await dials.refused(last, **of_scope)
    assert refused is not None
    assert (refused.code, refused.scope, refused.is_limit) == (f"limit_{name}", scope, True)
    assert refused.retry_at == NOW + window
    await dials.made_at(NOW + window, **of_scope)
    again = await dials.refused(NOW + window + SECOND, **of_scope)
    assert again is not None
    assert again.retry_at == NOW + 10 * SECOND + window


@pytest.mark.parametrize("scope", SCOPES)
async def test_only_so_many_minutes_in_any_day(
    store: engine.Store, configuration: configurations.Configuration, scope: str
) -> None:
    dials, of_scope = limited(store, configuration, scope, minutes_per_day=70)
    await dials.made_at(NOW, NOW + MINUTE, **of_scope)  # 30 each
    refused = await dials.refused(NOW + 2 * MINUTE, **of_scope)
    assert refused is not None
    assert (refused.code, refused.scope, refused.is_limit) == ("limit_minutes_per_day", scope, True)
    assert refused.retry_at is None  # one of them may end at any moment, and take less
    await dials.over("call_1", NOW + 12 * MINUTE, 9.5)
    await dials.made_at(NOW + 12 * MINUTE, **of_scope)  # 9.5 + 30 + 30
    assert await dials.refused(NOW + 13 * MINUTE, minutes=0.6, **of_scope) is not None
    await dials.made_at(NOW + 13 * MINUTE, minutes=0.5, **of_scope)


async def test_minutes_that_are_used_up_come_back_after_a_day(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    dials, _ = limited(store, configuration, "organization", minutes_per_day=70)
    await dials.made_at(NOW, NOW + MINUTE)
    await dials.over("call_1", NOW + 30 * MINUTE, 28)
    await dials.over("call_2", NOW + 31 * MINUTE, 29)
    await dials.made_at(NOW + 32 * MINUTE, minutes=5)
    refused = await dials.refused(NOW + 33 * MINUTE)
    assert refused is not None
    assert refused.retry_at == NOW + DAY


async def test_a_call_that_lasts_longer_than_reserved_counts_with_what_it_lasts(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    dials, _ = limited(store, configuration, "organization", minutes_per_day=100)
    await dials.made_at(NOW)
    assert await dials.refused(NOW + 80 * MINUTE, minutes=21) is not None
    await dials.made_at(NOW + 80 * MINUTE, minutes=20)
    forgotten = NOW + DAY + MINUTE
    assert await dials.refused(forgotten, minutes=1) is not None  # as no call lasts a day, housekeeping mends this
    await dials.over("call_1", NOW + 80 * MINUTE, 80)
    await dials.over("call_3", NOW + 90 * MINUTE, 10)
    await dials.made_at(forgotten, minutes=90)


async def test_the_same_person_is_not_called_all_day(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    dials, _ = limited(store, configuration, "callee", per_callee_per_day=2)
    sip = f"sip:{wishing.TO}@carrier.example"
    await dials.made_at(NOW, to=wishing.TO)
    await dials.made_at(NOW + MINUTE, to=sip)
    for to in (wishing.TO, sip):
        refused = await dials.refused(NOW + 2 * MINUTE, to=to)
        assert refused is not None
        assert (refused.code, refused.scope) == ("limit_per_callee_per_day", "callee")
        assert refused.retry_at == NOW + DAY
    await dials.made_at(NOW + 2 * MINUTE, to="+12015550199")
    await dials.made_at(NOW + DAY, to=wishing.TO)
    await dials.made_at(NOW, NOW, to="sip:Bob@carrier.example")
    assert await dials.refused(NOW, to="sips:B%6Fb@CARRIER.example;x=1") is not None


async def test_a_limit_of_nothing_forbids_every_dial(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    for name in schema.OrganizationLimits.model_fields:
        dials, _ = limited(store, configuration, "organization", **{name: 0})
        refused = await dials.refused()
        assert refused is not None
        assert (refused.code, refused.retry_at) == (f"limit_{name}", None)


async def test_a_call_that_is_claimed_does_not_count_itself(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    one = dict.fromkeys(("concurrent", "per_minute", "per_day", "per_callee_per_day"), 1)
    dials, _ = limited(store, configuration, "organization", minutes_per_day=30, **one)
    for moment in (NOW, NOW + SECOND, NOW + 90 * SECOND):
        assert await dials.refused(moment, call_id="call_1", to=wishing.TO) is None
    assert await dials.open() == 1
    assert await dials.refused(NOW + 91 * SECOND) is not None


async def test_it_counts_from_when_it_is_claimed(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    dials, _ = limited(store, configuration, "organization", per_minute=1)
    await dials.made_at(NOW, call_id="call_1")
    await dials.made_at(NOW + 50 * SECOND, call_id="call_1")
    refused = await dials.refused(NOW + 70 * SECOND)
    assert refused is not None
    assert refused.retry_at == NOW + 110 * SECOND


async def test_the_longest_wait_is_told(store: engine.Store, configuration: configurations.Configuration) -> None:
    dials, _ = limited(store, configuration, "organization", concurrent=1, per_minute=1, per_day=1)
    await dials.made_at(NOW)
    refused = await dials.refused(NOW + SECOND)
    assert refused is not None
    assert (refused.code, refused.retry_at) == ("limit_per_day", NOW + DAY)


async def test_transfers_take_up_concurrency_and_minutes_alone(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    limits = dict.fromkeys(("per_minute", "per_day", "per_callee_per_day"), 1)
    dials, _ = limited(store, configuration, "organization", concurrent=4, minutes_per_day=100, **limits)
    forward: dict[str, Any] = {"kind": gate.Kind.TRANSFER, "to": wishing.TO}
    await dials.made_at(NOW, NOW, **forward)
    await dials.made_at(NOW, to=wishing.TO)
    refused = await dials.refused(**forward)
    assert refused is not None
    assert refused.code == "limit_minutes_per_day"
    await dials.made_at(NOW, **forward | {"minutes": 5})
    refused = await dials.refused(**forward | {"minutes": 5})
    assert refused is not None
    assert refused.code == "limit_concurrent"


async def test_a_transfer_that_nobody_answers_is_given_back_and_its_call_goes_on(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    dials, _ = limited(store, configuration, "organization", concurrent=2)
    await dials.made_at(NOW, call_id="call_1")
    await dials.made_at(NOW, call_id="call_1", kind=gate.Kind.TRANSFER)
    async with store.writing() as tx:
        await gate.release_transfer(tx, "call_1", NOW + MINUTE)
    assert await dials.open() == 1
    await dials.made_at(NOW + MINUTE, call_id="call_1", kind=gate.Kind.TRANSFER)
    await dials.over("call_1", NOW + 11 * MINUTE, 8)
    async with store.reading() as tx:
        rows = (await tx.execute(sa.select(ROWS.c.kind, ROWS.c.minutes).order_by(ROWS.c.made_at, ROWS.c.kind))).all()
    assert [tuple(row) for row in rows] == [("call", 8.0), ("transfer", 0.0), ("transfer", 10.0)]


async def test_a_refused_dial_leaves_nothing_behind(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    dials, _ = limited(store, configuration, "organization", concurrent=1)
    await dials.made_at(NOW)
    for _ in range(3):
        assert await dials.refused() is not None
    assert await dials.open() == 1


async def test_two_statements_for_all_limits(store: engine.Store, configuration: configurations.Configuration) -> None:
    dials = Dials(store, configuration)
    spoken: list[str] = []
    listener = lambda _conn, _cursor, statement, *_: spoken.append(statement)  # noqa: E731  # an event's signature
    sa.event.listen(store._engine.sync_engine, "before_cursor_execute", listener)
    await dials.made_at(NOW, key=wishing.key(concurrent=5, per_minute=5, per_day=5, minutes_per_day=500))
    assert [
        statement.split()[0]
        for statement in spoken
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT set_config"))
    ] == [
        "SELECT",
        "INSERT",
    ]


async def test_a_limit_whose_count_has_outgrown_it_says_when_there_is_room(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    dials, _ = limited(store, configuration, "organization", per_day=9)
    await dials.made_at(*(NOW + place * MINUTE for place in range(6)))
    stricter, _ = limited(store, configuration, "organization", per_day=2)
    stricter.made = 50
    refused = await stricter.refused(NOW + 10 * MINUTE)
    assert refused is not None
    assert refused.retry_at == NOW + 4 * MINUTE + DAY


async def test_reservations_are_forgotten_but_never_open_ones(
    store: engine.Store, configuration: configurations.Configuration
) -> None:
    dials = Dials(store, configuration)
    await dials.made_at(NOW, NOW)
    await dials.over("call_1", NOW)
    async with store.writing() as tx:
        await reservations.forget_before(tx, NOW + 2 * DAY)
        (left,) = await reservations.abandoned(tx)  # there is no such call
    assert (left.call_id, left.ended_at, left.minutes) == ("call_2", None, 0)
    assert await dials.open() == 1


def test_every_limit_has_a_code() -> None:
    names = set(schema.OrganizationLimits.model_fields)
    assert {f"limit_{name}" for name in names} == set(counting._WORDS)
