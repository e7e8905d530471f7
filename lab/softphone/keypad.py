"""Keys to be pressed, one after another."""

from __future__ import annotations

import asyncio
import collections

from lab.softphone import dtmf, errors, sounds

MOST_KEYS = 200
"""More keys than this in one go are a mistake of the test."""


class Keypad:
    """What the packets of the next 20 ms steps say of pressed keys; an utterance waits meanwhile."""

    def __init__(self) -> None:
        self._steps: collections.deque[dtmf.EventPacket | asyncio.Future[None] | None] = collections.deque()
        self._is_closed = False

    def press(self, digits: str, *, tone_s: float, gap_s: float) -> asyncio.Future[None]:
        """Queues digits; the result is done when the last has been sent.

        Raises:
            PhoneError: there is no such key, or too many at once.
        """
        if len(digits) > MOST_KEYS or any(digit not in dtmf.DIGITS for digit in digits):
            raise errors.PhoneError(f"keys are {dtmf.DIGITS}, at most {MOST_KEYS} at once")
        for digit in digits:
            self._steps.extend(dtmf.packets(digit, tone_s))
            self._steps.extend([None] * max(1, round(gap_s / sounds.FRAME_S)))
        pressed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._steps.append(pressed)
        if self._is_closed:
            self.close()
        return pressed

    @property
    def is_busy(self) -> bool:
        while self._steps and isinstance(pressed := self._steps[0], asyncio.Future):
            self._steps.popleft()
            if not pressed.done():
                pressed.set_result(None)
        return bool(self._steps)

    def take(self) -> dtmf.EventPacket | None:
        """The packet of this step, None in the gap between two digits. Only while busy."""
        step = self._steps.popleft()
        return step if isinstance(step, dtmf.EventPacket) else None

    def close(self) -> None:
        """The call is over; keys still to be pressed never will be."""
        self._is_closed = True
        for step in self._steps:
            if isinstance(step, asyncio.Future) and not step.done():
                step.set_exception(errors.CallOver("the call ended before all keys were pressed"))
                step.exception()  # Nobody has to ask for it.
        self._steps.clear()
