"""How `trunkline route explain` tells its answer: lines for people, or one JSON object."""

from __future__ import annotations

import dataclasses
import datetime as dt

from callcore import contract
from cli import screen
from sip_config import configurations, explaining, problems


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the answer."""

    name: str
    passed: bool
    text: str
    setting: problems.Path | None = None
    faulty: bool = False
    """Whether the setting could not be followed, though the call may go on."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Explanation:
    """The whole answer."""

    configuration: configurations.Configuration
    at: dt.datetime
    """The time that was asked about, aware."""
    lines: tuple[Line, ...]
    """What LiveKit does, then each step of the walk."""
    plan: contract.Plan

    @property
    def changes(self) -> list[dict[str, str]]:
        """What to change: the first setting in the way of the call, or all that could not be followed on its way."""
        in_the_way = [line.setting for line in self.lines if not line.passed and line.setting][:1]
        settings = in_the_way or [line.setting for line in self.lines if line.faulty and line.setting]
        return [
            {"setting": explaining.setting_text(setting), "place": self.configuration.places.of(setting)}
            for setting in dict.fromkeys(settings)
        ]


def show(answer: Explanation) -> None:
    """Print it for people."""
    width = max(len(line.name) for line in answer.lines)
    for line in answer.lines:
        where = answer.configuration.places.of(line.setting) if line.setting else ""
        place = f"  [dim]{screen.plain(where)}[/dim]" if where else ""
        screen.print_line(f"{_mark(line)} {line.name.ljust(width)}  {screen.plain(line.text)}{place}")
    for change in answer.changes:
        text = f"{change['place']} {change['setting']}"
        screen.print_line(f"[bold]change[/bold] {screen.plain(text)}")
    plan = answer.plan
    if not isinstance(plan, contract.Refuse) and plan.metadata:
        filled = ", ".join(f"{name}={value}" for name, value in sorted(plan.metadata.items()))
        screen.print_line(f"  {'metadata'.ljust(width)}  {screen.plain(filled)}")
    screen.print_line(f"→ {screen.plain(_outcome(plan))}")


def _mark(line: Line) -> str:
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


def as_json(answer: Explanation) -> dict[str, object]:
    """The same as an object."""
    plan, places = answer.plan, answer.configuration.places
    steps = [
        {
            "name": line.name,
            "passed": line.passed,
            "faulty": line.faulty,
            "text": line.text,
            "setting": explaining.setting_text(line.setting) if line.setting else None,
            "place": places.of(line.setting) if line.setting else None,
        }
        for line in answer.lines
    ]
    return {
        "routed": not isinstance(plan, contract.Refuse),
        "at": answer.at.isoformat(),
        "action": plan.action,
        "agent": plan.agent.agent_id if isinstance(plan, contract.Converse) else None,
        "outcome": _outcome(plan),
        "metadata": {} if isinstance(plan, contract.Refuse) else plan.metadata,
        "change": answer.changes,
        "first_mismatch": next((step for step in steps if not step["passed"]), None),
        "steps": steps,
    }
