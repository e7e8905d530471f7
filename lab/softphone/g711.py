"""G.711, the two codecs of the telephone network, by table (ITU-T G.711)."""

from __future__ import annotations

import enum

import numpy as np
import numpy.typing as npt

from lab.softphone.sounds import Samples

_MU_BIAS = 0x84
_MU_CLIP = 8158


class Codec(enum.Enum):
    """A codec with its static RTP payload type (RFC 3551 table 4)."""

    PCMU = 0
    """Mu-law: North America and Japan."""
    PCMA = 8
    """A-law: the rest of the world."""

    def encode(self, samples: Samples) -> bytes:
        """One byte per 16 bit sample."""
        return _ENCODE[self][samples.view(np.uint16)].tobytes()

    def decode(self, payload: bytes) -> Samples:
        return _DECODE[self][np.frombuffer(payload, np.uint8)]


def _mu_law_to_linear() -> Samples:
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4) & 7, (code & 15).astype(np.int32)
    magnitude = (((mantissa << 3) + _MU_BIAS) << exponent) - _MU_BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _linear_to_mu_law() -> npt.NDArray[np.uint8]:
    linear = _every_sample() >> 2  # fourteen bits
    magnitude = np.minimum(np.abs(linear), _MU_CLIP) + (_MU_BIAS >> 2)
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 5
    mantissa = (magnitude >> (exponent + 1)) & 15
    sign = np.where(linear < 0, 0x80, 0)
    return np.asarray(~(sign | (exponent << 4) | mantissa) & 0xFF, np.uint8)


def _a_law_to_linear() -> Samples:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = ((code >> 4) & 7).astype(np.int32), (code & 15).astype(np.int32)
    lowest = (mantissa << 4) + 8
    magnitude = np.where(exponent == 0, lowest, (lowest + 0x100) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _linear_to_a_law() -> npt.NDArray[np.uint8]:
    linear = _every_sample()
    # Thirteen bits; negative values by one's complement, so that -1 and 0 fall on either side of the middle.
    magnitude = np.where(linear >= 0, linear, ~linear) >> 3
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    mantissa = (magnitude >> np.maximum(exponent, 1)) & 15
    sign = np.where(linear >= 0, 0x80, 0)
    return np.asarray((sign | (exponent << 4) | mantissa) ^ 0x55, np.uint8)


def _every_sample() -> npt.NDArray[np.int32]:
    """All 16 bit values, in the order of their unsigned reading."""
    return np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)


_DECODE = {Codec.PCMU: _mu_law_to_linear(), Codec.PCMA: _a_law_to_linear()}
_ENCODE = {Codec.PCMU: _linear_to_mu_law(), Codec.PCMA: _linear_to_a_law()}
