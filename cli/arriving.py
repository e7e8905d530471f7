"""What LiveKit would do with an INVITE, by its own rules of matching (livekit/protocol, sip/sip.go)."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterator

from livekit import api

from sip_config import live, problems
from sip_config.apply import dialed, ownership, sip_services

_PENALTY = 1000  # for a rule that does not name the caller's or the dialed number
_OPEN = 100  # for one without a PIN


@dataclasses.dataclass(frozen=True, kw_only=True)
class Invite:
    """The INVITE that is asked about."""

    dialed: str
    caller: str
    source_ip: str | None
    """None: not known; every address list lets it pass."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One finding."""

    passed: bool
    text: str
    setting: problems.Path | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """The trunk and rule that would take it, and what is to be said of them."""

    by: live.LiveNumber
    trunk: Line
    rule: Line


def find(organization_id: str, inventory: sip_services.Inventory, invite: Invite) -> Found:
    """Which of LiveKit's trunks and rules would take the INVITE."""
    passing = _passing(inventory, invite)
    if len(passing) > 1:
        return _several(organization_id, passing)
    trunk = passing[0] if passing else None
    rule = _rule(trunk, inventory, invite)
    by = live.LiveNumber(
        trunk_id=trunk.sip_trunk_id if trunk else "", rule_id=rule.sip_dispatch_rule_id if rule else ""
    )
    about_trunk = _about_trunk(organization_id, trunk) if trunk else _no_trunk(organization_id, inventory, invite)
    return Found(by=by, trunk=about_trunk, rule=_about_rule(organization_id, rule))


def _passing(inventory: sip_services.Inventory, invite: Invite) -> list[api.SIPInboundTrunkInfo]:
    """The trunks that take it; those without numbers take what no other one does."""
    passing = [trunk for trunk in inventory.trunks if not list(_objections(trunk, invite))]
    return [trunk for trunk in passing if trunk.numbers] or passing


def _several(organization_id: str, trunks: list[api.SIPInboundTrunkInfo]) -> Found:
    names = ", ".join(_name(organization_id, trunk.metadata, trunk.sip_trunk_id) for trunk in trunks)
    return Found(
        by=live.LiveNumber(trunk_id="", rule_id=""),
        trunk=Line(passed=False, text=f"several trunks take it, so LiveKit takes none: {names}"),
        rule=Line(passed=False, text="no rule is looked for: the caller is refused with 503"),
    )


def _about_trunk(organization_id: str, trunk: api.SIPInboundTrunkInfo) -> Line:
    name = _name(organization_id, trunk.metadata, trunk.sip_trunk_id)
    asks = f"; without credentials of `{trunk.auth_username}` the carrier gets 407" if trunk.auth_username else ""
    return Line(passed=True, text=f"takes it by the trunk {name}{asks}")


def _no_trunk(organization_id: str, inventory: sip_services.Inventory, invite: Invite) -> Line:
    for trunk in inventory.trunks:
        if dialed.key(invite.dialed) in dialed.keys(trunk.numbers):
            name = _name(organization_id, trunk.metadata, trunk.sip_trunk_id)
            key, objection = next(_objections(trunk, invite))
            mark = ownership.read(trunk.metadata) if ownership.is_ours(trunk.metadata, organization_id) else None
            setting = ("trunks", mark.id.removeprefix("trunk/"), "inbound", key) if mark and key else None
            return Line(
                passed=False, text=f"the trunk {name} has the number and refuses it: {objection}", setting=setting
            )
    return Line(passed=False, text="no trunk has this number: run `trunkline plan`, then `trunkline apply`")


def _objections(trunk: api.SIPInboundTrunkInfo, invite: Invite) -> Iterator[tuple[str, str]]:
    """Why a trunk does not take an INVITE: the setting behind it, and words."""
    if trunk.allowed_numbers and dialed.key(invite.caller) not in dialed.keys(trunk.allowed_numbers):
        yield "", "the caller is not among its allowed numbers"
    if not _is_allowed(invite.source_ip, list(trunk.allowed_addresses)):
        yield "allowed_addresses", "the source address is not among its allowed addresses"
    if trunk.numbers and dialed.key(invite.dialed) not in dialed.keys(trunk.numbers):
        yield "", "it has other numbers"


def _is_allowed(source_ip: str | None, masks: list[str]) -> bool:
    if source_ip is None:
        return True
    networks = []
    for mask in masks:
        try:
            networks.append(ipaddress.ip_network(mask, strict=False))
        except ValueError:
            continue  # a host name; LiveKit compares it with what the caller's own header says
    return not networks or any(ipaddress.ip_address(source_ip) in network for network in networks)


def _rule(
    trunk: api.SIPInboundTrunkInfo | None, inventory: sip_services.Inventory, invite: Invite
) -> api.SIPDispatchRuleInfo | None:
    """The most specific one of those for this trunk, else of those for any trunk. Numbers are compared as they are."""
    fitting = [
        rule
        for rule in inventory.rules
        if (not rule.inbound_numbers or invite.caller in rule.inbound_numbers)
        and (not rule.numbers or invite.dialed in rule.numbers)
    ]
    specific = [rule for rule in fitting if trunk is not None and trunk.sip_trunk_id in rule.trunk_ids]
    return min(specific or [rule for rule in fitting if not rule.trunk_ids], key=_rank, default=None)


def _rank(rule: api.SIPDispatchRuleInfo) -> tuple[int, str]:
    """Lower goes first."""
    kinds = ("dispatch_rule_direct", "dispatch_rule_individual", "dispatch_rule_callee")
    kind = rule.rule.WhichOneof("rule") or kinds[-1]
    content = getattr(rule.rule, kind)
    rank = kinds.index(kind) + (0 if content.pin else _OPEN)
    rank += _PENALTY * ((not rule.inbound_numbers) + (not rule.numbers))
    return rank, content.room_name if kind == kinds[0] else content.room_prefix


def _about_rule(organization_id: str, rule: api.SIPDispatchRuleInfo | None) -> Line:
    if rule is None:
        text = "no rule takes it, nor is there a catch-all rule: the caller hears ringing without end, and"
        return Line(passed=False, text=f"{text} livekit-sip logs `flood`; run `trunkline apply`")
    name = _name(organization_id, rule.metadata, rule.sip_dispatch_rule_id)
    if not ownership.is_ours(rule.metadata, organization_id):
        return Line(passed=False, text=f"the rule {name} takes it away from us: delete or narrow it")
    if not rule.room_config.agents:
        return Line(passed=False, text="only our catch-all rule takes it: the caller is refused with 486")
    return Line(passed=True, text=f"{name} makes a room with an agent")


def _name(organization_id: str, metadata: str, object_id: str) -> str:
    mark = ownership.read(metadata)
    if mark is None or mark.org != organization_id:
        return f"`{object_id}`, which is not ours,"
    return f"`{mark.id}`"
