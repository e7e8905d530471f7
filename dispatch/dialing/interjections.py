"""What others say while a dial is in somebody's hand: its job that it can talk, an operator that it is to end."""

from __future__ import annotations

from sqlalchemy.ext import asyncio as sa_async

from callcore import clock, contract, dials, transfers, transitions
from dispatch.dialing import records, words
from dispatch.ledger import admission, ledger
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows

_CANCELLED = dials.termination(transfers.AttemptResult.CANCELLED)


class Interjections:
    """Tells whoever has the dial in hand, in this process or, by what is written down, in another one."""

    def __init__(self, book: ledger.Ledger, listening: words.Words, timepiece: clock.Clock) -> None:
        self._ledger = book
        self._words = listening
        self._clock = timepiece

    async def ready(self, call_id: str, word: contract.Ready) -> None:
        """Have the phone dialed for a job that can talk. Saying it again is harmless.

        Raises:
            NoSuchCall: there is no such call, or we do not place it.
            CallOver, Fenced: the job has nothing to do with it any more.
        """
        if await self._words.tell(call_id, word, self._clock.now()):
            return

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            dial = await rows.get_for_update(tx, call_id)
            if dial is None:
                raise call_rows.NoSuchCall
            if entry.call.is_over:
                raise admission.CallOver
            if entry.holder.fences(word.job_id, word.generation) or word.generation < dial.generation:
                raise admission.Fenced
            await rows.ready(tx, call_id, word.generation, self._clock.now())
            return ()

        await self._ledger.step(call_id, write)

    async def cancel(self, call_id: str) -> bool:
        """End a call that we place and nobody has answered; False where it is none.

        Raises:
            NoSuchCall: there is no such call.
        """
        done = False

        async def write(tx: sa_async.AsyncConnection, entry: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            nonlocal done
            dial = await rows.get_for_update(tx, call_id)
            if dial is None or dial.state is rows.State.OVER or entry.call.status not in records.UNANSWERED:
                return ()
            done = True
            await rows.finish(tx, call_id)
            return (transitions.Ended(at=self._clock.now(), termination=_CANCELLED),)

        await self._ledger.step(call_id, write)
        return done
