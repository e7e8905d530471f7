"""The answer gate: the call is answered only when there is something to hear.

livekit-sip sends 200 OK when it subscribes to the first audio track of the room. So the track is published when the
first frame of the greeting is in hand, and the frame is pushed when the bridge has subscribed: the caller pays for no
dead air and loses no syllable.
"""

from __future__ import annotations

import asyncio
from typing import Any

from livekit import rtc
from livekit.agents.voice import io
from livekit.agents.voice.room_io import _output as room_output

GREETING_S = 4.0  # from plan to answer at the latest, greeting or not
_SAMPLE_RATE = 24_000  # Hz; what livekit-agents publishes by default
_TRACK_NAME = "agent"
_PUBLISH_S = 5.0  # LiveKit takes a track in 0.1 s


class AnswerGate(io.AudioOutput):
    """An audio output that publishes its track with the first frame.

    Wraps livekit-agents' own room output, which is not public: this is the one place that names it.
    """

    def __init__(self, room: rtc.Room, name: str = _TRACK_NAME) -> None:
        self._room = room
        self._name = name
        self._track = room_output._ParticipantAudioOutput(
            room,
            sample_rate=_SAMPLE_RATE,
            num_channels=1,
            track_publish_options=rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE),
            track_name=name,
        )
        super().__init__(
            label="AnswerGate",
            capabilities=io.AudioOutputCapabilities(pause=True),
            next_in_chain=self._track,
            sample_rate=_SAMPLE_RATE,
        )
        self._opening: asyncio.Task[None] | None = None
        self._first_frame = asyncio.Event()
        self._passing = asyncio.Event()
        self._passing.set()
        self._is_waiting = False
        """What is being said has not reached the track."""

    @property
    def is_open(self) -> bool:
        """The bridge has taken the track: the call is answered."""
        return self._track.subscribed.done() and not self._track.subscribed.cancelled()

    @property
    def track_sid(self) -> str | None:
        """Of the track; None before it is published."""
        publication = self._track._publication
        return publication.sid if publication is not None else None

    async def first_frame(self) -> None:
        """Wait until there is something to hear."""
        await self._first_frame.wait()

    def shut(self) -> None:
        """Let no sound through before `open`, and do not publish the track: that would answer a call that rings."""
        self._passing.clear()

    def hold(self) -> None:
        """Publish the track now, but let no sound through before `open`: a phone that we dial answers by itself.

        The bridge subscribes when that phone is answered; a track that is there already is heard 0.1 s sooner.
        """
        self._passing.clear()
        self._start()

    async def publish(self) -> str:
        """Publish the track, as `hold` does, and wait until it is there; its sid.

        Raises:
            TimeoutError, rtc.room.ConnectError, rtc.participant.PublishTrackError: LiveKit does not take it.
        """
        published: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def on_published(publication: rtc.LocalTrackPublication, *_: object) -> None:
            if publication.name == self._name and not published.done():
                published.set_result(publication.sid)

        self._room.on("local_track_published", on_published)
        try:
            self.hold()
            either: list[asyncio.Future[Any]] = [published, self._start()]
            async with asyncio.timeout(_PUBLISH_S):
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not published.done():
                await self._start()  # raises what went wrong
            return self.track_sid or published.result()
        finally:
            self._room.off("local_track_published", on_published)

    async def open(self) -> None:
        """Publish the track and wait until the bridge has subscribed; of an inbound call, the moment of 200 OK."""
        self._passing.set()
        await asyncio.shield(self._start())

    async def aclose(self) -> None:
        """Stop, answered or not."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        await self._track.aclose()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self._first_frame.set()
        self._is_waiting = True
        await self._passing.wait()
        await self.open()
        self._is_waiting = False
        await self._sink.capture_frame(frame)

    def flush(self) -> None:
        super().flush()
        self._sink.flush()

    def clear_buffer(self) -> None:
        self._sink.clear_buffer()
        if self._is_waiting:
            # The track knows nothing of it, and whoever cut it short waits to hear that it is over.
            self._is_waiting = False
            self.on_playback_finished(playback_position=0.0, interrupted=True)

    def _start(self) -> asyncio.Task[None]:
        if self._opening is None:
            self._opening = asyncio.create_task(self._track.start())
        return self._opening

    @property
    def _sink(self) -> io.AudioOutput:
        sink = self.next_in_chain
        assert sink is not None  # noqa: S101  # given in the constructor
        return sink
