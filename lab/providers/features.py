"""What speech looks like to the recogniser: band energies of the telephone band, and their shape."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from lab.providers import pcm

Bands = NDArray[np.float32]
"""Rows of log energies, one row a frame."""
Shapes = NDArray[np.float32]
"""Rows of about unit length, one row a frame: comparable by their inner product whatever the loudness."""

HOP_S = 0.020
"""Between frames of a live stream: fine enough for a plosive, 50 comparisons a second."""
REFERENCE_HOP_S = HOP_S / 2
"""References are twice as fine, so a stream's frame always falls within 5 ms of one of theirs."""
WINDOW_S = 0.032
LOW_HZ, HIGH_HZ = 300.0, 3400.0
"""What a telephone passes (ITU-T G.712)."""
BANDS = 28
REACH_S = 0.040
"""A shape holds how the energies change from so long before its frame to so long after."""

_FLOOR = 1e-8
"""Energy of a band in digital silence; keeps logarithms of nothing from mattering."""
_SOFTENING = 1.0
"""Length a shape must clearly exceed to count fully, so flat noise resembles nothing."""


class LogMel:
    """Turns samples into band energies, as they come and at whatever sample rate."""

    def __init__(self, rate: int, hop_s: float = HOP_S) -> None:
        self._window = round(rate * WINDOW_S)
        self._hop = round(rate * hop_s)
        self._taper, self._bank = _bank(rate, self._window)
        self._pending = np.zeros(0, dtype=np.float32)

    def feed(self, samples: pcm.Samples) -> Bands:
        """The rows completed by these samples, perhaps none."""
        self._pending = np.concatenate([self._pending, samples])
        count = max(0, (len(self._pending) - self._window) // self._hop + 1)
        if count == 0:
            return np.zeros((0, BANDS), dtype=np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(self._pending, self._window)[:: self._hop][:count]
        power = np.abs(np.fft.rfft(frames * self._taper)) ** 2
        self._pending = self._pending[count * self._hop :]
        bands: Bands = np.log(power @ self._bank + _FLOOR).astype(np.float32)
        return bands


def reach(hop_s: float) -> int:
    """Rows on each side that a shape needs."""
    return round(REACH_S / hop_s)


def shapes(bands: Bands, hop_s: float) -> Shapes:
    """The shapes of all rows but the outermost `reach(hop_s)` on each side."""
    side = reach(hop_s)
    centre = bands[side:-side]
    spectrum = centre - centre.mean(axis=1, keepdims=True)
    change = bands[2 * side :] - bands[: -2 * side]
    both = np.concatenate([spectrum, change], axis=1)
    shape: Shapes = (both / (np.linalg.norm(both, axis=1, keepdims=True) + _SOFTENING)).astype(np.float32)
    return shape


def levels_db(bands: Bands) -> NDArray[np.float32]:
    """Loudness of each row within the telephone band, in decibels relative to full scale."""
    levels: NDArray[np.float32] = (10 * np.log10(np.exp(bands).sum(axis=1))).astype(np.float32)
    return levels


@functools.lru_cache(maxsize=16)
def _bank(rate: int, window: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The window function, and the matrix from a power spectrum to bands equally wide on the mel scale."""
    taper = np.hanning(window)
    hertz = np.fft.rfftfreq(window, 1 / rate)
    edges = _from_mel(np.linspace(_to_mel(LOW_HZ), _to_mel(HIGH_HZ), BANDS + 2))
    rising = (hertz[:, None] - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[None, 2:] - hertz[:, None]) / (edges[2:] - edges[1:-1])
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    width = np.maximum(triangles.sum(axis=0), 1e-9)
    return taper.astype(np.float32), (triangles / width / (taper.sum() / 2) ** 2).astype(np.float32)


def _to_mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _from_mel(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2595) - 1)
