"""A voice synthesised on this machine by flite. Robotic, English, and there without any account."""

from __future__ import annotations

import asyncio
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from livekit import agents
from livekit.agents import tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from worker.providers.offline import flite_library

MAX_PIECE_CHARS = 250
"""Synthesis cannot be stopped half-way: this much takes about 0.3 s."""

_SILENCE_MS = 50
_QUIET = 300
"""Samples below this are flite's silence and breath: -41 dBFS."""
_LEAD_MS = 10
_TAIL_MS = 120
_PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": ", ", "…": "...", "€": " euros ", "£": " pounds "}
)
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class FliteTTS(tts.TTS[None]):
    """Speaks sentence by sentence; one takes 50 to 100 ms."""

    def __init__(self, voice: str = "slt") -> None:
        """Load a voice.

        Raises:
            errors.ProviderUnavailable: flite is not installed.
        """
        self._voice = flite_library.load(voice)
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False, aligned_transcript=False),
            sample_rate=self._voice.sample_rate,
            num_channels=1,
        )
        self._name = voice
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flite")

    @property
    def model(self) -> str:
        return f"flite-{self._name}"

    @property
    def provider(self) -> str:
        return "offline"

    def synthesize(
        self, text: str, *, conn_options: agents.APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> FliteStream:
        return FliteStream(self, text, self._voice, self._thread, conn_options)

    async def aclose(self) -> None:
        """Let the thread end after the piece it is at."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class FliteStream(tts.ChunkedStream):
    """One text being spoken."""

    def __init__(
        self,
        owner: FliteTTS,
        text: str,
        voice: flite_library.Voice,
        thread: ThreadPoolExecutor,
        conn_options: agents.APIConnectOptions,
    ) -> None:
        super().__init__(tts=owner, input_text=text, conn_options=conn_options)
        self._voice = voice
        self._thread = thread

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid("flite_"),
            sample_rate=self._voice.sample_rate,
            num_channels=1,
            mime_type="audio/pcm",
        )
        loop = asyncio.get_running_loop()
        for piece in pieces(self._input_text):
            try:
                async with asyncio.timeout(self._conn_options.timeout):
                    pcm = await loop.run_in_executor(self._thread, self._voice.synthesise, piece)
            except TimeoutError as error:
                raise agents.APITimeoutError("flite is not done in time") from error
            output_emitter.push(_trimmed(pcm, self._voice.sample_rate))
        # A text of nothing but signs makes no sound, which must not pass for a failure.
        output_emitter.push(bytes(self._voice.sample_rate * _SILENCE_MS // 1000 * 2))


def _trimmed(pcm: bytes, sample_rate: int) -> bytes:
    """The sound without the quarter of a second of silence that flite puts before it, and most of that after it."""
    samples = np.frombuffer(pcm, np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _QUIET)
    if not len(loud):
        return b""
    lead, tail = sample_rate * _LEAD_MS // 1000, sample_rate * _TAIL_MS // 1000
    return samples[max(0, int(loud[0]) - lead) : int(loud[-1]) + tail].tobytes()


def pieces(text: str) -> Iterator[str]:
    """The text in plain ASCII, in sentences or, where these are long, parts of them."""
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN)).encode("ascii", "ignore").decode()
    for sentence in _END_OF_SENTENCE.split(plain):
        yield from textwrap.wrap(sentence, MAX_PIECE_CHARS)
