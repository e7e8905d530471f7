"""Was that what was said? Compares what a phone heard with the very sound that should have come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lab import softphone, speech

ALIKE = 0.68
"""The very same sound comes to 0.75 and more after codecs and some gaps, other texts in the same voice to 0.58."""
_RATE = 8000  # of the telephone
_AUDIBLE = 300  # of a 16 bit sample: -40 dBFS
_PIECE_S = 0.5  # long enough to be like nothing else, short enough for most pieces to have no gap in them
_PIECES = 7


def spoken(text: str) -> softphone.Samples:
    """A text in the voice of these tests' agents, as the telephone carries it."""
    return softphone.telephone(speech.say(text, speech.Voice.SLT), speech.RATE)


def says(call: softphone.Call, text: str, *, from_s: float = 0.0) -> bool:
    """Whether a text was heard in that voice."""
    return likeness(call.recording.heard(from_s), spoken(text)) > ALIKE


def likeness(heard: softphone.Samples, wanted: softphone.Samples) -> float:
    """How much a sound that was heard is like another: 1 is the same; the median over pieces of the latter.

    A busy machine leaves gaps in what the phone hears, so not every piece need be there.
    """
    audible = np.flatnonzero(np.abs(wanted.astype(np.int32)) > _AUDIBLE)
    sound = wanted[audible[0] : audible[-1] + 1].astype(np.float64)
    length = min(len(sound), round(_PIECE_S * _RATE))
    starts = np.linspace(0, len(sound) - length, _PIECES).astype(int)
    return float(np.median([_peak(heard.astype(np.float64), sound[start : start + length]) for start in starts]))


def _peak(window: npt.NDArray[np.float64], piece: npt.NDArray[np.float64]) -> float:
    """Peak of the normalised cross-correlation of a piece with what was heard."""
    if len(window) < len(piece):
        return 0.0
    size = 1 << (len(window) + len(piece)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(piece, size)), size)
    sums = np.concatenate([[0.0], np.cumsum(window**2)])
    energy = sums[len(piece) :] - sums[: -len(piece)]
    scale = np.sqrt(np.maximum(energy, 1.0) * np.sum(piece**2))
    return float(np.max(np.abs(correlation[: len(scale)]) / scale))
