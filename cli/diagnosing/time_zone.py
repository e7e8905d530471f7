"""Are time zones known here? Opening hours and prompts need them."""

from __future__ import annotations

import zoneinfo

from cli.diagnosing import findings, surroundings

_SAMPLE = "Europe/Berlin"


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """The organization's own zone, or any."""
    name = around.configuration.organization.time_zone if around.configuration else _SAMPLE
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return findings.failed(f"{name} is not known here", "install the package `tzdata`: `pip install tzdata`")
    return findings.ok(f"{name} is known")
