"""What the agent's tools do, and what they put on record."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit.agents import llm

from callcore import contract, transfer_wishes, transfers
from tests.unit.worker import reports, samples, talking
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


SALES = contract.TransferOption(
    name="sales",
    label="our sales team",
    kind=transfers.Kind.WARM,
    wish=transfer_wishes.Wish(destinations=(transfer_wishes.Destination(to="+12015550199"),)),
)


class Desk:
    """Stands in for who carries out transfers."""

    def __init__(self, answer: str | None = None) -> None:
        self.asked: list[tuple[contract.TransferOption, str | None]] = []
        self.answer = answer
        self.is_asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.may_answer.set()
        self.is_done = False

    async def transfer(self, option: contract.TransferOption, summary: str | None) -> str | None:
        self.asked.append((option, summary))
        self.is_asked.set()
        await self.may_answer.wait()
        self.is_done = True
        return self.answer


def transferring(told: reports.Reports, desk: Desk | None, *tools: str) -> phone_agent.PhoneAgent:
    client: Any = told
    settings = contract.TransferSettings(options=(SALES,))
    plan = samples.agent().model_copy(update={"tools": tools or ("transfer_call",), "transfers": settings})
    agent = phone_agent.PhoneAgent(plan, job_endings.Ending(), client)
    agent.transferrer = desk
    return agent


def names(agent: phone_agent.PhoneAgent) -> list[str]:
    return [tool.info.name for tool in agent.tools if isinstance(tool, (llm.FunctionTool, llm.RawFunctionTool))]


async def test_the_transfer_tool_is_offered_where_there_is_somebody() -> None:
    assert names(transferring(reports.Reports(), None, "end_call", "transfer_call")) == ["end_call", "transfer_call"]
    assert names(transferring(reports.Reports(), None, "end_call")) == ["end_call"]
    assert names(an_agent(reports.Reports(), "end_call", "transfer_call")) == ["end_call"]


async def test_the_transfer_tool_names_its_destinations() -> None:
    (tool,) = transferring(reports.Reports(), None).tools
    assert isinstance(tool, llm.RawFunctionTool)
    schema = tool.info.raw_schema
    assert schema["parameters"]["properties"]["destination"]["enum"] == ["sales"]
    assert "our sales team" in schema["description"]


async def test_a_transfer_begins_when_the_agent_has_spoken_and_then_it_is_silent() -> None:
    told, desk = reports.Reports(), Desk()
    async with talking.session(transferring(told, desk)) as session:
        await session.run(user_input="sales please")
        assert talking.said(session.history) == [("user", "sales please"), ("assistant", "Certainly.")]
    assert desk.asked == [(SALES, "Wants a price.")]
    assert told.noted == [("call.tool_called", {"tool": "transfer_call", "ok": True})]


async def test_a_refused_transfer_is_told_and_talked_about() -> None:
    told, desk = reports.Reports(), Desk("Another transfer is under way.")
    async with talking.session(transferring(told, desk)) as session:
        await session.run(user_input="sales please")
        assert [text for _, text in talking.said(session.history)][-2:] == ["Certainly.", "I am sorry."]
        outputs = [item.output for item in session.history.items if isinstance(item, llm.FunctionCallOutput)]
    assert outputs == ["Another transfer is under way."]
    assert told.noted == [("call.tool_called", {"tool": "transfer_call", "ok": False})]


@pytest.mark.parametrize("has_desk", [True, False])
async def test_nobody_but_the_configured_is_transferred_to(has_desk: bool) -> None:
    told, desk = reports.Reports(), Desk()
    asked = "nobody" if has_desk else "sales"
    async with talking.session(transferring(told, desk if has_desk else None)) as session:
        await session.run(user_input=asked)
        assert talking.said(session.history)[-1] == ("assistant", "I am sorry.")
    assert desk.asked == []
    assert told.noted == [("call.tool_called", {"tool": "transfer_call", "ok": False})]


async def test_who_interrupts_the_agent_does_not_cut_off_what_is_begun() -> None:
    told, desk = reports.Reports(), Desk()
    desk.may_answer.clear()
    async with talking.session(transferring(told, desk)) as session, asyncio.timeout(30):
        speech = session.generate_reply(user_input="sales please")
        await desk.is_asked.wait()
        session.interrupt(force=True)
        desk.may_answer.set()
        await speech
        assert desk.is_done
    assert told.noted == [("call.tool_called", {"tool": "transfer_call", "ok": True})]
