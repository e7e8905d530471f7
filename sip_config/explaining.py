"""Why a call goes where it goes: the walk of `routing.decide`, told with the places of the settings that decided it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import zoneinfo

from callcore import calls, contract, errors
from sip_config import configurations, live, problems, routing, schema

_CATCH_ALL = "rule/catch-all"
_NOBODY = "explanation"  # stands for room, job and worker of a call that never was


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """A call that somebody wonders about."""

    dialed: str
    caller: str | None
    at: dt.datetime
    """Aware."""
    trunk: str | None = None
    """Name of the trunk that it comes by; None: the number's own."""
    source_ip: str | None = None
    """Where the INVITE comes from; None: an address that the trunk allows."""
    forwarded_from: str | None = None
    ring_back: str | None = None
    """The agent that dialed this caller lately."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arrival:
    """How a call comes out of LiveKit."""

    by: live.LiveNumber
    live_objects: live.LiveObjects


def moment(text: str | None, time_zone: str, now: dt.datetime) -> dt.datetime:
    """The time of a question, such as `2026-12-24 10:00`; without an offset it is one of the organization's clock.

    Raises:
        BadInput: it is none.
    """
    if text is None:
        return now
    try:
        given = dt.datetime.fromisoformat(text.strip())
        local = given if given.tzinfo else given.replace(tzinfo=zoneinfo.ZoneInfo(time_zone))
        return local.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise errors.BadInput("write the time as `2026-12-24 10:00`, or with an offset") from None


def as_configured(configuration: configurations.Configuration, question: Question) -> Arrival:
    """The arrival that would be, were LiveKit's trunks and rules just as the files want them."""
    numbers = {
        number.e164: live.LiveNumber(trunk_id=f"trunk/{number.trunk}", rule_id=f"rule/{number.trunk}")
        for number in configuration.numbers.values()
    }
    number = routing.dialed_number(configuration, question.dialed)
    trunk = question.trunk or (number.trunk if number else "")
    by = live.LiveNumber(trunk_id=f"trunk/{trunk}", rule_id=f"rule/{trunk}")
    if not _lets_in(configuration.trunks.get(trunk), question.source_ip):
        by = live.LiveNumber(trunk_id="", rule_id=_CATCH_ALL)
    return Arrival(by=by, live_objects=live.LiveObjects(numbers=numbers, catch_all_rule_id=_CATCH_ALL))


def _lets_in(trunk: schema.Trunk | None, source_ip: str | None) -> bool:
    if trunk is None or source_ip is None:
        return True
    if trunk.inbound is None:
        return False
    networks = [ipaddress.ip_network(network) for network in trunk.inbound.allowed_addresses]
    return not networks or any(ipaddress.ip_address(source_ip) in network for network in networks)


def explain(configuration: configurations.Configuration, question: Question, arrival: Arrival) -> routing.Decision:
    """What would be done with the call, by the code that does it.

    Raises:
        BadInput: a number is longer than any, or no call can come at that time.
    """
    try:
        intake = contract.CallIntake(
            room_name=_NOBODY,
            direction=calls.Direction.INBOUND,
            caller=question.caller,
            dialed=question.dialed,
            trunk_id=arrival.by.trunk_id,
            rule_id=arrival.by.rule_id,
            forwarded_from=question.forwarded_from,
            sip_call_id=None,
            job_id=_NOBODY,
            worker_id=_NOBODY,
            arrived_at=question.at,
        )
    except ValueError:
        raise errors.BadInput("a number has over 512 characters, or the time is before 2000 or after 8999") from None
    ring_back = routing.RingBack(agent_id=question.ring_back) if question.ring_back else None
    return routing.decide(configuration, arrival.live_objects, intake, question.at, ring_back=ring_back)


def setting_text(setting: problems.Path) -> str:
    """A setting as people write it: `numbers.+12015550100.direction`."""
    return ".".join(map(str, setting))
