"""What LiveKit has of a configuration, found out without changing anything."""

from __future__ import annotations

import dataclasses

from livekit import api

from sip_config import configurations, live
from sip_config.apply import detours, dialed, ownership, pairings, sip_services, spellings, wanted


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sight:
    """One look at LiveKit. Objects go by their marks, such as `trunk/lab`."""

    live: live.LiveObjects
    """The ways by which calls arrive; a number that nothing carries is left out."""
    gone: tuple[str, ...]
    """What is wanted and not there."""
    drifted: tuple[str, ...]
    """What is there and not as wanted, and what is ours and not wanted."""
    of_another: bool
    """Whether somebody has applied another configuration of the same organization since."""

    @property
    def differing(self) -> int:
        """How many objects differ."""
        return len(self.gone) + len(self.drifted)


async def look(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> Sight:
    """Compare LiveKit with a configuration.

    Raises:
        Unavailable: LiveKit does not answer.
    """
    inventory = await sip_services.SipService(livekit_api).inventory()
    organization_id = configuration.organization.id
    trunks = pairings.pair(organization_id, wanted.trunks(configuration), inventory.trunks)
    rules = pairings.pair(organization_id, wanted.rules(configuration, trunks.ids()), inventory.rules)
    without_trunk = [wanted.rule_mark(wanted.trunk_name(mark_id)) for mark_id in trunks.absent()]
    spare_metadata = [*(trunk.metadata for trunk in trunks.spare), *(rule.metadata for rule in rules.spare)]
    spare = [mark_id for mark_id in map(_mark_id, spare_metadata) if mark_id not in without_trunk]
    return Sight(
        live=live_objects(configuration, inventory),
        gone=(*trunks.absent(), *without_trunk, *rules.absent()),
        drifted=(*trunks.changed(), *rules.changed(), *spare),
        of_another=_is_of_another(configuration, rules),
    )


def live_objects(configuration: configurations.Configuration, inventory: sip_services.Inventory) -> live.LiveObjects:
    """By which trunks and rules of ours LiveKit brings calls to the configuration's numbers."""
    organization_id = configuration.organization.id
    trunks = pairings.pair(organization_id, wanted.trunks(configuration), inventory.trunks).ids()
    rules = pairings.pair(organization_id, wanted.rules(configuration, trunks), inventory.rules).ids()
    ways = _ways(organization_id, inventory)
    numbers, others = {}, {}
    for number in configuration.numbers.values():
        keys = dialed.keys(spellings.of(number.e164, configuration.organization.country))
        found = {way for key in keys for way in ways.get(key, ())}
        trunk_id, rule_id = trunks.get(wanted.trunk_mark(number.trunk)), rules.get(wanted.rule_mark(number.trunk))
        if trunk_id and rule_id:
            numbers[number.e164] = live.LiveNumber(trunk_id=trunk_id, rule_id=rule_id)
            found.discard(numbers[number.e164])
        if found:
            others[number.e164] = frozenset(found)
    return live.LiveObjects(numbers=numbers, detours=others, catch_all_rule_id=rules.get(wanted.CATCH_ALL))


def _ways(organization_id: str, inventory: sip_services.Inventory) -> dict[str, list[live.LiveNumber]]:
    """Every trunk of ours with a rule of ours that brings an agent, by the numbers (keys) they are for."""
    ours = [trunk for trunk in inventory.trunks if ownership.is_ours(trunk.metadata, organization_id)]
    ways: dict[str, list[live.LiveNumber]] = {}
    for rule in inventory.rules:
        if not rule.room_config.agents or not ownership.is_ours(rule.metadata, organization_id):
            continue
        for trunk in [trunk for trunk in ours if trunk.sip_trunk_id in rule.trunk_ids]:
            way = live.LiveNumber(trunk_id=trunk.sip_trunk_id, rule_id=rule.sip_dispatch_rule_id)
            for key in dialed.keys(trunk.numbers) | detours.numbers(trunk):
                ways.setdefault(key, []).append(way)
    return ways


def _is_of_another(
    configuration: configurations.Configuration, rules: pairings.Pairing[api.SIPDispatchRuleInfo]
) -> bool:
    catch_all = rules.kept.get(wanted.CATCH_ALL)
    mark = ownership.read(catch_all.metadata) if catch_all is not None else None
    return mark is not None and mark.set != wanted.set_hash(configuration)


def _mark_id(metadata: str) -> str:
    mark = ownership.read(metadata)
    return mark.id if mark is not None else ""
