"""Speech of a caller, and what a telephone call makes of it."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from lab import softphone, speech
from lab.providers import pcm

AGENT = speech.Voice.SLT
OTHER = speech.Voice.AWB


def spoken(text: str, voice: speech.Voice = speech.Voice.RMS) -> pcm.Sound:
    """A text as flite speaks it."""
    return pcm.Sound(samples=pcm.from_int16(speech.say(text, voice)), rate=speech.RATE)


def called(sound: pcm.Sound, *, gain: float = 1.0, noise_db: float | None = None) -> pcm.Sound:
    """The sound after a telephone call: narrow band, G.711 mu-law, and back to 16 kHz, with silence around it.

    Args:
        gain: factor on the loudness.
        noise_db: white noise on the line, relative to the speech.
    """
    silence = np.zeros(sound.rate // 2, dtype=np.float32)
    line = pcm.Sound(samples=np.concatenate([silence, sound.samples * gain, silence, silence]), rate=sound.rate)
    narrow = line.at_rate(8000).samples
    if noise_db is not None:
        loudness = float(np.sqrt(np.mean((sound.samples * gain) ** 2)))
        noise = np.random.default_rng(1).normal(0, loudness * 10 ** (noise_db / 20), len(narrow))
        narrow = (narrow + noise).astype(np.float32)
    return pcm.Sound(samples=pcm.from_mulaw(mulaw(narrow)), rate=8000).at_rate(16000)


def mulaw(samples: pcm.Samples) -> bytes:
    """G.711 mu-law."""
    linear = pcm.Sound(samples=samples, rate=8000).linear16()
    return softphone.Codec.PCMU.encode(np.frombuffer(linear, dtype=np.int16))


def through_opus(sound: pcm.Sound) -> pcm.Sound:
    """The sound after Opus at 48 kHz, as a room carries it."""
    coded = io.BytesIO()
    soundfile.write(coded, sound.at_rate(48000).samples, 48000, format="OGG", subtype="OPUS")
    coded.seek(0)
    samples, rate = soundfile.read(coded, dtype="float32")
    return pcm.Sound(samples=samples, rate=rate).at_rate(sound.rate)


def part(sound: pcm.Sound, begin: float, end: float) -> pcm.Sound:
    """The sound between two fractions of its length."""
    count = len(sound.samples)
    return pcm.Sound(samples=sound.samples[int(begin * count) : int(end * count)], rate=sound.rate)
