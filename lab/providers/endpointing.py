"""Where speech begins and ends, by its loudness against the background."""

from __future__ import annotations

import enum

ONSET_DB, HOLD_DB = 10.0, 6.0
"""Above the background: what begins speech, and what keeps it going."""
QUIETEST_DB = -57.0
"""What is below this is never speech: digital silence reads -65, and a faint caller's words peak at -40."""
ONSET_FRAMES = 3
"""60 ms of sound: a click is shorter, the shortest word longer."""
_LOUDEST_BACKGROUND_DB = -40.0
"""A first frame louder than this is speech, not the background."""
_RISE_DB, _RISE_IN_SPEECH_DB = 0.2, 0.02
"""How fast the background may be found louder, per frame of 20 ms: 10 dB/s in pauses, 1 dB/s under speech."""
_FALL = 0.3
"""Part of the way to a quieter level that the background follows each frame."""


class Edge(enum.Enum):
    """What a frame changed."""

    ONSET = enum.auto()
    ENDPOINT = enum.auto()


class Endpointer:
    """Follows a stream's loudness, frame by frame."""

    def __init__(self, pause_frames: int) -> None:
        self._pause_frames = pause_frames
        self._background_db: float | None = None
        self._loud = 0
        self._quiet = 0
        self.speaking = False

    def feed(self, level_db: float) -> Edge | None:
        """Hear one frame. An endpoint comes once the pause is complete."""
        background = self._follow(level_db)
        threshold = max(background + (HOLD_DB if self.speaking else ONSET_DB), QUIETEST_DB)
        if level_db > threshold:
            self._loud, self._quiet = self._loud + 1, 0
        else:
            self._loud, self._quiet = 0, self._quiet + 1
        if not self.speaking and self._loud >= ONSET_FRAMES:
            self.speaking = True
            return Edge.ONSET
        if self.speaking and self._quiet >= self._pause_frames:
            self.speaking = False
            return Edge.ENDPOINT
        return None

    def _follow(self, level_db: float) -> float:
        if self._background_db is None:
            self._background_db = min(level_db, _LOUDEST_BACKGROUND_DB)
        elif level_db < self._background_db:
            self._background_db += _FALL * (level_db - self._background_db)
        else:
            self._background_db += _RISE_IN_SPEECH_DB if self.speaking else _RISE_DB
        return self._background_db
