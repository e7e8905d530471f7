"""A live stream of sound turned into what a recogniser reports: onset, interim results, final results."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator

import numpy as np

from lab.providers import endpointing, features, pcm, recognition, utterances

MIN_PAUSE_MS = 320
"""Shortest pause that ends an utterance, however short a pause was asked for: inside a sentence, plosives are silent
for up to 100 ms and commas for up to 300 ms."""
MAX_UTTERANCE_S = 30.0
"""Longer speech is reported in pieces."""
_LEAD_FRAMES = 12
"""Frames kept from before the onset, 0.24 s: words begin more quietly than speech is detected."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Habits:
    """How a stream wants to be listened to."""

    rate: int
    pause_ms: int
    """Silence that ends an utterance."""
    utterance_end_ms: int | None
    """Silence after the last word that is reported on its own."""
    interim_ms: int
    """Sound between interim results."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Started:
    """Somebody began to speak."""

    at_s: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpokenWord:
    """A recognised word, with times from the start of the stream."""

    written: str
    plain: str
    start_s: float
    end_s: float
    confidence: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """What was understood of a stretch of speech; no words when it is not known."""

    words: tuple[SpokenWord, ...]
    start_s: float
    duration_s: float
    is_final: bool
    is_endpoint: bool
    """The final result of an utterance that a pause ended."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ended:
    """Nothing was said for the time asked for, after words were reported."""

    last_word_end_s: float


Event = Started | Result | Ended


class Listener:
    """Listens to one stream."""

    def __init__(self, corpus: utterances.Corpus, habits: Habits) -> None:
        self._corpus = corpus
        self._habits = habits
        self._analysis = features.LogMel(habits.rate)
        self._bands = np.zeros((0, features.BANDS), dtype=np.float32)
        pause_ms = max(habits.pause_ms, MIN_PAUSE_MS)
        self._endpointer = endpointing.Endpointer(_frames(pause_ms))
        self._lead: collections.deque[tuple[features.Shapes, float]] = collections.deque(maxlen=_LEAD_FRAMES)
        self._frame = features.reach(features.HOP_S)
        self._recogniser: recognition.Recogniser | None = None
        self._first_frame = 0
        self._said: tuple[SpokenWord, ...] = ()
        self._unended_word_s: float | None = None
        self._samples = 0

    @property
    def duration_s(self) -> float:
        """Sound heard so far."""
        return self._samples / self._habits.rate

    def feed(self, samples: pcm.Samples) -> Iterator[Event]:
        """Hear more sound. What is not drawn from the iterator is not listened to."""
        self._samples += len(samples)
        self._bands = np.concatenate([self._bands, self._analysis.feed(samples)])
        side = features.reach(features.HOP_S)
        if len(self._bands) <= 2 * side:
            return
        shapes, levels = features.shapes(self._bands, features.HOP_S), features.levels_db(self._bands)[side:-side]
        self._bands = self._bands[-2 * side :]
        for shape, level in zip(shapes, levels, strict=True):
            yield from self._hear(shape, float(level))
            self._frame += 1

    def finalize(self) -> Result | None:
        """The final result of what is being said at this moment, if anything is."""
        if self._recogniser is None:
            return None
        result = self._result(is_final=True, is_endpoint=False)
        self._listen_anew(self._frame)
        return result

    def _hear(self, shape: features.Shapes, level_db: float) -> Iterator[Event]:
        edge = self._endpointer.feed(level_db)
        if edge is endpointing.Edge.ONSET:
            self._listen_anew(self._frame - len(self._lead))
            for earlier_shape, earlier_level in self._lead:
                self._attend(earlier_shape, earlier_level)
            yield Started(at_s=_seconds(self._frame - endpointing.ONSET_FRAMES + 1))
        self._lead.append((shape, level_db))
        if self._recogniser is not None:
            self._attend(shape, level_db)
            yield from self._report(edge)
        elif self._unended_word_s is not None:
            yield from self._report_silence(self._unended_word_s)

    def _attend(self, shape: features.Shapes, level_db: float) -> None:
        if self._recogniser is not None:
            self._recogniser.feed(shape, level_db)

    def _report(self, edge: endpointing.Edge | None) -> Iterator[Result]:
        heard = self._frame - self._first_frame
        if edge is endpointing.Edge.ENDPOINT:
            yield self._result(is_final=True, is_endpoint=True)
            self._recogniser = None
        elif _seconds(heard) >= MAX_UTTERANCE_S:
            yield self._result(is_final=True, is_endpoint=False)
            self._listen_anew(self._frame + 1)
        elif heard % _frames(self._habits.interim_ms) == 0:
            said = self._said
            result = self._result(is_final=False, is_endpoint=False)
            if [word.plain for word in result.words] != [word.plain for word in said]:
                yield result

    def _report_silence(self, last_word_end_s: float) -> Iterator[Ended]:
        wanted = self._habits.utterance_end_ms
        if wanted is not None and _seconds(self._frame) - last_word_end_s >= wanted / 1000:
            self._unended_word_s = None
            yield Ended(last_word_end_s=last_word_end_s)

    def _listen_anew(self, first_frame: int) -> None:
        self._recogniser = recognition.Recogniser(self._corpus.index)
        self._first_frame = first_frame
        self._said = ()

    def _result(self, *, is_final: bool, is_endpoint: bool) -> Result:
        words = self._recogniser.words() if self._recogniser else ()
        self._said = tuple(self._place(word) for word in words)
        if self._said:
            self._unended_word_s = self._said[-1].end_s
        start_s = max(_seconds(self._first_frame), 0.0)
        return Result(
            words=self._said,
            start_s=start_s,
            duration_s=_seconds(self._frame) - start_s,
            is_final=is_final,
            is_endpoint=is_endpoint,
        )

    def _place(self, word: recognition.HeardWord) -> SpokenWord:
        return SpokenWord(
            written=word.written,
            plain=word.plain,
            start_s=_seconds(self._first_frame + word.start_frame),
            end_s=_seconds(self._first_frame + word.end_frame),
            confidence=word.confidence,
        )


def _seconds(frame: float) -> float:
    return round(frame * features.HOP_S + features.WINDOW_S / 2, 3)


def _frames(milliseconds: int) -> int:
    return max(1, round(milliseconds / 1000 / features.HOP_S))
