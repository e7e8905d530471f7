"""Makes our trunks have the numbers they are to have; a number that was configured and stays so never stops ringing.

What LiveKit allows decides the order. A number may be on one trunk only, and nothing moves it in one step, so it is led
around while it moves (`detours`). A trunk without numbers would take every call, so one that has none for a moment is
given a word that nobody dials.
"""

from __future__ import annotations

from collections.abc import Mapping

from livekit import api

from sip_config.apply import detours, dialed, pairings, scenes

Wanted = Mapping[str, api.SIPInboundTrunkInfo]
"""By mark."""


async def make_room(scene: scenes.Scene, wanted: Wanted, ids: dict[str, str]) -> None:
    """Make every wanted trunk, as far as no other trunk has its numbers; those that give numbers away wait.

    Args:
        scene: what is changed.
        wanted: trunks.
        ids: those of the trunks that stand for them already, by mark; those of new ones are added.
    """
    bridged = detours.all_numbers(scene)
    for mark_id, trunk in wanted.items():
        own = ids.get(mark_id)
        elsewhere = bridged.union(*(dialed.keys(other.numbers) for other in _others(scene, own)))
        if own is not None:
            elsewhere -= dialed.keys(scene.trunk(own).numbers)
        message = _with_numbers(trunk, [number for number in trunk.numbers if dialed.key(number) not in elsewhere])
        if own is None:
            ids[mark_id] = await scene.create_trunk(message)
        elif not _leaving(scene, wanted, mark_id, own):
            await _update(scene, own, message)


async def move(
    scene: scenes.Scene, wanted: Wanted, ids: Mapping[str, str], rules: Mapping[str, api.SIPDispatchRuleInfo]
) -> None:
    """Bring every number to its trunk. All trunks and their rules are there.

    Args:
        scene: what is changed.
        wanted: trunks.
        ids: of the trunks, by mark.
        rules: of the trunks, as they are now, by the trunk's mark.
    """
    await _finish_detours(scene, wanted, ids)
    givers = [mark_id for mark_id in wanted if _leaving(scene, wanted, mark_id, ids[mark_id])]
    for mark_id in sorted(wanted, key=givers.__contains__):
        trunk, own = wanted[mark_id], ids[mark_id]
        elsewhere: frozenset[str] = frozenset().union(*(dialed.keys(other.numbers) for other in _others(scene, own)))
        moving = [number for number in trunk.numbers if dialed.key(number) in elsewhere]
        if moving:
            async with detours.around(scene, trunk, rules[mark_id], moving):
                await _take_away(scene, moving, own, ids)
                await _add(scene, wanted, mark_id, own, moving)
    for mark_id, trunk in wanted.items():
        await _update(scene, ids[mark_id], trunk)


async def _finish_detours(scene: scenes.Scene, wanted: Wanted, ids: Mapping[str, str]) -> None:
    """Lead to their trunks the numbers that an apply, killed half-way, has left on a detour."""
    bridged = detours.all_numbers(scene)
    for mark_id, trunk in wanted.items():
        held = frozenset().union(*(dialed.keys(other.numbers) for other in scene.our_trunks()))
        stranded = [number for number in trunk.numbers if dialed.key(number) in bridged - held]
        if stranded:
            await _add(scene, wanted, mark_id, ids[mark_id], stranded)
    await detours.close(scene)


async def _take_away(scene: scenes.Scene, moving: list[str], own: str, ids: Mapping[str, str]) -> None:
    """Take numbers from every trunk but one; a trunk that nothing wants goes with its last number."""
    keys = dialed.keys(moving)
    for other in scene.holders(keys):
        if other.sip_trunk_id == own:
            continue
        rest = [number for number in other.numbers if dialed.key(number) not in keys]
        if rest or other.sip_trunk_id in ids.values():
            await scene.update_trunk(other.sip_trunk_id, _with_numbers(other, rest))
        else:
            await scene.delete_trunk(other.sip_trunk_id)


async def _add(scene: scenes.Scene, wanted: Wanted, mark_id: str, own: str, added: list[str]) -> None:
    """Give numbers to a trunk, which keeps those that have yet to leave it."""
    trunk, live = wanted[mark_id], scene.trunk(own)
    has = dialed.keys(live.numbers) | dialed.keys(added)
    numbers = [number for number in trunk.numbers if dialed.key(number) in has]
    await _update(scene, own, _with_numbers(trunk, numbers + _leaving(scene, wanted, mark_id, own)))


def _leaving(scene: scenes.Scene, wanted: Wanted, mark_id: str, own: str) -> list[str]:
    """What a trunk has that another one is to have."""
    kept = dialed.keys(wanted[mark_id].numbers)
    others = frozenset().union(*(dialed.keys(trunk.numbers) for name, trunk in wanted.items() if name != mark_id))
    return [number for number in scene.trunk(own).numbers if dialed.key(number) in others - kept]


def _others(scene: scenes.Scene, own: str | None) -> list[api.SIPInboundTrunkInfo]:
    return [trunk for trunk in scene.our_trunks() if trunk.sip_trunk_id != own]


def _with_numbers(trunk: api.SIPInboundTrunkInfo, numbers: list[str]) -> api.SIPInboundTrunkInfo:
    message = api.SIPInboundTrunkInfo()
    message.CopyFrom(trunk)
    message.numbers[:] = numbers or [f"nobody dials {trunk.name}"]
    return message


async def _update(scene: scenes.Scene, trunk_id: str, message: api.SIPInboundTrunkInfo) -> None:
    if not pairings.same(scene.trunk(trunk_id), message):
        await scene.update_trunk(trunk_id, message)
