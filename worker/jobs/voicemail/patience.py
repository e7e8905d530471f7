"""How long a message may last, and how long its caller may be silent."""

from __future__ import annotations

import dataclasses
import enum

MESSAGE_S = 1.0
"""Speech that makes a message; less is a cough, or a caller who thinks better of it."""
_NOTHING_S = 10.0  # without any speech
_PAUSE_S = 6.0  # after speech; people who look something up take less


class Over(enum.Enum):
    """Why no more is recorded."""

    SILENCE = enum.auto()
    FULL = enum.auto()


@dataclasses.dataclass(kw_only=True)
class Patience:
    """Counts by the sound itself, so that a job which is late cuts nobody off."""

    longest_s: float
    heard_s: float = 0.0
    """All sound."""
    speech_s: float = 0.0
    """That part in which somebody spoke."""
    last_speech_s: float = 0.0
    """Where in the sound somebody spoke last."""

    @property
    def is_message(self) -> bool:
        return self.speech_s >= MESSAGE_S

    def hear(self, seconds: float, *, is_speech: bool) -> Over | None:
        """Take more of the sound; why it is over, once it is."""
        self.heard_s += seconds
        if is_speech:
            self.speech_s += seconds
            self.last_speech_s = self.heard_s
        if self.heard_s >= self.longest_s:
            return Over.FULL
        limit_s = _PAUSE_S if self.speech_s else _NOTHING_S
        return Over.SILENCE if self.heard_s - self.last_speech_s >= limit_s else None
