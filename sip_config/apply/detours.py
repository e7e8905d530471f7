"""A way around for calls to numbers that are between two trunks.

LiveKit has no step that takes a number from one trunk and gives it to another: with both having it a call fails, with
none it would be refused. But a trunk without numbers takes what no other trunk takes. So, while numbers move, there is
such a trunk with the access rules of where they go, and a rule with our agent. Whatever else comes that way is refused
by routing, because the detour's mark names the numbers that it is for. (The rule cannot: LiveKit compares a rule's
numbers letter by letter, and refuses two spellings of one.) LiveKit allows one trunk without numbers: where somebody
else has one, numbers move without a detour and are without a trunk from one request to the next.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from livekit import api

from sip_config.apply import dialed, ownership, scenes

_PREFIX = "detour/"
_EVERYBODY = ("0.0.0.0/0", "::/0")  # LiveKit wants something; the trunk it stands for is open as well


def is_detour(metadata: str) -> bool:
    """Whether an object of ours is part of a detour."""
    mark = ownership.read(metadata)
    return mark is not None and mark.id.startswith(_PREFIX)


def numbers(trunk: api.SIPInboundTrunkInfo) -> frozenset[str]:
    """The numbers (keys) that a trunk is a detour for."""
    mark = ownership.read(trunk.metadata)
    return frozenset(mark.numbers) if mark is not None else frozenset()


def all_numbers(scene: scenes.Scene) -> frozenset[str]:
    """What detours lead around (keys), as left by an apply that was killed."""
    with_rule = {trunk_id for rule in scene.our_rules() for trunk_id in rule.trunk_ids}
    return frozenset().union(*(numbers(trunk) for trunk in scene.our_trunks() if trunk.sip_trunk_id in with_rule))


async def close(scene: scenes.Scene) -> None:
    """Take every detour away; the rule first, so that the trunk never has calls that no rule takes."""
    for rule in [rule for rule in scene.our_rules() if is_detour(rule.metadata)]:
        await scene.delete_rule(rule.sip_dispatch_rule_id)
    for trunk in [trunk for trunk in scene.our_trunks() if is_detour(trunk.metadata)]:
        await scene.delete_trunk(trunk.sip_trunk_id)


@contextlib.asynccontextmanager
async def around(
    scene: scenes.Scene, trunk: api.SIPInboundTrunkInfo, rule: api.SIPDispatchRuleInfo, moving: Sequence[str]
) -> AsyncIterator[None]:
    """A detour for the length of the block, where there can be one; left in place if the block fails.

    Args:
        scene: what is changed.
        trunk: where the numbers go.
        rule: that trunk's.
        moving: numbers.
    """
    if all(other.numbers for other in scene.inventory.trunks):
        trunk_id = await scene.create_trunk(_trunk(trunk, moving))
        await scene.create_rule(_rule(rule, trunk_id))
    yield
    await close(scene)


def _trunk(given: api.SIPInboundTrunkInfo, moving: Sequence[str]) -> api.SIPInboundTrunkInfo:
    message = api.SIPInboundTrunkInfo()
    message.CopyFrom(given)
    message.ClearField("numbers")
    message.name = f"{given.name} detour"
    message.metadata = _mark(given.metadata, moving)
    if not (message.allowed_addresses or message.auth_username):
        message.allowed_addresses.extend(_EVERYBODY)
    return message


def _rule(given: api.SIPDispatchRuleInfo, trunk_id: str) -> api.SIPDispatchRuleInfo:
    message = api.SIPDispatchRuleInfo()
    message.CopyFrom(given)
    message.ClearField("sip_dispatch_rule_id")
    message.name = f"{given.name} detour"
    message.metadata = _mark(given.metadata)
    message.trunk_ids[:] = [trunk_id]
    return message


def _mark(metadata: str, moving: Sequence[str] = ()) -> str:
    mark = ownership.read(metadata)
    if mark is None:
        raise AssertionError("what we want carries our mark")
    keys = tuple(sorted(dialed.keys(moving)))
    return mark.model_copy(update={"id": f"{_PREFIX}{mark.id}", "numbers": keys}).written()
