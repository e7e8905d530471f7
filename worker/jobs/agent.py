"""The agent's part in the conversation: its instructions and the tools it may use."""

from __future__ import annotations

from livekit import agents
from livekit.agents import llm

from callcore import contract, endings, events
from worker.jobs import endings as job_endings
from worker.spool import client as spool_client


class PhoneAgent(agents.Agent):
    """A livekit agent that knows how to hang up."""

    def __init__(self, plan: contract.AgentPlan, ending: job_endings.Ending, reports: spool_client.SpoolClient) -> None:
        self._ending = ending
        self._reports = reports
        tools = {"end_call": self._end_call_tool()}
        super().__init__(instructions=plan.instructions, tools=[tools[name] for name in plan.tools if name in tools])

    def _end_call_tool(self) -> llm.Tool:
        @llm.function_tool(
            name="end_call",
            description="Hang up. Say goodbye first; use it when the caller has said goodbye or wants nothing more.",
        )
        async def end_call(context: agents.RunContext[None]) -> str | None:
            await context.wait_for_playout()
            if context.speech_handle.interrupted:
                return "The caller is speaking again. Do not hang up; listen and answer."
            self._reports.report(
                contract.NotedRecord(type=events.EventType.TOOL_CALLED, data={"tool": "end_call", "ok": True})
            )
            self._ending.decide(endings.Reason.AGENT_HANGUP, endings.EndedBy.AGENT)
            raise llm.StopResponse

        return end_call
