"""Which number was dialed, however it is written, decides who answers."""

import asyncio

import pytest

from cli import api
from lab import labs, softphone
from tests.calls import hearing, lines, standing

pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]

ANSWER_S = 10.0
GREETING_S = 15.0


async def answered_by(lab: labs.Lab, phone: softphone.Softphone, number: str, caller: str) -> str | None:
    """Which agent's greeting a caller hears on a number."""
    call = await phone.dial(standing.uri(lab, number), caller=caller)
    await call.answered(timeout=ANSWER_S)
    await call.hears_speech(timeout=5, since_s=0)
    await call.hears_silence(for_s=0.6, timeout=GREETING_S, since_s=call.timeline.answered_s + 0.6)
    await call.hang_up()
    greetings = {"front-desk": lines.MAIN_GREETING, "second-desk": lines.OTHER_GREETING}
    return next((agent for agent, text in greetings.items() if hearing.says(call, text)), None)


async def test_each_number_has_its_agent(lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api) -> None:
    known = await standing.known_calls(ledger)
    expected = {
        (standing.NUMBER, standing.CALLER): "front-desk",
        (lines.OTHER_DESK, standing.CALLER): "second-desk",
        (lines.BY_CALLER, standing.CALLER): "front-desk",
        (lines.BY_CALLER, lines.ROUTED_CALLER): "second-desk",
    }
    heard = await asyncio.gather(*(answered_by(lab, phone, number, caller) for number, caller in expected))
    assert heard == list(expected.values())
    rows = await standing.new_rows(ledger, known, len(expected))
    assert {(row["dialedNumber"], row["from"]): row["agentId"] for row in rows} == expected
    await standing.settles(lab, phone)


async def test_a_caller_of_a_split_number_always_gets_the_same_agent(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api
) -> None:
    callers = [f"+1201555013{i}" for i in range(3)]
    agents: list[dict[str, str]] = []
    for _ in range(2):
        known = await standing.known_calls(ledger)
        calls = [await phone.dial(standing.uri(lab, lines.SPLIT), caller=caller) for caller in callers]
        await asyncio.gather(*(call.answered(timeout=15) for call in calls))
        await asyncio.gather(*(call.hang_up() for call in calls))
        agents.append({row["from"]: row["agentId"] for row in await standing.new_rows(ledger, known, len(callers))})
    assert agents[0] == agents[1]
    assert set(agents[0]) == set(callers)
    assert set(agents[0].values()) == {"front-desk", "second-desk"}, "callers known to fall on both sides"
    await standing.settles(lab, phone)


# LiveKit goes by the To header's user part. Of a `tel:` URI there it sees nothing, so such a call is refused.
@pytest.mark.parametrize(
    "forms",
    [
        ["{digits}", "00{digits}", "+{digits};user=phone", "tel:+{digits}"],
        pytest.param(["011{digits}"], marks=pytest.mark.long),
    ],
    ids=["usual", "american"],
)
async def test_a_number_is_known_however_it_is_written(
    lab: labs.Lab, phone: softphone.Softphone, ledger: api.Api, forms: list[str]
) -> None:
    known = await standing.known_calls(ledger)
    callers = {f"+1201555014{place}": form for place, form in enumerate(forms)}
    calls = [await as_written(lab, phone, caller, form) for caller, form in callers.items()]
    await asyncio.gather(*(call.answered(timeout=ANSWER_S) for call in calls))
    await asyncio.gather(*(call.hang_up() for call in calls))
    for caller, form in callers.items():
        row = await standing.ended_call_from(ledger, known, caller)
        assert (row["dialedNumber"], row["agentId"]) == (lines.OTHER_DESK, "second-desk"), form
    await standing.settles(lab, phone)


async def as_written(lab: labs.Lab, phone: softphone.Softphone, caller: str, form: str) -> softphone.OutgoingCall:
    """Dial the other desk's number in such a form."""
    number = form.format(digits=lines.OTHER_DESK[1:])
    user, semicolon, parameter = number.removeprefix("tel:").partition(";")
    to = f"sip:{user}@{lab.sip}{semicolon}{parameter}"
    return await phone.dial(number if number.startswith("tel:") else to, to=to, next_hop=lab.sip, caller=caller)
