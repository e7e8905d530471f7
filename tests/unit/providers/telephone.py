"""A synthetic caller's speech as it comes off a telephone line: G.711 mu-law, 8 kHz."""

from __future__ import annotations

import ctypes
import functools

import numpy as np
import numpy.typing as npt
import soxr
from livekit import rtc

from worker.providers.offline import flite_library

LINE_RATE = 8_000
FRAME_MS = 50
_PEAK = 0.5  # -6 dB
_MU = 255.0
_SEED = 4
"""flite mixes noise into a voice by the C library's `rand`; some of the sounds that gives are misheard."""

Samples = npt.NDArray[np.float32]


@functools.cache
def speech(text: str, voice: str = "rms", rate: int = 16_000) -> Samples:
    """The text, spoken and sent through a telephone line, at `rate` Hz, between -1 and 1."""
    loaded = flite_library.load(voice)
    ctypes.CDLL(None).srand(_SEED)
    spoken = np.frombuffer(loaded.synthesise(text), dtype=np.int16).astype(np.float32)
    spoken *= _PEAK / max(1.0, float(np.abs(spoken).max()))
    line = _mu_law(soxr.resample(spoken, loaded.sample_rate, LINE_RATE))
    return np.asarray(soxr.resample(line, LINE_RATE, rate), dtype=np.float32)


def _mu_law(samples: Samples) -> Samples:
    """Through 8-bit mu-law and back (ITU-T G.711, the continuous form of its table)."""
    compressed = np.sign(samples) * np.log1p(_MU * np.abs(samples)) / np.log1p(_MU)
    steps = np.round(compressed * 127) / 127
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(_MU)) / _MU, dtype=np.float32)


def silence(seconds: float, rate: int = 16_000) -> Samples:
    """The faint noise of an open line."""
    noise = np.random.default_rng(7).standard_normal(int(seconds * rate)) * 0.0003
    return np.asarray(noise, dtype=np.float32)


def frames(samples: Samples, rate: int = 16_000) -> list[rtc.AudioFrame]:
    """50 ms frames, as a session gets them from a room."""
    pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    size = rate * FRAME_MS // 1000
    pcm = np.append(pcm, np.zeros(-len(pcm) % size, dtype=np.int16))
    return [
        rtc.AudioFrame(data=pcm[i : i + size].tobytes(), sample_rate=rate, num_channels=1, samples_per_channel=size)
        for i in range(0, len(pcm), size)
    ]
