"""Callers who are connected by their carriers: when that is tried, what is seen, and what is remembered."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt

import pytest

from callcore import calls, transfer_wishes, transfers
from dispatch import keys
from dispatch.livekit import referring as livekit_referring
from dispatch.livekit import rooms
from dispatch.store import calls as call_rows
from dispatch.store import refer_experiences as rows
from dispatch.transfers import learning, referring
from tests.unit.dispatch import conftest, doubles, samples, test_transfers_destinations

pytestmark = pytest.mark.unit

RESULT = transfers.AttemptResult
TO = transfer_wishes.Destination(to="+12015550199", ringing_timeout_s=25)
TRUNK = "lab"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referring, "_WATCH_S", 0.1)
    monkeypatch.setattr(referring, "_LOOK_S", 0.01)


@pytest.fixture
async def call(service: conftest.Service) -> calls.Call:
    """A call whose caller is in the room."""
    service.livekit.present[samples.ROOM] = [doubles.CALLER, doubles.AGENT]
    await service.deliver(*samples.whole_call()[:3])
    async with service.store.reading() as tx:
        entry = await call_rows.find_room_for_update(tx, samples.ROOM)
    assert entry is not None
    return entry.call


def of(service: conftest.Service) -> referring.Referring:
    return service.app[keys.REFERRING]


def transfer(call: calls.Call, **headers: str) -> transfers.Transfer:
    return transfers.Transfer(
        id="tr_1",
        call_id=call.id,
        kind=transfers.Kind.BLIND,
        state=transfers.State.DIALING,
        attempts=(),
        created_at=samples.START,
        updated_at=samples.START,
        wish=transfer_wishes.Wish(destinations=(TO,), headers=headers),
    )


async def asked(
    service: conftest.Service, call: calls.Call, answer: livekit_referring.Referral, *, leaves: bool = False
) -> livekit_referring.Referral:
    """What comes of a REFER that is answered so; the caller's leg may leave with the answer."""
    asking = asyncio.create_task(of(service).ask(transfer(call), call, TO))
    await service.referrer.asked()
    if leaves:
        service.livekit.present[samples.ROOM] = [doubles.AGENT]
    service.referrer.answer(answer)
    return await asking


def told(
    result: transfers.AttemptResult, code: int | None = None, *, is_refused: bool = False
) -> livekit_referring.Referral:
    return livekit_referring.Referral(result=result, sip_status_code=code, is_refused=is_refused)


async def known(service: conftest.Service) -> rows.Experience | None:
    async with service.store.reading() as tx:
        return await rows.find(tx, TRUNK)


def counted(service: conftest.Service, result: str) -> float | None:
    labels = {"result": result}
    return service.app[keys.METRICS].registry.get_sample_value("trunkline_refers_total", labels)


async def test_the_carrier_is_asked_for_the_callers_leg(service: conftest.Service, call: calls.Call) -> None:
    asking = asyncio.create_task(of(service).ask(transfer(call, **{"X-Account": "7"}), call, TO))
    assert await service.referrer.asked() == livekit_referring.Refer(
        room_name=samples.ROOM,
        identity=doubles.CALLER.identity,
        to=TO.to,
        headers={"X-Account": "7"},
        ringing_timeout_s=25,
    )
    service.referrer.answer(told(RESULT.ANSWERED, 200))
    assert (await asking).result is RESULT.ANSWERED
    kept = await known(service)
    assert kept == rows.Experience(
        trunk=TRUNK, taken=1, last_result=rows.Result.TAKEN, last_sip_status_code=200, last_at=service.clock.now()
    )
    assert counted(service, "answered") == 1


async def test_a_refusal_is_learned_and_then_forgotten(service: conftest.Service, call: calls.Call) -> None:
    assert await of(service).is_worth_trying(call, TO)
    refused = await asked(service, call, told(RESULT.CARRIER_FAILURE, 405, is_refused=True))
    assert (refused.is_refused, counted(service, "refused")) == (True, 1)
    assert not await of(service).is_worth_trying(call, TO)
    service.clock.advance(learning.FORGOTTEN_AFTER.total_seconds())
    assert await of(service).is_worth_trying(call, TO)


async def test_what_the_destination_says_is_nothing_against_its_carrier(
    service: conftest.Service, call: calls.Call
) -> None:
    for _ in range(2):
        assert (await asked(service, call, told(RESULT.BUSY, 486))).result is RESULT.BUSY
    kept = await known(service)
    assert kept is not None
    assert (kept.taken, kept.refused) == (2, 0)
    assert await of(service).is_worth_trying(call, TO)


@pytest.mark.parametrize("leaves", [True, False])
async def test_where_nobody_knows_the_callers_leg_tells(
    service: conftest.Service, call: calls.Call, leaves: bool
) -> None:
    found = await asked(service, call, told(RESULT.UNKNOWN), leaves=leaves)
    assert found.is_unknown is not leaves
    assert found.result is (RESULT.ANSWERED if leaves else RESULT.UNKNOWN)
    kept = await known(service)
    assert kept is not None
    assert kept.last_result is (rows.Result.TAKEN if leaves else rows.Result.UNKNOWN)


