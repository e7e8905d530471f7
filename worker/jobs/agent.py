"""The agent's part in the conversation: its instructions and the tools it may use."""

from __future__ import annotations

from typing import Any, Protocol

from livekit import agents
from livekit.agents import llm

from callcore import contract, endings, events, transfer_wishes
from worker.jobs import endings as job_endings
from worker.spool import client as spool_client

_NOTED = (
    "It is noted: this number will not be called again. Say so, say that you are sorry, say goodbye and end the call."
)
_SPEAKS_AGAIN = "The caller is speaking again. Nothing was done; listen and answer."
_NO_TRANSFERS = "Nobody can be transferred on this line. Say so, and offer to help yourself."


class Transferrer(Protocol):
    """Who carries out what the tool `transfer_call` wants."""

    async def transfer(self, option: contract.TransferOption, summary: str | None) -> str | None:
        """Begin a transfer, and take over what the caller hears.

        Returns:
            None once it is begun; else what the model is told, and the conversation goes on as if nothing had been.
        """
        ...


class PhoneAgent(agents.Agent):
    """A livekit agent that knows how to hang up, whom not to call again, and whom it may put a caller through to."""

    def __init__(self, plan: contract.AgentPlan, ending: job_endings.Ending, reports: spool_client.SpoolClient) -> None:
        self._ending = ending
        self._reports = reports
        self._is_noted = False
        self.transferrer: Transferrer | None = None
        super().__init__(instructions=plan.instructions, tools=self._tools_of(plan))

    async def amend(self, plan: contract.AgentPlan) -> None:
        """Go by another plan, before anything has been said to it."""
        await self.update_instructions(plan.instructions)
        await self.update_tools(self._tools_of(plan))

    def _tools_of(self, plan: contract.AgentPlan) -> list[llm.Tool | llm.Toolset]:
        tools = {"end_call": self._end_call_tool(), "do_not_call": self._do_not_call_tool()}
        if plan.transfers.options:
            tools["transfer_call"] = self._transfer_call_tool(plan.transfers.options)
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

    def _transfer_call_tool(self, options: tuple[contract.TransferOption, ...]) -> llm.Tool:
        @llm.function_tool(raw_schema=_transfer_call_schema(options), on_duplicate="reject")
        async def transfer_call(raw_arguments: dict[str, Any], context: agents.RunContext[None]) -> None:
            option = _chosen(options, raw_arguments)
            await context.wait_for_playout()
            if context.speech_handle.interrupted:
                raise llm.ToolError(_SPEAKS_AGAIN)
            # A caller who speaks meanwhile, or a pause, interrupts the speech that this belongs to, and not this.
            told = _unknown(options) if option is None else await self._transfer(option, _summary(raw_arguments))
            self._note_called("transfer_call", ok=told is None)
            if told is not None:
                raise llm.ToolError(told)
            raise llm.StopResponse

        return transfer_call

    async def _transfer(self, option: contract.TransferOption, summary: str | None) -> str | None:
        return _NO_TRANSFERS if self.transferrer is None else await self.transferrer.transfer(option, summary)

    def _note_called(self, tool: str, *, ok: bool = True) -> None:
        self._reports.report(contract.NotedRecord(type=events.EventType.TOOL_CALLED, data={"tool": tool, "ok": ok}))


def _transfer_call_schema(options: tuple[contract.TransferOption, ...]) -> dict[str, Any]:
    places = "; ".join(f"`{option.name}` is {option.label}" for option in options)
    return {
        "name": "transfer_call",
        "description": (
            "Put the caller through to somebody. Tell the caller so first, in one short sentence; what happens then is "
            f"said for you. The destinations: {places}."
        ),
        "parameters": {
            "type": "object",
            "properties": {
                "destination": {"type": "string", "enum": [option.name for option in options]},
                "summary": {
                    "type": "string",
                    "description": (
                        "What whoever answers must know: who is calling and what they want, in one or two sentences."
                    ),
                },
            },
            "required": ["destination", "summary"],
            "additionalProperties": False,
        },
    }


def _chosen(options: tuple[contract.TransferOption, ...], arguments: dict[str, Any]) -> contract.TransferOption | None:
    return next((option for option in options if option.name == arguments.get("destination")), None)


def _unknown(options: tuple[contract.TransferOption, ...]) -> str:
    return f"There is no such destination. Nobody but these can be reached: {', '.join(each.name for each in options)}."


def _summary(arguments: dict[str, Any]) -> str | None:
    summary = arguments.get("summary")
    if not isinstance(summary, str) or not summary.strip():
        return None
    return summary.strip()[: transfer_wishes.MAX_SUMMARY]
