"""What the agent's tools put on record."""

from __future__ import annotations

from typing import Any

import pytest
from livekit.agents import llm

from callcore import contract
from tests.unit.worker import reports, samples
from worker.jobs import agent as phone_agent
from worker.jobs import endings as job_endings

pytestmark = pytest.mark.unit


def an_agent(told: reports.Reports, *tools: str) -> phone_agent.PhoneAgent:
    client: Any = told
    return phone_agent.PhoneAgent(samples.agent().model_copy(update={"tools": tools}), job_endings.Ending(), client)


def tool(agent: phone_agent.PhoneAgent, name: str) -> llm.FunctionTool[..., Any]:
    (found,) = [tool for tool in agent.tools if isinstance(tool, llm.FunctionTool) and tool.info.name == name]
    return found


@pytest.mark.parametrize("offered", [(), ("end_call",), ("do_not_call",), ("end_call", "do_not_call")])
async def test_an_agent_has_the_tools_of_its_plan(offered: tuple[str, ...]) -> None:
    tools = an_agent(reports.Reports(), *offered).tools
    assert [tool.info.name for tool in tools if isinstance(tool, llm.FunctionTool)] == list(offered)


async def test_who_is_not_to_be_called_again_is_put_on_record_once() -> None:
    told = reports.Reports()
    do_not_call = tool(an_agent(told, "do_not_call"), "do_not_call")
    answers = [await do_not_call() for _ in range(2)]
    assert "end the call" in answers[0]
    assert answers[0] == answers[1]
    assert told.records[0] == contract.DoNotCallRecord()
    assert told.noted == [("call.tool_called", {"tool": "do_not_call", "ok": True})]
    assert len(told.records) == 2
