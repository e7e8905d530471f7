"""Are our own secrets long enough to be secret?"""

from __future__ import annotations

from cli.diagnosing import findings, surroundings

LEAST_LIVEKIT = 32
"""Characters; livekit-server itself warns below it."""
_LEAST_INTERNAL = 32  # 16 are accepted, which is enough against guessing over a network, and no more
_MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """LIVEKIT_API_SECRET and TRUNKLINE_INTERNAL_SECRET; the API keys' shape is part of dispatch's settings."""
    given = around.dispatch or around.worker
    if given is None:
        return findings.skipped("the settings are not valid")
    livekit = len(given.livekit_api_secret.get_secret_value())
    internal = len(given.trunkline_internal_secret.get_secret_value())
    if livekit < LEAST_LIVEKIT:
        return findings.failed(
            f"LIVEKIT_API_SECRET has {livekit} characters, fewer than {LEAST_LIVEKIT}: tokens could be forged",
            f"make one with {_MAKE_ONE} and give it to livekit-server and livekit-sip as well",
        )
    if internal < _LEAST_INTERNAL:
        return findings.warning(
            f"TRUNKLINE_INTERNAL_SECRET has {internal} characters, fewer than {_LEAST_INTERNAL}",
            f"make one with {_MAKE_ONE} and give it to dispatch and every worker",
        )
    return findings.ok("LiveKit's and the internal secret are long enough")
