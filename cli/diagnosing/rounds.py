"""Runs the checks side by side, each under its own deadline."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence

from callcore import errors
from cli.diagnosing import findings, surroundings

CHECK_S = 3.0
"""Each check's own deadline."""

Ask = Callable[[surroundings.Surroundings], Awaitable[findings.Finding]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """One check."""

    name: str
    ask: Ask


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """What one check found."""

    name: str
    finding: findings.Finding


async def run(checks: Sequence[Check], around: surroundings.Surroundings) -> list[Result]:
    """All of them, in the order given."""
    found = await asyncio.gather(*(_run(check, around) for check in checks))
    return [Result(name=check.name, finding=finding) for check, finding in zip(checks, found, strict=True)]


async def _run(check: Check, around: surroundings.Surroundings) -> findings.Finding:
    try:
        async with asyncio.timeout(CHECK_S):
            return await check.ask(around)
    except TimeoutError:
        return findings.failed(
            f"no answer within {CHECK_S:.0f} s", "see whether what it asks hangs, or whether this machine is overloaded"
        )
    except errors.TrunklineError as error:
        return findings.failed(error.message, "mend that first, then run doctor again")
    except Exception as error:  # noqa: BLE001  # shown as a finding: one check's own fault must not hide the others
        return findings.failed(f"the check itself broke ({type(error).__name__})", "please report this")
