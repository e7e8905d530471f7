"""A forward, from the job's request to the bridge or to the reason why there is none."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from callcore import calls, contract, endings, transfers, transitions
from dispatch import keys
from dispatch.ledger import legs, posting
from dispatch.store import calls as call_rows
from dispatch.store import tables
from dispatch.store import transfers as rows
from dispatch.transfers import absences, claims, records, sights
from sip_config import configurations, schema
from tests.unit.dispatch import conftest, dialers, doubles, samples

pytestmark = pytest.mark.unit

TO = "+12015550199"
SOON_S = 30.0
WISH = contract.ForwardRequest(job_id="AJ_1", generation=1)
VOICE = contract.Voice(tts=contract.ProviderSpec(provider="offline"), language="en-US")
PLAN = contract.Forward(to=TO, ringing_timeout_s=20, otherwise=contract.Announce(text="Closed.", voice=VOICE))


@pytest.fixture
def configuration(configuration: configurations.Configuration) -> configurations.Configuration:
    """The sample set, with a trunk that places calls."""
    ways = {
        name: trunk.model_copy(update={"outbound": schema.OutboundTrunk(address="127.0.0.1:5090")})
        for name, trunk in configuration.trunks.items()
    }
    return dataclasses.replace(configuration, trunks=ways)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sights, "_LOOK_S", 0.01)
    monkeypatch.setattr(absences, "CONFIRM_S", 0.02)


async def ringing_call(service: conftest.Service, plan: contract.Plan | None = PLAN) -> str:
    """A call whose job was told what to do."""
    await service.deliver(samples.arrived())
    service.livekit.present[samples.ROOM] = [doubles.CALLER, doubles.AGENT]
    call_id = (await service.only_call())["callId"]
    if plan is not None:
        await service.app[keys.LEDGER].keep_plan(call_id, plan)
    return str(call_id)


async def forward(service: conftest.Service, call_id: str) -> str:
    status, progress = await service.internal("POST", f"/internal/calls/{call_id}/forward", WISH)
    assert status == 200
    return str(progress["transfer_id"])


async def stored(service: conftest.Service, call_id: str) -> transfers.Transfer:
    async with service.store.reading() as tx:
        (transfer,) = await rows.of_call(tx, call_id)
    return transfer


async def settled(service: conftest.Service, call_id: str) -> transfers.Transfer:
    """The transfer of a call, once it is over; the job would learn of it in the same way."""
    async with asyncio.timeout(SOON_S):
        while not (transfer := await stored(service, call_id)).state.is_final:
            path = f"/internal/calls/{call_id}/transfers/{transfer.id}?version={transfer.version}"
            status, _ = await service.internal("GET", path)
            assert status == 200
    return transfer


async def told(service: conftest.Service, call_id: str) -> list[tuple[str, dict[str, object]]]:
    _, body = await service.public(f"/v1/calls/{call_id}/events")
    return [(event["type"], event["data"]) for event in body["events"] if "transfer" in event["type"]]


async def test_caller_and_destination_are_connected(service: conftest.Service) -> None:
    call_id = await ringing_call(service)
    transfer_id = await forward(service, call_id)
    dial = await service.dialer.ringing()
    assert (dial.room_name, dial.transfer_id, dial.ringing_timeout_s) == (samples.ROOM, transfer_id, 20)
    assert (dial.route.user, dial.route.host, dial.route.caller) == (TO, "127.0.0.1:5090", doubles.DIALED)

    service.clock.advance(7)
    service.dialer.answer(transfers.AttemptResult.ANSWERED, 200)
    transfer = await settled(service, call_id)
    assert transfer.state is transfers.State.BRIDGED
    (attempt,) = transfer.attempts
    assert (attempt.to, attempt.label, attempt.method) == (TO, None, transfers.Method.DIAL)
    assert (attempt.result, attempt.sip_status_code, attempt.seconds) == (transfers.AttemptResult.ANSWERED, 200, 7.0)
    known = {"transfer_id": transfer_id, "kind": "forward", "requested_by": "work_mode"}
    assert await told(service, call_id) == [
        ("call.transfer.requested", {**known, "destination": 0}),
        ("call.transfer.dialing", {**known, "destination": 1, "method": "dial"}),
        ("call.transfer.bridged", {**known, "destination": 1, "seconds": 7.0}),
    ]
    counted = service.app[keys.METRICS].exposition().decode()
    assert 'trunkline_transfers_total{kind="forward",result="answered"} 1.0' in counted
    assert 'trunkline_transfer_seconds_sum{kind="forward"} 7.0' in counted


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (transfers.AttemptResult.BUSY, 486),
        (transfers.AttemptResult.NO_ANSWER, None),
        (transfers.AttemptResult.REJECTED, 603),
        (transfers.AttemptResult.CARRIER_FAILURE, 503),
    ],
)
async def test_a_destination_that_does_not_answer_is_a_failure(
    service: conftest.Service, result: transfers.AttemptResult, code: int | None
) -> None:
    call_id = await ringing_call(service)
    await forward(service, call_id)
    await service.dialer.ringing()
    service.dialer.answer(result, code)
    transfer = await settled(service, call_id)
    assert transfer.state is transfers.State.FAILED
    assert [(attempt.result, attempt.sip_status_code) for attempt in transfer.attempts] == [(result, code)]
    kind, data = (await told(service, call_id))[-1]
    assert (kind, data["result"], data["sip_status_code"]) == ("call.transfer.failed", result.value, code)
    assert (await service.only_call())["status"] == "ringing"


async def test_a_phone_rings_no_longer_than_its_trunk_allows(service: conftest.Service) -> None:
    board = service.app[keys.SWITCHBOARD]
    way = schema.OutboundTrunk.model_validate({"address": "127.0.0.1:5090", "ringing_timeout": "5s"})
    ways = {name: trunk.model_copy(update={"outbound": way}) for name, trunk in board.configuration.trunks.items()}
    board.reconfigure(dataclasses.replace(board.configuration, trunks=ways), doubles.LIVE)
    await forward(service, await ringing_call(service))
    assert (await service.dialer.ringing()).ringing_timeout_s == 5


def under(service: conftest.Service, **rules: object) -> None:
    """Put rules for dials in force."""
    board = service.app[keys.SWITCHBOARD]
    dialing = schema.Dialing.model_validate(rules)
    board.reconfigure(dataclasses.replace(board.configuration, dialing=dialing), doubles.LIVE)


@pytest.mark.parametrize(
    ("to", "rules", "code"),
    [
        ("sip:911@pbx.example", {}, "emergency_number"),
        ("+19005550123", {}, "number_type_forbidden"),
        ("+18765550123", {}, "country_forbidden"),
        (TO, {"limits": {"concurrent": 0}}, "limit_concurrent"),
        (TO, {"limits": {"minutes_per_day": 29}}, "limit_minutes_per_day"),
    ],
)
async def test_what_the_gate_refuses_is_not_dialed(
    service: conftest.Service, to: str, rules: dict[str, object], code: str
) -> None:
    under(service, **rules)
    call_id = await ringing_call(service, PLAN.model_copy(update={"to": to}))
    await forward(service, call_id)
    transfer = await settled(service, call_id)
    (attempt,) = transfer.attempts
    assert (transfer.state, attempt.result, attempt.seconds) == (
        transfers.State.FAILED,
        transfers.AttemptResult.REFUSED,
        None,
    )
    _, refused, failed = await told(service, call_id)
    assert (refused[0], refused[1]["result"], refused[1]["code"]) == ("call.transfer.attempt_failed", "refused", code)
    assert (failed[0], failed[1]["result"]) == ("call.transfer.failed", "refused")
    assert service.dialer.dials == []
    counted = service.app[keys.METRICS].exposition().decode()
    assert f'trunkline_dials_refused_total{{code="{code}",stage="transfer"}} 1.0' in counted
    assert (await service.only_call())["status"] == "ringing"


@pytest.mark.parametrize("result", [transfers.AttemptResult.BUSY, transfers.AttemptResult.ANSWERED])
async def test_a_forward_takes_up_what_the_limits_allow_until_it_is_over(
    service: conftest.Service, result: transfers.AttemptResult
) -> None:
    under(service, limits={"concurrent": 1, "per_minute": 0, "per_callee_per_day": 0}, calling_hours="00:00-00:01")
    call_id = await ringing_call(service)
    await forward(service, call_id)
    await service.dialer.ringing()
    assert await held(service) == [None]
    service.clock.advance(60)
    service.dialer.answer(result)
    await settled(service, call_id)
    if result is transfers.AttemptResult.ANSWERED:
        assert await held(service) == [None]
        service.clock.advance(60)
        at = service.clock.now()
        async with service.store.writing() as tx:
            entry = await call_rows.get(tx, call_id)
            over = endings.Termination(reason=endings.Reason.CALLER_HANGUP, ended_by=endings.EndedBy.CALLER)
            await posting.post(tx, entry, transitions.Ended(at=at, termination=over))
    assert await held(service) == [2.0 if result is transfers.AttemptResult.ANSWERED else 0.0]


async def held(service: conftest.Service) -> list[float | None]:
    """The minutes of each reservation; None while it is open."""
    async with service.store.reading() as tx:
        rows = await tx.execute(sa.select(tables.reservations))
        return [row.minutes if row.released_at else None for row in rows]


async def test_asking_many_times_dials_once(service: conftest.Service) -> None:
    call_id = await ringing_call(service)
    ids = await asyncio.gather(*(forward(service, call_id) for _ in range(10)))
    await service.dialer.ringing()
    service.dialer.answer(transfers.AttemptResult.BUSY, 486)
    await settled(service, call_id)
    assert await forward(service, call_id) == ids[0]
    assert len(set(ids)) == len(service.dialer.dials) == 1


async def test_what_is_driven_is_not_taken_for_abandoned(service: conftest.Service) -> None:
    call_id = await ringing_call(service)
    await forward(service, call_id)
    for _ in range(3):
        await service.app[keys.TRANSFERS].take_up()
    await service.dialer.ringing()
    await service.app[keys.TRANSFERS].take_up()
    service.dialer.answer(transfers.AttemptResult.BUSY, 486)
    transfer = await settled(service, call_id)
    assert [attempt.result for attempt in transfer.attempts] == [transfers.AttemptResult.BUSY]
    assert len(service.dialer.dials) == 1


async def test_the_end_of_the_process_leaves_the_phone_ringing_for_the_next_one(service: conftest.Service) -> None:
    call_id = await ringing_call(service)
    await forward(service, call_id)
    await service.dialer.ringing()
    await service.app[keys.TRANSFERS].aclose()
    assert service.dialer.given_up == []
    assert (await stored(service, call_id)).state is transfers.State.DIALING


async def caller_hangs_up(service: conftest.Service, call_id: str) -> None:
    await service.deliver(samples.ENDED, first=2)


async def leg_goes(service: conftest.Service, call_id: str) -> None:
    left = legs.Left(room_name=samples.ROOM, at=service.clock.now(), reason="CLIENT_INITIATED")
    service.livekit.present[samples.ROOM].remove(doubles.CALLER)
    await service.app[keys.LEDGER].note_leg(left, "EV_left")


async def operator_hangs_up(service: conftest.Service, call_id: str) -> None:
    await service.app[keys.LEDGER].request_hangup(call_id)


async def test_a_caller_who_hangs_up_before_the_dial_is_no_attempt(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = records.Records.begin

    async def too_late(book: records.Records, transfer: transfers.Transfer, *rest: Any) -> transfers.Transfer | None:
        await caller_hangs_up(service, transfer.call_id)
        return await begin(book, transfer, *rest)

    monkeypatch.setattr(records.Records, "begin", too_late)
    call_id = await ringing_call(service)
    await forward(service, call_id)
    transfer = await settled(service, call_id)
    assert (transfer.state, transfer.attempts) == (transfers.State.CANCELLED, ())
    assert service.dialer.dials == []


@pytest.mark.parametrize("happens", [caller_hangs_up, leg_goes, operator_hangs_up])
async def test_the_phone_stops_ringing_when_there_is_nobody_to_connect(
    service: conftest.Service, happens: Callable[[conftest.Service, str], Awaitable[None]]
) -> None:
    call_id = await ringing_call(service)
    await forward(service, call_id)
    dial = await service.dialer.ringing()
    await happens(service, call_id)
    transfer = await settled(service, call_id)
    assert transfer.state is transfers.State.CANCELLED
    assert [attempt.result for attempt in transfer.attempts] == [transfers.AttemptResult.CANCELLED]
    async with asyncio.timeout(SOON_S):
        while dial.identity not in service.dialer.given_up:  # put down with the end of the call, and then done
            await asyncio.sleep(0.002)


async def test_a_dial_whose_caller_is_gone_was_cancelled_and_not_unanswered(service: conftest.Service) -> None:
    call_id = await ringing_call(service)
    await forward(service, call_id)
    await service.dialer.ringing()
    service.livekit.present.pop(samples.ROOM)  # the job deletes the room; its report comes later
    service.dialer.answer(transfers.AttemptResult.NO_ANSWER)
    assert (await settled(service, call_id)).state is transfers.State.CANCELLED


async def test_a_destination_that_must_not_be_dialed_is_not(service: conftest.Service) -> None:
    call_id = await ringing_call(service, PLAN.model_copy(update={"to": doubles.DIALED}))
    await forward(service, call_id)
    assert (await settled(service, call_id)).state is transfers.State.FAILED
    assert service.dialer.dials == []


async def test_who_may_not_ask(service: conftest.Service) -> None:
    async def refused(call_id: str, wish: contract.ForwardRequest = WISH) -> tuple[int, str]:
        status, problem = await service.internal("POST", f"/internal/calls/{call_id}/forward", wish)
        return status, problem["code"]

    assert (await refused("call_01k8r3v5m2c4d6e8f0g1h2j3k4"))[0] == 404
    call_id = await ringing_call(service, None)
    assert await refused(call_id) == (409, "not_a_forward")
    await service.app[keys.LEDGER].keep_plan(call_id, PLAN.otherwise)
    assert await refused(call_id) == (409, "not_a_forward")
    assert await refused(call_id, WISH.model_copy(update={"job_id": "AJ_2"})) == (409, "fenced")
    await caller_hangs_up(service, call_id)
    assert await refused(call_id) == (409, "call_over")
    assert service.dialer.dials == []


async def left_behind(service: conftest.Service, state: transfers.State, status: str | None) -> str:
    """A transfer that another process began, and its leg in the room, if any."""
    call_id = await ringing_call(service)
    now = service.clock.now()
    begun = state is transfers.State.DIALING
    attempt = transfers.Attempt(to=TO, label=None, result=None, sip_status_code=None, seconds=None)
    transfer = transfers.Transfer(
        id="tr_before",
        call_id=call_id,
        kind=transfers.Kind.FORWARD,
        state=state,
        attempts=(attempt,) if begun else (),
        identity="tr_before_1" if begun else None,
        created_at=now,
        updated_at=now,
    )
    if status is not None:
        service.livekit.present[samples.ROOM].append(dialers.leg("tr_before_1", status))
    async with service.store.writing() as tx:
        await rows.insert(tx, transfer)
    if not service.store.is_exclusive:
        await service.app[keys.TRANSFERS].take_up()
        service.clock.advance(claims.LEASE.total_seconds())  # until then it may be in the hands of another process
    await service.app[keys.TRANSFERS].take_up()
    return call_id


@pytest.mark.parametrize(
    ("state", "status", "then", "result"),
    [
        (transfers.State.DIALING, "active", transfers.State.BRIDGED, transfers.AttemptResult.ANSWERED),
        (transfers.State.DIALING, None, transfers.State.FAILED, transfers.AttemptResult.UNKNOWN),
        (transfers.State.REQUESTED, None, transfers.State.FAILED, None),
    ],
)
async def test_a_restarted_dispatch_asks_the_room_and_never_dials_again(
    service: conftest.Service,
    state: transfers.State,
    status: str | None,
    then: transfers.State,
    result: transfers.AttemptResult | None,
) -> None:
    call_id = await left_behind(service, state, status)
    transfer = await settled(service, call_id)
    assert transfer.state is then
    assert [attempt.result for attempt in transfer.attempts] == ([result] if result else [])
    assert service.dialer.dials == []


async def test_a_phone_that_still_rings_after_a_restart_may_be_picked_up(service: conftest.Service) -> None:
    call_id = await left_behind(service, transfers.State.DIALING, "ringing")
    assert (await stored(service, call_id)).state is transfers.State.DIALING
    service.livekit.present[samples.ROOM][-1] = dialers.leg("tr_before_1", "active")
    assert (await settled(service, call_id)).state is transfers.State.BRIDGED


async def test_a_phone_that_rings_on_after_its_time_is_stopped(service: conftest.Service) -> None:
    call_id = await left_behind(service, transfers.State.DIALING, "ringing")
    service.clock.advance(PLAN.ringing_timeout_s + transfers.SETTLE_S)
    transfer = await settled(service, call_id)
    assert (transfer.state, transfer.attempts[0].result) == (transfers.State.FAILED, transfers.AttemptResult.NO_ANSWER)
    assert service.dialer.given_up == ["tr_before_1"]


async def test_a_phone_that_was_picked_up_during_a_long_outage_stays_connected(service: conftest.Service) -> None:
    service.livekit.failing.add(samples.ROOM)
    call_id = await left_behind(service, transfers.State.DIALING, "active")
    service.clock.advance(PLAN.ringing_timeout_s + transfers.SETTLE_S + 3600)
    path = f"/internal/calls/{call_id}/transfers/tr_before"
    assert (await service.internal("GET", path))[1]["state"] == "dialing", "nobody knows while LiveKit is out"
    service.livekit.failing.clear()
    assert (await settled(service, call_id)).state is transfers.State.BRIDGED
    assert service.dialer.given_up == []


async def test_a_caller_who_left_during_the_restart_is_not_connected(service: conftest.Service) -> None:
    call_id = await left_behind(service, transfers.State.DIALING, "ringing")
    service.livekit.present[samples.ROOM].remove(doubles.CALLER)
    assert (await settled(service, call_id)).state is transfers.State.CANCELLED
    assert service.dialer.given_up == ["tr_before_1"]


async def test_livekit_may_be_out_while_the_room_is_asked(service: conftest.Service) -> None:
    service.livekit.failing.add(samples.ROOM)
    call_id = await left_behind(service, transfers.State.DIALING, "active")
    service.livekit.failing.clear()
    assert (await settled(service, call_id)).state is transfers.State.BRIDGED


async def test_a_call_that_says_itself_that_it_was_transferred_was(service: conftest.Service) -> None:
    call_id = await ringing_call(service)
    await forward(service, call_id)
    await service.dialer.ringing()
    over = samples.ENDED.model_copy(update={"reason": endings.Reason.TRANSFERRED, "ended_by": endings.EndedBy.CALLEE})
    await service.deliver(samples.ANSWERED, over, first=2)
    assert (await settled(service, call_id)).state is transfers.State.BRIDGED
    assert (await service.only_call())["status"] == calls.Status.ENDED.value
