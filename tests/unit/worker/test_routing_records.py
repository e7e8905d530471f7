"""What the ledger hears of a plan."""

from __future__ import annotations

import pytest

from callcore import contract, endings
from tests.unit.worker import samples
from worker.jobs import routing_records

pytestmark = pytest.mark.unit

METADATA = {"tenant": "acme"}
VOICE = contract.Voice(tts=contract.ProviderSpec(provider="offline"), language="en")
MESSAGE = contract.Announce(text="We are closed.", voice=VOICE, metadata=METADATA)


def decided(plan: contract.Plan) -> contract.CallPlan:
    return contract.CallPlan(call_id=samples.CALL, decided_by="dispatch", plan=plan)


def test_of_a_conversation_the_agent_is_told() -> None:
    plan = contract.Converse(agent=samples.agent(), ring_back=True, metadata=METADATA)
    assert routing_records.of(decided(plan)) == contract.RoutedRecord(
        action="converse",
        agent_id="front-desk",
        agent_version="v1",
        decided_by="dispatch",
        ring_back=True,
        metadata=METADATA,
    )


@pytest.mark.parametrize(
    ("plan", "action"),
    [
        (MESSAGE, "message"),
        (
            contract.TakeMessage(
                greeting="Hello.", voice=VOICE, stt=contract.ProviderSpec(provider="offline"), metadata=METADATA
            ),
            "voicemail",
        ),
        (contract.Forward(to="+12015550190", otherwise=MESSAGE, metadata=METADATA), "forward"),
    ],
    ids=["message", "voicemail", "forward"],
)
def test_without_an_agent_the_action_is_told(plan: contract.Plan, action: str) -> None:
    record = routing_records.of(decided(plan))
    assert record is not None
    assert (record.action, record.agent_id, record.agent_version, record.metadata) == (action, None, None, METADATA)


def test_of_a_refusal_nothing_is_told() -> None:
    refusal = contract.Refuse(reason=endings.Reason.REJECTED, sip_status_code=603, text="Decline")
    assert routing_records.of(decided(refusal)) is None
