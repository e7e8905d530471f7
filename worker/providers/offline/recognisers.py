"""One decoder, and the pool that lends it to one stream at a time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from worker.providers.offline import grammar

SAMPLE_RATE = 16_000
PIECE_BYTES = SAMPLE_RATE * 2 // 5
"""200 ms. The interpreter lock is held while a piece is decoded, so longer ones would stall the audio of the call."""

_MIRROR_GAIN = 0.1
"""Strength of the mirror image above 4 kHz: the acoustic model expects sound there, and a telephone sends none."""

_TELEPHONE_MEAN = "39.84,10.77,-11.20,15.35,-4.40,-10.70,11.91,-15.89,7.12,-2.72,-3.03,9.08,-9.82"
"""Cepstral mean of telephone speech at -6 dB peak. Starting from it spares the first turn of a call its errors."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heard:
    """What an utterance was heard as; no words if it was noise."""

    text: str
    confidence: float
    """Between 0 and 1; far below 1 even for right results."""


_NOTHING = Heard(text="", confidence=0.0)


class Recogniser:
    """Turns 16 kHz mono PCM into words. Blocking, for one thread at a time."""

    def __init__(self, rules: grammar.Grammar, *, narrowband: bool) -> None:
        self._corpus = rules.corpus
        self._decoder = rules.decoder()
        self._narrowband = narrowband
        self._first_mean = _TELEPHONE_MEAN if narrowband else self._decoder.get_cmn(update=False)
        self._speaking = False

    def begin_call(self) -> None:
        """Forget the voice of the call before."""
        self.finish()
        self._decoder.set_cmn(self._first_mean)

    def begin(self) -> None:
        """The caller starts to speak."""
        self.finish()
        self._decoder.start_utt()
        self._speaking = True

    def feed(self, pcm: bytes) -> Heard:
        """Take at most `PIECE_BYTES` more of the utterance; the words so far, which may still change."""
        self._decoder.process_raw(_with_mirror_image(pcm) if self._narrowband else pcm)
        return self._heard()

    def finish(self) -> Heard:
        """The utterance is over; its words."""
        if not self._speaking:
            return _NOTHING
        self._speaking = False
        self._decoder.end_utt()
        return self._heard()

    def _heard(self) -> Heard:
        hypothesis = self._decoder.hyp()
        if hypothesis is None:
            return _NOTHING
        words = [word for word in hypothesis.hypstr.split() if not word.startswith(("[", "<"))]
        return Heard(text=self._corpus.written(" ".join(words)), confidence=float(hypothesis.prob))


class RecogniserPool:
    """Recognisers of one grammar. All of them decode on one thread, as they would hold each other up on several."""

    def __init__(self, rules: grammar.Grammar, *, narrowband: bool) -> None:
        self._rules = rules
        self._narrowband = narrowband
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recogniser")
        self._idle: list[Recogniser] = []

    def prewarm(self) -> None:
        """Have one ready for the first call."""
        if not self._idle:
            self._idle.append(Recogniser(self._rules, narrowband=self._narrowband))

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[LentRecogniser]:
        """A recogniser for one call."""
        recogniser = self._idle.pop() if self._idle else await self._make()
        lent = LentRecogniser(recogniser, self._thread)
        try:
            await lent.begin_call()
            yield lent
        finally:
            self._idle.append(recogniser)

    async def _make(self) -> Recogniser:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: Recogniser(self._rules, narrowband=self._narrowband))

    def close(self) -> None:
        """Let the thread end after the piece it is at."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class LentRecogniser:
    """A recogniser whose work is done on the pool's thread."""

    def __init__(self, recogniser: Recogniser, thread: ThreadPoolExecutor) -> None:
        self._recogniser = recogniser
        self._thread = thread

    async def begin_call(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._recogniser.begin_call)

    async def begin(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._recogniser.begin)

    async def feed(self, pcm: bytes) -> Heard:
        """Take audio of any length, piece by piece."""
        heard = _NOTHING
        for start in range(0, len(pcm), PIECE_BYTES):
            piece = pcm[start : start + PIECE_BYTES]
            heard = await asyncio.get_running_loop().run_in_executor(self._thread, self._recogniser.feed, piece)
        return heard

    async def finish(self) -> Heard:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._recogniser.finish)


def _with_mirror_image(pcm: bytes) -> bytes:
    """The sound with a faint copy of its lower half reflected into the upper half of the spectrum."""
    samples = np.frombuffer(pcm, dtype=np.int16).astype(np.float32)
    mirrored = samples.copy()
    mirrored[1::2] *= -1
    return np.clip(samples + _MIRROR_GAIN * mirrored, -32768, 32767).astype(np.int16).tobytes()
