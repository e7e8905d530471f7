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

_log = structlog.get_logger(__name__)

_LOOK_S = 0.5  # a worker takes dispatch for out when it has no acknowledgement within 1 s
_PLAN_S = 3.0  # from the acknowledgement to the plan; the caller hears ringing all the while


class Undecided(errors.Unavailable):
    """What to do with this call cannot be told yet: LiveKit's trunks and rules are not known."""

    public_code = "undecided"


async def announce(request: web.Request, _: routes.Nothing, intake: contract.CallIntake) -> web.Response:
    """Take a call into the ledger. The plan is in the answer if it can be told at once."""
    board, keeper = request.app[keys.SWITCHBOARD], request.app[keys.KEEPER]
    decision = None
    is_placed = intake.direction is calls.Direction.OUTBOUND  # whoever places it makes its plan
    if not is_placed and board.is_ready and keeper.recognizes(intake):
        decision = await _decision(request.app, intake)
    admitted = await request.app[keys.LEDGER].admit(intake, decision)
    call_id = admitted.entry.call.id
    structlog.contextvars.bind_contextvars(call_id=call_id)
    decided = _call_plan(call_id, admitted.plan) if admitted.plan is not None else None
    return answers.model(contract.CallAccepted(call_id=call_id, plan_within_s=_PLAN_S, plan=decided))


async def plan(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """Hold the request until the plan is decided, no longer than was promised at the announcement."""
    call_id = paths.call_id(request)
    async with request.app[keys.STORE].reading() as tx:
        await call_rows.get(tx, call_id)
        brief = await briefs.get(tx, call_id)
    decided = brief.plan or await _decide(request.app, call_id, brief)
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
    return await app[keys.LEDGER].keep_plan(call_id, decision)


async def _made(app: web.Application, call_id: str) -> contract.Plan:
    """The plan of a call that we place, which is made while its job starts."""
    deadline = asyncio.get_running_loop().time() + _PLAN_S - _LOOK_S
    async with app[keys.WAKEUPS].following(call_id) as subscription:
        while True:
            async with app[keys.STORE].reading() as tx:
                decided = (await briefs.get(tx, call_id)).plan
            if decided is not None:
                return decided
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                raise Undecided
            await subscription.wait(min(_LOOK_S, left_s))


async def _decision(
    app: web.Application, intake: contract.CallIntake, call_id: str | None = None
) -> contract.Plan | None:
    """The plan, by whom the caller calls back and what is known of them, as far as the store tells in time.

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
