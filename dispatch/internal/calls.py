"""A job announces its call and asks what to do with it."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from aiohttp import web

from callcore import callers, calls, contract, errors
from dispatch import contacts, keys, ring_backs
from dispatch.http import answers, paths, routes
from dispatch.store import briefs
from dispatch.store import calls as call_rows
from dispatch.webhooks.pre_call import inbound, questions
from sip_config import routing

_log = structlog.get_logger(__name__)

_LOOK_S = 0.5  # a worker takes dispatch for out when it has no acknowledgement within 1 s
_LONGEST_S = 10.0  # that a plan may take, as the contract says
_PLAN_S = 3.0  # from the acknowledgement to the plan; the caller hears ringing all the while


class Undecided(errors.Unavailable):
    """What to do with this call cannot be told yet: LiveKit's trunks and rules are not known."""

    public_code = "undecided"


async def announce(request: web.Request, _: routes.Nothing, intake: contract.CallIntake) -> web.Response:
    """Take a call into the ledger. The plan is in the answer if it can be told at once.

    Where the pre-call webhook is to be asked first, that begins here, and the answer holds the plan as a draft.
    """
    app = request.app
    board, keeper = app[keys.SWITCHBOARD], app[keys.KEEPER]
    decision = None
    is_placed = intake.direction is calls.Direction.OUTBOUND  # whoever places it makes its plan
    if not is_placed and board.is_ready and keeper.recognizes(intake):
        decision = await _decision(app, intake)
    asks = decision is not None and inbound.is_asked(decision)
    admitted = await app[keys.LEDGER].admit(intake, decision.plan if decision is not None and not asks else None)
    call_id = admitted.entry.call.id
    structlog.contextvars.bind_contextvars(call_id=call_id)
    if admitted.plan is not None:
        accepted = contract.CallAccepted(
            call_id=call_id, plan_within_s=_PLAN_S, plan=_call_plan(call_id, admitted.plan)
        )
    elif decision is not None and (asked := inbound.question(call_id, intake, decision)) is not None:
        within_s = await app[keys.PRE_CALL].inbound.begin(asked)
        accepted = contract.CallAccepted(call_id=call_id, plan_within_s=within_s, plan=None, draft=asked.draft)
    else:
        longest_s = _PLAN_S + questions.longest_s(board.configuration)
        accepted = contract.CallAccepted(call_id=call_id, plan_within_s=min(_LONGEST_S, longest_s), plan=None)
    return answers.model(accepted)


async def plan(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Hold the request until the plan is decided, no longer than was promised at the announcement."""
    call_id = paths.call_id(request)
    async with request.app[keys.STORE].reading() as tx:
        await call_rows.get(tx, call_id)
        brief = await briefs.get(tx, call_id)
    decided = brief.plan or await request.app[keys.PRE_CALL].inbound.joined(call_id)
    decided = decided or await _decide(request.app, call_id, brief)
    return answers.model(_call_plan(call_id, decided))


async def _decide(app: web.Application, call_id: str, brief: briefs.Brief) -> contract.Plan:
    board, intake = app[keys.SWITCHBOARD], brief.intake
    if intake is None:
        raise Undecided
    if intake.direction is calls.Direction.OUTBOUND:
        return await _made(app, call_id)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PLAN_S - _LOOK_S):
            await board.wait_ready(_PLAN_S)
            await app[keys.KEEPER].recognize(intake)
    if not board.is_ready:
        raise Undecided
    decision = await _decision(app, intake, call_id)
    if decision is None:
        raise Undecided
    asked = inbound.question(call_id, intake, decision)
    if asked is not None:
        return await app[keys.PRE_CALL].inbound.plan(asked)
    return await app[keys.LEDGER].keep_plan(call_id, decision.plan)


async def _made(app: web.Application, call_id: str) -> contract.Plan:
    """The plan of a call that we place, which is made while its job starts."""

    async def look() -> contract.Plan | None:
        async with app[keys.STORE].reading() as tx:
            return (await briefs.get(tx, call_id)).plan

    within_s = min(_LONGEST_S, _PLAN_S + questions.longest_s(app[keys.SWITCHBOARD].configuration)) - _LOOK_S
    made = await app[keys.WAKEUPS].until(
        call_id, look, lambda plan: plan is not None, every_s=_LOOK_S, within_s=within_s
    )
    if made is None:
        raise Undecided
    return made


async def _decision(
    app: web.Application, intake: contract.CallIntake, call_id: str | None = None
) -> routing.Decision | None:
    """What to do, by whom the caller calls back and what is known of them, as far as the store tells in time.

    One that takes too long does not keep the caller waiting.
    """
    store, board = app[keys.STORE], app[keys.SWITCHBOARD]
    ring_back, caller = None, contacts.NOBODY
    try:
        async with asyncio.timeout(_LOOK_S):
            ring_back = await ring_backs.find(store, board, intake)
            caller = await _caller(app, intake, call_id)
    except TimeoutError:
        _log.warning("a call is decided without knowing all of its caller", call_id=call_id)
    return board.decide(intake, ring_back, contact=caller.contact, fields=caller.fields)


async def _caller(app: web.Application, intake: contract.CallIntake, call_id: str | None) -> contacts.Introduction:
    organization = app[keys.SWITCHBOARD].configuration.organization
    number = callers.classify(intake.caller, organization.country).number
    if number is None:
        return contacts.NOBODY
    async with app[keys.STORE].reading() as tx:
        return await contacts.introduce(tx, number, before_call_id=call_id, time_zone=organization.time_zone)


def _call_plan(call_id: str, decided: contract.Plan) -> contract.CallPlan:
    return contract.CallPlan(call_id=call_id, decided_by="dispatch", plan=decided)
