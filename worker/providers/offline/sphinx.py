"""Speech recognition by pocketsphinx, on this machine, of what a flow expects callers to say. English."""

from __future__ import annotations

import asyncio
import time

from livekit import agents, rtc
from livekit.agents import inference, stt, utils, vad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr

from worker.providers.offline import recognisers

LANGUAGE = "en-US"
MAX_UTTERANCE_S = 30.0
"""An utterance is cut here: decoding needs memory for all of it, and hold music never ends."""


class SphinxSTT(stt.STT[None]):
    """Streams; says words as they come, and once more when the caller stops."""

    def __init__(self, pool: recognisers.RecogniserPool, *, min_confidence: float = 0.0) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(streaming=True, interim_results=True, aligned_transcript=False)
        )
        self._pool = pool
        self._min_confidence = min_confidence
        self._vad = inference.VAD()

    @property
    def model(self) -> str:
        return "pocketsphinx"

    @property
    def provider(self) -> str:
        return "offline"

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: agents.APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> SphinxStream:
        return SphinxStream(self, self._pool, self._vad, self._min_confidence, conn_options)

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: agents.APIConnectOptions,
    ) -> stt.SpeechEvent:
        frame = rtc.combine_audio_frames(buffer)
        async with self._pool.lend() as recogniser:
            await recogniser.begin()
            await recogniser.feed(_pcm(frame))
            heard = await recogniser.finish()
        alternative = stt.SpeechData(
            language=agents.LanguageCode(LANGUAGE),
            text=heard.text,
            confidence=heard.confidence,
            end_time=frame.duration,
        )
        return stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[alternative])


class SphinxStream(stt.RecognizeStream):
    """The caller's side of one call. Voice activity cuts it into utterances."""

    def __init__(
        self,
        owner: SphinxSTT,
        pool: recognisers.RecogniserPool,
        detector: vad.VAD,
        min_confidence: float,
        conn_options: agents.APIConnectOptions,
    ) -> None:
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=recognisers.SAMPLE_RATE)
        self._pool = pool
        self._detector = detector
        self._min_confidence = min_confidence
        self._speaking = False
        self._waiting = bytearray()
        self._utterance_s = 0.0
        self._interim = ""
        self._request_id = ""

    async def _run(self) -> None:
        activity = self._detector.stream()
        listening = asyncio.create_task(self._listen(activity))
        try:
            async with self._pool.lend() as recogniser:
                async for event in activity:
                    await self._on_activity(event, recogniser)
                await listening
                await self._end(recogniser, silence_s=0.0)
        finally:
            await utils.aio.cancel_and_wait(listening)
            await activity.aclose()

    async def _listen(self, activity: vad.VADStream) -> None:
        """Pass the caller's audio on to the detector, whose events bring it back."""
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                activity.push_frame(item)
        activity.end_input()

    async def _on_activity(self, event: vad.VADEvent, recogniser: recognisers.LentRecogniser) -> None:
        match event.type:
            case vad.VADEventType.START_OF_SPEECH:
                await self._begin(recogniser)
                await self._take(event.frames, recogniser)
            case vad.VADEventType.INFERENCE_DONE if self._speaking:
                await self._take(event.frames, recogniser)
            case vad.VADEventType.END_OF_SPEECH:
                await self._end(recogniser, silence_s=event.silence_duration)

    async def _begin(self, recogniser: recognisers.LentRecogniser) -> None:
        self._speaking = True
        self._request_id = utils.shortuuid("sphinx_")
        self._event_ch.send_nowait(stt.SpeechEvent(type=stt.SpeechEventType.START_OF_SPEECH))
        await self._begin_utterance(recogniser)

    async def _begin_utterance(self, recogniser: recognisers.LentRecogniser) -> None:
        self._waiting.clear()
        self._interim = ""
        self._utterance_s = 0.0
        await recogniser.begin()

    async def _take(self, frames: list[rtc.AudioFrame], recogniser: recognisers.LentRecogniser) -> None:
        for frame in frames:
            self._waiting += frame.data
            self._utterance_s += frame.duration
        if len(self._waiting) < recognisers.PIECE_BYTES:
            return
        whole = len(self._waiting) // recognisers.PIECE_BYTES * recognisers.PIECE_BYTES
        heard = await recogniser.feed(bytes(self._waiting[:whole]))
        del self._waiting[:whole]
        if heard.text and heard.text != self._interim:
            self._interim = heard.text
            self._say(stt.SpeechEventType.INTERIM_TRANSCRIPT, heard)
        if self._utterance_s >= MAX_UTTERANCE_S:
            await self._conclude(recogniser)
            await self._begin_utterance(recogniser)

    async def _end(self, recogniser: recognisers.LentRecogniser, *, silence_s: float) -> None:
        if not self._speaking:
            return
        self._speaking = False
        ended_at = time.time() - silence_s
        await self._conclude(recogniser)
        over = stt.SpeechEvent(type=stt.SpeechEventType.END_OF_SPEECH, speech_end_time=ended_at)
        self._event_ch.send_nowait(over)

    async def _conclude(self, recogniser: recognisers.LentRecogniser) -> None:
        await recogniser.feed(bytes(self._waiting))
        self._waiting.clear()
        heard = await recogniser.finish()
        if heard.text and heard.confidence >= self._min_confidence:
            self._say(stt.SpeechEventType.FINAL_TRANSCRIPT, heard)
        usage = stt.RecognitionUsage(audio_duration=self._utterance_s)
        self._event_ch.send_nowait(
            stt.SpeechEvent(
                type=stt.SpeechEventType.RECOGNITION_USAGE, request_id=self._request_id, recognition_usage=usage
            )
        )

    def _say(self, kind: stt.SpeechEventType, heard: recognisers.Heard) -> None:
        alternative = stt.SpeechData(
            language=agents.LanguageCode(LANGUAGE), text=heard.text, confidence=heard.confidence
        )
        self._event_ch.send_nowait(stt.SpeechEvent(type=kind, request_id=self._request_id, alternatives=[alternative]))


def _pcm(frame: rtc.AudioFrame) -> bytes:
    """The frame at the recogniser's rate."""
    if frame.sample_rate == recognisers.SAMPLE_RATE:
        return bytes(frame.data)
    resampler = rtc.AudioResampler(frame.sample_rate, recognisers.SAMPLE_RATE, quality=rtc.AudioResamplerQuality.HIGH)
    frames = [*resampler.push(frame), *resampler.flush()]
    return b"".join(bytes(part.data) for part in frames)
