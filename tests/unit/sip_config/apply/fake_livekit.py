"""LiveKit's SIP service in memory, with the checks that the server makes (livekit-server 1.11.0)."""

from __future__ import annotations

import itertools
from typing import Any

from livekit import api

from sip_config.apply import dialed, sip_services


class Killed(BaseException):
    """Stands for the death of the applying process."""


class FakeSip:
    """What `apply` uses of the service. Every change counts; beyond `lives` of them the process dies."""

    def __init__(self) -> None:
        self.trunks: dict[str, api.SIPInboundTrunkInfo] = {}
        self.rules: dict[str, api.SIPDispatchRuleInfo] = {}
        self.changes = 0
        self.lives: int | None = None
        self._ids = itertools.count(1)

    @property
    def inventory(self) -> sip_services.Inventory:
        return sip_services.Inventory(trunks=tuple(self.trunks.values()), rules=tuple(self.rules.values()))

    async def list_inbound_trunk(self, _: api.ListSIPInboundTrunkRequest) -> api.ListSIPInboundTrunkResponse:
        return api.ListSIPInboundTrunkResponse(items=self.trunks.values())

    async def list_dispatch_rule(self, _: api.ListSIPDispatchRuleRequest) -> api.ListSIPDispatchRuleResponse:
        return api.ListSIPDispatchRuleResponse(items=self.rules.values())

    async def create_inbound_trunk(self, request: api.CreateSIPInboundTrunkRequest) -> api.SIPInboundTrunkInfo:
        self._change()
        trunk = api.SIPInboundTrunkInfo()
        trunk.CopyFrom(request.trunk)
        assert not trunk.sip_trunk_id, "trunk id must not be set"
        assert trunk.numbers or trunk.allowed_addresses or trunk.auth_username
        trunk.sip_trunk_id = f"ST_{next(self._ids)}"
        self._check_trunks([*self.trunks.values(), trunk])
        self.trunks[trunk.sip_trunk_id] = trunk
        return trunk

    async def update_inbound_trunk(self, trunk_id: str, message: api.SIPInboundTrunkInfo) -> api.SIPInboundTrunkInfo:
        self._change()
        trunk = api.SIPInboundTrunkInfo()
        trunk.CopyFrom(message)
        trunk.sip_trunk_id = trunk_id
        self._check_trunks([trunk, *(other for id_, other in self.trunks.items() if id_ != trunk_id)])
        assert trunk_id in self.trunks
        self.trunks[trunk_id] = trunk
        return trunk

    async def delete_trunk(self, request: api.DeleteSIPTrunkRequest) -> None:
        self._change()
        self.trunks.pop(request.sip_trunk_id, None)

    async def create_dispatch_rule(self, request: api.CreateSIPDispatchRuleRequest) -> api.SIPDispatchRuleInfo:
        self._change()
        rule = api.SIPDispatchRuleInfo()
        rule.CopyFrom(request.dispatch_rule)
        rule.sip_dispatch_rule_id = f"SDR_{next(self._ids)}"
        self._check_rules([*self.rules.values(), rule])
        self.rules[rule.sip_dispatch_rule_id] = rule
        return rule

    async def update_dispatch_rule(self, rule_id: str, message: api.SIPDispatchRuleInfo) -> api.SIPDispatchRuleInfo:
        self._change()
        rule = api.SIPDispatchRuleInfo()
        rule.CopyFrom(message)
        rule.sip_dispatch_rule_id = rule_id
        assert rule_id in self.rules
        self._check_rules([rule, *(other for id_, other in self.rules.items() if id_ != rule_id)])
        self.rules[rule_id] = rule
        return rule

    async def delete_dispatch_rule(self, request: api.DeleteSIPDispatchRuleRequest) -> None:
        self._change()
        del self.rules[request.sip_dispatch_rule_id]

    def _change(self) -> None:
        if self.lives is not None and self.changes >= self.lives:
            raise Killed
        self.changes += 1

    def _check_trunks(self, trunks: list[api.SIPInboundTrunkInfo]) -> None:
        numbers = [key for trunk in trunks for key in dialed.keys(trunk.numbers) or {""}]
        assert len(numbers) == len(set(numbers)), "conflicting inbound SIP trunks"

    def _check_rules(self, rules: list[api.SIPDispatchRuleInfo]) -> None:
        keys = [
            (trunk, number) for rule in rules for trunk in rule.trunk_ids or [""] for number in rule.numbers or [""]
        ]
        assert len(keys) == len(set(keys)), "dispatch rule already exists"


class FakeLiveKit(api.LiveKitAPI):
    """A client whose SIP service is the fake one."""

    def __init__(self) -> None:
        self.fake = FakeSip()

    @property
    def sip(self) -> Any:
        return self.fake
