"""Listening while the call is going on."""

from __future__ import annotations

import collections

import numpy as np

from lab.softphone import levels, sounds
from lab.softphone.sounds import Samples
from lab.softphone.speech_detection import SpeechDetector

_MEMORY_FRAMES = round(levels.TONE_BLOCK_S / sounds.FRAME_S)
_TONE_SHARE = 0.4
"""So much of the power heard must be the tone: speech has less at any one frequency, two tones have half each."""


class Ears:
    """Hears frame by frame, at the time each arrives."""

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._recent: collections.deque[tuple[float, Samples]] = collections.deque(maxlen=_MEMORY_FRAMES)

    def hear(self, samples: Samples, at_s: float) -> None:
        self._detector.hear(samples, at_s)
        self._recent.append((at_s, samples))

    def speech_since(self, since_s: float) -> float | None:
        """When the first speech began that was still going on after a moment."""
        return next((span.start_s for span in self._detector.spans if span.end_s > since_s), None)

    def last_speech_end_s(self) -> float:
        """When speech was last heard; 0 if never."""
        return self._detector.spans[-1].end_s if self._detector.spans else 0.0

    def tone_now(self, hz: float, *, at_least_dbfs: float, since_s: float) -> float | None:
        """Since when a tone is heard, if the last 100 ms are that tone and came after a moment."""
        if len(self._recent) < _MEMORY_FRAMES or self._recent[0][0] < since_s:
            return None
        samples = np.concatenate([frame for _, frame in self._recent])
        tone, whole = levels.tone_dbfs(samples, hz), levels.dbfs(samples)
        if tone < at_least_dbfs or tone - whole < 10 * np.log10(_TONE_SHARE):
            return None
        return self._recent[0][0]
