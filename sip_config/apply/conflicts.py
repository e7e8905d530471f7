"""Objects of others that stand in our way. LiveKit checks this when something is made, not when it is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from livekit import api

from callcore import errors
from sip_config.apply import dialed, ownership, sip_services, wanted

_CURE = "delete or narrow it, or give this organization a LiveKit of its own"


class InTheWay(errors.Conflict):
    """Something of another owner has a number of ours, or takes our calls."""

    public_code = "in_the_way"


def check(
    organization_id: str, trunks: Mapping[str, api.SIPInboundTrunkInfo], inventory: sip_services.Inventory
) -> None:
    """Refuse to begin where LiveKit would route our calls elsewhere, or no call at all.

    Args:
        organization_id: ours.
        trunks: wanted ones, by mark.
        inventory: what LiveKit has.

    Raises:
        InTheWay: another owner's trunk has a number of ours, or another owner's rule takes our calls.
    """
    conflicts = find(organization_id, trunks, inventory)
    if conflicts:
        raise InTheWay("; ".join(conflicts))


def find(
    organization_id: str, trunks: Mapping[str, api.SIPInboundTrunkInfo], inventory: sip_services.Inventory
) -> tuple[str, ...]:
    """What stands in the way, a sentence each."""
    return (*_trunk_conflicts(organization_id, trunks, inventory.trunks), *_rule_conflicts(organization_id, inventory))


def _trunk_conflicts(
    organization_id: str, trunks: Mapping[str, api.SIPInboundTrunkInfo], live: tuple[api.SIPInboundTrunkInfo, ...]
) -> Iterator[str]:
    ours = {
        dialed.key(number): wanted.trunk_name(mark_id) for mark_id, trunk in trunks.items() for number in trunk.numbers
    }
    for trunk in live:
        shared = {ours[dialed.key(number)] for number in trunk.numbers if dialed.key(number) in ours}
        if shared and not ownership.is_ours(trunk.metadata, organization_id):
            names = ", ".join(f"`{name}`" for name in sorted(shared))
            owner = _owner(trunk.metadata)
            yield f"the trunk {trunk.sip_trunk_id}, {owner}, has a number of {names}: take it from there"


def _rule_conflicts(organization_id: str, inventory: sip_services.Inventory) -> Iterator[str]:
    our_trunks = {
        trunk.sip_trunk_id for trunk in inventory.trunks if ownership.is_ours(trunk.metadata, organization_id)
    }
    for rule in inventory.rules:
        if ownership.is_ours(rule.metadata, organization_id):
            continue
        name = f"the rule {rule.sip_dispatch_rule_id}, {_owner(rule.metadata)},"
        if not our_trunks.isdisjoint(rule.trunk_ids):
            yield f"{name} takes calls of our trunks: delete or narrow it"
        elif not (rule.trunk_ids or rule.numbers or rule.inbound_numbers):
            yield f"{name} takes every call that no other rule takes, and LiveKit allows one such rule: {_CURE}"


def _owner(metadata: str) -> str:
    mark = ownership.read(metadata)
    return "which is not ours" if mark is None else f"of Trunkline's organization `{mark.org}`"
