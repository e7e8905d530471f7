"""What a call sounded like at this phone, both ways, by the second."""

from __future__ import annotations

import pathlib

import numpy as np
import soundfile

from lab.softphone import levels, sounds, speech_detection, tones, tracks
from lab.softphone.sounds import Samples
from lab.softphone.speech_detection import Sensitivity, Span


class Recording:
    """Two tracks on one time line; second 0 is when the INVITE was sent or received.

    What came from the network is placed by RTP timestamp and time of arrival: a position is when it could be heard.
    """

    def __init__(self) -> None:
        self.sent = tracks.Track()
        self.received = tracks.Track()

    @property
    def length_s(self) -> float:
        return max(len(self.sent.samples()), len(self.received.samples())) / sounds.RATE

    def heard(self, from_s: float = 0.0, to_s: float | None = None) -> Samples:
        """What this phone received in a stretch of time, at 8 kHz; zeros where nothing came."""
        return _cut(self.received.samples(), from_s, self.length_s if to_s is None else to_s)

    def said(self, from_s: float = 0.0, to_s: float | None = None) -> Samples:
        """What this phone sent in a stretch of time, at 8 kHz; zeros where nothing was sent."""
        return _cut(self.sent.samples(), from_s, self.length_s if to_s is None else to_s)

    def speech(
        self, from_s: float = 0.0, to_s: float | None = None, *, sensitivity: Sensitivity | None = None
    ) -> list[Span]:
        """The stretches of speech heard."""
        return speech_detection.speech(self.heard(from_s, to_s), from_s=from_s, sensitivity=sensitivity)

    def first_sound_s(self, after_s: float = 0.0, *, dbfs: float = Sensitivity.loud_dbfs) -> float | None:
        """When the first sample at or above a level was heard; None if there was none."""
        peak = sounds.FULL_SCALE * 10 ** (dbfs / 20)
        loud = np.flatnonzero(np.abs(self.heard(after_s).astype(np.int32)) >= peak)
        return after_s + int(loud[0]) / sounds.RATE if len(loud) else None

    def tone_dbfs(self, hz: float, from_s: float = 0.0, to_s: float | None = None) -> float:
        """RMS level of one frequency in what was heard."""
        return levels.tone_dbfs(self.heard(from_s, to_s), hz)

    def tone_peak_dbfs(self, hz: float, from_s: float = 0.0, to_s: float | None = None) -> float:
        """RMS level of one frequency in the 100 ms in which it was heard loudest."""
        return tones.peak_dbfs(self.heard(from_s, to_s), hz)

    def tones(
        self, hz: float, from_s: float = 0.0, to_s: float | None = None, *, at_least_dbfs: float = tones.TONE_DBFS
    ) -> list[Span]:
        """The stretches in which a tone was heard."""
        return tones.spans(self.heard(from_s, to_s), hz, at_least_dbfs=at_least_dbfs, from_s=from_s)

    def save_wav(self, path: pathlib.Path) -> None:
        """Writes a stereo file: left what the phone sent, right what it heard."""
        soundfile.write(path, np.column_stack([self.said(), self.heard()]), sounds.RATE, subtype="PCM_16", format="WAV")


def _cut(line: Samples, from_s: float, to_s: float) -> Samples:
    start, end = max(0, round(from_s * sounds.RATE)), max(0, round(to_s * sounds.RATE))
    piece = line[start:end]
    return np.concatenate([piece, np.zeros(max(0, end - start - len(piece)), np.int16)])
