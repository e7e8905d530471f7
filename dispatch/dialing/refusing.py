"""Ends a call of ours that may not be placed after all; its event says why."""

from __future__ import annotations

from sqlalchemy.ext import asyncio as sa_async

from callcore import clock, endings, errors, events, transitions
from dispatch import gate
from dispatch.dialing import means
from dispatch.store import calls as call_rows
from dispatch.store import dials as rows

_REFUSED = endings.Termination(reason=endings.Reason.POLICY_REFUSED, ended_by=endings.EndedBy.SYSTEM)


async def refuse(needed: means.Means, claim: rows.Dial, why: errors.PolicyRefused, *before: transitions.Fact) -> None:
    """End a call that is not dialed yet, and count that.

    Args:
        needed: what dialing works with.
        claim: of the call.
        why: the code, and when it may be tried again.
        before: what there is to tell of how that came about.

    Raises:
        Lost: the call has ended meanwhile, or is in other hands.
    """
    gate.note_refusal(needed.counters, why, gate.Stage.CLAIM, claim.call_id)
    retry_at = clock.rfc3339(why.retry_at) if why.retry_at is not None else None
    data = {"code": why.code, "retry_at": retry_at, "scope": why.scope}

    async def write(tx: sa_async.AsyncConnection, _: call_rows.Entry) -> tuple[transitions.Fact, ...]:
        await rows.finish(tx, claim.call_id)
        now = needed.clock.now()
        return (
            *before,
            transitions.Noted(at=now, type=events.EventType.REFUSED, data=data),
            transitions.Ended(at=now, termination=_REFUSED),
        )

    await needed.records.held(claim, write)
