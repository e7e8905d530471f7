"""`tools:` of an agent's file: what it may do besides talking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

from sip_config import problems, values
from sip_config.checking import later
from sip_config.schema import shapes

TRANSFER_CALL = "transfer_call"
"""Name of the tool that hands a caller over."""

_ALWAYS: tuple[Literal["end_call"], Literal["do_not_call"]] = ("end_call", "do_not_call")
_NAMES = (*_ALWAYS, TRANSFER_CALL)


class ToolOptions(shapes.Shape):
    """When a tool is offered."""

    when: values.Condition | None = None
    """A condition in CEL; without one the tool is always offered."""


class EndCall(shapes.Shape):
    """`end_call` with options."""

    end_call: ToolOptions
    """Hangs up."""


class DoNotCall(shapes.Shape):
    """`do_not_call` with options."""

    do_not_call: ToolOptions
    """Puts the other one's number on the do-not-call list."""


class TransferCall(shapes.Shape):
    """`transfer_call` with options."""

    transfer_call: ToolOptions
    """Hands the caller over to one of `transfers`."""


def _known_tool(value: object) -> object:
    name = next(iter(value), "") if isinstance(value, dict) else value
    if isinstance(name, str) and name not in _NAMES:
        if name in later.TOOLS:
            raise values.wrong(later.message(name))
        raise values.wrong(f"there is no such tool{problems.nearest(name, _NAMES)}")
    return value


def _tool_form(value: object) -> str:
    if isinstance(value, str):
        return "name"
    names = type(value).model_fields if isinstance(value, pydantic.BaseModel) else value
    return next((name for name in _NAMES if isinstance(names, Mapping) and name in names), _NAMES[0])


Tool = Annotated[
    Annotated[Literal["end_call", "do_not_call", "transfer_call"], pydantic.Tag("name")]
    | Annotated[EndCall, pydantic.Tag("end_call")]
    | Annotated[DoNotCall, pydantic.Tag("do_not_call")]
    | Annotated[TransferCall, pydantic.Tag("transfer_call")],
    pydantic.Discriminator(_tool_form),
    pydantic.BeforeValidator(_known_tool),
]
"""A tool's name, or the name with options: `end_call: {when: …}`."""


def default(agent: Mapping[str, Any]) -> tuple[Tool, ...]:
    """What an agent may do whose file does not say it.

    Args:
        agent: its settings.
    """
    return (*_ALWAYS, "transfer_call") if agent.get("transfers") else _ALWAYS


def conditions(tools: tuple[Tool, ...]) -> dict[str, str | None]:
    """The condition of each tool that may be offered, by its name; None: always."""
    return {
        name: when
        for tool in tools
        for name, when in (
            [(tool, None)] if isinstance(tool, str) else [(name, options.when) for name, options in tool]
        )
    }
