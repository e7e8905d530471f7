"""Does LiveKit have the trunks and rules that the configuration wants, and nothing that takes its calls away?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from livekit import api

from callcore import errors
from cli.diagnosing import findings, surroundings
from sip_config import apply, configurations

_MOST = 5
_ASK_S = 2.5  # within a check's own deadline: that LiveKit hangs is what `livekit` says
_NOT_ASKED = findings.skipped("LiveKit cannot be asked", "see `livekit`")
_NOT_LOADED = findings.skipped("the configuration or the settings are not valid")
_CURE = "see `trunkline plan`, then run `trunkline apply`; or let dispatch do it (TRUNKLINE_APPLY=true)"

_Answer = TypeVar("_Answer")


async def ask_wanted(around: surroundings.Surroundings) -> findings.Finding:
    """What is missing, or was changed by hand."""
    sight = await _asked(around, apply.look)
    if isinstance(sight, findings.Finding):
        return sight
    if sight.gone:
        return findings.failed(f"LiveKit has no {_listed(sight.gone)}", _CURE)
    if sight.drifted:
        return findings.warning(f"not as configured: {_listed(sight.drifted)}", _CURE)
    return findings.ok("all there, as configured")


async def ask_catch_all(around: surroundings.Surroundings) -> findings.Finding:
    """The rule that refuses what nobody takes."""
    sight = await _asked(around, apply.look)
    if isinstance(sight, findings.Finding):
        return sight
    if sight.live.catch_all_rule_id is None:
        return findings.failed("it is not there: a call to an unknown number rings for ever", _CURE)
    return findings.ok("there: calls to unknown numbers are refused")


async def ask_foreign(around: surroundings.Surroundings) -> findings.Finding:
    """Others' trunks with our numbers, and others' rules that take our calls."""
    plan = await _asked(around, apply.plan)
    if isinstance(plan, findings.Finding):
        return plan
    if plan.conflicts:
        return findings.failed(
            "; ".join(plan.conflicts[:_MOST]), "delete what is named there, with LiveKit's command `lk sip`"
        )
    others = f"; {len(plan.foreign)} objects of others are left alone" if plan.foreign else ""
    return findings.ok(f"none takes our calls{others}")


async def _asked(
    around: surroundings.Surroundings,
    question: Callable[[configurations.Configuration, api.LiveKitAPI], Awaitable[_Answer]],
) -> _Answer | findings.Finding:
    """What LiveKit answers, or why it could not be asked."""
    access = around.livekit
    if around.configuration is None or access is None:
        return _NOT_LOADED
    try:
        async with (
            asyncio.timeout(_ASK_S),
            api.LiveKitAPI(access.url, access.api_key, access.api_secret, failover=False) as livekit,
        ):
            return await question(around.configuration, livekit)
    except (errors.TrunklineError, TimeoutError):
        return _NOT_ASKED


def _listed(marks: Sequence[str]) -> str:
    names = list(dict.fromkeys(marks))
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"
