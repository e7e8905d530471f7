"""A conversation that is made ready while it is not certain that it will be held: somebody is asked about the call.

The caller hears ringing meanwhile. If the plan comes out as it was drafted, the call can be answered at once.
"""

from __future__ import annotations

import asyncio
import logging

from callcore import contract
from worker.jobs import conversation

_log = logging.getLogger(__name__)

_AMENDED = ("agent_version", "instructions", "tools", "transfers", "max_duration_s")
"""What another plan may say otherwise and still have what is ready: providers and greeting do not depend on it."""

_BEGIN_S = 5.0  # for the rest of a start that has had the whole time of the question already


class Draft:
    """One conversation that may be held; nothing of it is heard or reported before."""

    def __init__(self, agent: contract.AgentPlan, talk: conversation.Conversation, caller_identity: str) -> None:
        """Begin to make it ready.

        Args:
            agent: the plan that it is made by.
            talk: the conversation, not begun.
            caller_identity: of the caller's leg in the room.
        """
        self._agent = agent
        self._talk = talk
        talk.keep_back()
        self._beginning = asyncio.create_task(talk.begin(caller_identity))
        self._closing: asyncio.Task[None] | None = None

    async def take(self, agent: contract.AgentPlan) -> conversation.Conversation | None:
        """The conversation, if it is the one that this plan asks for and nothing has failed in it.

        None otherwise: then it is let go of beside what follows, and nobody waits for that.
        """
        if self._suits(agent) and await self._is_ready(agent):
            self._talk.adopt()
            return self._talk
        self._let_go()
        return None

    async def aclose(self) -> None:
        """Let go of the conversation, taken or not, and wait until that is done."""
        await self._let_go()

    def _suits(self, agent: contract.AgentPlan) -> bool:
        return agent.model_copy(update={name: getattr(self._agent, name) for name in _AMENDED}) == self._agent

    async def _is_ready(self, agent: contract.AgentPlan) -> bool:
        try:
            async with asyncio.timeout(_BEGIN_S):
                await asyncio.shield(self._beginning)
                await self._talk.amend(agent)
        except Exception as error:  # noqa: BLE001  # whatever it is, a fresh conversation may do better
            _log.warning("what was prepared for the call cannot be used", extra={"error_class": type(error).__name__})
            return False
        return not self._talk.has_failed

    def _let_go(self) -> asyncio.Task[None]:
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        return self._closing

    async def _close(self) -> None:
        self._beginning.cancel()
        await asyncio.gather(self._beginning, return_exceptions=True)
        await self._talk.close()
