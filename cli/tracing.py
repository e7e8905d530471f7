"""What `trunkline route explain` does: ask LiveKit, walk the way of the call, print each step."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import ipaddress
import pathlib
from collections.abc import Mapping

from livekit import api

from callcore import contract, errors
from cli import arriving, failing, screen
from sip_config import configurations, environments, explaining, loading, problems
from sip_config.apply import sights, sip_services

_ACCESS = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """One line of the answer."""

    name: str
    passed: bool
    text: str
    setting: problems.Path | None = None
    faulty: bool = False
    """Whether the setting could not be followed, though the call may go on."""


def trace(asked: Asked, folder: pathlib.Path | None, *, as_json: bool) -> int:
    """Print the explanation; the exit code.

    Raises:
        ConfigurationInvalid: the configuration has errors.
        BadInput: an option makes no sense.
    """
    environment = environments.read()
    configuration = loading.load(folder or pathlib.Path(environment.get("TRUNKLINE_CONFIG") or "config"), environment)
    question = _question(asked, configuration)
    arrival, told = _arrival(configuration, question, environment)
    decision = explaining.explain(configuration, question, arrival)
    told += [
        Told(name=step.name.value, passed=step.passed, text=step.text, setting=step.setting, faulty=step.faulty)
        for step in decision.steps
    ]
    if as_json:
        screen.print_json(_as_json(configuration, question, told, decision.plan))
    else:
        _print(configuration, question, told, decision.plan)
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
) -> tuple[explaining.Arrival, list[Told]]:
    """How the call comes out of LiveKit; as the files want it where LiveKit cannot be asked."""
    url, key, secret = (environment.get(name, "") for name in _ACCESS)
    why = "LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not all set"
    if url and key and secret:
        try:
            inventory = asyncio.run(_inventory(url, key, secret))
        except errors.TrunklineError as error:
            why = error.message
        except (TimeoutError, ValueError) as error:
            why = f"it does not answer ({type(error).__name__})"
        else:
            return _as_livekit_has_it(configuration, question, inventory)
    text = f"not asked: {why}; taken to be as the files want it"
    return explaining.as_configured(configuration, question), [Told(name="livekit", passed=True, text=text)]


def _as_livekit_has_it(
    configuration: configurations.Configuration,
    question: explaining.Question,
    inventory: sip_services.Inventory,
) -> tuple[explaining.Arrival, list[Told]]:
    invite = arriving.Invite(
        dialed=question.dialed, caller=question.caller or "anonymous", source_ip=question.source_ip
    )
    found = arriving.find(configuration.organization.id, inventory, invite)
    arrival = explaining.Arrival(by=found.by, live_objects=sights.live_objects(configuration, inventory))
    lines = (("livekit trunk", found.trunk), ("livekit rule", found.rule))
    return arrival, [Told(name=name, passed=line.passed, text=line.text, setting=line.setting) for name, line in lines]


async def _inventory(url: str, key: str, secret: str) -> sip_services.Inventory:
    async with asyncio.timeout(_ASK_S), api.LiveKitAPI(url, key, secret, failover=False) as livekit:
        return await sip_services.SipService(livekit).inventory()


def _print(
    configuration: configurations.Configuration,
    question: explaining.Question,
    told: list[Told],
    plan: contract.Plan,
) -> None:
    width = max(len(line.name) for line in told)
    for line in told:
        mark = _mark(line)
        place = f"  [dim]{screen.plain(configuration.places.of(line.setting))}[/dim]" if line.setting else ""
        screen.print_line(f"{mark} {line.name.ljust(width)}  {screen.plain(line.text)}{place}")
    failed = [line for line in told if not line.passed][:1]
    for line in failed or [line for line in told if line.faulty]:
        if line.setting is not None:
            place, setting = configuration.places.of(line.setting), explaining.setting_text(line.setting)
            screen.print_line(f"[bold]change[/bold] {screen.plain(f'{place} {setting}')}")
    if not isinstance(plan, contract.Refuse) and plan.metadata:
        filled = ", ".join(f"{name}={value}" for name, value in sorted(plan.metadata.items()))
        screen.print_line(f"  {'metadata'.ljust(width)}  {screen.plain(filled)}")
    screen.print_line(f"→ {screen.plain(_outcome(plan))}")


def _mark(line: Told) -> str:
    if not line.passed:
        return "[red]✗[/red]"
    return "[yellow]![/yellow]" if line.faulty else "[green]✓[/green]"


def _outcome(plan: contract.Plan) -> str:
    match plan:
        case contract.Converse():
            return f"the agent `{plan.agent.agent_id}` talks{', a call that comes back' if plan.ring_back else ''}"
        case contract.Announce():
            return f"a message is spoken: {plan.text}"
        case contract.TakeMessage():
            return f"the caller leaves a message, after: {plan.greeting}"
        case contract.Forward():
            return f"forwarded to {plan.to}; where nobody answers: {_outcome(plan.otherwise)}"
        case contract.Refuse():
            return f"refused: {plan.text} (Reason {plan.sip_status_code}; the caller's network sees 486)"


def _as_json(
    configuration: configurations.Configuration,
    question: explaining.Question,
    told: list[Told],
    plan: contract.Plan,
) -> dict[str, object]:
    steps = [
        {
            "name": line.name,
            "passed": line.passed,
            "faulty": line.faulty,
            "text": line.text,
            "setting": explaining.setting_text(line.setting) if line.setting else None,
            "place": configuration.places.of(line.setting) if line.setting else None,
        }
        for line in told
    ]
    return {
        "routed": not isinstance(plan, contract.Refuse),
        "at": question.at.isoformat(),
        "action": plan.action,
        "agent": plan.agent.agent_id if isinstance(plan, contract.Converse) else None,
        "outcome": _outcome(plan),
        "metadata": {} if isinstance(plan, contract.Refuse) else plan.metadata,
        "first_mismatch": next((step for step in steps if not step["passed"]), None),
        "steps": steps,
    }
