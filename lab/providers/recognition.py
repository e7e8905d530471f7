"""Recognising registered utterances in a stretch of speech.

Each frame of the speech is compared with every row of the index, and the best local alignment ending at each row is
carried along (Smith and Waterman 1981, one column a frame). A recording that is played back advances two rows a frame
exactly; other paces cost, as they only come from a jitter buffer that dropped or stretched some sound. Only a pause
may last longer than it did. Similar speech therefore scores little, and any part of an utterance is found wherever it
begins and ends.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from lab.providers import features, utterances

ALIKE = 0.4
"""Inner product from which two shapes count as the same sound."""
OFF_PACE = 1.2
"""Cost of advancing one or three rows, in units of score; a frame that fits earns about 0.5."""
MIN_SCORE = 9.0
"""About 0.4 s of fitting speech. The best chance match of a sentence with 20 others by the same voice scores 9."""
MIN_WHOLE_SCORE = 4.5
"""For an utterance heard in full: the shortest words are not longer than 0.25 s of loud speech."""
WHOLE = 0.8
"""Fraction of an utterance from which it counts as heard in full."""
MIN_DENSITY = 0.3
"""Score per loud frame. Played-back speech has 0.45, at 20 dB above white noise 0.35; chance matches 0.15 to 0.35."""
MIN_EXPLAINED = 0.7
"""Fraction of the loud frames that the utterances found must cover: else what was said is mostly unknown. Known speech
is covered in full, and this is what chance matches lack."""
MIN_WORD = 0.6
"""Fraction of a word that must be heard for it to be written."""

_LOUD_DB = -20.0
"""A frame counts as loud within this of the loudest one."""
_PAUSE_DB = -25.0
"""A frame this far below the loudest one is a pause."""
_ROWS_A_FRAME = round(features.HOP_S / features.REFERENCE_HOP_S)
_FRAME_BITS = 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeardWord:
    """A word found in the speech."""

    written: str
    plain: str
    start_frame: float
    end_frame: float
    """Counted from the first frame of the speech."""
    confidence: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Match:
    """The best alignment of one utterance so far."""

    number: int
    score: float
    first_frame: int
    last_frame: int
    first_row: int
    last_row: int

    def overlaps(self, other: _Match) -> bool:
        return self.first_frame <= other.last_frame and other.first_frame <= self.last_frame


class Recogniser:
    """Follows one stretch of speech, frame by frame."""

    def __init__(self, index: utterances.Index) -> None:
        self._index = index
        self._scores = np.zeros(index.rows, dtype=np.float32)
        self._rows = np.arange(index.rows, dtype=np.int64)
        self._origins = self._rows.copy()
        """Where the alignment ending at each row began: frame and row in one number."""
        self._pauses = index.weights == 0
        self._best_scores = np.zeros(len(index.utterances), dtype=np.float32)
        self._best: dict[int, _Match] = {}
        self._shapes: list[features.Shapes] = []
        self._levels: list[float] = []

    def feed(self, shape: features.Shapes, level_db: float) -> None:
        """Hear one frame: its shape (one row) and its loudness."""
        frame = len(self._levels)
        self._shapes.append(shape)
        self._levels.append(level_db)
        if not self._index.utterances:
            return
        self._advance(frame, is_pause=level_db < max(self._levels) + _PAUSE_DB)
        # Not a matrix product: that would take all processors for so small a task.
        likeness = np.einsum("br,b->r", self._index.shapes, shape)
        self._scores += self._index.weights * (likeness - ALIKE)
        np.maximum(self._scores, 0, out=self._scores)
        self._scores[self._index.guards] = 0
        self._note_best(frame)

    def words(self) -> tuple[HeardWord, ...]:
        """The words heard so far, in order; none if most of the speech is not known."""
        loud = np.asarray(self._levels) > max(self._levels, default=0.0) + _LOUD_DB
        plausible = [match for match in self._best.values() if self._is_plausible(match)]
        if not plausible:
            return ()
        heard, frames = np.stack(self._shapes), np.flatnonzero(loud)
        chosen: list[_Match] = []
        for match in sorted(plausible, key=lambda item: self._likeness(item, heard, frames), reverse=True):
            if not any(match.overlaps(other) for other in chosen):
                chosen.append(match)
        if sum(_explained(match, loud) for match in chosen) < MIN_EXPLAINED:
            return ()
        return tuple(word for match in sorted(chosen, key=lambda item: item.first_frame) for word in self._read(match))

    def _advance(self, frame: int, *, is_pause: bool) -> None:
        """Let every alignment go on by the pace that suits it best, or wait where both sides pause."""
        before, origins = self._scores, self._origins
        after, came_from = np.zeros_like(before), self._rows | frame << _FRAME_BITS
        guard = utterances.GUARD_ROWS
        for rows, cost in ((_ROWS_A_FRAME, 0.0), (_ROWS_A_FRAME - 1, OFF_PACE), (_ROWS_A_FRAME + 1, OFF_PACE)):
            candidate = before[guard - rows : -rows] - np.float32(cost)
            better = candidate > after[guard:]
            np.copyto(after[guard:], candidate, where=better)
            np.copyto(came_from[guard:], origins[guard - rows : -rows], where=better)
        if is_pause:
            waiting = self._pauses & (before > after)
            np.copyto(after, before, where=waiting)
            np.copyto(came_from, origins, where=waiting)
        self._scores, self._origins = after, came_from

    def _note_best(self, frame: int) -> None:
        starts = self._index.starts
        now = np.maximum.reduceat(self._scores, starts)
        for number in map(int, np.flatnonzero(now > self._best_scores)):
            begin, end = int(starts[number]), self._index.end(number)
            row = begin + int(self._scores[begin:end].argmax())
            origin = int(self._origins[row])
            self._best_scores[number] = now[number]
            self._best[number] = _Match(
                number=number,
                score=float(now[number]),
                first_frame=origin >> _FRAME_BITS,
                last_frame=frame,
                first_row=origin & (1 << _FRAME_BITS) - 1,
                last_row=row,
            )

    def _is_plausible(self, match: _Match) -> bool:
        begin, end = self._span(match)
        is_whole = end - begin >= WHOLE
        return match.score >= (MIN_WHOLE_SCORE if is_whole else MIN_SCORE) and self._density(match) >= MIN_DENSITY

    def _density(self, match: _Match) -> float:
        heard = self._index.heard
        weight = float(heard[match.last_row] - heard[match.first_row - 1])
        return match.score * _ROWS_A_FRAME / max(weight, 1.0)

    def _likeness(self, match: _Match, heard: features.Shapes, frames: NDArray[np.intp]) -> float:
        """How alike these frames of what was heard and the utterance are, its alignment drawn out to both sides.

        Unlike the score it counts what is heard and not what is expected, so it tells utterances apart that share all
        but one word.
        """
        begin, end = int(self._index.starts[match.number]), self._index.end(match.number)
        pace = (match.last_row - match.first_row) / max(match.last_frame - match.first_frame, 1)
        rows = np.rint(match.first_row + (frames - match.first_frame) * pace).astype(np.intp)
        inside = (rows >= begin) & (rows < end)
        return float(np.einsum("fb,bf->", heard[frames[inside]], self._index.shapes[:, rows[inside]]))

    def _span(self, match: _Match) -> tuple[float, float]:
        """The part of the utterance that was heard, as fractions of its speech."""
        index = self._index
        return index.fraction(match.number, match.first_row), index.fraction(match.number, match.last_row + 1)

    def _read(self, match: _Match) -> list[HeardWord]:
        begin, end = self._span(match)
        words = self._index.utterances[match.number].words
        confidence = min(0.99, 0.5 + self._density(match))
        return [
            HeardWord(
                written=word.written,
                plain=word.plain,
                start_frame=self._frame(match, word.begin),
                end_frame=self._frame(match, word.end),
                confidence=confidence,
            )
            for word in words
            if min(end, word.end) - max(begin, word.begin) >= MIN_WORD * (word.end - word.begin)
        ]

    def _frame(self, match: _Match, fraction: float) -> float:
        """When a place of the utterance was heard."""
        rows = max(match.last_row - match.first_row, 1)
        done = (self._index.row(match.number, fraction) - match.first_row) / rows
        return match.first_frame + min(max(done, 0.0), 1.0) * (match.last_frame - match.first_frame)


def _explained(match: _Match, loud: NDArray[np.bool_]) -> float:
    """The fraction of the loud frames that an alignment covers."""
    covered = int(np.count_nonzero(loud[match.first_frame : match.last_frame + 1]))
    return covered / max(int(np.count_nonzero(loud)), 1)
