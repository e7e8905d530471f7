"""Are the keys set that the agents' providers need? Their values are neither shown nor tried."""

from __future__ import annotations

from cli.diagnosing import findings, surroundings
from worker.providers import keys


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """Every agent's providers, fallbacks included."""
    if around.configuration is None:
        return findings.skipped("the configuration does not load")
    missing: dict[str, set[str]] = {}
    wanted: set[str] = set()
    for agent in around.configuration.agents.values():
        for part in agent.settings.provider_settings.hosted():
            wanted.add(part.provider)
            for name in keys.missing(part, around.environment):
                missing.setdefault(name, set()).add(agent.id)
    if missing:
        seen = "; ".join(f"{name} is not set (agent {', '.join(sorted(ids))})" for name, ids in missing.items())
        return findings.failed(seen, "put the provider's key into the worker's environment or `.env`")
    if not wanted:
        return findings.ok("no agent uses a provider that wants a key")
    return findings.ok(f"set for {', '.join(sorted(wanted))}; whether they are accepted shows only in a call")
