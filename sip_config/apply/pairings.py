"""Which live object of ours is, or becomes, which wanted one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from livekit import api

from sip_config.apply import dialed, ownership

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

    def ids(self) -> dict[str, str]:
        """The server's ids of the live objects, by the wanted ones' marks."""
        return {mark_id: id_of(message) for mark_id, message in self.kept.items()}

    def wanting(self, wanted: Mapping[str, Message]) -> Pairing[Message]:
        """The same pairs, with other wishes."""
        return dataclasses.replace(self, wanted=wanted)

    def changed(self) -> list[str]:
        """Marks of live objects that are not as wanted."""
        return [mark_id for mark_id, wanted in self.wanted.items() if not self._is_as(mark_id, wanted)]

    def absent(self) -> list[str]:
        """Marks of wanted objects that are not live."""
        return [mark_id for mark_id in self.wanted if mark_id not in self.kept]

    def _is_as(self, mark_id: str, wanted: Message) -> bool:
        return mark_id not in self.kept or same(self.kept[mark_id], wanted)


def pair(organization_id: str, wanted: Mapping[str, Message], live: Iterable[Message]) -> Pairing[Message]:
    """Pair the objects of an organization: trunks by mark, then by numbers; rules by trunk, then by mark.

    So a trunk that is renamed stays the same object, its numbers are never without a trunk, and a rule never leaves
    a trunk that it serves.
    """
    spare = [message for message in live if ownership.is_ours(message.metadata, organization_id)]
    kept: dict[str, Message] = {}
    for fits in (_fits_best, _serve_the_same, _fits_by_mark):
        for mark_id, message in wanted.items():
            heirs = [] if mark_id in kept else [other for other in spare if fits(mark_id, message, other)]
            if heirs:
                kept[mark_id] = heirs[0]
                spare.remove(heirs[0])
    return Pairing(wanted=wanted, kept=kept, spare=tuple(spare))


def _fits_best(mark_id: str, wanted: Message, live: Message) -> bool:
    return _fits_by_mark(mark_id, wanted, live) and (not _trunk_ids(wanted) or _serve_the_same(mark_id, wanted, live))


def _trunk_ids(message: api.SIPInboundTrunkInfo | api.SIPDispatchRuleInfo) -> list[str]:
    """The trunks that a rule is bound to."""
    return [] if isinstance(message, api.SIPInboundTrunkInfo) else list(message.trunk_ids)


def _fits_by_mark(mark_id: str, _: Message, live: Message) -> bool:
    mark = ownership.read(live.metadata)
    return mark is not None and mark.id == mark_id


def _serve_the_same(_: str, wanted: Message, live: Message) -> bool:
    """Whether two trunks have a number in common, or two rules a trunk."""
    if isinstance(wanted, api.SIPInboundTrunkInfo):
        return not dialed.keys(wanted.numbers).isdisjoint(dialed.keys(live.numbers))
    return not set(wanted.trunk_ids).isdisjoint(live.trunk_ids)


def id_of(message: api.SIPInboundTrunkInfo | api.SIPDispatchRuleInfo) -> str:
    """The server's id of a live object."""
    if isinstance(message, api.SIPInboundTrunkInfo):
        return message.sip_trunk_id
    return message.sip_dispatch_rule_id


def same(live: Message, wanted: Message) -> bool:
    """Whether a live object says what is wanted; somebody's changes by hand count, what the server adds does not."""
    return _fields(live) == _fields(wanted)


def _fields(message: Message) -> dict[str, object]:
    return {field.name: value for field, value in message.ListFields() if field.name not in _GIVEN_BY_SERVER}
