"""Makes LiveKit's trunks and dispatch rules what the configuration wants."""

from __future__ import annotations

from collections.abc import Mapping

from livekit import api

from sip_config import configurations, live
from sip_config.apply import conflicts, moving, pairings, scenes, sights, sip_services, wanted


async def apply(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> live.LiveObjects:
    """Create, change and delete until LiveKit has what the configuration wants.

    Applying twice changes nothing; after being killed half-way, the next run finishes. What others made is left alone.
    At no step is a number without a trunk and a rule with our agent that had them and is to have them.

    Raises:
        Conflict: something of another owner stands in the way, or LiveKit refuses.
        Unavailable: LiveKit does not answer.
    """
    scene = await _opened(configuration, livekit_api)
    trunks = pairings.pair(configuration.organization.id, wanted.trunks(configuration), scene.our_trunks())
    return await _carry_out(configuration, scene, trunks, {})


async def restore(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> live.LiveObjects:
    """Make again what is gone, and leave alone what somebody has changed by hand.

    Raises:
        Conflict: something of another owner stands in the way, or LiveKit refuses.
        Unavailable: LiveKit does not answer.
    """
    scene = await _opened(configuration, livekit_api)
    organization_id = configuration.organization.id
    trunks = pairings.pair(organization_id, wanted.trunks(configuration), scene.our_trunks())
    as_they_are = {**trunks.wanted, **trunks.kept}
    rules = pairings.pair(organization_id, wanted.rules(configuration, trunks.ids()), scene.our_rules())
    return await _carry_out(configuration, scene, trunks.wanting(as_they_are), rules.kept)


async def _opened(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> scenes.Scene:
    service = sip_services.SipService(livekit_api)
    inventory = await service.inventory()
    conflicts.check(configuration.organization.id, wanted.trunks(configuration), inventory)
    return scenes.Scene(service, configuration.organization.id, inventory)


async def _carry_out(
    configuration: configurations.Configuration,
    scene: scenes.Scene,
    trunks: pairings.Pairing[api.SIPInboundTrunkInfo],
    untouched: Mapping[str, api.SIPDispatchRuleInfo],
) -> live.LiveObjects:
    """Trunks first, then the rules that name them, then the numbers; what nothing wants goes last."""
    ids = trunks.ids()
    await moving.make_room(scene, trunks.wanted, ids)
    rule_ids = await _settle_rules(configuration, scene, ids, untouched)
    rules = {mark_id: scene.rule(rule_ids[wanted.rule_mark(wanted.trunk_name(mark_id))]) for mark_id in trunks.wanted}
    await moving.move(scene, trunks.wanted, ids, rules)
    for rule in scene.our_rules():
        if rule.sip_dispatch_rule_id not in rule_ids.values():
            await scene.delete_rule(rule.sip_dispatch_rule_id)
    for trunk in scene.our_trunks():
        if trunk.sip_trunk_id not in ids.values():
            await scene.delete_trunk(trunk.sip_trunk_id)
    return sights.live_objects(configuration, scene.inventory)


async def _settle_rules(
    configuration: configurations.Configuration,
    scene: scenes.Scene,
    trunk_ids: Mapping[str, str],
    untouched: Mapping[str, api.SIPDispatchRuleInfo],
) -> dict[str, str]:
    """Make every rule as wanted; the server's ids by mark. Rules that serve their trunk may be left `untouched`."""
    organization_id = configuration.organization.id
    rules = pairings.pair(organization_id, wanted.rules(configuration, trunk_ids), scene.our_rules())
    ids = rules.ids()
    for mark_id, rule in rules.wanted.items():
        if mark_id not in ids:
            ids[mark_id] = await scene.create_rule(rule)
        elif mark_id in rules.changed() and not _serves(untouched.get(mark_id), rule):
            await scene.update_rule(ids[mark_id], rule)
    return ids


def _serves(live_rule: api.SIPDispatchRuleInfo | None, rule: api.SIPDispatchRuleInfo) -> bool:
    return live_rule is not None and set(rule.trunk_ids) <= set(live_rule.trunk_ids)
