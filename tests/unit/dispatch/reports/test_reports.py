"""The report of a call: what is in it, when it is made, and who is told."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from typing import Any

import pytest
import sqlalchemy as sa

from callcore import contract, endings, turns
from dispatch import keys
from dispatch.reports import composing, scheduling, shapes
from dispatch.store import reports as rows
from dispatch.store import tables
from tests.unit.dispatch import conftest, doubles, samples
from tests.unit.dispatch.reports import conftest as desks

pytestmark = pytest.mark.unit

USED = contract.UsageRecord(
    usage=(
        contract.ProviderUsage(part=contract.Part.STT, provider="deepgram", model="nova-3", audio_s=8.25),
        contract.ProviderUsage(
            part=contract.Part.LLM,
            provider="openai",
            model="gpt-4.1-mini",
            requests=2,
            input_tokens=900,
            cached_input_tokens=512,
            output_tokens=40,
        ),
        contract.ProviderUsage(
            part=contract.Part.TTS,
            provider="elevenlabs",
            model="eleven_turbo_v2_5",
            requests=2,
            characters=37,
            audio_s=2.5,
        ),
    )
)
VOICEMAIL = contract.EndedRecord(reason=endings.Reason.VOICEMAIL, ended_by=endings.EndedBy.SYSTEM, duration_s=9.0)


async def lose(service: conftest.Service, *, known_lines: int = 3) -> None:
    """A call that the reaper ended, as its room was gone."""
    await service.deliver(*samples.whole_call()[:known_lines])
    for _ in range(6):
        await service.app[keys.REAPER].round()
        service.clock.advance(2)
    assert (await service.only_call())["termination"]["reason"] == "worker_lost"


async def send_sound(service: conftest.Service) -> None:
    label = {"room_name": samples.ROOM, "duration_s": "6.5", "recorded_at": "2026-01-02T03:04:30Z"}
    headers = {"Authorization": f"Bearer {conftest.SECRET}", "Content-Type": "audio/wav"}
    body = io.BytesIO(b"RIFF\x24\x00\x00\x00WAVE" + b"sound" * 100)
    async with service.client.put("/internal/audio/voicemail", params=label, data=body, headers=headers) as response:
        assert response.status == 204


async def test_all_that_is_known_of_a_conversation(service: conftest.Service, desk: desks.Desk) -> None:
    *said, ended = samples.whole_call()
    await service.deliver(*said, USED, ended)
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


async def test_a_correction_in_time_is_in_the_report(service: conftest.Service, desk: desks.Desk) -> None:
    await lose(service)
    service.clock.advance(scheduling.SETTLE.total_seconds() - 8)
    assert await desk.make() == 0
    await service.deliver(*samples.whole_call()[3:], first=4)
    assert await desk.make() == 1
    report = await desk.report()
    assert (report["termination"]["reason"], report["endIsInferred"]) == ("caller_hangup", False)
    assert len(report["transcript"]) == 3


async def test_a_correction_that_comes_later_is_in_a_report_made_anew(
    service: conftest.Service, desk: desks.Desk
) -> None:
    await lose(service)
    service.clock.advance(scheduling.SETTLE.total_seconds())
    assert await desk.make() == 1
    await service.deliver(*samples.whole_call()[3:], first=4)
    assert await desk.make() == 0
    before = await desk.report()
    assert (before["termination"]["reason"], before["endIsInferred"]) == ("worker_lost", True)
    status, answer = await desk.finalize(forceAnalysis=True)
    assert (status, answer["remade"], answer["analyzed"], answer["webhookQueued"]) == (200, True, False, False)
    after = await desk.report()
    assert (after["termination"]["reason"], after["endIsInferred"]) == ("caller_hangup", False)
    assert after["reportId"] == before["reportId"]
    assert [kind for kind, *_ in await desk.sent()].count("post_call") == 1


async def test_an_end_inferred_of_long_ago_settles_from_now_on(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:3])
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.calls).values(leg_left_at=samples.START + dt.timedelta(seconds=5)))
    service.clock.advance(3600)
    service.livekit.present[samples.ROOM] = []
    for _ in range(9):
        await service.app[keys.REAPER].round()
        service.clock.advance(2)
        assert await desk.make() == 0 or (await service.only_call())["status"] == "ended"
    async with service.store.reading() as tx:
        row = await rows.find(tx, (await service.only_call())["callId"])
    assert row is not None
    assert row.due_at > samples.START + dt.timedelta(seconds=3600)


async def test_the_report_of_a_message_waits_for_its_sound(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:-1], VOICEMAIL)
    service.clock.advance(30)
    assert await desk.make() == 0
    await send_sound(service)
    assert await desk.make() == 1
    report = await desk.report()
    assert (report["outcome"], report["contactStatus"]) == ("voicemail", "voicemail")
    assert report["artifacts"]["voicemail"] == (await service.only_call())["voicemail"]


async def test_sound_that_is_there_already_is_not_waited_for(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:-1])
    await send_sound(service)
    assert await desk.make() == 0
    await service.deliver(VOICEMAIL, first=7)
    assert await desk.make() == 1


async def test_sound_that_never_comes_is_not_waited_for_for_ever(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:-1], VOICEMAIL)
    service.clock.advance(7 + scheduling.SOUND.total_seconds())
    assert await desk.make() == 1
    assert (await desk.report())["artifacts"]["voicemail"] is None


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


async def test_a_call_that_goes_on_has_none(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:-1])
    assert await desk.make() == 0
    for status, body in (await desk.shown(), await desk.finalize(retryWebhook=True)):
        assert (status, body["code"]) in ((404, "report_not_ready"), (409, "call_not_over"))
    nowhere = "call_01kb8r9x4e6q0v3m5n7p9s1t2w"
    status, body = await desk.shown(nowhere)
    assert (status, body["code"]) == (404, "not_found")


async def test_it_is_told_again_under_the_same_id_but_not_twice_at_once(
    service: conftest.Service, desk: desks.Desk
) -> None:
    await service.deliver(*samples.whole_call())
    status, answer = await desk.finalize()
    assert (status, answer["remade"], answer["webhookQueued"]) == (200, True, True)
    _, answer = await desk.finalize(retryWebhook=True)
    assert (answer["remade"], answer["webhookQueued"]) == (False, False), "it is on its way"
    async with service.store.writing() as tx:
        await tx.execute(sa.update(tables.deliveries).values(state="delivered", finished_at=samples.START))
    _, answer = await desk.finalize(retryWebhook=True)
    assert (answer["remade"], answer["webhookQueued"]) == (False, True)
    told = [(message_id, body) for kind, _, message_id, body in await desk.sent() if kind == "post_call"]
    assert len(told) == 2
    assert told[0] == told[1]
    assert await desk.make() == 0


async def test_two_processes_make_one_report(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call())
    one = service.app[keys.REPORTS]
    other = type(one)(service.store, service.clock, one._settle, wake=lambda: None)
    await asyncio.gather(*(each.make_next() for each in (one, other, one, other)))
    assert [kind for kind, *_ in await desk.sent()] == ["post_call", "lead_updated"]


async def test_one_that_cannot_be_made_keeps_no_other_waiting(
    service: conftest.Service, desk: desks.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, made = composing.report, []

    def fails_once(*given: Any) -> shapes.Report:
        made.append(given[0].call.id)
        if len(made) == 1:
            raise RuntimeError
        return whole(*given)

    monkeypatch.setattr(composing, "report", fails_once)
    for room in ("call_a", "call_b"):
        records = (samples.arrived(room), *samples.whole_call()[1:])
        await service.deliver(*records, room=room, spool=room)
    assert await desk.make() == 2
    assert len(await desk.sent()) == 2
    service.clock.advance(301)
    assert await desk.make() == 1
    assert made[0] == made[2]


async def test_usage_counts_whenever_it_comes_and_once(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call(), USED)
    await service.deliver(USED, first=9)
    await service.deliver(USED.model_copy(update={"usage": ()}), first=1, spool="other", job="AJ_2")
    await desk.make()
    used = (await desk.report())["usage"]
    assert [(each["part"], each["requests"]) for each in used] == [("llm", 2), ("stt", 0), ("tts", 2)]


async def test_another_jobs_usage_adds_up(service: conftest.Service, desk: desks.Desk) -> None:
    await service.deliver(*samples.whole_call()[:3], USED)
    again = samples.arrived(job="AJ_2", generation=2)
    await service.deliver(again, USED, samples.ENDED, spool="two", job="AJ_2", generation=2)
    await desk.make()
    used = (await desk.report())["usage"]
    assert [each["audioSeconds"] for each in used] == [0, 16.5, 5.0]


async def test_erasing_a_person_erases_reports_of_them_and_their_number_in_others(
    service: conftest.Service, desk: desks.Desk
) -> None:
    await service.deliver(*samples.whole_call(), USED)
    other = samples.arrived("call_other", caller="+12015550188", forwarded_from=samples.CALLER)
    await service.deliver(other, *samples.whole_call()[1:], room="call_other", spool="other")
    assert await desk.make() == 2
    _, page = await service.public("/v1/contacts", params={"number": samples.CALLER})
    status, _ = await service.public(f"/v1/contacts/{page['items'][0]['id']}", "DELETE")
    assert status == 204 or status == 200
    async with service.store.reading() as tx:
        kept = [row.body for row in await tx.execute(sa.select(tables.reports.c.body))]
        sent = [row.body for row in await tx.execute(sa.select(tables.deliveries.c.body))]
        used = (await tx.execute(sa.select(tables.usage))).all()
    assert used == []
    assert len(kept) == 1
    assert not [body for body in (*kept, *sent) if samples.CALLER.removeprefix("+") in body]
    assert (await desk.report())["forwardedFromNumber"] is None


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


@pytest.mark.parametrize("dialed", [doubles.DIALED])
async def test_whose_reports_nobody_wants_is_told_to_nobody(
    service: conftest.Service, desk: desks.Desk, dialed: str
) -> None:
    nobodys = samples.ROUTED.model_copy(update={"agent_id": "not-there"})
    await service.deliver(samples.arrived(dialed=dialed), nobodys, *samples.whole_call()[2:])
    assert await desk.make() == 1
    assert (await desk.sent(), (await desk.shown())[0]) == ([], 200)
