"""Sound as the telephone carries it: mono, 16 bit, 8000 samples a second."""

from __future__ import annotations

import pathlib

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

Samples = npt.NDArray[np.int16]
"""Mono 16 bit samples."""

Sound = pathlib.Path | Samples | bytes
"""What a phone can be told to play: a sound file, samples, or their bytes in native order."""

RATE = 8000
"""Samples a second on a telephone line."""
FRAME_MS = 20
"""Length of the audio in one packet."""
FRAME = RATE * FRAME_MS // 1000
"""Samples in one packet."""
FRAME_S = FRAME_MS / 1000
FULL_SCALE = 32_768.0
"""Amplitude that 0 dBFS stands for."""


def load(sound: Sound, rate: int) -> tuple[Samples, int]:
    """Samples and their rate; a file brings its own rate along, channels are mixed."""
    if isinstance(sound, pathlib.Path):
        channels, rate = soundfile.read(sound, dtype="int16", always_2d=True)
        return channels.mean(axis=1).astype(np.int16), rate
    if isinstance(sound, bytes):
        return np.frombuffer(sound, np.int16), rate
    return np.asarray(sound, np.int16), rate


def telephone(sound: Sound, rate: int = RATE) -> Samples:
    """A sound at the telephone's rate."""
    samples, rate = load(sound, rate)
    if rate == RATE:
        return samples
    return np.asarray(soxr.resample(samples, rate, RATE), np.int16)


def tone(hz: float, seconds: float, *, dbfs: float = -12.0, rate: int = RATE) -> Samples:
    """A sine."""
    peak = (FULL_SCALE - 1) * 10 ** (dbfs / 20)
    return (peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.int16)


def noise(seconds: float, *, dbfs: float, rate: int = RATE) -> Samples:
    """White noise of a given RMS level; the same every time."""
    rms = FULL_SCALE * 10 ** (dbfs / 20)
    drawn = np.random.default_rng(1).normal(0.0, rms, round(seconds * rate))
    return np.clip(drawn, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
