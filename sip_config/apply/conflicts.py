"""Objects of others that stand in our way. LiveKit checks this when something is made, not when it is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from livekit import api

from callcore import errors
from sip_config.apply import dialed, ownership, sip_services


def check(
    organization_id: str, wanted: Mapping[str, api.SIPInboundTrunkInfo], inventory: sip_services.Inventory
) -> None:
    """Refuse to begin where LiveKit would route our calls elsewhere, or no call at all.

    Raises:
        Conflict: another owner's trunk has a number of ours, or another owner's rule takes our calls.
    """
    conflicts = find(organization_id, wanted, inventory)
    if conflicts:
        raise errors.Conflict("; ".join(conflicts))


def find(
    organization_id: str, wanted: Mapping[str, api.SIPInboundTrunkInfo], inventory: sip_services.Inventory
) -> tuple[str, ...]:
    """What stands in the way, a sentence each."""
    return (*_trunk_conflicts(organization_id, wanted, inventory.trunks), *_rule_conflicts(organization_id, inventory))


def _trunk_conflicts(
    organization_id: str, wanted: Mapping[str, api.SIPInboundTrunkInfo], live: tuple[api.SIPInboundTrunkInfo, ...]
) -> Iterator[str]:
    ours = {dialed.key(number): trunk.name for trunk in wanted.values() for number in trunk.numbers}
    for trunk in live:
        shared = {ours[dialed.key(number)] for number in trunk.numbers if dialed.key(number) in ours}
        if shared and not ownership.is_ours(trunk.metadata, organization_id):
            names = ", ".join(f"`{name}`" for name in sorted(shared))
            yield f"the trunk {trunk.sip_trunk_id}, which is not ours, has a number of {names}: delete it there"


def _rule_conflicts(organization_id: str, inventory: sip_services.Inventory) -> Iterator[str]:
    our_trunks = {
        trunk.sip_trunk_id for trunk in inventory.trunks if ownership.is_ours(trunk.metadata, organization_id)
    }
    for rule in inventory.rules:
        if ownership.is_ours(rule.metadata, organization_id):
            continue
        if not our_trunks.isdisjoint(rule.trunk_ids):
            yield f"the rule {rule.sip_dispatch_rule_id}, which is not ours, takes calls of our trunks: delete it"
        elif not (rule.trunk_ids or rule.numbers or rule.inbound_numbers):
            yield f"the rule {rule.sip_dispatch_rule_id}, which is not ours, takes every call: delete it"
