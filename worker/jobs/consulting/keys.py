"""A colleague's answer by key: 1 takes the call, 2 does not."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator

from livekit import rtc

from callcore import contract
from worker.jobs.voicemail import ears

_ANSWERS = {"1": contract.Seen.ACCEPTED, "2": contract.Seen.DECLINED}


@contextlib.contextmanager
def listening(room: rtc.Room, identity: str, decide: Callable[[contract.Seen], None]) -> Iterator[None]:
    """Have every answer decided that the leg of this identity gives, which need not be in the room yet."""
    with contextlib.ExitStack() as listening_for:
        for key, seen in _ANSWERS.items():
            listening_for.enter_context(ears.listening_for(room, identity, key, functools.partial(decide, seen)))
        yield
