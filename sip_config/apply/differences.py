"""What apply would change: a pure comparison of what is wanted with what LiveKit has. No password is in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Literal

from google.protobuf import json_format
from livekit import api

from sip_config import configurations
from sip_config.apply import conflicts, ownership, pairings, sip_services, wanted

Kind = Literal["trunk", "rule"]
Value = str | int | float | bool | list[object] | dict[str, object] | None

_NOT_SHOWN = frozenset({"sip_trunk_id", "sip_dispatch_rule_id", "created_at", "updated_at"})
_PASSWORD, _METADATA, _MARK = "auth_password", "metadata", "mark."
_SET, _CHANGED = "(set)", "(changed)"
_NEW_TRUNK = "(the new trunk)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Field:
    """One setting of an object, by LiveKit's name of it, such as `allowed_addresses`. None stands for unset."""

    path: str
    old: Value
    new: Value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """One object that would be made, changed or deleted."""

    action: Literal["create", "change", "delete"]
    kind: Kind
    name: str
    """The trunk's name in the configuration, also of its rule."""
    id: str | None
    """The server's; None for what is not there yet."""
    fields: tuple[Field, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Foreign:
    """An object of somebody else, which is left alone."""

    kind: Kind
    name: str
    id: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """What apply would do."""

    changes: tuple[Change, ...]
    foreign: tuple[Foreign, ...]
    conflicts: tuple[str, ...]
    """Why apply would refuse, a sentence each."""


async def plan(configuration: configurations.Configuration, livekit_api: api.LiveKitAPI) -> Plan:
    """Look at LiveKit and compare; changes nothing.

    Raises:
        Unavailable: LiveKit does not answer.
    """
    return compare(configuration, await sip_services.SipService(livekit_api).inventory())


def compare(configuration: configurations.Configuration, inventory: sip_services.Inventory) -> Plan:
    """What leads from the inventory to the configuration."""
    organization_id = configuration.organization.id
    trunks = pairings.pair(organization_id, wanted.trunks(configuration), inventory.trunks)
    trunk_ids = {mark_id: trunks.ids().get(mark_id, _NEW_TRUNK) for mark_id in trunks.wanted}
    rules = pairings.pair(organization_id, wanted.rules(configuration, trunk_ids), inventory.rules)
    return Plan(
        changes=(*_changes("trunk", trunks), *_changes("rule", rules)),
        foreign=(*_foreign("trunk", organization_id, inventory), *_foreign("rule", organization_id, inventory)),
        conflicts=conflicts.find(organization_id, trunks.wanted, inventory),
    )


def _changes(kind: Kind, pairs: pairings.Pairing[pairings.Message]) -> Iterator[Change]:
    for mark_id in pairs.absent():
        fields = tuple(_fields({}, _shown(pairs.wanted[mark_id])))
        yield Change(action="create", kind=kind, name=_name(mark_id), id=None, fields=fields)
    for mark_id in pairs.changed():
        old, new = _shown(pairs.kept[mark_id]), _shown(pairs.wanted[mark_id])
        live_id = pairings.id_of(pairs.kept[mark_id])
        fields = tuple(_fields(old, new))
        yield Change(action="change", kind=kind, name=_name(mark_id), id=live_id, fields=fields)
    for spare in pairs.spare:
        mark = ownership.read(spare.metadata)
        name = _name(mark.id) if mark is not None else spare.name
        yield Change(action="delete", kind=kind, name=name, id=pairings.id_of(spare))


def _foreign(kind: Kind, organization_id: str, inventory: sip_services.Inventory) -> Iterator[Foreign]:
    for message in inventory.trunks if kind == "trunk" else inventory.rules:
        if not ownership.is_ours(message.metadata, organization_id):
            yield Foreign(kind=kind, name=message.name, id=pairings.id_of(message))


def _fields(old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[Field]:
    """What differs; the mark, which changes with everything else, only where nothing else does."""
    differing = [path for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
    for path in differing:
        if path == _PASSWORD:
            before = None if path not in old else _SET
            yield Field(path=path, old=before, new=None if path not in new else _CHANGED if before else _SET)
        elif not path.startswith(_MARK) or (old and all(other.startswith(_MARK) for other in differing)):
            yield Field(path=path, old=old.get(path), new=new.get(path))


def _shown(message: api.SIPInboundTrunkInfo | api.SIPDispatchRuleInfo) -> dict[str, Value]:
    """The fields by dotted path, down to lists and plain values."""
    raw = json_format.MessageToDict(message, preserving_proto_field_name=True)
    mark = ownership.read(message.metadata)
    if mark is not None:
        raw.pop(_METADATA)
        raw[_MARK.removesuffix(".")] = mark.model_dump(exclude_defaults=True)
    return dict(_flat({name: value for name, value in raw.items() if name not in _NOT_SHOWN}))


def _flat(value: Mapping[str, Value], prefix: str = "") -> Iterator[tuple[str, Value]]:
    for name, below in value.items():
        if isinstance(below, dict) and below:
            yield from _flat(below, f"{prefix}{name}.")  # type: ignore[arg-type]
        else:
            yield f"{prefix}{name}", below


def _name(mark_id: str) -> str:
    """`lab` for `trunk/lab` and `rule/lab`; other marks as they are."""
    return mark_id.removeprefix("trunk/").removeprefix("rule/")
