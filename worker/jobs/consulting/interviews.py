"""What a colleague is told and asked, from the first word to the last."""

from __future__ import annotations

import asyncio
import logging

from livekit import agents

from callcore import contract
from worker.jobs import answering
from worker.jobs.consulting import attention, briefings, consultants, minds

_log = logging.getLogger(__name__)

_BEGIN_S = 5.0  # for the first sound of the briefing; then the fixed one is said
_SUMMARY_S = 2.0  # of it, where the phone is picked up before the summary is there
_SILENCE_S = 20.0  # after which the colleague is asked once more
_FAREWELL_S = 6.0


class Interview:
    """One conversation with whoever answered, in a session that was started, and is deaf as yet."""

    def __init__(
        self,
        session: agents.AgentSession[None],
        consultant: consultants.Consultant,
        gate: answering.AnswerGate,
        agent: contract.AgentPlan,
        order: contract.TransferProgress,
    ) -> None:
        self._session = session
        self._consultant = consultant
        self._gate = gate
        self._agent = agent
        self._order = order

    async def lead(
        self,
        identity: str,
        heard: attention.Attention,
        summary: asyncio.Future[str],
        otherwise: str,
        model: minds.Model,
    ) -> None:
        """Say what there is to say, as far as the colleague does not ask for it, until they have been asked twice.

        Args:
            identity: of the leg.
            heard: watches the session.
            summary: of the call, perhaps not there yet.
            otherwise: the summary, where it is late.
            model: answers the colleague.
        """
        session = self._session
        session.room_io.set_participant(identity)
        session.input.set_audio_enabled(True)
        words = await heard.first_words()
        begin_by = asyncio.get_running_loop().time() + _BEGIN_S
        session.clear_user_turn()  # the briefing answers whatever it was
        done, _ = await asyncio.wait([summary], timeout=_SUMMARY_S)
        await self._brief(words, summary.result() if done else otherwise, model, begin_by)
        await heard.silence(_SILENCE_S)
        session.generate_reply(instructions=briefings.ASK_AGAIN)

    async def say_farewell(self) -> None:
        """To a colleague who does not take the call."""
        self._session.input.set_audio_enabled(False)
        self._session.interrupt(force=True)
        speech = self._session.say(briefings.farewell(self._agent.language), allow_interruptions=False)
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await speech.wait_for_playout()
        except TimeoutError:
            _log.warning("a colleague was not told goodbye in time")

    def hush(self) -> None:
        """Neither hear nor say anything from now on."""
        self._session.input.set_audio_enabled(False)
        self._session.output.set_audio_enabled(False)
        self._session.interrupt(force=True)

    async def _brief(self, words: str, summary: str, model: minds.Model, begin_by: float) -> None:
        agent, order = self._agent, self._order
        await self._consultant.update_instructions(briefings.instructions(agent, order, summary))
        self._consultant.update_options(llm=minds.thinker(agent, order, summary, model))
        await self._gate.open()
        self._session.generate_reply(instructions=briefings.heard(words))
        try:
            async with asyncio.timeout_at(begin_by):
                await self._gate.first_frame()
        except TimeoutError:
            self._session.interrupt(force=True)
            self._session.say(briefings.fixed(agent, order, summary))
