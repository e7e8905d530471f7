"""Who speaks in a consultation, and what the colleague says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import agents
from livekit.agents.voice import events

_FIRST_WORD_S = 1.5  # people say hello within a second; a phone that says nothing is spoken to
_FIRST_SENTENCE_S = (
    3.0  # "Acme Plumbing, this is Sam speaking"; whatever lasts longer is a machine, or may be cut short
)
_MOST_HEARD = 2000  # characters
_SPEAKING = "speaking"


class Attention:
    """Watches one session for as long as it lasts."""

    def __init__(self, session: agents.AgentSession[None], on_words: Callable[[str], None]) -> None:
        """Begin to watch; `on_words` is told all that was heard so far, whenever there is more."""
        self._on_words = on_words
        self._is_user_speaking = self._is_agent_speaking = False
        self._began, self._ended, self._moved = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._final = self._interim = ""
        session.on("user_state_changed", self._on_user_state)
        session.on("agent_state_changed", self._on_agent_state)
        session.on("user_input_transcribed", self._on_transcribed)

    @property
    def has_heard(self) -> bool:
        """The colleague, or a machine, made a sound like speech."""
        return self._began.is_set()

    @property
    def words(self) -> str:
        """All that was said to us, the last of it perhaps not as it will be understood in the end."""
        return f"{self._final} {self._interim}".strip()

    async def first_words(self) -> str:
        """What is said when the phone is picked up, as soon as it is said; nothing where nobody speaks for 1.5 s."""
        try:
            async with asyncio.timeout(_FIRST_WORD_S):
                await self._began.wait()
            async with asyncio.timeout(_FIRST_SENTENCE_S):
                await self._ended.wait()
        except TimeoutError:
            pass
        return self.words

    async def silence(self, seconds: float) -> None:
        """Wait until nobody has spoken for so long."""
        while True:
            self._moved.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._moved.wait()
            except TimeoutError:
                if not (self._is_user_speaking or self._is_agent_speaking):
                    return

    def _on_user_state(self, event: events.UserStateChangedEvent) -> None:
        was_speaking, self._is_user_speaking = self._is_user_speaking, event.new_state == _SPEAKING
        if self._is_user_speaking:
            self._began.set()
            self._ended.clear()
        elif was_speaking:
            self._ended.set()
        if self._is_user_speaking is not was_speaking:
            self._moved.set()

    def _on_agent_state(self, event: events.AgentStateChangedEvent) -> None:
        self._is_agent_speaking = event.new_state == _SPEAKING
        if _SPEAKING in (event.old_state, event.new_state):
            self._moved.set()

    def _on_transcribed(self, event: events.UserInputTranscribedEvent) -> None:
        if event.is_final:
            self._final = f"{self._final} {event.transcript}".strip()[-_MOST_HEARD:]
            self._interim = ""
        else:
            self._interim = event.transcript[-_MOST_HEARD:]
        self._on_words(self.words)
