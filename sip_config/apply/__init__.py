"""Carries a configuration to LiveKit: inbound trunks and dispatch rules.

`plan(configuration, livekit_api)` says what would change, `apply` makes everything so, `restore` makes again what is
gone, and `look` says what there is of it.
"""

from sip_config.apply.applying import apply, restore
from sip_config.apply.differences import Change, Plan, plan
from sip_config.apply.sights import Sight, look

__all__ = ["Change", "Plan", "Sight", "apply", "look", "plan", "restore"]
