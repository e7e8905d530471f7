"""What is in the report of a call, by kind of call."""

from __future__ import annotations

from typing import Any

import pytest

from callcore import clock, contract, endings, transfer_wishes, transfers, turns
from dispatch.reports import composing, shapes
from dispatch.store import transfers as transfer_rows
from tests.unit.dispatch import conftest, samples
from tests.unit.dispatch.reports import conftest as desks

pytestmark = pytest.mark.unit


async def test_all_that_is_known_of_a_conversation(service: conftest.Service, desk: desks.Desk) -> None:
    *said, ended = samples.whole_call()
    await service.deliver(*said, desks.USED, ended)
    assert await desk.shown() == (404, {**(await desk.shown())[1], "code": "report_not_ready"})
    assert await desk.make() == 1
    call, report = await service.only_call(), await desk.report()
    same = ["callId", "direction", "action", "agentId", "agentVersion", "contactId", "from", "to", "dialedNumber"]
    same += ["createdAt", "answeredAt", "endedAt", "termination", "outcome", "transfers", "metadata"]
    assert {name: report[name] for name in same} == {name: call[name] for name in same}
    assert report["type"] == "call.report"
    assert report["durations"] == {"ringingSeconds": 3.0, "talkSeconds": 12.5, "totalSeconds": 8.0}
    assert [(turn["role"], turn["message"], turn["source"]) for turn in report["transcript"]] == [
        ("agent", "Thanks for calling Acme.", "voice_ai"),
        ("user", "When are you open?", "voice_ai"),
        ("agent", "Nine to five.", "voice_ai"),
    ]
    assert [(used["part"], used["provider"], used["model"]) for used in report["usage"]] == [
        ("llm", "openai", "gpt-4.1-mini"),
        ("stt", "deepgram", "nova-3"),
        ("tts", "elevenlabs", "eleven_turbo_v2_5"),
    ]
    tokens = report["usage"][0]
    assert (tokens["inputTokens"], tokens["cachedInputTokens"], tokens["outputTokens"]) == (900, 512, 40)
    assert (report["usage"][1]["audioSeconds"], report["usage"][2]["characters"]) == (8.25, 37)
    later = ("summary", "structuredData", "cost", "scheduledCallback")
    assert [report[name] for name in later] == [None] * 4
    assert report["contactStatus"] == "contacted"
    assert report["artifacts"] == {
        "transcriptUrl": f"/v1/calls/{call['callId']}/transcript",
        "recordingUrl": None,
        "voicemail": None,
    }


async def test_a_transfer_is_told_with_every_attempt(service: conftest.Service, desk: desks.Desk) -> None:
    *said, ended = samples.whole_call()
    await service.deliver(*said)
    to, at = transfer_wishes.Destination(to="+12015550111", label="Sales"), samples.START
    tried = transfers.Attempt(
        to=to.to,
        label=to.label,
        result=transfers.AttemptResult.ANSWERED,
        sip_status_code=200,
        seconds=3.14159,
        method=transfers.Method.REFER,
        began_at=at,
    )
    transfer = transfers.Transfer(
        id="tr_1",
        call_id=(await service.only_call())["callId"],
        kind=transfers.Kind.BLIND,
        state=transfers.State.BRIDGED,
        attempts=(tried,),
        created_at=at,
        updated_at=at,
        requested_by=transfer_wishes.Requester.AGENT,
        wish=transfer_wishes.Wish(destinations=(to,)),
        bridged_at=at,
    )
    async with service.store.writing() as tx:
        await transfer_rows.insert(tx, transfer)
    await service.deliver(ended, first=len(said) + 1)
    await desk.make()
    told, _ = await desk.sent()
    attempt = {"to": to.to, "label": "Sales", "method": "refer", "result": "answered", "sip_status_code": 200}
    assert told[3]["transfers"] == [
        {
            "id": "tr_1",
            "kind": "blind",
            "state": "bridged",
            "requested_by": "agent",
            "attempts": [attempt | {"seconds": 3.142}],
            "fallback": "return_to_agent",
            "created_at": clock.rfc3339(at),
            "bridged_at": clock.rfc3339(at),
        }
    ]


