"""Might Redis throw LiveKit's trunks and rules away when its memory is full?"""

from __future__ import annotations

from callcore import errors
from cli.diagnosing import findings, redis_answers, redis_asking, surroundings


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """Its eviction policy."""
    where = redis_answers.access(around)
    if where is None:
        return redis_answers.NOT_KNOWN
    try:
        policy = await redis_asking.setting(where, "maxmemory-policy")
    except errors.TrunklineError as error:
        return findings.skipped(error.message)
    if policy is None:
        return findings.warning(
            f"{where} does not let us ask for its settings",
            "see yourself that its file has `maxmemory-policy noeviction`",
        )
    if policy != "noeviction":
        return findings.failed(
            f"its policy is {policy[:40]}: with its memory full it throws trunks and rules away",
            "set `maxmemory-policy noeviction`: `redis-cli config set maxmemory-policy noeviction`, `config rewrite`",
        )
    return findings.ok("nothing is evicted (noeviction)")
