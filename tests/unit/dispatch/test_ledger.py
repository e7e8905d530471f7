"""The ledger, by way of the internal API: what workers report is what `/v1` tells."""

from __future__ import annotations

import dataclasses

import pytest

from callcore import calls, clock, contract, endings, transfers, turns
from dispatch import keys
from dispatch.ledger import ledger
from dispatch.store import engine, late
from dispatch.store import transfers as transfer_rows
from sip_config import live
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = [pytest.mark.unit, pytest.mark.both_stores]


async def test_a_call_reported_by_spool_alone_is_whole(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    call = await service.only_call()
    assert call["status"] == "ended"
    assert call["from"] == samples.CALLER
    assert call["to"] == call["dialedNumber"] == doubles.DIALED
    assert call["agentId"] == "front-desk"
    assert call["durationSeconds"] == 12.5
    assert call["answeredAt"] == "2026-01-02T03:04:08.000Z"
    assert call["termination"] == {
        "result": "success",
        "reason": "caller_hangup",
        "sipStatusCode": None,
        "sipStatus": None,
        "endedBy": "caller",
    }
    assert call["outcome"] == "completed"
    assert [turn["message"] for turn in call["transcript"]] == [
        "Thanks for calling Acme.",
        "When are you open?",
        "Nine to five.",
    ]
    assert call["transcript"][1]["transcriptionDelaySeconds"] == 0.1


async def test_events_are_gapless_and_in_order(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    call = await service.only_call()
    _, body = await service.public(f"/v1/calls/{call['callId']}/events")
    assert [event["sequence"] for event in body["events"]] == [1, 2, 3, 4]
    assert [event["type"] for event in body["events"]] == [
        "call.ringing",
        "call.routed",
        "call.answered",
        "call.hangup",
    ]


async def test_announcing_a_call_gives_the_plan_at_once(service: conftest.Service) -> None:
    status, accepted = await service.internal("POST", "/internal/calls", samples.intake())
    assert status == 200
    assert accepted["plan"]["plan"]["action"] == "converse"
    assert accepted["plan"]["plan"]["agent"]["agent_id"] == "front-desk"
    assert (await service.only_call())["status"] == "ringing"


async def test_announcing_a_call_twice_makes_one_call(service: conftest.Service) -> None:
    first = await service.internal("POST", "/internal/calls", samples.intake())
    second = await service.internal("POST", "/internal/calls", samples.intake())
    assert first == second
    await service.deliver(samples.arrived(), samples.ROUTED)
    assert (await service.only_call())["callId"] == first[1]["call_id"]


async def test_a_call_through_a_foreign_trunk_is_refused(service: conftest.Service) -> None:
    for wrong in ({"trunk_id": "ST_other"}, {"rule_id": doubles.CATCH_ALL_RULE}, {"trunk_id": None, "rule_id": None}):
        intake = samples.intake(f"call_{len(str(wrong))}", **wrong)
        _, accepted = await service.internal("POST", "/internal/calls", intake)
        _, decided = await service.internal("GET", f"/internal/calls/{accepted['call_id']}/plan")
        assert decided["plan"]["action"] == "refuse"


async def test_a_call_by_a_trunk_that_was_just_made_is_taken(service: conftest.Service) -> None:
    way = live.LiveNumber(trunk_id="ST_new", rule_id="SDR_new")
    service.objects.found = live.LiveObjects(numbers={doubles.DIALED: way})
    intake = samples.intake(trunk_id="ST_new", rule_id="SDR_new")
    _, accepted = await service.internal("POST", "/internal/calls", intake)
    assert accepted["plan"] is None
    _, decided = await service.internal("GET", f"/internal/calls/{accepted['call_id']}/plan")
    assert decided["plan"]["action"] == "converse"


async def test_the_plan_is_awaited_until_the_configuration_is_applied(service: conftest.Service) -> None:
    board = service.app[keys.SWITCHBOARD]
    board._board = dataclasses.replace(board._board, live=None)
    board._ready.clear()
    _, accepted = await service.internal("POST", "/internal/calls", samples.intake())
    assert accepted["plan"] is None
    board.connect(doubles.LIVE)
    status, plan = await service.internal("GET", f"/internal/calls/{accepted['call_id']}/plan")
    assert (status, plan["plan"]["action"]) == (200, "converse")


async def test_a_higher_generation_takes_over_and_fences_the_lower(service: conftest.Service) -> None:
    await service.internal("POST", "/internal/calls", samples.intake())
    await service.deliver(samples.arrived(), samples.ROUTED, samples.ANSWERED)
    second = samples.intake(job="AJ_2", generation=2)
    assert (await service.internal("POST", "/internal/calls", second))[0] == 200
    status, problem = await service.internal("POST", "/internal/calls", samples.intake())
    assert (status, problem["code"]) == (409, "fenced")
    await service.deliver(samples.ENDED, first=4)
    assert (await service.only_call())["status"] == "in_progress"
    await service.deliver(samples.ENDED, spool="spool_2", job="AJ_2", generation=2)
    assert (await service.only_call())["status"] == "ended"


async def test_a_second_job_of_the_same_generation_is_fenced(service: conftest.Service) -> None:
    await service.internal("POST", "/internal/calls", samples.intake())
    status, problem = await service.internal("POST", "/internal/calls", samples.intake(job="AJ_2"))
    assert (status, problem["code"]) == (409, "fenced")


async def test_a_call_that_is_over_is_not_announced_again(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    status, problem = await service.internal("POST", "/internal/calls", samples.intake())
    assert (status, problem["code"]) == (409, "call_over")


async def test_a_batch_sent_twice_changes_nothing(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    before = await service.only_call()
    await service.deliver(*samples.whole_call())
    assert await service.only_call() == before


async def test_overlapping_batches_take_only_what_is_new(service: conftest.Service) -> None:
    records = samples.whole_call()
    await service.deliver(*records[:4])
    await service.deliver(*records[2:], first=3)
    assert len((await service.only_call())["transcript"]) == 3


async def test_a_gap_is_refused_with_the_expected_line(service: conftest.Service) -> None:
    records = samples.whole_call()
    await service.deliver(*records[:3])
    status, problem = await service.internal("POST", "/internal/spool", samples.batch(records[4:], first=5))
    assert (status, problem["code"], problem["expected"]) == (409, "lines_missing", 4)
    await service.deliver(*records[3:], first=4)
    assert (await service.only_call())["status"] == "ended"


async def test_a_gap_within_a_batch_is_refused_whole(service: conftest.Service) -> None:
    batch = samples.batch(samples.whole_call())
    holed = batch.model_copy(update={"lines": batch.lines[:2] + batch.lines[3:]})
    status, problem = await service.internal("POST", "/internal/spool", holed)
    assert (status, problem["expected"]) == (409, 3)
    assert (await service.public("/v1/calls"))[1]["items"] == []


async def test_a_spool_of_a_lost_database_goes_on_where_it_is(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call(), first=51)
    assert (await service.only_call())["status"] == "ended"


async def test_facts_that_do_not_fit_are_kept_and_block_nothing(service: conftest.Service) -> None:
    await service.deliver(
        samples.said("nobody knows this room", turns.Role.AGENT),
        samples.arrived(),
        samples.said("too early"),
        samples.ANSWERED,
        samples.ANSWERED,
        samples.said("Hello?"),
        samples.ENDED,
        samples.said("too late"),
        samples.ENDED,
    )
    call = await service.only_call()
    assert [turn["message"] for turn in call["transcript"]] == ["Hello?"]
    async with service.store.reading() as tx:
        kept = await late.of_room(tx, samples.ROOM)
    assert [fact.why.value for fact in kept] == ["unknown_call", "illegal", "illegal", "ended", "ended"]
    assert "too late" in kept[3].fact


async def test_the_room_of_an_ended_call_is_closed(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    await service.app[keys.CLOSER].aclose()
    assert service.livekit.closed == [samples.ROOM]


async def test_a_number_in_a_sip_uri_is_stored_as_e164(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(caller="<tel:+1-201-555-0123>", dialed="sip:12015550100@pbx;user=phone"))
    call = await service.only_call()
    assert (call["from"], call["to"]) == (samples.CALLER, doubles.DIALED)


async def test_a_number_written_as_its_country_does_is_stored_as_e164(
    store: engine.Store, manual_clock: clock.ManualClock
) -> None:
    book = ledger.Ledger(store, manual_clock, doubles.NoAftermath(), region=lambda: "US")
    entry = (await book.admit(samples.intake(caller="(201) 555-0123", dialed="2015550100"), None)).entry
    assert (entry.call.caller, entry.call.dialed) == (samples.CALLER, doubles.DIALED)


async def test_a_withheld_number_is_null(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(caller="anonymous"))
    assert (await service.only_call())["from"] is None


@pytest.mark.parametrize(
    ("caller", "number", "status"),
    [
        (samples.CALLER, samples.CALLER, "known"),
        ("anonymous", None, "withheld"),
        (None, None, "withheld"),
        ("Robert'); DROP TABLE calls;--", None, "unusable"),
        ("9" * 500, None, "unusable"),
    ],
)
async def test_it_is_told_why_a_caller_is_not_known(
    service: conftest.Service, caller: str | None, number: str | None, status: str
) -> None:
    await service.deliver(samples.arrived(caller=caller))
    call = await service.only_call()
    assert (call["from"], call["callerIdStatus"]) == (number, status)


async def test_a_caller_of_ours_is_always_known(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(caller=None, direction="outbound"))
    assert (await service.only_call())["callerIdStatus"] == "known"


@pytest.mark.parametrize(
    ("told", "shown"),
    [("<sip:+12015550144@pbx.example>", "+12015550144"), ("Office", None), (doubles.DIALED, None), (None, None)],
)
async def test_whose_phone_sent_the_call_on(service: conftest.Service, told: str | None, shown: str | None) -> None:
    await service.deliver(samples.arrived(forwarded_from=told))
    assert (await service.only_call())["forwardedFromNumber"] == shown


async def test_what_was_decided_is_in_the_ledger(service: conftest.Service) -> None:
    routed = contract.RoutedRecord(
        action="voicemail",
        agent_id=None,
        agent_version=None,
        decided_by="dispatch",
        ring_back=True,
        metadata={"tenant": "acme", "caller": samples.CALLER},
    )
    await service.deliver(samples.arrived(), routed)
    call = await service.only_call()
    assert (call["action"], call["agentId"], call["ringBack"]) == ("voicemail", None, True)
    assert call["metadata"] == {"tenant": "acme", "caller": samples.CALLER}
    _, listed = await service.public(f"/v1/calls/{call['callId']}/events")
    assert listed["events"][-1]["data"] == {
        "action": "voicemail",
        "agent_id": None,
        "agent_version": None,
        "decided_by": "dispatch",
        "ring_back": True,
    }


async def test_durations_are_told_to_the_millisecond(service: conftest.Service) -> None:
    ended = samples.ENDED.model_copy(update={"duration_s": 12.345678})
    said = samples.said("Hello?", transcription_delay_s=0.1234567)
    await service.deliver(samples.arrived(), samples.ROUTED, samples.ANSWERED, said, ended)
    call = await service.only_call()
    assert call["durationSeconds"] == 12.346
    assert call["transcript"][0]["transcriptionDelaySeconds"] == 0.123


async def test_transfers_are_shown_with_every_attempt(service: conftest.Service) -> None:
    await service.deliver(samples.arrived())
    call_id = (await service.only_call())["callId"]
    attempt = transfers.Attempt(
        to="+12015550111",
        label=None,
        result=transfers.AttemptResult.BUSY,
        sip_status_code=486,
        seconds=3.14159,
    )
    transfer = transfers.Transfer(
        id="tr_1",
        call_id=call_id,
        kind=transfers.Kind.FORWARD,
        state=transfers.State.FAILED,
        attempts=(attempt,),
        created_at=samples.START,
        updated_at=samples.START,
    )
    async with service.store.writing() as tx:
        await transfer_rows.insert(tx, transfer)
    call = await service.only_call()
    assert call["transfers"] == [
        {
            "id": "tr_1",
            "callId": call_id,
            "kind": "forward",
            "state": "failed",
            "requestedBy": "work_mode",
            "attempts": [
                {
                    "to": "+12015550111",
                    "label": None,
                    "method": "dial",
                    "result": "busy",
                    "sipStatusCode": 486,
                    "seconds": 3.142,
                }
            ],
            "fallback": None,
            "createdAt": "2026-01-02T03:04:05.000Z",
            "updatedAt": "2026-01-02T03:04:05.000Z",
            "bridgedAt": None,
            "metadata": {},
        }
    ]
    _, page = await service.public("/v1/calls")
    assert page["items"][0]["transfers"] == call["transfers"]


async def test_what_the_domain_knows_survives_the_store(service: conftest.Service) -> None:
    await service.deliver(
        samples.arrived(),
        samples.ENDED.model_copy(
            update={"reason": endings.Reason.BUSY, "sip_status_code": 486, "sip_status": "Busy Here"}
        ),
    )
    call = await service.only_call()
    assert call["termination"]["sipStatusCode"] == 486
    assert call["termination"]["sipStatus"] == "Busy Here"
    assert call["termination"]["result"] == endings.Result.CLIENT_ERROR
    assert call["outcome"] == "busy"
    assert call["direction"] == calls.Direction.INBOUND