async def test_a_leg_that_leaves_late_is_seen(
    service: conftest.Service, call: calls.Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(referring, "_WATCH_S", 30.0)
    watching = asyncio.create_task(of(service).watch(call))
    await asyncio.sleep(0)
    assert not watching.done()
    service.livekit.present[samples.ROOM] = [doubles.AGENT]
    assert (await watching).result is RESULT.ANSWERED


async def test_a_call_that_is_over_has_no_leg(
    service: conftest.Service, call: calls.Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(referring, "_WATCH_S", 30.0)
    watching = asyncio.create_task(of(service).watch(call))
    await service.deliver(*samples.whole_call()[3:], first=4)
    assert (await watching).result is RESULT.ANSWERED


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_room_with_nobody_in_it_may_fill_again(
    service: conftest.Service, call: calls.Call, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    """As after a restart of LiveKit."""
    monkeypatch.setattr(referring, "_LOOK_S", 30.0)  # so it looks at the beginning and at the end alone
    service.livekit.present[samples.ROOM] = []
    watching = asyncio.create_task(of(service).watch(call))
    await asyncio.sleep(0)
    if comes_back:
        service.livekit.present[samples.ROOM] = [doubles.CALLER, doubles.AGENT]
    assert (await watching).is_unknown is comes_back


async def test_what_cannot_be_looked_at_is_still_there(service: conftest.Service, call: calls.Call) -> None:
    service.livekit.is_out = True
    assert (await of(service).watch(call)).is_unknown


async def test_a_caller_who_hung_up_before_is_not_transferred(service: conftest.Service, call: calls.Call) -> None:
    service.livekit.present[samples.ROOM] = [doubles.AGENT]
    assert (await of(service).ask(transfer(call), call, TO)).result is RESULT.CANCELLED
    assert (service.referrer.refers, await known(service)) == ([], None)


async def test_without_livekit_nobody_is_asked(service: conftest.Service, call: calls.Call) -> None:
    service.livekit.is_out = True
    found = await of(service).ask(transfer(call), call, TO)
    assert (found.result, found.is_refused, found.is_unknown) == (RESULT.UNAVAILABLE, False, False)
    assert (service.referrer.refers, await known(service)) == ([], None)


async def test_the_leg_of_a_destination_is_not_the_callers(service: conftest.Service, call: calls.Call) -> None:
    other = rooms.Participant(identity="tr_1_1", kind=rooms.Kind.SIP, attributes={transfers.LEG_ATTRIBUTE: "tr_1"})
    service.livekit.present[samples.ROOM] = [other, doubles.CALLER]
    asking = asyncio.create_task(of(service).ask(transfer(call), call, TO))
    assert (await service.referrer.asked()).identity == doubles.CALLER.identity
    service.referrer.answer(told(RESULT.ANSWERED, 200))
    await asking


def configured(service: conftest.Service, *, refer: bool) -> None:
    board = service.app[keys.SWITCHBOARD]
    trunks = {name: trunk.model_copy(update={"refer": refer}) for name, trunk in board.configuration.trunks.items()}
    board.reconfigure(dataclasses.replace(board.configuration, trunks=trunks, version=f"refer-{refer}"), None)


async def test_a_configuration_that_forbids_it_and_then_allows_it_forgets(
    service: conftest.Service, call: calls.Call
) -> None:
    board = service.app[keys.SWITCHBOARD]
    await asked(service, call, told(RESULT.CARRIER_FAILURE, 405, is_refused=True))
    allowed = board.configuration
    await of(service).forget_changed(allowed, allowed)
    assert not await of(service).is_worth_trying(call, TO)
    configured(service, refer=False)
    assert not await of(service).is_worth_trying(call, TO)
    configured(service, refer=True)
    assert await of(service).is_worth_trying(call, TO)


async def test_a_reload_that_changes_it_forgets(service: conftest.Service, call: calls.Call) -> None:
    await asked(service, call, told(RESULT.CARRIER_FAILURE, 405, is_refused=True))
    before = service.files.content
    assert not isinstance(before, Exception)
    for refer in (False, True):
        trunks = {name: trunk.model_copy(update={"refer": refer}) for name, trunk in before.trunks.items()}
        service.files.content = dataclasses.replace(before, trunks=trunks, version=f"refer-{refer}")
        assert (await service.public("/v1/config/reload", "POST"))[0] == 200
    assert await of(service).is_worth_trying(call, TO)


@pytest.mark.parametrize(
    "destination",
    [
        transfer_wishes.Destination(to="+12015550199", extension="w17"),
        transfer_wishes.Destination(to=doubles.DIALED),
    ],
)
async def test_what_only_we_can_do_is_not_asked_of_a_carrier(
    service: conftest.Service, call: calls.Call, destination: transfer_wishes.Destination
) -> None:
    assert not await of(service).is_worth_trying(call, destination)


async def test_a_number_that_is_not_configured_any_more_has_no_carrier(
    service: conftest.Service, call: calls.Call
) -> None:
    assert not await of(service).is_worth_trying(dataclasses.replace(call, dialed="+12015550177"), TO)


async def test_a_call_that_we_placed_goes_by_the_trunk_of_the_number_that_it_showed(
    service: conftest.Service, call: calls.Call
) -> None:
    placed = test_transfers_destinations.placed()
    assert await of(service).is_worth_trying(dataclasses.replace(placed, id=call.id), TO)


async def test_learning_waits_for_nobody(service: conftest.Service, call: calls.Call) -> None:
    """Experiences of many calls at once add up."""
    await asked(service, call, told(RESULT.BUSY, 486))
    learning_all = [of(service)._learn(TRUNK, rows.Result.TAKEN, 200) for _ in range(5)]
    await asyncio.gather(*learning_all)
    kept = await known(service)
    assert kept is not None
    assert (kept.taken, kept.last_at - samples.START < dt.timedelta(days=1)) == (6, True)
