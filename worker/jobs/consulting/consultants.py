"""The agent's part in a consultation: what it is told, and the tools by which it says how it ended."""

from __future__ import annotations

from collections.abc import Callable

from livekit import agents
from livekit.agents import llm

from callcore import contract

_NOT_YET = "The colleague has not said anything yet. Ask them whether they can take the call, and listen."


class Consultant(agents.Agent):
    """Speaks with a destination. `on_seen` is told what came of it, perhaps more than once."""

    def __init__(self, on_seen: Callable[[contract.Seen], None], *, finds_voicemails: bool) -> None:
        """Know nothing of the call before `update_instructions`.

        Args:
            on_seen: told ACCEPTED, DECLINED or VOICEMAIL.
            finds_voicemails: whether a machine is to be told from a person.
        """
        self._on_seen = on_seen
        tools: list[llm.Tool | llm.Toolset] = [self._accept_call_tool(), self._decline_call_tool()]
        if finds_voicemails:
            tools.append(self._voicemail_reached_tool())
        super().__init__(instructions="", tools=tools)

    def _accept_call_tool(self) -> llm.Tool:
        @llm.function_tool(
            name="accept_call",
            description="The colleague takes the call. Both hear each other a moment later, and you are out.",
        )
        async def accept_call(context: agents.RunContext[None]) -> None:
            self._conclude(contract.Seen.ACCEPTED, context)

        return accept_call

    def _decline_call_tool(self) -> llm.Tool:
        @llm.function_tool(
            name="decline_call",
            description="The colleague does not take the call, or is not the one who was wanted.",
        )
        async def decline_call(context: agents.RunContext[None]) -> None:
            self._conclude(contract.Seen.DECLINED, context)

        return decline_call

    def _voicemail_reached_tool(self) -> llm.Tool:
        @llm.function_tool(
            name="voicemail_reached",
            description="A machine has answered: a voicemail, an answering machine or a menu.",
        )
        async def voicemail_reached() -> None:
            self._on_seen(contract.Seen.VOICEMAIL)
            raise llm.StopResponse

        return voicemail_reached

    def _conclude(self, seen: contract.Seen, context: agents.RunContext[None]) -> None:
        """What the colleague wants, which only they can know."""
        said = context.session.history.items
        if not any(isinstance(item, llm.ChatMessage) and item.role == "user" for item in said):
            raise llm.ToolError(_NOT_YET)
        self._on_seen(seen)
        raise llm.StopResponse
