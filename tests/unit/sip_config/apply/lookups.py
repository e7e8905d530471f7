"""Where LiveKit brings a call, by the rules of its `MatchTrunk` and `MatchDispatchRule` (protocol v1.45.3)."""

from __future__ import annotations

import ipaddress

from livekit import api

from sip_config import live
from sip_config.apply import dialed, sip_services


def trunk_of(
    inventory: sip_services.Inventory, number: str, source: str = "127.0.0.1"
) -> api.SIPInboundTrunkInfo | None:
    """The trunk that takes a call.

    Raises:
        AssertionError: several do; LiveKit fails such a call.
    """
    open_ones = [trunk for trunk in inventory.trunks if _admits(trunk, source)]
    for_number = [trunk for trunk in open_ones if dialed.key(number) in dialed.keys(trunk.numbers)]
    for_any = [trunk for trunk in open_ones if not trunk.numbers]
    assert len(for_number) <= 1, "two trunks have the number"
    assert for_number or len(for_any) <= 1, "two trunks take any number"
    return next(iter([*for_number, *for_any]), None)


def way_of(inventory: sip_services.Inventory, number: str, source: str = "127.0.0.1") -> live.LiveNumber | None:
    """The trunk and the rule with an agent that take a call; None where no agent would get it."""
    trunk = trunk_of(inventory, number, source)
    if trunk is None:
        return None
    rules = [rule for rule in inventory.rules if not rule.numbers or number in rule.numbers]
    own = [rule for rule in rules if trunk.sip_trunk_id in rule.trunk_ids]
    general = [rule for rule in rules if not rule.trunk_ids]
    for rule in own or general:
        if rule.room_config.agents:
            return live.LiveNumber(trunk_id=trunk.sip_trunk_id, rule_id=rule.sip_dispatch_rule_id)
    return None


def _admits(trunk: api.SIPInboundTrunkInfo, source: str) -> bool:
    networks = [ipaddress.ip_network(mask) for mask in trunk.allowed_addresses]
    return not networks or any(ipaddress.ip_address(source) in network for network in networks)
