"""Has the job of a call take part in a transfer that it does not know of yet: one that was not its agent's wish."""

from __future__ import annotations

import asyncio

import structlog

from callcore import contract, errors, transfers
from dispatch.livekit import rooms

_WITHIN_S = 8.0  # a job answers within milliseconds, but for one that has just answered on a busy machine
_AGAIN_S = 0.25  # after a failure: a job that has just come may not have registered its method

_log = structlog.get_logger(__name__)


class NoAgentAnswers(errors.Unavailable):
    """The job of this call does not answer."""

    public_code = "no_agent_answers"


class Summoner:
    """Tells jobs by RPC. Saying it twice is harmless: what is to be done is in the transfer's row, which they ask for.

    Args:
        livekit: where the jobs' rooms are.
    """

    def __init__(self, livekit: rooms.Rooms) -> None:
        self._livekit = livekit

    async def summon(self, room_name: str, job_id: str, notice: contract.TransferNotice) -> None:
        """Tell the job of a room of its transfer, again and again until it answers, for 3 s.

        Raises:
            NoAgentAnswers: it did not, or there is none.
        """
        try:
            async with asyncio.timeout(_WITHIN_S):
                while not await self._is_taken(room_name, job_id, notice):
                    await asyncio.sleep(_AGAIN_S)
        except TimeoutError:
            raise NoAgentAnswers from None

    async def _is_taken(self, room_name: str, job_id: str, notice: contract.TransferNotice) -> bool:
        try:
            # Asking for an identity that is not there takes LiveKit longer than there is time.
            identity = _agent_in(await self._livekit.participants(room_name), job_id)
            if identity is None:
                return False
            await self._livekit.ask(room_name, identity, transfers.RPC_METHOD, notice.model_dump_json())
        except rooms.LiveKitUnavailable as error:
            _log.warning("a job could not be told of a transfer", call_id=notice.call_id, error=error.message)
            return False
        return True


def _agent_in(present: tuple[rooms.Participant, ...], job_id: str) -> str | None:
    """Whom to tell: the job, or whoever is the only agent, which took the job's place and was not announced yet."""
    agents = [someone.identity for someone in present if someone.kind is rooms.Kind.AGENT]
    its_own = f"agent-{job_id}"  # what the agents' library calls a job in its room, where the worker says nothing else
    if its_own in agents:
        return its_own
    return agents[0] if len(agents) == 1 else None
