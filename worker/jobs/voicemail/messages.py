"""The message that a caller leaves: recorded, written down, and over when the caller is silent for long."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterable, Callable, Iterator
from typing import Any

from livekit import rtc
from livekit.agents import vad

from worker.audio import outbox
from worker.jobs.voicemail import patience, transcribing

_log = logging.getLogger(__name__)

_TAIL_S = 1.0  # kept after the last word
_LATE_S = 30.0  # by which the detector of voice, which says when it is over, may lag behind the sound


class Message:
    """One message. What the disk or the recogniser does not take is missing in it; neither stops the other."""

    def __init__(
        self,
        patience_: patience.Patience,
        *,
        recording: outbox.Recording | None,
        transcript: transcribing.Transcript | None,
        on_message: Callable[[], None],
    ) -> None:
        """Begin with nothing.

        Args:
            patience_: says when it is over.
            recording: where the sound goes.
            transcript: where the words go.
            on_message: called once enough was said to call it a message.
        """
        self._patience = patience_
        self._recording = recording
        self._transcript = transcript
        self._on_message = on_message
        self._is_message = False
        self._is_disk_out = False
        self._over: asyncio.Future[patience.Over] = asyncio.get_running_loop().create_future()

    @property
    def duration_s(self) -> float | None:
        """Of the message, without the silence at its end; None where nobody left any."""
        if not self._is_message:
            return None
        return min(self._patience.heard_s, self._patience.last_speech_s + _TAIL_S)

    async def take(self, frames: AsyncIterable[rtc.AudioFrame], activity: vad.VADStream) -> patience.Over:
        """Take what the caller says until it is over, and say why.

        Raises:
            TimeoutError: as the frames, or it is not over long after it had to be.
        """
        watching = asyncio.create_task(self._watch(activity))
        taking = asyncio.create_task(self._take(frames, activity))
        try:
            causes: list[asyncio.Future[Any]] = [taking, watching, self._over]
            async with asyncio.timeout(self._patience.longest_s + _LATE_S):
                await asyncio.wait(causes, return_when=asyncio.FIRST_COMPLETED)
                if taking.done():
                    taking.result()
                    await watching
                elif watching.done():
                    watching.result()
            return self._over.result() if self._over.done() else patience.Over.SILENCE
        finally:
            taking.cancel()
            watching.cancel()
            await asyncio.gather(taking, watching, return_exceptions=True)
            await activity.aclose()

    async def close(self) -> None:
        """Make the recording ready to be sent, or take it away, and wait for the last words of the transcript."""
        if self._recording is not None:
            with self._noting_the_disk():
                await asyncio.to_thread(self._recording.close, self.duration_s or 0.0)
        if self._transcript is not None:
            await self._transcript.close()

    async def _take(self, frames: AsyncIterable[rtc.AudioFrame], activity: vad.VADStream) -> None:
        async for frame in frames:
            if self._recording is not None and not self._is_disk_out:
                with self._noting_the_disk():
                    self._recording.write(bytes(frame.data))
            if self._transcript is not None:
                self._transcript.hear(frame)
            activity.push_frame(frame)
        activity.end_input()

    async def _watch(self, activity: vad.VADStream) -> None:
        async for event in activity:
            if event.type is not vad.VADEventType.INFERENCE_DONE:
                continue
            seconds = sum(frame.duration for frame in event.frames)
            over = self._patience.hear(seconds, is_speech=event.speaking)
            if self._patience.is_message and not self._is_message:
                self._note_message()
            if over is not None and not self._over.done():
                self._over.set_result(over)

    def _note_message(self) -> None:
        self._is_message = True
        if self._recording is not None:
            with self._noting_the_disk():
                self._recording.keep()
        self._on_message()

    @contextlib.contextmanager
    def _noting_the_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            _log.error("the disk does not take a message", extra={"error_class": type(error).__name__})
            self._is_disk_out = True
