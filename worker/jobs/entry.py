"""The job entry: the story of one call.

pick up ─▶ plan ─▶ converse, message, voicemail, forward or refuse ─▶ the first cause ends it ─▶ last words
        ─▶ every leg down ─▶ on record

A call that we place has the same story, with nobody on the phone in its first part: `outbound_calls`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator

import aiohttp
from livekit import agents

from callcore import contract, endings, errors
from worker import dispatch_client
from worker.jobs import closing, kits, lines, outbound_calls, phone_calls
from worker.spool import client as spool_client
from worker.spool import wire

_log = logging.getLogger(__name__)

_CALL = "call"
_LAST_WORDS_ARE_OURS = frozenset({endings.Reason.AGENT_HANGUP, endings.Reason.MESSAGE_PLAYED})
_APOLOGISE_FOR = frozenset({endings.Reason.PROVIDER_FAILURE, endings.Reason.INTERNAL_ERROR})


async def hold_call(ctx: agents.JobContext) -> None:
    """One call, from the first ringing to the last BYE. Whatever fails, no leg is left behind by the job it is with."""
    kit = kits.of(ctx)
    is_ours = True
    try:
        line = await lines.pick_up(ctx, kit.worker_id, kit.clock)
        is_ours = not line.has_other_agent
        if is_ours:
            call = ctx.proc.userdata[_CALL] = await _open(ctx, kit, line)
            try:
                await _live_through(call, kit)
            finally:
                is_ours = call.is_ours
    finally:
        if is_ours:
            await closing.end_every_leg(ctx)
        ctx.shutdown(reason="the call is over")


async def put_on_record(ctx: agents.JobContext) -> None:
    """What remains to be done when nobody is on the phone any more. livekit-agents gives it minutes."""
    call: phone_calls.PhoneCall | None = ctx.proc.userdata.get(_CALL)
    if call is not None:
        await call.put_on_record()


async def _open(ctx: agents.JobContext, kit: kits.Kit, line: lines.Line) -> phone_calls.PhoneCall:
    intake = line.intake
    hello = wire.Hello(room_name=intake.room_name, job_id=intake.job_id, generation=intake.generation)
    reports = await spool_client.connect(kit.settings.socket_path, hello, kit.clock)
    reports.report(contract.ArrivedRecord(intake=intake))
    kind = phone_calls.PhoneCall if line.callee is None else outbound_calls.OutboundCall
    return kind(ctx, kit, line, reports)


async def _live_through(call: phone_calls.PhoneCall, kit: kits.Kit) -> None:
    call.watch_room()
    async with _owned(_watch_caller(call)) as caller_leaves, _owned(_talk(call, kit)):
        termination = await call.ending.wait()
        if termination.reason in _APOLOGISE_FOR:
            async with _owned(call.apologise()) as apology:
                await asyncio.wait([apology, caller_leaves], return_when=asyncio.FIRST_COMPLETED)
        elif termination.reason in _LAST_WORDS_ARE_OURS:
            await closing.let_goodbye_arrive()
        await call.say_why_refused()
    call.over()


async def _watch_caller(call: phone_calls.PhoneCall) -> None:
    with _no_fault_in_silence(call):
        await call.until_caller_leaves()


async def _talk(call: phone_calls.PhoneCall, kit: kits.Kit) -> None:
    with _no_fault_in_silence(call):
        try:
            async with _dispatch(kit) as dispatch:
                decided = await call.ask_for_plan(dispatch)
                await _follow(call, decided, dispatch)
        except dispatch_client.CallTaken:
            call.step_out()
        except dispatch_client.CallOver:
            call.ending.decide(endings.Reason.UNKNOWN, endings.EndedBy.SYSTEM)
        except errors.DispatchUnavailable as error:
            # A call that we place cannot do without; nobody is on the phone yet.
            _log.error("dispatch is out", extra={"error_class": error.message})
            call.step_out()
        except errors.ProviderUnavailable as error:
            _log.error("the agent cannot talk: %s", error.message)
            call.ending.decide(endings.Reason.PROVIDER_FAILURE, endings.EndedBy.SYSTEM)


async def _follow(
    call: phone_calls.PhoneCall, decided: contract.CallPlan, dispatch: dispatch_client.DispatchClient
) -> None:
    plan = decided.plan
    if isinstance(plan, contract.Forward):
        if await call.forward(plan, decided.call_id, dispatch):
            return
        plan = plan.otherwise
    match plan:
        case contract.Refuse():
            call.refuse(plan)
        case contract.Converse(agent=agent):
            await call.converse(agent, decided.call_id, dispatch)
        case contract.Announce():
            await call.announce(plan)
        case contract.TakeMessage():
            await call.take_message(plan)


@contextlib.contextmanager
def _no_fault_in_silence(call: phone_calls.PhoneCall) -> Iterator[None]:
    try:
        yield
    except Exception:  # noqa: BLE001  # see below
        # A fault of ours must end in an apology and a closed line, never in silence; the log has the traceback.
        _log.exception("the conversation failed")
        call.ending.decide(endings.Reason.INTERNAL_ERROR, endings.EndedBy.SYSTEM)


@contextlib.asynccontextmanager
async def _dispatch(kit: kits.Kit) -> AsyncIterator[dispatch_client.DispatchClient]:
    settings = kit.settings
    async with aiohttp.ClientSession(trust_env=False) as http:
        yield dispatch_client.DispatchClient(
            http, settings.trunkline_dispatch_url, settings.trunkline_internal_secret.get_secret_value()
        )


@contextlib.asynccontextmanager
async def _owned(work: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(result, Exception):
            _log.error("a part of the call failed", exc_info=result)
