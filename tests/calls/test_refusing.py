"""Who is not meant to get through gets no answer, no agent and no plan."""

import asyncio

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


async def test_who_is_not_meant_to_get_through(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    """Strangers and wrong numbers, all at the same time: the ledger has none of them."""
    known = await standing.known_calls(ledger)
    await asyncio.gather(
        an_unknown_number(lab, phone),
        a_configured_number_from_a_foreign_address(lab),
        without_the_right_password(lab, phone, "acme", "wrong"),
    )
    await standing.settles(lab, phone)
    assert await standing.known_calls(ledger) == known


async def an_unknown_number(lab: labs.Lab, phone: softphone.Softphone) -> None:
    call = await phone.dial(standing.uri(lab, standing.UNKNOWN_NUMBER), caller=standing.CALLER)
    refusal = await refused(call)
    assert refusal.code == 486
    assert refusal.headers.get("Reason") == 'SIP;cause=404;text="Not Found"'


async def a_configured_number_from_a_foreign_address(lab: labs.Lab) -> None:
    async with softphone.Softphone.open(ip="127.0.0.2") as stranger:
        call = await stranger.dial(standing.uri(lab), caller=standing.CALLER)
        refusal = await refused(call)
        assert refusal.code == 486
        await standing.settles(lab, stranger)


async def without_the_right_password(
    lab: labs.Lab, phone: softphone.Softphone, username: str | None, password: str | None
) -> None:
    call = await phone.dial(
        standing.uri(lab, standing.NUMBER_WITH_CREDENTIALS),
        caller=standing.CALLER,
        username=username,
        password=password,
    )
    refusal = await refused(call)
    assert refusal.code in (401, 403, 407)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        (None, None),
        pytest.param("acme", "wrong", marks=pytest.mark.long),
        pytest.param("nobody", standing.SIP_PASSWORD, marks=pytest.mark.long),
    ],
)
async def test_without_the_right_password_there_is_not_even_a_room(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, username: str | None, password: str | None
) -> None:
    known = await standing.known_calls(ledger)
    await without_the_right_password(lab, phone, username, password)
    assert await standing.rooms(lab) == []
    assert await standing.known_calls(ledger) == known
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