async def test_the_webhook_says_the_same_in_snake_case_once(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call())
    assert (await desk.make(), await desk.make()) == (1, 0)
    report, (told, lead) = await desk.report(), await desk.sent()
    kind, url, message_id, body = told
    assert (kind, url, message_id) == ("post_call", desks.REPORTS_URL, report["reportId"])
    assert (body["call_id"], body["from"], body["structured_data"]) == (report["callId"], samples.CALLER, None)
    assert shapes.Report.model_validate(body).model_dump(mode="json", by_alias=True) == report
    assert lead[:2] == ("lead_updated", desks.LEADS_URL)
    assert lead[2] == report["reportId"].replace("rpt_", "lead_")
    (entry,) = lead[3].pop("calls")
    assert lead[3] == {
        "type": "lead.updated",
        "timestamp": report["timestamp"],
        "source": "voice",
        "lead_id": report["contactId"],
        "contact_id": report["contactId"],
        "number": samples.CALLER,
        "name": None,
        "fields": {},
        "status": "contacted",
    }
    assert (entry["capability"], entry["direction"], entry["summary"]) == ("converse", "inbound", None)
    assert (entry["started_at"], entry["ended_at"]) == (report["createdAt"], report["endedAt"])
    assert [turn["message"] for turn in entry["transcript"]] == [turn["message"] for turn in report["transcript"]]


async def test_a_call_without_a_contact_updates_no_lead(service: conftest.Service, desk: desks.Desk) -> None:
    nobody = samples.arrived(caller=None)
    await service.deliver(nobody, *samples.whole_call()[1:])
    assert await desk.make() == 1
    assert [kind for kind, *_ in await desk.sent()] == ["post_call"]
    assert (await desk.report())["contactStatus"] is None


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ((), {"action": None, "outcome": "incomplete", "reason": "cancelled"}),
        ((samples.ROUTED,), {"action": "converse", "outcome": "incomplete", "reason": "cancelled"}),
        (
            (samples.ROUTED.model_copy(update={"action": "message", "agent_id": None}), samples.ANSWERED),
            {"action": "message", "outcome": "incomplete", "reason": "message_played"},
        ),
        (
            (samples.ROUTED.model_copy(update={"action": "forward", "agent_id": None}), samples.ANSWERED),
            {"action": "forward", "outcome": "incomplete", "reason": "transferred"},
        ),
        ((), {"action": None, "outcome": "incomplete", "reason": "rejected"}),
    ],
    ids=["given up", "given up when routed", "message", "forward", "refused"],
)
async def test_every_kind_of_call_has_a_report(
    service: conftest.Service, desk: desks.Desk, records: tuple[Any, ...], expected: dict[str, Any]
) -> None:
    reason = endings.Reason(expected.pop("reason"))
    ended = contract.EndedRecord(reason=reason, ended_by=endings.EndedBy.SYSTEM, sip_status_code=487)
    await service.deliver(samples.arrived(), *records, ended)
    assert await desk.make() == 1
    report = await desk.report()
    assert {name: report[name] for name in expected} == expected
    assert (report["termination"]["reason"], report["termination"]["sipStatusCode"]) == (reason.value, 487)
    assert {kind for kind, *_ in await desk.sent()} == {"post_call", "lead_updated"}


async def test_usage_counts_whenever_it_comes_and_once(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call(), desks.USED)
    await service.deliver(desks.USED, first=9)
    await service.deliver(desks.USED.model_copy(update={"usage": ()}), first=1, spool="other", job="AJ_2")
    await desk.make()
    used = (await desk.report())["usage"]
    assert [(each["part"], each["requests"]) for each in used] == [("llm", 2), ("stt", 0), ("tts", 2)]


async def test_another_jobs_usage_adds_up(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:3], desks.USED)
    again = samples.arrived(job="AJ_2", generation=2)
    await service.deliver(again, desks.USED, samples.ENDED, spool="two", job="AJ_2", generation=2)
    await desk.make()
    used = (await desk.report())["usage"]
    assert [each["audioSeconds"] for each in used] == [0, 16.5, 5.0]


def test_of_a_very_long_transcript_the_end_is_told() -> None:
    def spoken(message: str) -> turns.Turn:
        return turns.Turn(role=turns.Role.USER, message=message, at=samples.START)

    many = [spoken(str(number)) for number in range(5000)]
    assert [said.message for said in composing.last(many)] == [str(number) for number in range(4000, 5000)]
    long = [spoken("ä" * 20_000) for _ in range(20)]
    assert len(composing.last(long)) == 5
    assert composing.last([]) == []


async def test_a_long_call_has_a_body_of_bounded_size(service: conftest.Service, desk: desks.Desk) -> None:
    said = tuple(samples.said("b" * 15_000) for _ in range(30))
    await service.deliver(*samples.whole_call()[:3], *said, samples.ENDED)
    await desk.make()
    report, (told, _) = await desk.report(), await desk.sent()
    assert (len(report["transcript"]), report["transcriptOmitted"]) == (13, 17)
    assert len(str(told[3])) < 300_000
