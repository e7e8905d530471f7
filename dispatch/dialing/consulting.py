"""Asks the pre-call webhook about a call that we place, while its job starts: nobody's phone rings yet."""

from __future__ import annotations

import datetime as dt

from callcore import contract, errors, events, transitions
from dispatch.dialing import means, records, refusing
from dispatch.store import briefs
from dispatch.store import dials as rows
from dispatch.webhooks.pre_call import questions, verdicts
from sip_config import configurations
from sip_config.sessions import answering, planning

REJECTED = "pre_call_rejected"
"""The webhook does not want the call."""

FAILED = "pre_call_failed"
"""It did not answer, and the agent's file says `on_error: reject`."""


def question(
    claim: rows.Dial,
    configuration: configurations.Configuration,
    session: planning.Session,
    plan: contract.Converse,
    now: dt.datetime,
) -> questions.Question | None:
    """What is to be asked about a call; None where nobody is.

    Args:
        claim: of the call.
        configuration: the one to go by.
        session: the call, as its client asked for it.
        plan: what its job is to do if nobody objects.
        now: when it is placed, aware.
    """
    target = questions.target_of(configuration, plan)
    if target is None:
        return None

    def remake(wanted: answering.Answer) -> contract.Converse:
        return planning.plan(configuration, session, now, wanted)

    return questions.Question(
        call_id=claim.call_id,
        target=target,
        occasion=planning.occasion_of(configuration, session, now),
        draft=plan,
        remake=remake,
    )


async def settle(needed: means.Means, claim: rows.Dial, asked: questions.Question) -> None:
    """Ask, and keep the plan; one that an earlier try of this call has kept stands, and nobody is asked again.

    Raises:
        Lost: the call has ended meanwhile, or is in other hands; also where it is not wanted, and has ended for that.
    """
    async with needed.store.reading() as tx:
        kept = (await briefs.get(tx, claim.call_id)).plan
    if kept is not None:
        return
    verdict = await needed.asker.ask(asked)
    told = transitions.Noted(at=needed.clock.now(), type=events.EventType.PRE_CALL, data=verdict.data)
    if isinstance(verdict.plan, contract.Refuse):
        is_rejected = verdict.result is verdicts.Result.REJECTED
        await refusing.refuse(needed, claim, errors.PolicyRefused(code=REJECTED if is_rejected else FAILED), told)
        raise records.Over
    await needed.records.keep_plan(claim, verdict.plan, told)
