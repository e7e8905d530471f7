"""What one does with a telephone once it is at the ear: speak, press keys, listen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

from lab.softphone import dtmf, endings, errors, media, recordings, sounds, timelines, tones, waits
from lab.softphone.playout import Utterance
from lab.softphone.speech_detection import Span

T = TypeVar("T")

DEFAULT_RATE = 16_000
"""Of samples to be played, if nothing else is said: what speech synthesis gives."""
TONE_DBFS = -40.0
"""A tone counts as heard from this level on."""
_KEY_S = 0.1
_GAP_S = 0.1
_SLACK_S = 10.0
"""A busy machine may take so much longer to play a sound than the sound is."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What a conversation works with."""

    timeline: timelines.Timeline
    changes: waits.Changes
    media: media.Media


class Conversation:
    """The audio of a call. All times are seconds since the INVITE.

    Every wait raises Deadline when its time is up, and CallOver if the call ends first.
    """

    def __init__(self, parts: Parts) -> None:
        self.timeline = parts.timeline
        self.ending: endings.Ending | None = None
        """How the call ended; None while it is alive."""
        self._changes = parts.changes
        self._media = parts.media

    @property
    def now_s(self) -> float:
        return self.timeline.now_s()

    @property
    def recording(self) -> recordings.Recording:
        """Both directions; grows as long as the call lasts and can be read at any time."""
        return self._media.recording

    @property
    def is_up(self) -> bool:
        """Answered, and not over."""
        return self.ending is None and self.timeline.reached(timelines.Milestone.ANSWERED)

    @property
    def can_talk(self) -> bool:
        """Whether audio has begun to flow: answered, or with early media before that."""
        milestones = (timelines.Milestone.EARLY_MEDIA, timelines.Milestone.ANSWERED)
        return any(self.timeline.reached(milestone) for milestone in milestones)

    async def play(self, sound: sounds.Sound, *, rate: int = DEFAULT_RATE) -> Span:
        """Says something, after all that was queued before.

        Args:
            sound: a sound file, int16 samples or their bytes.
            rate: of the samples, in Hz; a file knows its own.

        Returns:
            When it was on the line. Shorter than the sound if `stop_playing` cut it off.

        Raises:
            NotReached: no audio flows yet.
        """
        samples, rate = sounds.load(sound, rate)
        utterance = self.utter(rate=rate)
        utterance.push(samples)
        utterance.end()
        return await utterance.played(timeout=self._media.playout.left_s + _SLACK_S)

    def utter(self, *, rate: int = DEFAULT_RATE) -> Utterance:
        """Begins to say something whose sound is still being made: `push` it, then `end`.

        Raises:
            NotReached: no audio flows yet.
        """
        if not self.can_talk:
            raise errors.NotReached("nothing can be said before audio flows")
        utterance = Utterance(rate)
        self._media.playout.add(utterance)
        return utterance

    def stop_playing(self) -> None:
        """Says no more of what is queued; those who wait for it go on."""
        self._media.playout.stop()

    def stop_rtp(self) -> None:
        """Sends no packet any more, as a phone that lost its network does."""
        self._media.is_mute = True

    def resume_rtp(self) -> None:
        self._media.is_mute = False

    async def press(self, digits: str, *, key_s: float = _KEY_S, gap_s: float = _GAP_S) -> None:
        """Presses keys, one after another, and waits until the last was sent.

        Raises:
            NotReached: no audio flows yet.
            PhoneError: there is no such key.
        """
        if not self.can_talk or self.ending is not None:
            raise errors.NotReached("keys work while audio flows")
        pressed = self._media.keypad.press(digits, tone_s=key_s, gap_s=gap_s)
        await waits.within(pressed, timeout=len(digits) * (key_s + gap_s) + _SLACK_S, what="the keys were not all sent")

    @property
    def digits_heard(self) -> str:
        """The keys that the other side pressed."""
        return "".join(press.digit for press in self._media.digits.presses)

    @property
    def presses_heard(self) -> tuple[dtmf.Press, ...]:
        """The keys that the other side pressed, and when."""
        return tuple(self._media.digits.presses)

    async def hears_digits(self, digits: str, *, timeout: float) -> None:
        """Waits until all keys heard so far end with these."""
        await self._wait(
            lambda: True if self.digits_heard.endswith(digits) else None,
            timeout=timeout,
            what=f"{len(digits)} keys were not heard",
        )

    async def hears_speech(self, *, timeout: float, since_s: float | None = None) -> float:
        """Waits for speech, or any sound as loud.

        Args:
            timeout: in seconds.
            since_s: speech that was over by then does not count; by default only what goes on now or comes.

        Returns:
            When it began.
        """
        since_s = self.now_s if since_s is None else since_s
        return await self._wait(
            lambda: self._media.ears.speech_since(since_s), timeout=timeout, what="no speech was heard"
        )

    async def hears_silence(self, *, for_s: float, timeout: float, since_s: float = 0.0) -> float:
        """Waits until there has been no speech for a while; silence before `since_s` does not count.

        Returns:
            When the silence began.
        """

        def quiet_since() -> float | None:
            began_s = max(self._media.ears.last_speech_end_s(), since_s)
            return began_s if self.now_s - began_s >= for_s else None

        return await self._wait(quiet_since, timeout=timeout, what=f"no silence of {for_s:g} s was heard")

    async def hears_tone(self, hz: float, *, timeout: float, at_least_dbfs: float = TONE_DBFS) -> float:
        """Waits until 100 ms on end are one tone, from now on.

        Returns:
            When those 100 ms began.
        """
        since_s = self.now_s
        return await self._wait(
            lambda: self._media.ears.tone_now(hz, at_least_dbfs=at_least_dbfs, since_s=since_s),
            timeout=timeout,
            what=f"no tone of {hz:g} Hz was heard",
        )

    def tone_level(self, hz: float, from_s: float = 0.0, to_s: float | None = None) -> float:
        """RMS level of one frequency in what was heard, in dBFS; -96 is nothing."""
        return self.recording.tone_dbfs(hz, from_s, to_s)

    def tone_peak(self, hz: float, from_s: float = 0.0, to_s: float | None = None) -> float:
        """RMS level of one frequency in the 100 ms in which it was heard loudest, in dBFS: what a leak shows in."""
        return self.recording.tone_peak_dbfs(hz, from_s, to_s)

    def tones_heard(
        self, hz: float, from_s: float = 0.0, to_s: float | None = None, *, at_least_dbfs: float = tones.TONE_DBFS
    ) -> list[Span]:
        """When a tone was heard, to 5 ms; `CLEAR_HZ` are the tones that can be told from all else on a line.

        What two phones heard is compared by their `timeline.clock_s`.
        """
        return self.recording.tones(hz, from_s, to_s, at_least_dbfs=at_least_dbfs)

    def speech_heard(self, from_s: float = 0.0, to_s: float | None = None) -> list[Span]:
        """The stretches of speech heard so far."""
        return self.recording.speech(from_s, to_s)

    @property
    def audio_sources(self) -> frozenset[int]:
        """The SSRC of every audio stream that reached this phone."""
        return frozenset(self._media.sources)

    async def _wait(self, look: Callable[[], T | None], *, timeout: float, what: str) -> T:
        def look_or_end() -> tuple[T | None] | None:
            found = look()
            return None if found is None and self.ending is None else (found,)

        (found,) = await self._changes.find(look_or_end, timeout=timeout, what=what)
        if found is None:
            raise errors.CallOver(f"{what}: the call ended")
        return found
