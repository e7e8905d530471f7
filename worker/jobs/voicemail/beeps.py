"""The beep after which a caller speaks."""

from __future__ import annotations

import functools

import numpy as np

_HZ = 1000
_S = 0.4
_FADE_S = 0.01  # a tone that is cut off clicks
_LEVEL = 0.25  # of full scale: -12 dBFS, about as loud as speech


@functools.cache
def tone(rate: int) -> bytes:
    """The beep as 16-bit mono samples at `rate` Hz."""
    time = np.arange(round(_S * rate)) / rate
    fade = np.clip(np.minimum(time, _S - time) / _FADE_S, 0, 1)
    return (np.sin(2 * np.pi * _HZ * time) * fade * _LEVEL * 32767).astype("<i2").tobytes()
