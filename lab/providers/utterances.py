"""The utterances the recogniser knows, and the index it compares sound with."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from callcore import errors
from lab.providers import features, pcm

MAX_UTTERANCES = 300
MAX_UTTERANCE_S = 30.0
MAX_CORPUS_S = 600.0
"""Together they bound a comparison to 60,000 rows, about 2 ms a frame."""

GUARD_ROWS = 4
"""Empty rows between utterances, more than a path may skip: no path crosses from one into the next."""

_SILENT_DB, _LOUD_DB = -30.0, -20.0
"""Relative to its loudest row: rows below the first do not count, above the second count fully."""
_PUNCTUATION = re.compile(r"[^\w']+")


class UtteranceRefused(errors.BadInput):
    """The recogniser cannot take this utterance."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Word:
    """A word of an utterance and the part of its speech that it takes."""

    written: str
    """As in the text, with capitals and punctuation."""
    plain: str
    """In lower case, without punctuation."""
    begin: float
    end: float
    """As fractions of the utterance's speech, pauses not counted."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Utterance:
    """A text and how it sounds."""

    words: tuple[Word, ...]
    shapes: features.Shapes
    """Rows from its first sound to its last."""
    weights: NDArray[np.float32]
    """How much each row counts: 0 in a pause, 1 in loud speech."""
    duration_s: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Index:
    """All utterances one after the other, as arrays to compare a frame with at once. Never changes."""

    utterances: tuple[Utterance, ...]
    starts: NDArray[np.intp]
    """Where each utterance's rows begin."""
    shapes: features.Shapes
    """Transposed: a column a row of sound, which compares faster."""
    weights: NDArray[np.float32]
    guards: NDArray[np.bool_]
    """Which rows belong to no utterance."""
    heard: NDArray[np.float64]
    """Weight accumulated up to and including each row."""

    @property
    def rows(self) -> int:
        return len(self.weights)

    def end(self, number: int) -> int:
        """The row after the last one of an utterance."""
        return int(self.starts[number]) + len(self.utterances[number].weights)

    def fraction(self, number: int, row: int) -> float:
        """How much of an utterance's speech lies before this row."""
        before = self.heard[self.starts[number] - 1]
        return float((self.heard[row - 1] - before) / (self.heard[self.end(number) - 1] - before))

    def row(self, number: int, fraction: float) -> int:
        """The row before which this much of the utterance's speech lies."""
        begin, end = int(self.starts[number]), self.end(number)
        before = self.heard[begin - 1]
        wanted = before + fraction * (self.heard[end - 1] - before)
        return begin + int(np.searchsorted(self.heard[begin:end], wanted))


class Corpus:
    """The utterances registered so far, by text."""

    def __init__(self) -> None:
        self._utterances: dict[str, Utterance] = {}
        self._index = _stack(())

    @property
    def index(self) -> Index:
        """What is known now; later registrations make a new index."""
        return self._index

    def __len__(self) -> int:
        return len(self._utterances)

    def register(self, spoken: Iterable[tuple[str, pcm.Sound]]) -> None:
        """Know these texts by these sounds; a text known already takes the new sound.

        Raises:
            UtteranceRefused: a text has no words, a sound no speech, or a bound is passed. None is registered then.
        """
        known = self._utterances | {text: _utterance(text, sound) for text, sound in spoken}
        if len(known) > MAX_UTTERANCES or sum(item.duration_s for item in known.values()) > MAX_CORPUS_S:
            raise UtteranceRefused(f"at most {MAX_UTTERANCES} utterances of together {MAX_CORPUS_S:.0f} s are known")
        self._utterances = known
        self._index = _stack(tuple(known.values()))


def _utterance(text: str, sound: pcm.Sound) -> Utterance:
    words = _words(text)
    if not words:
        raise UtteranceRefused("the text has no words")
    if sound.duration_s > MAX_UTTERANCE_S:
        raise UtteranceRefused(f"an utterance may last {MAX_UTTERANCE_S:.0f} s")
    margin = np.zeros(round(sound.rate * 2 * features.REACH_S), dtype=np.float32)
    padded = np.concatenate([margin, sound.samples, margin])
    bands = features.LogMel(sound.rate, features.REFERENCE_HOP_S).feed(padded)
    side = features.reach(features.REFERENCE_HOP_S)
    levels = features.levels_db(bands)[side:-side]
    weights = np.clip((levels - levels.max() - _SILENT_DB) / (_LOUD_DB - _SILENT_DB), 0, 1).astype(np.float32)
    if np.ptp(levels) < -_SILENT_DB:
        raise UtteranceRefused("the sound has no speech with silence around it")
    spoken = np.flatnonzero(weights)
    part = slice(spoken[0], spoken[-1] + 1)
    shapes = features.shapes(bands, features.REFERENCE_HOP_S)[part]
    return Utterance(words=words, shapes=shapes, weights=weights[part], duration_s=sound.duration_s)


def _words(text: str) -> tuple[Word, ...]:
    """The words, each given a part of the speech by its letters."""
    written = [(word, _PUNCTUATION.sub("", word.lower())) for word in text.split()]
    spoken = [(word, plain) for word, plain in written if plain]
    ends = list(itertools.accumulate(len(plain) + 1 for _, plain in spoken))
    begins = [0, *ends][: len(ends)]
    return tuple(
        Word(written=word, plain=plain, begin=begin / ends[-1], end=end / ends[-1])
        for (word, plain), begin, end in zip(spoken, begins, ends, strict=True)
    )


def _stack(utterances: tuple[Utterance, ...]) -> Index:
    guard = np.zeros((GUARD_ROWS, 2 * features.BANDS), dtype=np.float32)
    silence = np.zeros(GUARD_ROWS, dtype=np.float32)
    lengths = np.array([len(item.weights) for item in utterances], dtype=np.intp)
    starts = np.cumsum(lengths + GUARD_ROWS) - lengths
    weights = np.concatenate([part for item in utterances for part in (silence, item.weights)] or [silence])
    shapes = np.concatenate([part for item in utterances for part in (guard, item.shapes)] or [guard])
    guards = np.ones(len(weights), dtype=np.bool_)
    for start, length in zip(starts, lengths, strict=True):
        guards[start : start + length] = False
    return Index(
        utterances=utterances,
        starts=starts,
        shapes=np.ascontiguousarray(shapes.T),
        weights=weights,
        guards=guards,
        heard=np.cumsum(weights, dtype=np.float64),
    )
