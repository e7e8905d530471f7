"""What `trunkline route explain` does: ask LiveKit, walk the way of the call, print each step."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import ipaddress
import pathlib
from collections.abc import Mapping

from callcore import contract, errors, numbers
from cli import arriving, explanations, failing, livekit_access, screen
from sip_config import configurations, explaining, loading, problems
from sip_config.apply import sights, sip_services
from sip_config.reading import environments

_ASK_S = 10.0  # for the few lists; one that hangs gives up sooner by itself


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """The command's options, as they were written."""

    dialed: str
    caller: str | None
    at: str | None
    trunk: str | None
    source_ip: str | None
    forwarded_from: str | None
    ring_back: str | None


def trace(asked: Asked, folder: pathlib.Path | None, *, as_json: bool) -> int:
    """Print the explanation; the exit code.

    Raises:
        ConfigurationInvalid: the configuration has errors.
        BadInput: an option makes no sense.
    """
    environment = environments.read()
    configuration = loading.load(environments.folder(folder, environment), environment)
    question = _question(asked, configuration)
    arrival, told = _arrival(configuration, question, environment)
    decision = explaining.explain(configuration, question, arrival)
    told += [
        explanations.Line(
            name=step.name.value, passed=step.passed, text=step.text, setting=step.setting, faulty=step.faulty
        )
        for step in decision.steps
    ]
    explanation = explanations.Explanation(
        configuration=configuration, at=question.at, lines=tuple(told), plan=decision.plan
    )
    if as_json:
        screen.print_json(explanations.as_json(explanation))
    else:
        explanations.show(explanation)
    return failing.EXIT_FAILED if isinstance(decision.plan, contract.Refuse) else 0


def _question(asked: Asked, configuration: configurations.Configuration) -> explaining.Question:
    for name, known, what in (
        (asked.trunk, configuration.trunks, "trunk"),
        (asked.ring_back, configuration.agents, "agent"),
    ):
        if name is not None and name not in known:
            raise errors.BadInput(f"there is no {what} of this name{problems.nearest(name, known)}")
    zone = configuration.organization.time_zone
    return explaining.Question(
        dialed=asked.dialed,
        caller=asked.caller,
        at=explaining.moment(asked.at, zone, dt.datetime.now(dt.UTC)),
        trunk=asked.trunk,
        source_ip=_source_ip(asked, configuration),
        forwarded_from=asked.forwarded_from,
        ring_back=asked.ring_back,
    )


def _source_ip(asked: Asked, configuration: configurations.Configuration) -> str | None:
    """The address that was given, else one of the trunk that was."""
    inbound = configuration.trunks[asked.trunk].inbound if asked.trunk else None
    text = asked.source_ip or (inbound.allowed_addresses[0] if inbound and inbound.allowed_addresses else None)
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False).network_address) if text else None
    except ValueError:
        raise errors.BadInput("write the source address as an IP address, such as `203.0.113.7`") from None


def _arrival(
    configuration: configurations.Configuration,
    question: explaining.Question,
    environment: Mapping[str, str],
) -> tuple[explaining.Arrival, list[explanations.Line]]:
    """How the call comes out of LiveKit; as the files want it where LiveKit cannot be asked."""
    try:
        inventory = asyncio.run(_inventory(environment))
    except errors.ConfigurationInvalid as error:
        why = error.problems[0].rstrip(".")
    except errors.TrunklineError as error:
        why = error.message.rstrip(".")
    else:
        return _as_livekit_has_it(configuration, question, inventory)
    text = f"not asked: {why}; taken to be as the files want it"
    return explaining.as_configured(configuration, question), [
        explanations.Line(name="livekit", passed=True, text=text)
    ]


def _as_livekit_has_it(
    configuration: configurations.Configuration,
    question: explaining.Question,
    inventory: sip_services.Inventory,
) -> tuple[explaining.Arrival, list[explanations.Line]]:
    invite = arriving.Invite(
        dialed=_user(question.dialed), caller=_user(question.caller) or "anonymous", source_ip=question.source_ip
    )
    found = arriving.find(configuration.organization.id, inventory, invite)
    arrival = explaining.Arrival(by=found.by, live_objects=sights.live_objects(configuration, inventory))
    lines = (("livekit trunk", found.trunk), ("livekit rule", found.rule))
    return arrival, [
        explanations.Line(name=name, passed=line.passed, text=line.text, setting=line.setting) for name, line in lines
    ]


def _user(raw: str | None) -> str:
    """What LiveKit compares: the user of a URI, else the text as it is."""
    return numbers.user_part(raw or "") or raw or ""


async def _inventory(environment: Mapping[str, str]) -> sip_services.Inventory:
    async with livekit_access.connected(environment, _ASK_S) as livekit:
        return await sip_services.SipService(livekit).inventory()
