"""A number that only calls out: strangers are refused, those whom it called may call back."""

import datetime as dt
import secrets

import aiohttp
import pytest

from callcore import calls, contract, endings
from cli import api
from lab import labs, softphone
from tests.calls import lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

CALLED = "+12015550181"


async def has_called(lab: labs.Lab, caller: str, agent_id: str) -> None:
    """Puts a call from our number to this one on record, as a worker would that has placed it."""
    room, job, at = f"call_out_{secrets.token_hex(4)}", f"AJ_{secrets.token_hex(4)}", dt.datetime.now(dt.UTC)
    intake = contract.CallIntake(
        room_name=room,
        direction=calls.Direction.OUTBOUND,
        caller=lines.ONLY_OUT,
        dialed=caller,
        trunk_id=None,
        rule_id=None,
        sip_call_id=None,
        job_id=job,
        worker_id="the test",
        arrived_at=at,
    )
    records: tuple[contract.Record, ...] = (
        contract.ArrivedRecord(intake=intake),
        contract.RoutedRecord(agent_id=agent_id, agent_version="1", decided_by="dispatch"),
        contract.EndedRecord(reason=endings.Reason.NO_ANSWER, ended_by=endings.EndedBy.SYSTEM),
    )
    batch = contract.SpoolBatch(
        spool_id=secrets.token_hex(8),
        lines=tuple(
            contract.SpoolLine(line=line, room_name=room, job_id=job, generation=1, at=at, record=record)
            for line, record in enumerate(records, start=1)
        ),
    )
    headers = {"Authorization": f"Bearer {lab.internal_secret}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{lab.dispatch_url}/internal/spool", data=batch.model_dump_json()) as response,
    ):
        assert response.status == 200, await response.text()
        assert (await response.json())["acknowledged"] == len(records)


async def test_a_stranger_is_refused(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.ONLY_OUT), caller=standing.CALLER)
    with pytest.raises(softphone.CallRefused) as caught:
        await call.answered(timeout=10)
    assert caught.value.code == 486
    assert (caught.value.headers.get("Reason") or "").startswith("SIP;cause=403;")
    (row,) = await standing.new_rows(ledger, known, 1)
    assert (row["agentId"], row["answeredAt"]) == (None, None)
    assert row["termination"]["reason"] == "policy_refused"
    await standing.settles(lab, phone)


async def test_who_was_called_gets_the_agent_that_called(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    await has_called(lab, CALLED, "front-desk")
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.ONLY_OUT), caller=CALLED)
    await call.answered(timeout=10)
    await call.hang_up()
    (row,) = await standing.new_rows(ledger, known, 1)
    assert (row["from"], row["dialedNumber"], row["agentId"]) == (CALLED, lines.ONLY_OUT, "front-desk")
    assert row["ringBack"] is True
    await standing.settles(lab, phone)
