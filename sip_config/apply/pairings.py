"""Which live object of ours is, or becomes, which wanted one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from livekit import api

from sip_config.apply import ownership

Message = TypeVar("Message", api.SIPInboundTrunkInfo, api.SIPDispatchRuleInfo)

_GIVEN_BY_SERVER = frozenset({"sip_trunk_id", "sip_dispatch_rule_id", "created_at", "updated_at"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pairing(Generic[Message]):
    """The outcome."""

    wanted: Mapping[str, Message]
    """By mark."""
    kept: Mapping[str, Message]
    """By the wanted object's mark: the live object that stands for it, as it is now."""
    spare: tuple[Message, ...]
    """Live objects of ours that nothing wants."""

    def changed(self) -> list[str]:
        """Marks of live objects that are not as wanted."""
        return [mark_id for mark_id, live in self.kept.items() if not _same(live, self.wanted[mark_id])]

    def absent(self) -> list[str]:
        """Marks of wanted objects that are not live."""
        return [mark_id for mark_id in self.wanted if mark_id not in self.kept]


def pair(organization_id: str, wanted: Mapping[str, Message], live: Iterable[Message]) -> Pairing[Message]:
    """Pair the objects of an organization by mark; what is left over pairs where it serves the same calls.

    So a trunk that is renamed stays the same object, and its numbers are never without a trunk.
    """
    kept: dict[str, Message] = {}
    spare: list[Message] = []
    for message in live:
        mark = ownership.read(message.metadata)
        if mark is None or mark.org != organization_id:
            continue
        if mark.id in wanted and mark.id not in kept:
            kept[mark.id] = message
        else:
            spare.append(message)
    for mark_id, message in wanted.items():
        heirs = [] if mark_id in kept else [other for other in spare if _serve_the_same(message, other)]
        if heirs:
            kept[mark_id] = heirs[0]
            spare.remove(heirs[0])
    return Pairing(wanted=wanted, kept=kept, spare=tuple(spare))


def _serve_the_same(one: Message, other: Message) -> bool:
    """Whether two trunks have a number in common, or two rules a trunk."""
    if isinstance(one, api.SIPInboundTrunkInfo):
        return not set(one.numbers).isdisjoint(other.numbers)
    return not set(one.trunk_ids).isdisjoint(other.trunk_ids)


def _same(live: Message, wanted: Message) -> bool:
    """Whether a live object says what is wanted; somebody's changes by hand count, what the server adds does not."""
    return _fields(live) == _fields(wanted)


def _fields(message: Message) -> dict[str, object]:
    return {field.name: value for field, value in message.ListFields() if field.name not in _GIVEN_BY_SERVER}
