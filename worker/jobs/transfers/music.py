"""What a caller who waits hears: a piece of music or ringback, again and again, on a track of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pathlib

import numpy as np
from livekit import rtc
from livekit.agents.utils import audio
from livekit.agents.voice import background_audio

_log = logging.getLogger(__name__)

RINGBACK = pathlib.Path(__file__).parents[2] / "sounds" / "ringback.wav"
"""As livekit-sip plays it while we dial: 425 Hz, one second in five."""

_TRACK_NAME = "hold"
_RATE = 24_000  # Hz; more than a telephone carries
_QUEUE_MS = 200
_PIECE = _RATE // 20  # samples; 50 ms
_VOLUME = 0.4  # of the file's own: a voice that comes after it is not quieter
_PUBLISH_S = 2.0  # LiveKit takes a track in 0.1 s


class WaitingSound:
    """One caller's. What cannot be played is silence; it never ends a call."""

    def __init__(self, room: rtc.Room, path: pathlib.Path | None) -> None:
        """Nothing is heard yet.

        Args:
            room: the call's.
            path: a file that ffmpeg can read, such as `RINGBACK`; None for the piece that comes with livekit-agents.
        """
        self._room = room
        self._path = str(path) if path is not None else background_audio.BuiltinAudioClip.HOLD_MUSIC.path()
        self._source: rtc.AudioSource | None = None
        self._sid: str | None = None
        self._playing: asyncio.Task[None] | None = None

    async def open(self) -> str | None:
        """Publish the track, still silent; its sid, or None where there will be no music."""
        if self._sid is None:
            try:
                async with asyncio.timeout(_PUBLISH_S):
                    self._sid = await self._publish()
            except (TimeoutError, rtc.room.ConnectError, rtc.participant.PublishTrackError) as error:
                _log.warning("there is no hold music", extra={"error_class": type(error).__name__})
        return self._sid

    def play(self) -> None:
        """Be heard until told to stop."""
        if self._source is not None and self._playing is None:
            self._playing = asyncio.create_task(self._play(self._source))

    def hush(self) -> None:
        """Fall silent at once; `play` begins the piece anew."""
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None
        if self._source is not None:
            self._source.clear_queue()

    async def aclose(self) -> None:
        """Fall silent at once, and take the track away."""
        playing = self._playing
        self.hush()
        if playing is not None:
            await asyncio.gather(playing, return_exceptions=True)
        source, sid, self._source, self._sid = self._source, self._sid, None, None
        if source is None:
            return
        if sid is not None:
            with contextlib.suppress(rtc.participant.UnpublishTrackError, TimeoutError):
                async with asyncio.timeout(_PUBLISH_S):
                    await self._room.local_participant.unpublish_track(sid)
        await source.aclose()

    async def _publish(self) -> str:
        self._source = rtc.AudioSource(_RATE, 1, queue_size_ms=_QUEUE_MS)
        track = rtc.LocalAudioTrack.create_audio_track(_TRACK_NAME, self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        return (await self._room.local_participant.publish_track(track, options)).sid

    async def _play(self, source: rtc.AudioSource) -> None:
        try:
            pieces = audio.AudioByteStream(_RATE, 1, _PIECE)
            while await self._play_once(source, pieces):
                pass
            _log.error("there is no sound in the hold music")
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever is wrong with the file, the call goes on
            _log.error("the hold music cannot be played", extra={"error_class": type(error).__name__})

    async def _play_once(self, source: rtc.AudioSource, pieces: audio.AudioByteStream) -> bool:
        is_sound = False
        async with contextlib.aclosing(audio.audio_frames_from_file(self._path, _RATE)) as frames:
            async for frame in frames:
                is_sound = True
                for piece in pieces.push(bytes(frame.data)):
                    await source.capture_frame(_softened(piece))
        return is_sound


def _softened(piece: rtc.AudioFrame) -> rtc.AudioFrame:
    samples = np.frombuffer(piece.data, dtype=np.int16) * _VOLUME
    return rtc.AudioFrame(samples.astype(np.int16).tobytes(), _RATE, 1, piece.samples_per_channel)
