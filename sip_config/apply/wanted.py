"""The trunks and rules that a configuration wants, as LiveKit's own messages.

One trunk with the numbers it serves; one rule for each trunk, which makes a room per call and asks for our agent; and
one rule that takes everything else, without an agent. A rule is not bound to numbers: LiveKit compares a rule's numbers
letter by letter, so a carrier that leaves out the plus sign would miss it, while a trunk's numbers are normalised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeVar

from google.protobuf import duration_pb2
from livekit import api

from callcore import contract
from sip_config import configurations, schema
from sip_config.apply import ownership, spellings

CATCH_ALL = "catch-all"
"""The mark of the rule that takes what no other rule takes."""

_EMPTY_TIMEOUT_S = 20  # a caller joins within a second of the room; this is for one who gave up before
_DEPARTURE_TIMEOUT_S = 2  # the safety net where nobody deletes the room; a job needs no more to notice
_REFUSED_DEPARTURE_TIMEOUT_S = 1

Message = TypeVar("Message", api.SIPInboundTrunkInfo, api.SIPDispatchRuleInfo)


def trunk_mark(name: str) -> str:
    """The mark of a trunk."""
    return f"trunk/{name}"


def trunk_name(mark_id: str) -> str:
    """The name of the trunk of that mark."""
    return mark_id.removeprefix("trunk/")


def rule_mark(name: str) -> str:
    """The mark of a trunk's rule."""
    return f"rule/{name}"


def trunks(configuration: configurations.Configuration) -> dict[str, api.SIPInboundTrunkInfo]:
    """Every inbound trunk with a number, by mark. Without a number a trunk would take calls to any."""
    found: dict[str, api.SIPInboundTrunkInfo] = {}
    for name, trunk in configuration.trunks.items():
        numbers = [number.e164 for number in configuration.numbers.values() if number.trunk == name]
        if trunk.inbound is not None and numbers:
            found[trunk_mark(name)] = _trunk(configuration.organization, name, trunk.inbound, numbers)
    return found


def rules(
    configuration: configurations.Configuration, trunk_ids: Mapping[str, str]
) -> dict[str, api.SIPDispatchRuleInfo]:
    """A rule for each live trunk and the catch-all rule, by mark.

    Args:
        configuration: what is wanted.
        trunk_ids: the server's ids of the trunks that are live, by mark.
    """
    organization = configuration.organization
    found = {
        rule_mark(name): _rule(organization, name, trunk_ids[trunk_mark(name)])
        for name in configuration.trunks
        if trunk_mark(name) in trunk_ids
    }
    return {**found, CATCH_ALL: _catch_all(organization, set_hash(configuration))}


def set_hash(configuration: configurations.Configuration) -> str:
    """A hash of all that LiveKit is to have; says nothing of passwords, because callers get it as metadata."""
    content = hashlib.sha256()
    for trunk in trunks(configuration).values():
        trunk.ClearField("auth_password")
        trunk.ClearField("metadata")
        content.update(trunk.SerializeToString(deterministic=True))
    return content.hexdigest()[:16]


def _rule(organization: schema.Organization, name: str, trunk_id: str) -> api.SIPDispatchRuleInfo:
    message = api.SIPDispatchRuleInfo(
        name=f"{organization.id} {name}",
        rule=_by_dialed_number(contract.ROOM_PREFIX),
        trunk_ids=[trunk_id],
        room_config=api.RoomConfiguration(
            agents=[api.RoomAgentDispatch(agent_name=contract.AGENT_NAME)],
            empty_timeout=_EMPTY_TIMEOUT_S,
            departure_timeout=_DEPARTURE_TIMEOUT_S,
        ),
    )
    return _marked(message, organization, rule_mark(name))


def _catch_all(organization: schema.Organization, of_set: str) -> api.SIPDispatchRuleInfo:
    """The rule that takes what no other rule takes; without it such a call would ring for ever.

    It has no agent: it also gets calls that a trunk refused, from foreign addresses or without credentials.
    """
    message = api.SIPDispatchRuleInfo(
        name=f"{organization.id} {CATCH_ALL}",
        rule=_by_dialed_number(contract.REFUSED_ROOM_PREFIX),
        attributes={contract.CATCH_ALL_ATTRIBUTE: "1"},
        room_config=api.RoomConfiguration(
            empty_timeout=_EMPTY_TIMEOUT_S, departure_timeout=_REFUSED_DEPARTURE_TIMEOUT_S
        ),
    )
    return _marked(message, organization, CATCH_ALL, of_set)


def _trunk(
    organization: schema.Organization, name: str, inbound: schema.InboundTrunk, numbers: list[str]
) -> api.SIPInboundTrunkInfo:
    message = api.SIPInboundTrunkInfo(
        name=f"{organization.id} {name}",
        numbers=[spelling for number in sorted(numbers) for spelling in spellings.of(number, organization.country)],
        allowed_addresses=inbound.allowed_addresses,
        ringing_timeout=duration_pb2.Duration(seconds=int(inbound.ringing_timeout.total_seconds())),
        headers_to_attributes=_attributes(inbound),
    )
    if inbound.auth is not None:
        message.auth_username = inbound.auth.username
        message.auth_password = inbound.auth.password.get_secret_value()
    return _marked(message, organization, trunk_mark(name))


def _attributes(inbound: schema.InboundTrunk) -> dict[str, str]:
    """Where the headers go that say who forwarded a call. Of several that a call has for one, LiveKit takes any."""
    carriers_own = dict.fromkeys(inbound.forwarded_from_headers, contract.FORWARDED_ATTRIBUTE)
    return {**carriers_own, "Diversion": contract.DIVERSION_ATTRIBUTE, "History-Info": contract.HISTORY_ATTRIBUTE}


def _by_dialed_number(room_prefix: str) -> api.SIPDispatchRule:
    """A room per call, named after the dialed number, so that no caller's number gets into names and logs."""
    return api.SIPDispatchRule(dispatch_rule_callee=api.SIPDispatchRuleCallee(room_prefix=room_prefix, randomize=True))


def _marked(message: Message, organization: schema.Organization, mark_id: str, of_set: str = "") -> Message:
    content = hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()[:16]
    message.metadata = ownership.Mark(org=organization.id, id=mark_id, hash=content, set=of_set).written()
    return message
