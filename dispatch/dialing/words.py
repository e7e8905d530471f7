"""Words of jobs that can talk, on their way to whoever waits for them in this process.

Such a word need not be on disk by itself: should this process die, the next one asks a job of its own. It goes there
together with the beginning of the dial.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterator

from callcore import contract
from dispatch import wakeups
from dispatch.store import dials as rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
    """A job's word."""

    word: contract.Ready
    at: dt.datetime
    is_heeded: asyncio.Future[bool]


class Ear:
    """Waits for the job of one claim."""

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.said: Said | None = None
        self.is_heeded = False
        """To be set by whoever began to dial for it."""


class Words:
    """Passes words on."""

    def __init__(self, hints: wakeups.Wakeups) -> None:
        self._wakeups = hints
        self._ears: dict[str, Ear] = {}

    @contextlib.contextmanager
    def awaited(self, claim: rows.Dial) -> Iterator[Ear]:
        """Listen for the job of a claim. A word that came and was not heeded is the store's to judge."""
        ear = self._ears[claim.call_id] = Ear(claim.generation)
        try:
            yield ear
        finally:
            if self._ears.get(claim.call_id) is ear:
                del self._ears[claim.call_id]
            if ear.said is not None and not ear.said.is_heeded.done():
                ear.said.is_heeded.set_result(ear.is_heeded)

    async def tell(self, call_id: str, word: contract.Ready, at: dt.datetime) -> bool:
        """Hand a word over; whether the phone is dialed for it. False also where nobody waits for it here."""
        ear = self._ears.get(call_id)
        if ear is None or ear.generation != word.generation:
            return False
        if ear.said is None:
            ear.said = Said(word=word, at=at, is_heeded=asyncio.get_running_loop().create_future())
            self._wakeups.notify(call_id)
        elif ear.said.word != word:
            return False
        return await asyncio.shield(ear.said.is_heeded)
