"""Who is not meant to get through gets no answer, no agent and no plan."""

import pytest

from cli import api
from lab import labs, softphone
from tests.calls import standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

REFUSED_S = 10.0
NEVER_S = 3.0


async def refused(call: softphone.OutgoingCall) -> softphone.CallRefused:
    with pytest.raises(softphone.CallRefused) as caught:
        await call.answered(timeout=REFUSED_S)
    return caught.value


async def test_an_unknown_number(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(standing.uri(lab, standing.UNKNOWN_NUMBER), caller=standing.CALLER)
    refusal = await refused(call)
    assert refusal.code == 486
    assert refusal.headers.get("Reason") == 'SIP;cause=404;text="Not Found"'
    assert await standing.known_calls(ledger) == known
    await standing.settles(lab, phone)


async def test_a_configured_number_from_a_foreign_address(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    known = await standing.known_calls(ledger)
    async with softphone.Softphone.open(ip="127.0.0.2") as stranger:
        call = await stranger.dial(standing.uri(lab), caller=standing.CALLER)
        refusal = await refused(call)
        assert refusal.code == 486
        await standing.settles(lab, stranger)
    assert await standing.known_calls(ledger) == known
    await standing.settles(lab, phone)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        (None, None),
        ("acme", "wrong"),
        pytest.param("nobody", standing.SIP_PASSWORD, marks=pytest.mark.long),
    ],
)
async def test_a_number_behind_a_password_without_the_right_one(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, username: str | None, password: str | None
) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(
        standing.uri(lab, standing.NUMBER_WITH_CREDENTIALS),
        caller=standing.CALLER,
        username=username,
        password=password,
    )
    refusal = await refused(call)
    assert refusal.code in (401, 403, 407)
    assert await standing.known_calls(ledger) == known
    assert await standing.rooms(lab) == []
    await standing.settles(lab, phone)


async def test_the_right_password_gets_through(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    call = await phone.dial(
        standing.uri(lab, standing.NUMBER_WITH_CREDENTIALS),
        caller=standing.CALLER,
        username="acme",
        password=standing.SIP_PASSWORD,
    )
    await call.answered(timeout=REFUSED_S)
    await call.hears_speech(timeout=5, since_s=0)
    await call.hang_up()
    row = await standing.ended_call(ledger, (await standing.new_call(ledger, known))["callId"])
    assert row["dialedNumber"] == standing.NUMBER_WITH_CREDENTIALS
    await standing.settles(lab, phone)
