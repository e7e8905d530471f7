"""Questions about calls that ring here: one for each call, in a task of its own, however often its job asks.

A store that several processes share knows of every question that is under way. So a job that is answered by another
process than the one that asks waits for that one's verdict, and no longer than was promised: then `on_error` holds.
"""

from __future__ import annotations

import asyncio
import datetime as dt

import structlog
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, clock, contract, errors, transitions
from callcore import events as call_events
from dispatch import wakeups
from dispatch.ledger import ledger
from dispatch.store import briefs, engine
from dispatch.store import calls as call_rows
from dispatch.webhooks.pre_call import asking, questions, verdicts
from sip_config import routing
from sip_config.sessions import answering

MARGIN_S = 0.5
"""From the end of the time that an endpoint has to the plan in the job's hands."""

_MOST = 500  # questions under way; a caller beyond them is not kept waiting for an answer
_LOOK_S = 0.5  # for what another process decides
_NOBODY = "gone"  # whoever asked has not come back with a verdict
_TOO_MANY = "too_many"

_log = structlog.get_logger(__name__)


class GivenUp(errors.Unavailable):
    """This process ends before anybody has said what to do with the call."""

    public_code = "undecided"


def is_asked(decision: routing.Decision) -> bool:
    """Whether anybody is asked about a call that came in."""
    taken = decision.taken
    return taken is not None and questions.target_of(taken.occasion.configuration, decision.plan) is not None


def question(call_id: str, intake: contract.CallIntake, decision: routing.Decision) -> questions.Question | None:
    """What is to be asked about a call that came in; None where nobody is."""
    taken, draft = decision.taken, decision.plan
    if taken is None or not isinstance(draft, contract.Converse):
        return None
    target = questions.target_of(taken.occasion.configuration, draft)
    if target is None:
        return None

    def remake(wanted: answering.Answer) -> contract.Converse:
        return answering.take(taken, wanted)

    return questions.Question(
        call_id=call_id,
        target=target,
        occasion=taken.occasion,
        draft=draft,
        remake=remake,
        call_control_id=intake.sip_call_id,
    )


class Inbound:
    """Owns the tasks."""

    def __init__(
        self,
        asker: asking.Asker,
        book: ledger.Ledger,
        store: engine.Store,
        hints: wakeups.Wakeups,
        timepiece: clock.Clock,
    ) -> None:
        self._asker = asker
        self._ledger = book
        self._store = store
        self._wakeups = hints
        self._clock = timepiece
        self._tasks: dict[str, asyncio.Task[contract.Plan]] = {}
        self._is_closed = False

    async def begin(self, asked: questions.Question) -> float:
        """Ask, unless somebody does or did; the seconds within which `plan` has the verdict.

        Raises:
            StoreUnavailable: nobody asks.
            GivenUp: this process ends.
        """
        await self._begun(asked)
        return promise_s(asked)

    async def plan(self, asked: questions.Question) -> contract.Plan:
        """The plan that holds, once it is known; asks where nobody does.

        Raises:
            NoSuchCall, StoreUnavailable: it cannot be kept.
            GivenUp: this process ends.
        """
        task = self._tasks.get(asked.call_id) or await self._begun(asked)
        if task is not None:
            return await _joined(task)
        decided = await self._by_another(asked.call_id)
        if decided is None:
            verdict = verdicts.without_answer(asked.target.on_error, asked.draft, _NOBODY)
            self._asker.note(asked, verdict)
            decided = await self._keep(asked.call_id, verdict)
        return decided

    async def joined(self, call_id: str) -> contract.Plan | None:
        """The plan of a call about which this process asks, once it is known; None where it does not ask.

        Raises:
            As `plan`.
        """
        task = self._tasks.get(call_id)
        return await _joined(task) if task is not None else None

    async def aclose(self) -> None:
        """Ask no more. The jobs that wait are answered by nobody, and go by their snapshots."""
        self._is_closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begun(self, asked: questions.Question) -> asyncio.Task[contract.Plan] | None:
        """The task that asks; None where another process does, or did."""
        until = self._clock.now() + dt.timedelta(seconds=promise_s(asked))
        async with self._store.writing() as tx:
            is_ours = await briefs.claim_question(tx, asked.call_id, until)
        if not is_ours:
            return self._tasks.get(asked.call_id)
        if self._is_closed:
            raise GivenUp
        is_free = len(self._tasks) < _MOST
        task = asyncio.create_task(self._settle(asked, is_free=is_free), name=f"pre-call {asked.call_id}")
        self._tasks[asked.call_id] = task
        task.add_done_callback(lambda done: self._finished(asked.call_id, done))
        return task

    async def _settle(self, asked: questions.Question, *, is_free: bool) -> contract.Plan:
        if is_free:
            verdict = await self._asker.ask(asked)
        else:
            verdict = verdicts.without_answer(asked.target.on_error, asked.draft, _TOO_MANY)
            self._asker.note(asked, verdict)
        return await self._keep(asked.call_id, verdict)

    async def _keep(self, call_id: str, verdict: verdicts.Verdict) -> contract.Plan:
        """Keep plan and event together; where there is a plan already, that one stands."""
        kept = verdict.plan

        async def write(tx: sa_async.AsyncConnection, _: call_rows.Entry) -> tuple[transitions.Fact, ...]:
            nonlocal kept
            before = (await briefs.get(tx, call_id)).plan
            if before is not None:
                kept = before
                return ()
            await briefs.put_plan(tx, call_id, verdict.plan)
            return (transitions.Noted(at=self._clock.now(), type=call_events.EventType.PRE_CALL, data=verdict.data),)

        call = await self._ledger.step(call_id, write)
        if call.status is calls.Status.ENDED:
            _log.info("a call was over before its pre-call webhook had answered", call_id=call_id)
        return kept

    async def _by_another(self, call_id: str) -> contract.Plan | None:
        """The plan that another process keeps, or kept, as long as it may still come."""
        async with self._wakeups.following(call_id) as subscription:
            while True:
                async with self._store.reading() as tx:
                    brief = await briefs.get(tx, call_id)
                left_s = (brief.asked_until - self._clock.now()).total_seconds() if brief.asked_until else 0.0
                if brief.plan is not None or left_s <= 0:
                    return brief.plan
                await subscription.wait(min(_LOOK_S, left_s))

    def _finished(self, call_id: str, task: asyncio.Task[contract.Plan]) -> None:
        if self._tasks.get(call_id) is task:
            del self._tasks[call_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the pre-call webhook came to no verdict", call_id=call_id, exc_info=error)


async def _joined(task: asyncio.Task[contract.Plan]) -> contract.Plan:
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if task.cancelled():
            raise GivenUp from None
        raise


def promise_s(asked: questions.Question) -> float:
    """Within how many seconds of the question its verdict is there."""
    return asked.target.timeout.total_seconds() + MARGIN_S
