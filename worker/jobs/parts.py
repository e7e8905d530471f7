"""What a call has open while it lasts: made here, and closed here in the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from livekit import rtc

from callcore import contract, errors
from worker.audio import outbox
from worker.jobs import conversation, drafts, kits
from worker.jobs import endings as job_endings
from worker.jobs.consulting import consultations
from worker.jobs.speech import speaking
from worker.jobs.voicemail import voicemails
from worker.providers import metering, registry
from worker.spool import client as spool_client

_log = logging.getLogger(__name__)

_CLOSE_S = 20.0  # for a session and its providers, and for the last words of a message


class Parts:
    """Makes the parts of one call, and counts what they use of their providers."""

    def __init__(
        self,
        room: rtc.Room,
        kit: kits.Kit,
        ending: job_endings.Ending,
        reports: spool_client.SpoolClient,
        *,
        on_answered: Callable[[], None],
    ) -> None:
        """Make nothing yet; `on_answered` is called when a voice that is no agent's is first heard."""
        self._room = room
        self._kit = kit
        self._ending = ending
        self._reports = reports
        self._on_answered = on_answered
        self._meter = metering.Meter()
        self._closing = contextlib.AsyncExitStack()  # the last one first; one that fails keeps no other one open

    def new_conversation(self, agent: contract.AgentPlan) -> conversation.Conversation:
        """An agent's, not begun.

        Raises:
            ProviderUnavailable: a key, a library or a flow is missing.
        """
        talk = self._talk(agent)
        self._owns(talk.close)
        return talk

    def new_draft(self, plan: contract.Plan, caller: rtc.RemoteParticipant) -> drafts.Draft | None:
        """The conversation that a plan will probably ask for, being made ready; None where there is none to make."""
        if not isinstance(plan, contract.Converse):
            return None
        try:
            talk = self._talk(plan.agent)
        except errors.ProviderUnavailable as error:
            # Where the plan asks for the same, it says so again, and that counts.
            _log.warning("nothing is prepared for the call: %s", error.message)
            return None
        draft = drafts.Draft(plan.agent, talk, caller.identity)
        self._owns(draft.aclose)
        return draft

    def new_speaker(self, voice: contract.Voice) -> speaking.Speaker:
        """A voice for fixed texts.

        Raises:
            ProviderUnavailable: a key or a library is missing.
        """
        speaker = speaking.Speaker(
            self._room,
            voice,
            self._kit.warm,
            reports=self._reports,
            timepiece=self._kit.clock,
            on_heard=self._on_answered,
            meter=self._meter,
        )
        self._owns(speaker.aclose)
        return speaker

    def new_voicemail(
        self, plan: contract.TakeMessage, caller: rtc.RemoteParticipant, speaker: speaking.Speaker
    ) -> voicemails.Voicemail:
        """A message to be taken."""
        parts = voicemails.Parts(
            room=self._room,
            caller=caller,
            speaker=speaker,
            loaded=self._kit.warm,
            outbox=outbox.Outbox(self._kit.settings.audio_dir),
            ending=self._ending,
            reports=self._reports,
            clock=self._kit.clock,
            meter=self._meter,
        )
        voicemail = voicemails.Voicemail(plan, parts)
        self._owns(voicemail.close)
        return voicemail

    def new_consultation(
        self, talk: conversation.Conversation, agent: contract.AgentPlan, order: contract.TransferProgress
    ) -> consultations.Consultation:
        """The agent's conversation with a destination, not begun; `let_go` closes it.

        Raises:
            ProviderUnavailable: a key, a library or a flow is missing.
        """
        needed = consultations.Parts(
            room=self._room,
            agent=agent,
            history=talk.history,
            loaded=self._kit.warm,
            reports=self._reports,
            meter=self._meter,
        )
        return consultations.Consultation(needed, order)

    def let_go(self, close: Callable[[], Awaitable[None]]) -> None:
        """Close something beside what goes on; it is closed when all of this is."""
        closing = asyncio.create_task(_in_time(close))

        async def closed() -> None:
            await closing

        self._closing.push_async_callback(closed)

    async def aclose(self) -> None:
        """Close all of it, and put on record what it has used."""
        try:
            await self._closing.aclose()
        finally:
            if usage := self._meter.usage():
                self._reports.report(contract.UsageRecord(usage=usage))

    def _talk(self, agent: contract.AgentPlan) -> conversation.Conversation:
        providers = registry.build(agent, self._kit.warm, meter=self._meter)
        return conversation.Conversation(self._room, agent, providers, self._ending, self._reports)

    def _owns(self, close: Callable[[], Awaitable[None]]) -> None:
        self._closing.push_async_callback(_in_time, close)


async def _in_time(close: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(_CLOSE_S):
            await close()
    except TimeoutError:
        _log.error("a part of the call could not be closed in time")
