"""A conversation that rests while the caller is in other hands, and goes on afterwards."""

from __future__ import annotations

import asyncio
import logging

from livekit import agents
from livekit.agents.voice import events

_log = logging.getLogger(__name__)

_SAY_S = 15.0  # for a fixed text of a sentence or two


class Pauses:
    """Of one session, which was started."""

    def __init__(self, session: agents.AgentSession[None]) -> None:
        self._session = session
        self._is_paused = False
        self._is_saying = False
        self._is_deaf = False
        session.on("speech_created", self._on_speech)

    @property
    def is_paused(self) -> bool:
        return self._is_paused

    def note_deaf(self) -> None:
        """Recognition has failed; `resume` begins it anew."""
        self._is_deaf = True

    def pause(self) -> None:
        """Stop listening and speaking now. What was said last gets no answer, nor does what a tool finds out."""
        was_paused, self._is_paused = self._is_paused, True
        self._session.input.set_audio_enabled(False)
        if not was_paused:
            self._session.clear_user_turn()
        self._session.interrupt(force=True)

    def resume(self, text: str | None) -> None:
        """Listen again, and say this."""
        self._is_paused = False
        if self._is_deaf:
            self._is_deaf = False
            self._session.clear_user_turn()  # which begins recognition anew
        self._session.input.set_audio_enabled(True)
        if text:
            self._session.say(text)

    async def say(self, text: str) -> None:
        """Say this to its end, or for 15 s; nobody can interrupt it, and a pause does not prevent it."""
        self._is_saying = True
        try:
            speech = self._session.say(text, allow_interruptions=False)
        finally:
            self._is_saying = False
        try:
            async with asyncio.timeout(_SAY_S):
                await speech.wait_for_playout()
        except TimeoutError:
            _log.warning("a text was not said in time")
        finally:
            speech.interrupt(force=True)  # does nothing once it is said

    def _on_speech(self, event: events.SpeechCreatedEvent) -> None:
        # A turn that ended just before the pause has its answer only now.
        if self._is_paused and not self._is_saying:
            event.speech_handle.interrupt(force=True)
