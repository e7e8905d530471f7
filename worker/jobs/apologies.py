"""What the caller hears when nothing else works: a sound file that ships with the worker."""

from __future__ import annotations

import asyncio
import functools
import importlib.resources
import io
import logging
import wave
from collections.abc import Callable

from livekit import rtc

_log = logging.getLogger(__name__)

_FILE = "apology.wav"
_FRAME_MS = 20
_SUBSCRIBE_S = 5.0  # the bridge takes a track within 0.2 s
_LONGEST_S = 15.0  # the file is 6 s long


async def play(room: rtc.Room, on_heard: Callable[[], None]) -> None:
    """Say sorry on a track of its own, which also answers a call that still rings. Takes at most 15 s.

    Args:
        room: the call's.
        on_heard: called when the bridge has taken the track, so that the call is answered.
    """
    pcm, rate = _sound()
    source = rtc.AudioSource(rate, 1)
    try:
        async with asyncio.timeout(_LONGEST_S):
            track = rtc.LocalAudioTrack.create_audio_track("apology", source)
            publication = await room.local_participant.publish_track(track)
            async with asyncio.timeout(_SUBSCRIBE_S):
                await publication.wait_for_subscription()
            on_heard()
            size = 2 * rate * _FRAME_MS // 1000
            for start in range(0, len(pcm) - size + 1, size):
                await source.capture_frame(rtc.AudioFrame(pcm[start : start + size], rate, 1, size // 2))
            await source.wait_for_playout()
    except (TimeoutError, rtc.room.ConnectError, rtc.participant.PublishTrackError) as error:
        _log.warning("the apology could not be played", extra={"error_class": type(error).__name__})
    finally:
        await source.aclose()


@functools.cache
def _sound() -> tuple[bytes, int]:
    data = importlib.resources.files("worker").joinpath("sounds", _FILE).read_bytes()
    with wave.open(io.BytesIO(data)) as sound:
        return sound.readframes(sound.getnframes()), sound.getframerate()
