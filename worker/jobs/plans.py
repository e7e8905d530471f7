"""What is to be done with a call: dispatch says, or the worker's snapshot where dispatch is out."""

from __future__ import annotations

import asyncio
import logging
import pathlib
from collections.abc import Callable

from callcore import contract, endings, errors
from sip_config import routing
from worker import dispatch_client, snapshots

_log = logging.getLogger(__name__)

_ACKNOWLEDGE_S = 1.0  # dispatch that has not even acknowledged by then is treated as out
_GRACE_S = 0.5  # on top of the time that dispatch gave itself for the plan

NOBODY_KNOWS = contract.Refuse(reason=endings.Reason.INTERNAL_ERROR, sip_status_code=503, text="Service Unavailable")


async def obtain(
    intake: contract.CallIntake,
    dispatch: dispatch_client.DispatchClient,
    snapshot_path: pathlib.Path,
    on_draft: Callable[[contract.Plan], None] | None = None,
) -> contract.CallPlan:
    """The plan for this call; always one, and within the time that dispatch promised.

    Args:
        intake: the call.
        dispatch: is asked first.
        snapshot_path: where the snapshot is, for when dispatch is out.
        on_draft: called with what the plan will probably be, while others are asked about it.
    """
    try:
        return await by_dispatch(intake, dispatch, on_draft)
    except errors.DispatchUnavailable as error:
        _log.warning("dispatch is out; routing by snapshot", extra={"error_class": error.message})
    plan = await asyncio.to_thread(by_snapshot, intake, snapshot_path)
    return contract.CallPlan(call_id="", decided_by="snapshot", plan=plan)


async def by_dispatch(
    intake: contract.CallIntake,
    dispatch: dispatch_client.DispatchClient,
    on_draft: Callable[[contract.Plan], None] | None = None,
) -> contract.CallPlan:
    """The plan as dispatch knows it or decides it.

    Raises:
        DispatchUnavailable: it did not say in time.
    """
    accepted = await dispatch.announce(intake, _ACKNOWLEDGE_S)
    if accepted.plan:
        return accepted.plan
    if accepted.draft is not None and on_draft is not None:
        on_draft(accepted.draft)
    return await dispatch.wait_for_plan(accepted.call_id, accepted.plan_within_s + _GRACE_S)


def by_snapshot(intake: contract.CallIntake, snapshot_path: pathlib.Path) -> contract.Plan:
    """Route by what the worker's main process kept when dispatch was last up, as dispatch would do it at this hour."""
    snapshot = snapshots.read(snapshot_path)
    if snapshot is None:
        _log.error("there is no routing snapshot")
        return NOBODY_KNOWS
    decision = routing.decide(snapshot.configuration(), snapshot.live_objects(), intake, intake.arrived_at)
    for fault in decision.faults:
        _log.error("a setting of the snapshot could not be followed: %s: %s", fault.name.value, fault.text)
    return snapshot.unasked(decision.plan)
