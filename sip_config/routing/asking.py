"""Conditions, asked of one call."""

from __future__ import annotations

import re

from sip_config import conditions, problems
from sip_config.plans import occasions
from sip_config.routing import steps

_DIGITS = re.compile(r"\d{3,}")  # what the engine says may repeat a number


def holds(
    occasion: occasions.Occasion,
    condition: str | None,
    trail: steps.Trail,
    name: steps.StepName,
    setting: problems.Path,
) -> bool:
    """Whether a `when` lets this call in; one that fails does not, and the trail says why.

    Args:
        occasion: the call.
        condition: None: it always does.
        trail: gets a step only where the condition fails.
        name: of that step.
        setting: of what the condition stands in.
    """
    if condition is None:
        return True
    answer = conditions.compile(condition).ask(occasion.facts)
    if answer.failed is not None:
        why = _DIGITS.sub("•••", answer.failed)
        trail.skipped(name, f"its condition cannot be told for this call, which counts as no: {why}", setting)
    return answer.holds
