"""How a plan looks in a terminal."""

from __future__ import annotations

import collections
import dataclasses

from cli import screen
from sip_config import apply
from sip_config.apply import differences

_SIGNS = {"create": ("+", "green"), "change": ("~", "yellow"), "delete": ("-", "red")}


def show(plan: apply.Plan, *, as_json: bool) -> None:
    """Print a plan."""
    if as_json:
        screen.print_json(dataclasses.asdict(plan))
        return
    for change in plan.changes:
        sign, colour = _SIGNS[change.action]
        place = f" ({change.id})" if change.id else ""
        screen.print_line(f"[{colour}]{sign} {change.kind} {screen.plain(change.name)}[/{colour}]{place}")
        for field in change.fields:
            screen.print_line(f"    {screen.plain(_field(field, is_new=change.action == 'create'))}")
    for foreign in plan.foreign:
        screen.print_note(screen.plain(f"left alone, not ours: {foreign.kind} {foreign.name or '-'} ({foreign.id})"))
    for conflict in plan.conflicts:
        screen.print_line(f"[red]in the way: {screen.plain(conflict)}[/red]")
    if plan.changes:
        screen.print_line(f"{_counted(plan, 'to create', 'to change', 'to delete')}.")
    elif not plan.conflicts:
        screen.print_line("Nothing to change: LiveKit is as configured.")


def show_applied(plan: apply.Plan) -> None:
    """Print what a plan has done."""
    screen.print_line(f"Applied: {_counted(plan, 'created', 'changed', 'deleted')}.")


def _counted(plan: apply.Plan, *words: str) -> str:
    """Such as `2 to create, 1 to delete`; words for `create`, `change` and `delete`."""
    counts = collections.Counter[str](change.action for change in plan.changes)
    return ", ".join(f"{counts[action]} {word}" for action, word in zip(_SIGNS, words, strict=True) if counts[action])


def _field(field: differences.Field, *, is_new: bool) -> str:
    if is_new:
        return f"{field.path}: {_value(field.new)}"
    if isinstance(field.old, list) and isinstance(field.new, list):
        gone = [f"-{item}" for item in field.old if item not in field.new]
        come = [f"+{item}" for item in field.new if item not in field.old]
        return f"{field.path}: {' '.join(gone + come) or 'another order'}"
    return f"{field.path}: {_value(field.old)} → {_value(field.new)}"


def _value(value: object) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
