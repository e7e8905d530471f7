"""Carries a configuration to LiveKit: inbound trunks and dispatch rules.

`apply(configuration, livekit_api)` makes them so, `missing(configuration, livekit_api)` says what is not, and
`found(configuration, livekit_api)` which of LiveKit's objects they are.
"""

from sip_config.apply.applying import apply, found, missing

__all__ = ["apply", "found", "missing"]
