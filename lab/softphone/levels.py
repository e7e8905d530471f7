"""How loud a sound is, and how much of it is a certain tone."""

from __future__ import annotations

import numpy as np

from lab.softphone import sounds
from lab.softphone.sounds import Samples

SILENCE_DBFS = -96.0
"""The level of nothing: below the quietest 16 bit sample."""
TONE_BLOCK_S = 0.1
"""A tone is measured in blocks of this length: short enough to bear a phase jump, long enough to tell 20 Hz apart."""


def dbfs(samples: Samples) -> float:
    """RMS level; 0 dBFS is a full-scale square wave, a full-scale sine has -3."""
    if not len(samples):
        return SILENCE_DBFS
    wide = samples.astype(np.float64)
    return _decibels(float(wide @ wide) / len(wide) / sounds.FULL_SCALE**2)


def tone_dbfs(samples: Samples, hz: float) -> float:
    """RMS level of one frequency in a sound: what Goertzel's algorithm measures, block by block, averaged by power."""
    length = min(round(TONE_BLOCK_S * sounds.RATE), len(samples))
    if not length:
        return SILENCE_DBFS
    blocks = samples[: len(samples) // length * length].reshape(-1, length).astype(np.float64)
    window = np.hanning(length + 1)[:length]
    probe = window * np.exp(-2j * np.pi * hz * np.arange(length) / sounds.RATE)
    peak = 2 * np.abs(blocks @ probe) / window.sum()
    return _decibels(float(np.mean(peak**2)) / 2 / sounds.FULL_SCALE**2)


def amplitude(dbfs: float) -> float:
    """Peak of a sine of an RMS level."""
    return float(sounds.FULL_SCALE * np.sqrt(2) * 10 ** (dbfs / 20))


def amplitude_dbfs(peak: float) -> float:
    """RMS level of a sine with that peak."""
    return _decibels(peak**2 / 2 / sounds.FULL_SCALE**2)


def _decibels(power: float) -> float:
    return max(SILENCE_DBFS, 10 * float(np.log10(power))) if power > 0 else SILENCE_DBFS
