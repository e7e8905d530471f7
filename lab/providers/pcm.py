"""Sound as numbers between -1 and 1, at any sample rate: from and to 16-bit PCM, mu-law and WAV files."""

from __future__ import annotations

import dataclasses
import io
import wave

import numpy as np
import soxr
from numpy.typing import NDArray

from callcore import errors
from lab import softphone

Samples = NDArray[np.float32]
"""Mono samples between -1 and 1."""

_FULL_SCALE = 32768.0
_SAMPLE_BYTES = 2


class UnreadableSound(errors.BadInput):
    """This is not a mono WAV file of 16-bit linear PCM."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Sound:
    """A piece of mono sound."""

    samples: Samples
    rate: int
    """Samples per second."""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate

    def at_rate(self, rate: int) -> Sound:
        """The same sound at another sample rate."""
        if rate == self.rate:
            return self
        return Sound(samples=soxr.resample(self.samples, self.rate, rate).astype(np.float32), rate=rate)

    def linear16(self) -> bytes:
        """Signed 16-bit little-endian PCM."""
        scaled: Samples = np.clip(self.samples * _FULL_SCALE, -_FULL_SCALE, _FULL_SCALE - 1)
        return scaled.astype("<i2").tobytes()


def from_int16(samples: NDArray[np.int16]) -> Samples:
    """Samples given as 16-bit numbers."""
    return samples.astype(np.float32) / np.float32(_FULL_SCALE)


def from_linear16(data: bytes) -> Samples:
    """Samples of signed 16-bit little-endian PCM; an odd last byte is dropped."""
    whole = len(data) - len(data) % _SAMPLE_BYTES
    return from_int16(np.frombuffer(data[:whole], dtype="<i2"))


def from_mulaw(data: bytes) -> Samples:
    """Samples of G.711 mu-law."""
    return from_int16(softphone.Codec.PCMU.decode(data))


def from_wav(data: bytes) -> Sound:
    """The sound of a mono 16-bit WAV file.

    Raises:
        UnreadableSound: it is something else.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getnchannels() != 1 or file.getsampwidth() != _SAMPLE_BYTES:
                raise UnreadableSound
            return Sound(samples=from_linear16(file.readframes(file.getnframes())), rate=file.getframerate())
    except (wave.Error, EOFError) as error:
        raise UnreadableSound from error
