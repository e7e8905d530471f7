"""Is there a livekit-sip that works with this LiveKit?

It subscribes in Redis to the channel on which it hears of calls to place (psrpc, `SIPInternal`), with the name of its
cluster in it where it has one. That also holds for one on another machine. It tells its version to nobody.
"""

from __future__ import annotations

from callcore import errors
from cli.diagnosing import findings, redis_answers, redis_asking, surroundings
from lab.stack import binaries

_CHANNELS = "SIPInternal|CreateSIPParticipant*|REQ"


async def ask(around: surroundings.Surroundings) -> findings.Finding:
    """Who has subscribed."""
    where = redis_answers.access(around)
    if where is None:
        return redis_answers.NOT_KNOWN
    try:
        (channels,) = await redis_asking.ask(where, f"PUBSUB CHANNELS {_CHANNELS}")
    except errors.TrunklineError as error:
        return findings.skipped(error.message)
    if not isinstance(channels, list):
        return findings.skipped(f"{where} does not let us ask for subscriptions", "see `sip-port` instead")
    if not channels:
        return findings.failed(
            "none is connected to this Redis: no call comes in",
            "start livekit-sip, with the same `redis` in sip.yaml as in livekit.yaml",
        )
    return findings.ok(
        f"connected to this Redis; it does not tell its version, {binaries.LIVEKIT_SIP_VERSION} is what we test with"
    )
