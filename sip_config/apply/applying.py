"""Makes LiveKit's trunks and dispatch rules what the configuration wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from livekit import api

from sip_config import configurations, live
from sip_config.apply import conflicts, pairings, sip_services, steps, wanted

_Ids = Mapping[str, str]
"""The server's ids by mark."""
_Trunks = pairings.Pairing[api.SIPInboundTrunkInfo]
_Rules = pairings.Pairing[api.SIPDispatchRuleInfo]


async def apply(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> live.LiveObjects:
    """Create, change and delete until LiveKit has what the configuration wants.

    Applying twice changes nothing; after being killed half-way, the next run finishes. What others made is left alone.

    Raises:
        Conflict: something of another owner stands in the way, or LiveKit refuses.
        Unavailable: LiveKit does not answer.
    """
    service = sip_services.SipService(livekit_api)
    inventory = await service.inventory()
    conflicts.check(configuration.organization.id, wanted.trunks(configuration), inventory)
    trunks = _paired_trunks(configuration, inventory)
    trunk_ids = {mark_id: trunk.sip_trunk_id for mark_id, trunk in trunks.kept.items()}
    trunk_ids |= await _carry_out(service, steps.for_trunks(trunks))
    rules = _paired_rules(configuration, inventory, trunk_ids)
    rule_ids = {mark_id: rule.sip_dispatch_rule_id for mark_id, rule in rules.kept.items()}
    rule_ids |= await _carry_out(service, steps.for_rules(rules))
    await _carry_out(service, steps.for_idle_trunks(trunks))
    return _live_objects(configuration, trunk_ids, rule_ids)


async def missing(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> tuple[str, ...]:
    """The wanted objects that are not live as they should be, such as `trunk/lab`; empty where all is well.

    Raises:
        Unavailable: LiveKit does not answer.
    """
    inventory = await sip_services.SipService(livekit_api).inventory()
    trunks = _paired_trunks(configuration, inventory)
    trunk_ids = {mark_id: trunk.sip_trunk_id for mark_id, trunk in trunks.kept.items()}
    rules = _paired_rules(configuration, inventory, trunk_ids)
    return (*trunks.absent(), *trunks.changed(), *rules.absent(), *rules.changed())


async def found(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> live.LiveObjects:
    """The live objects through which calls arrive; changes nothing. A number without both of its objects is left out.

    Raises:
        Unavailable: LiveKit does not answer.
    """
    inventory = await sip_services.SipService(livekit_api).inventory()
    trunks = _paired_trunks(configuration, inventory)
    trunk_ids = {mark_id: trunk.sip_trunk_id for mark_id, trunk in trunks.kept.items()}
    rules = _paired_rules(configuration, inventory, trunk_ids)
    rule_ids = {mark_id: rule.sip_dispatch_rule_id for mark_id, rule in rules.kept.items()}
    return _live_objects(configuration, trunk_ids, rule_ids)


def _paired_trunks(configuration: configurations.Configuration, inventory: sip_services.Inventory) -> _Trunks:
    return pairings.pair(configuration.organization.id, wanted.trunks(configuration), inventory.trunks)


def _paired_rules(
    configuration: configurations.Configuration, inventory: sip_services.Inventory, trunk_ids: _Ids
) -> _Rules:
    return pairings.pair(configuration.organization.id, wanted.rules(configuration, trunk_ids), inventory.rules)


async def _carry_out(service: sip_services.SipService, changes: Iterable[steps.Step]) -> dict[str, str]:
    """The server's ids of what was created, by mark."""
    created: dict[str, str] = {}
    for change in changes:
        match change:
            case steps.Create():
                created[change.mark_id] = await service.create(change.message)
            case steps.Update():
                await service.update(change.id, change.message)
            case steps.DeleteTrunk():
                await service.delete_trunk(change.id)
            case steps.DeleteRule():
                await service.delete_rule(change.id)
    return created


def _live_objects(configuration: configurations.Configuration, trunk_ids: _Ids, rule_ids: _Ids) -> live.LiveObjects:
    numbers = {
        number.e164: live.LiveNumber(
            trunk_id=trunk_ids[wanted.trunk_mark(number.trunk)], rule_id=rule_ids[wanted.rule_mark(number.trunk)]
        )
        for number in configuration.numbers.values()
        if wanted.trunk_mark(number.trunk) in trunk_ids and wanted.rule_mark(number.trunk) in rule_ids
    }
    return live.LiveObjects(numbers=numbers, catch_all_rule_id=rule_ids.get(wanted.CATCH_ALL))
