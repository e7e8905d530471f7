"""What the model may decide, and what answers when it fails."""

from __future__ import annotations

from typing import Any

import pytest
from livekit import agents
from livekit.agents import llm

from callcore import contract, transfers
from tests.unit.worker import samples, talking
from worker.jobs.consulting import consultants, minds, scripted

pytestmark = pytest.mark.unit

ORDER = contract.TransferProgress(
    transfer_id="tr_1", kind=transfers.Kind.WARM, state=transfers.State.CONSULTING, version=1, label="Sales"
)
SCRIPT = scripted.flow("Hello, this is Ava.", "They need a price.")


class Broken(llm.LLM[None]):
    """A model that is out."""

    def chat(self, **_: Any) -> llm.LLMStream:
        raise agents.APIConnectionError(retryable=False)


@pytest.mark.parametrize(
    ("heard", "seen"),
    [
        ("yes please", contract.Seen.ACCEPTED),
        ("no not now", contract.Seen.DECLINED),
        ("leave a message after the tone", contract.Seen.VOICEMAIL),
    ],
)
async def test_a_colleague_decides_by_voice(heard: str, seen: contract.Seen) -> None:
    found: list[contract.Seen] = []
    consultant = consultants.Consultant(found.append, finds_voicemails=True)
    async with talking.session(consultant, SCRIPT) as session:
        await session.generate_reply(instructions="Begin.")
        assert found == []
        await session.run(user_input=heard)
        assert talking.said(session.history) == [("assistant", "Hello, this is Ava."), ("user", heard)]
    assert found == [seen]


async def test_a_machine_is_no_choice_where_nobody_looks_for_one() -> None:
    found: list[contract.Seen] = []
    async with talking.session(consultants.Consultant(found.append, finds_voicemails=False), SCRIPT) as session:
        await session.run(user_input="leave a message after the tone")
        assert talking.said(session.history)[-1][0] == "assistant"
    assert found == []


async def test_nobody_accepts_for_a_colleague_who_has_not_spoken() -> None:
    found: list[contract.Seen] = []
    consultant = consultants.Consultant(found.append, finds_voicemails=True)
    (accept, *_) = consultant.tools
    assert isinstance(accept, llm.FunctionTool)

    class Context:
        """Stands in for the run of a tool."""

        def __init__(self, session: Any) -> None:
            self.session = session

    async with talking.session(consultant, SCRIPT) as session:
        context: Any = Context(session)
        with pytest.raises(llm.ToolError, match="not said anything"):
            await accept(context)
    assert found == []


async def test_a_model_that_is_out_is_replaced_by_the_flow() -> None:
    found: list[contract.Seen] = []
    consultant = consultants.Consultant(found.append, finds_voicemails=True)
    async with talking.session(consultant, SCRIPT) as session:
        consultant.update_options(llm=minds.thinker(samples.agent(), ORDER, "They need a price.", Broken()))
        await session.generate_reply(instructions="Begin.")
        ((_, briefing),) = talking.said(session.history)
        assert "They need a price." in briefing
        await session.run(user_input="yes")
    assert found == [contract.Seen.ACCEPTED]
