"""Does Redis keep LiveKit's trunks and rules over a restart?"""

from __future__ import annotations

from callcore import errors
from cli.diagnosing import findings, redis_answers, redis_asking, surroundings


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """Its append-only file."""
    where = redis_answers.access(around)
    if where is None:
        return redis_answers.NOT_KNOWN
    try:
        value = await redis_asking.setting(where, "appendonly")
    except errors.TrunklineError as error:
        return findings.skipped(error.message)
    if value is None:
        return findings.warning(
            f"{where} does not let us ask for its settings", "see yourself that its file has `appendonly yes`"
        )
    if value != "yes":
        return findings.failed(
            "the append-only file is off: a restart of Redis loses every trunk and rule, and calls ring for ever",
            "start Redis with `--appendonly yes`, or now: `redis-cli config set appendonly yes` and `config rewrite`",
        )
    return findings.ok("the append-only file is on")
