"""Is LiveKit's Redis there?"""

from __future__ import annotations

from cli.diagnosing import findings, redis_asking, surroundings

NOT_KNOWN = findings.skipped(
    "nothing says where Redis is", "set TRUNKLINE_REDIS_URL, or name LiveKit's file with `--livekit-yaml`"
)


def access(around: surroundings.Surroundings) -> surroundings.RedisAccess | None:
    """Where Redis is: as dispatch's settings say, or livekit.yaml, or sip.yaml."""
    url = around.dispatch.trunkline_redis_url if around.dispatch else None
    files = (around.livekit_yaml, around.sip_yaml)
    found = (redis_asking.access(url, file.section("redis")) for file in files)
    return next(filter(None, found), None)


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """PING."""
    where = access(around)
    if where is None:
        return NOT_KNOWN
    try:
        (answer,) = await redis_asking.ask(where, "PING")
    except redis_asking.RedisRefused as error:
        return findings.failed(error.message, "put the password into TRUNKLINE_REDIS_URL: redis://:password@host:port")
    except redis_asking.RedisSilent as error:
        return findings.failed(
            error.message, "start Redis, or set TRUNKLINE_REDIS_URL to LiveKit's; without it every new call is refused"
        )
    if answer != "PONG":
        return findings.warning(f"{where} does not say PONG", "allow its user `PING`; LiveKit needs far more")
    return findings.ok(f"{where} answers")
