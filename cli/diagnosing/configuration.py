"""Does the configuration load?"""

from __future__ import annotations

from cli.diagnosing import findings, surroundings

_MOST = 3  # the line stays readable; `check` shows all


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """What `trunkline check` would say, in short."""
    found, problems = around.configuration, around.configuration_problems
    if found is not None:
        return findings.ok(
            f"{around.config}: {len(found.numbers)} numbers, {len(found.trunks)} trunks, {len(found.agents)} agents"
        )
    shown = "; ".join(problems[:_MOST])
    more = f"; and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
    return findings.failed(
        f"{around.config}: {shown}{more}",
        f"`trunkline check {around.config}` shows everything; `--config` or TRUNKLINE_CONFIG names another folder",
    )
