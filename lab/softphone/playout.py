"""What a phone is about to say: utterances in a queue, taken 20 ms at a time."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable

import numpy as np
import soxr

from lab.softphone import errors, sounds, waits
from lab.softphone.sounds import Samples
from lab.softphone.speech_detection import Span

MOST_QUEUED_S = 600.0
"""An utterance holds at most ten minutes that are not played yet; more is a mistake of the test."""
MOST_UTTERANCES = 1000


class Utterance:
    """Sound that is being said, whole or still being made.

    `push` adds to it while it plays, `end` says that nothing follows. In between it is silent when it runs dry.
    """

    def __init__(self, rate: int) -> None:
        self._resampler = None if rate == sounds.RATE else soxr.ResampleStream(rate, sounds.RATE, 1, dtype="int16")
        self._ready = np.zeros(0, np.int16)
        self._ended = False
        self._start_s: float | None = None
        self._played: asyncio.Future[Span] = asyncio.get_running_loop().create_future()

    def push(self, samples: Samples) -> None:
        """Adds sound, at the rate the utterance was begun with.

        Raises:
            PhoneError: it has ended, or more than `MOST_QUEUED_S` is waiting.
        """
        if self._ended:
            raise errors.PhoneError("the utterance has ended")
        self._append(samples if self._resampler is None else self._resampler.resample_chunk(samples))

    def end(self) -> None:
        """Nothing follows."""
        if not self._ended and self._resampler is not None:
            self._append(self._resampler.resample_chunk(np.zeros(0, np.int16), last=True))
        self._ended = True

    async def played(self, *, timeout: float) -> Span:
        """Waits until the last of it has been sent, and tells from when to when it was on the line.

        Raises:
            CallOver: the call ended first.
            Deadline: it is still being said.
        """
        return await waits.within(self._played, timeout=timeout, what="the utterance was not played out")

    def take(self, at_s: float) -> Samples | None:
        """The next 20 ms, to be sent now; None if there is nothing to send, or not enough yet."""
        if not len(self._ready) or (len(self._ready) < sounds.FRAME and not self._ended):
            return None
        self._start_s = at_s if self._start_s is None else self._start_s
        frame, self._ready = self._ready[: sounds.FRAME], self._ready[sounds.FRAME :]
        return np.concatenate([frame, np.zeros(sounds.FRAME - len(frame), np.int16)])

    @property
    def is_spent(self) -> bool:
        return self._ended and not len(self._ready)

    @property
    def left_s(self) -> float:
        """How much of it waits to be played."""
        return len(self._ready) / sounds.RATE

    def finish(self, at_s: float) -> None:
        if not self._played.done():
            self._played.set_result(Span(start_s=at_s if self._start_s is None else self._start_s, end_s=at_s))

    def cut_off(self) -> None:
        """The call is over before the utterance is."""
        if not self._played.done():
            self._played.set_exception(errors.CallOver("the call ended before all was said"))
            self._played.exception()  # Nobody has to ask for it.

    def _append(self, samples: Samples) -> None:
        self._ready = np.concatenate([self._ready, samples])
        if len(self._ready) > MOST_QUEUED_S * sounds.RATE:
            raise errors.PhoneError(f"more than {MOST_QUEUED_S:.0f} s waiting to be played")


class Playout:
    """The queue of utterances of one call."""

    def __init__(self, elapsed_s: Callable[[], float]) -> None:
        self._elapsed_s = elapsed_s
        self._queue: collections.deque[Utterance] = collections.deque()
        self._is_closed = False

    def add(self, utterance: Utterance) -> None:
        """Queues an utterance.

        Raises:
            PhoneError: too many are waiting.
        """
        if len(self._queue) >= MOST_UTTERANCES:
            raise errors.PhoneError("too many utterances queued")
        if self._is_closed:
            utterance.cut_off()
        else:
            self._queue.append(utterance)

    def take(self) -> Samples | None:
        """The next 20 ms of what is to be said; None if there is nothing to say just now."""
        now_s = self._elapsed_s()
        while self._queue and self._queue[0].is_spent:
            self._queue.popleft().finish(now_s)
        return self._queue[0].take(now_s) if self._queue else None

    @property
    def left_s(self) -> float:
        """How much waits to be played."""
        return sum(utterance.left_s for utterance in self._queue)

    def stop(self) -> None:
        """Says no more of anything queued; those who wait for it go on."""
        while self._queue:
            self._queue.popleft().finish(self._elapsed_s())

    def close(self) -> None:
        self._is_closed = True
        while self._queue:
            self._queue.popleft().cut_off()
