"""LiveKit's trunks and rules as they are while they are being changed."""

from __future__ import annotations

from livekit import api

from sip_config.apply import dialed, ownership, sip_services


class Scene:
    """Knows what LiveKit has, changes it one object at a time, and keeps knowing."""

    def __init__(self, service: sip_services.SipService, organization_id: str, seen: sip_services.Inventory) -> None:
        self._service = service
        self._organization_id = organization_id
        self._trunks = {trunk.sip_trunk_id: trunk for trunk in seen.trunks}
        self._rules = {rule.sip_dispatch_rule_id: rule for rule in seen.rules}

    @property
    def inventory(self) -> sip_services.Inventory:
        return sip_services.Inventory(trunks=tuple(self._trunks.values()), rules=tuple(self._rules.values()))

    def trunk(self, trunk_id: str) -> api.SIPInboundTrunkInfo:
        return self._trunks[trunk_id]

    def rule(self, rule_id: str) -> api.SIPDispatchRuleInfo:
        return self._rules[rule_id]

    def our_trunks(self) -> list[api.SIPInboundTrunkInfo]:
        return [trunk for trunk in self._trunks.values() if self._is_ours(trunk.metadata)]

    def our_rules(self) -> list[api.SIPDispatchRuleInfo]:
        return [rule for rule in self._rules.values() if self._is_ours(rule.metadata)]

    def holders(self, numbers: frozenset[str]) -> list[api.SIPInboundTrunkInfo]:
        """Our trunks that have any of these numbers (keys)."""
        return [trunk for trunk in self.our_trunks() if numbers & dialed.keys(trunk.numbers)]

    async def create_trunk(self, message: api.SIPInboundTrunkInfo) -> str:
        trunk_id = await self._service.create(message)
        self._trunks[trunk_id] = _copy_of_trunk(message, trunk_id)
        return trunk_id

    async def create_rule(self, message: api.SIPDispatchRuleInfo) -> str:
        rule_id = await self._service.create(message)
        self._rules[rule_id] = _copy_of_rule(message, rule_id)
        return rule_id

    async def update_trunk(self, trunk_id: str, message: api.SIPInboundTrunkInfo) -> None:
        await self._service.update(trunk_id, message)
        self._trunks[trunk_id] = _copy_of_trunk(message, trunk_id)

    async def update_rule(self, rule_id: str, message: api.SIPDispatchRuleInfo) -> None:
        await self._service.update(rule_id, message)
        self._rules[rule_id] = _copy_of_rule(message, rule_id)

    async def delete_trunk(self, trunk_id: str) -> None:
        await self._service.delete_trunk(trunk_id)
        del self._trunks[trunk_id]

    async def delete_rule(self, rule_id: str) -> None:
        await self._service.delete_rule(rule_id)
        del self._rules[rule_id]

    def _is_ours(self, metadata: str) -> bool:
        return ownership.is_ours(metadata, self._organization_id)


def _copy_of_trunk(message: api.SIPInboundTrunkInfo, trunk_id: str) -> api.SIPInboundTrunkInfo:
    copy = api.SIPInboundTrunkInfo()
    copy.CopyFrom(message)
    copy.sip_trunk_id = trunk_id
    return copy


def _copy_of_rule(message: api.SIPDispatchRuleInfo, rule_id: str) -> api.SIPDispatchRuleInfo:
    copy = api.SIPDispatchRuleInfo()
    copy.CopyFrom(message)
    copy.sip_dispatch_rule_id = rule_id
    return copy
