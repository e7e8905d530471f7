"""One context of ElevenLabs' multi-context socket: text in, paced speech out."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable

from lab import speech
from lab.providers import behaviours, elevenlabs_messages, lines, pcm

CHUNK_INTERVAL_MS = 20
"""Between chunks of 200 ms: ten times as fast as it is heard."""
MAX_PIECES = 100
"""Texts of a context that wait to be spoken."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Voice:
    """How a socket speaks."""

    say: Callable[[str], Awaitable[pcm.Sound]]
    pace: behaviours.Pace
    auto: bool
    """Each text is spoken as it comes."""
    aligned: bool
    """Each chunk tells when its characters are spoken."""


class Context:
    """Gathers text and speaks it, on a task of its own until closed."""

    def __init__(self, context_id: str, line: lines.SocketLine, voice: Voice, schedule: tuple[int, ...]) -> None:
        self._id = context_id
        self._line = line
        self._voice = voice
        self._schedule = schedule
        self._gathered = ""
        self._pieces: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue(MAX_PIECES)
        self._spoken_pieces = 0
        self._spoken_ms = 0.0
        self._is_complete = False
        self._task = asyncio.create_task(self._speak(), name="elevenlabs context")

    @property
    def task(self) -> asyncio.Task[None]:
        """Ends with the context; raises as `SocketLine.send`."""
        return self._task

    def take(self, text: str | None, *, flush: bool) -> None:
        """More text; a flush without text says that this is all of it.

        Raises:
            asyncio.QueueFull: too much waits to be spoken.
        """
        self._gathered += text or ""
        if text or flush:
            self._is_complete = flush and not text
        enough = self._schedule[min(self._spoken_pieces, len(self._schedule) - 1)]
        if flush or self._voice.auto or len(self._gathered) >= enough:
            if self._gathered.strip():
                self._pieces.put_nowait((asyncio.get_running_loop().time(), self._gathered))
                self._spoken_pieces += 1
            self._gathered = ""

    async def close(self) -> None:
        """End the context: after the speech if all text was flushed, else at once, as the speech was interrupted.

        Raises:
            asyncio.QueueFull: too much waits to be spoken.
        """
        if self._is_complete:
            self._pieces.put_nowait(None)
            return
        await self.cancel()
        await self._line.send(elevenlabs_messages.final(self._id))

    async def cancel(self) -> None:
        """Stop at once and say nothing about it."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, lines.LineCut, TimeoutError, ConnectionError):
            await self._task

    async def _speak(self) -> None:
        while piece := await self._pieces.get():
            taken_at, text = piece
            try:
                await self._speak_piece(text, taken_at + self._voice.pace.first_s())
            except speech.SpeechUnavailable as failed:
                await self._line.send(elevenlabs_messages.error(self._id, "internal_error", str(failed)))
                return
        await self._line.send(elevenlabs_messages.final(self._id))

    async def _speak_piece(self, text: str, first_at: float) -> None:
        sound = await self._voice.say(text)
        await asyncio.sleep(first_at - asyncio.get_running_loop().time())
        for chunk, alignment in elevenlabs_messages.chunks(text, sound, self._spoken_ms):
            told = alignment if self._voice.aligned else None
            await self._line.send(elevenlabs_messages.audio(self._id, chunk, told))
            await asyncio.sleep(self._voice.pace.interval_s(CHUNK_INTERVAL_MS))
        self._spoken_ms += sound.duration_s * 1000
