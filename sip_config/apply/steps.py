"""The changes that lead from what is live to what is wanted, in an order that LiveKit accepts. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from livekit import api

from sip_config.apply import pairings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Create:
    """Make an object that is not there."""

    mark_id: str
    message: api.SIPInboundTrunkInfo | api.SIPDispatchRuleInfo


@dataclasses.dataclass(frozen=True, kw_only=True)
class Update:
    """Replace the content of a live object."""

    id: str
    message: api.SIPInboundTrunkInfo | api.SIPDispatchRuleInfo


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeleteTrunk:
    """Delete a trunk of ours."""

    id: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeleteRule:
    """Delete a rule of ours."""

    id: str


Step = Create | Update | DeleteTrunk | DeleteRule


def for_trunks(trunks: pairings.Pairing[api.SIPInboundTrunkInfo]) -> Iterator[Step]:
    """Every change of trunks, but for the deletion of those that are in nobody's way.

    LiveKit refuses a number that another trunk has. So a trunk first gives away what others are to have; one that
    gives away all of its numbers takes on its new ones at once, because a trunk without numbers would take every call.
    """
    yield from (DeleteTrunk(id=trunk.sip_trunk_id) for trunk in in_the_way(trunks))
    changed = [(trunks.kept[mark_id], trunks.wanted[mark_id]) for mark_id in trunks.changed()]
    losing_all = [pair for pair in changed if not _common(*pair)]
    others = [pair for pair in changed if _common(*pair)]
    for live, wanted in others:
        if any(number not in wanted.numbers for number in live.numbers):
            yield Update(id=live.sip_trunk_id, message=_with_numbers(wanted, _common(live, wanted)))
    for live, wanted in (*losing_all, *others):
        yield Update(id=live.sip_trunk_id, message=wanted)
    yield from (Create(mark_id=mark_id, message=trunks.wanted[mark_id]) for mark_id in trunks.absent())


def for_rules(rules: pairings.Pairing[api.SIPDispatchRuleInfo]) -> Iterator[Step]:
    """Every change of rules; deletions last."""
    for mark_id in rules.changed():
        yield Update(id=rules.kept[mark_id].sip_dispatch_rule_id, message=rules.wanted[mark_id])
    yield from (Create(mark_id=mark_id, message=rules.wanted[mark_id]) for mark_id in rules.absent())
    yield from (DeleteRule(id=rule.sip_dispatch_rule_id) for rule in rules.spare)


def for_idle_trunks(trunks: pairings.Pairing[api.SIPInboundTrunkInfo]) -> Iterator[Step]:
    """The deletion of trunks that nothing wants and that were in nobody's way; after the rules that name them."""
    blocking = in_the_way(trunks)
    yield from (DeleteTrunk(id=trunk.sip_trunk_id) for trunk in trunks.spare if trunk not in blocking)


def in_the_way(trunks: pairings.Pairing[api.SIPInboundTrunkInfo]) -> list[api.SIPInboundTrunkInfo]:
    """Trunks of ours that nothing wants and that have a number which another trunk is to have."""
    wanted = {number for trunk in trunks.wanted.values() for number in trunk.numbers}
    return [trunk for trunk in trunks.spare if not wanted.isdisjoint(trunk.numbers)]


def _common(live: api.SIPInboundTrunkInfo, wanted: api.SIPInboundTrunkInfo) -> list[str]:
    return [number for number in wanted.numbers if number in live.numbers]


def _with_numbers(trunk: api.SIPInboundTrunkInfo, numbers: list[str]) -> api.SIPInboundTrunkInfo:
    reduced = api.SIPInboundTrunkInfo()
    reduced.CopyFrom(trunk)
    reduced.numbers[:] = numbers
    return reduced
