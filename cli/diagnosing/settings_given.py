"""Are dispatch's and the worker's settings there, and valid?"""

from __future__ import annotations

from collections.abc import Sequence

from cli.diagnosing import findings, surroundings

_MOST = 12  # every variable there is may be missing at once


async def of_dispatch(around: surroundings.Surroundings) -> findings.Finding:
    """The settings of dispatch."""
    return _judge("dispatch", around.dispatch is not None, around.dispatch_problems)


async def of_worker(around: surroundings.Surroundings) -> findings.Finding:
    """The settings of a worker."""
    return _judge("a worker", around.worker is not None, around.worker_problems)


def _judge(who: str, are_valid: bool, problems: Sequence[str]) -> findings.Finding:
    if are_valid:
        return findings.ok(f"all that {who} needs")
    return findings.failed(
        " ".join(problems[:_MOST]), "set them in the environment or in `.env` in this folder (docs/running.md)"
    )
