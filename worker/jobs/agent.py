"""The agent's part in the conversation: its instructions and the tools it may use."""

from __future__ import annotations

from livekit import agents
from livekit.agents import llm

from callcore import contract, endings, events
from worker.jobs import endings as job_endings
from worker.spool import client as spool_client

_NOTED = (
    "It is noted: this number will not be called again. Say so, say that you are sorry, say goodbye and end the call."
)


class PhoneAgent(agents.Agent):
    """A livekit agent that knows how to hang up, and whom not to call again."""

    def __init__(self, plan: contract.AgentPlan, ending: job_endings.Ending, reports: spool_client.SpoolClient) -> None:
        self._ending = ending
        self._reports = reports
        self._is_noted = False
        super().__init__(instructions=plan.instructions, tools=self._tools_of(plan))

    async def amend(self, plan: contract.AgentPlan) -> None:
        """Go by another plan, before anything has been said to it."""
        await self.update_instructions(plan.instructions)
        await self.update_tools(self._tools_of(plan))

    def _tools_of(self, plan: contract.AgentPlan) -> list[llm.Tool | llm.Toolset]:
        tools = {"end_call": self._end_call_tool(), "do_not_call": self._do_not_call_tool()}
        return [tools[name] for name in plan.tools if name in tools]

    def _end_call_tool(self) -> llm.Tool:
        @llm.function_tool(
            name="end_call",
            description="Hang up. Say goodbye first; use it when the caller has said goodbye or wants nothing more.",
        )
        async def end_call(context: agents.RunContext[None]) -> str | None:
            await context.wait_for_playout()
            if context.speech_handle.interrupted:
                return "The caller is speaking again. Do not hang up; listen and answer."
            self._note_called("end_call")
            self._ending.decide(endings.Reason.AGENT_HANGUP, endings.EndedBy.AGENT)
            raise llm.StopResponse

        return end_call

    def _do_not_call_tool(self) -> llm.Tool:
        @llm.function_tool(
            name="do_not_call",
            description="Note that this person must not be called again. Use it whenever they ask not to be called.",
        )
        async def do_not_call() -> str:
            if not self._is_noted:
                self._is_noted = True
                self._reports.report(contract.DoNotCallRecord())
                self._note_called("do_not_call")
            return _NOTED

        return do_not_call

    def _note_called(self, tool: str) -> None:
        self._reports.report(contract.NotedRecord(type=events.EventType.TOOL_CALLED, data={"tool": tool, "ok": True}))
