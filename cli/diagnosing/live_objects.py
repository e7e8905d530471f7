"""Does LiveKit have the trunks and rules that the configuration wants, and nothing that takes its calls away?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from livekit import api

from callcore import errors
from cli.diagnosing import findings, surroundings
from sip_config import apply

_MOST = 5
_ASK_S = 2.5  # within a check's own deadline: that LiveKit hangs is what `livekit` says
_NOT_ASKED = findings.skipped("LiveKit cannot be asked", "see `livekit`")
_NOT_LOADED = findings.skipped("the configuration or the settings are not valid")
_CURE = "see `trunkline plan`, then run `trunkline apply`; or let dispatch do it (TRUNKLINE_APPLY=true)"


async def ask_wanted(around: surroundings.Surroundings) -> findings.Finding:
    """What is missing, or was changed by hand."""
    if around.configuration is None or around.livekit is None:
        return _NOT_LOADED
    try:
        async with _connected(around.livekit) as livekit:
            sight = await apply.look(around.configuration, livekit)
    except (errors.TrunklineError, TimeoutError):
        return _NOT_ASKED
    if sight.gone:
        return findings.failed(f"LiveKit has no {_listed(sight.gone)}", _CURE)
    if sight.drifted:
        return findings.warning(f"not as configured: {_listed(sight.drifted)}", _CURE)
    return findings.ok("all there, as configured")


async def ask_catch_all(around: surroundings.Surroundings) -> findings.Finding:
    """The rule that refuses what nobody takes."""
    if around.configuration is None or around.livekit is None:
        return _NOT_LOADED
    try:
        async with _connected(around.livekit) as livekit:
            sight = await apply.look(around.configuration, livekit)
    except (errors.TrunklineError, TimeoutError):
        return _NOT_ASKED
    if sight.live.catch_all_rule_id is None:
        return findings.failed("it is not there: a call to an unknown number rings for ever", _CURE)
    return findings.ok("there: calls to unknown numbers are refused")


async def ask_foreign(around: surroundings.Surroundings) -> findings.Finding:
    """Others' trunks with our numbers, and others' rules that take our calls."""
    if around.configuration is None or around.livekit is None:
        return _NOT_LOADED
    try:
        async with _connected(around.livekit) as livekit:
            plan = await apply.plan(around.configuration, livekit)
    except (errors.TrunklineError, TimeoutError):
        return _NOT_ASKED
    if plan.conflicts:
        return findings.failed(
            "; ".join(plan.conflicts[:_MOST]), "delete what is named there, with LiveKit's command `lk sip`"
        )
    others = f"; {len(plan.foreign)} objects of others are left alone" if plan.foreign else ""
    return findings.ok(f"none takes our calls{others}")


@contextlib.asynccontextmanager
async def _connected(access: surroundings.LiveKitAccess) -> AsyncIterator[api.LiveKitAPI]:
    async with (
        asyncio.timeout(_ASK_S),
        api.LiveKitAPI(access.url, access.api_key, access.api_secret, failover=False) as livekit,
    ):
        yield livekit


def _listed(marks: Sequence[str]) -> str:
    names = list(dict.fromkeys(marks))
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"
