"""Numbers that take messages; what becomes of a message that is left is in `test_webhooks`."""

import pytest

from cli import api
from lab import labs, softphone
from tests.calls import lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]


async def test_who_hangs_up_during_the_greeting_leaves_no_message(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, lines.VOICEMAIL), caller=standing.CALLER)
    await call.answered(timeout=10)
    await call.hears_speech(timeout=5, since_s=0)
    await call.hang_up()
    (row,) = await standing.new_rows(ledger, known, 1)
    await standing.settles(lab, phone)
    row = await ledger.call(row["callId"])
    assert row["voicemail"] is None
    assert [turn["role"] for turn in row["transcript"] if turn["role"] == "user"] == []
