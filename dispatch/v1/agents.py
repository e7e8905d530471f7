"""Agents, as the configuration in force has them. Secrets are not shown, nor the names of variables that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import alias_generators

from callcore import errors
from dispatch import keys
from dispatch.http import answers, routes
from dispatch.v1 import listing, managed, schemas
from sip_config import configurations

_SECRET = frozenset({"api_key", "password"})
_HEADERS = "headers"
"""The names in it are no names of ours, and stay as they are written."""


class NoSuchAgent(errors.NotFound):
    """There is no such agent."""


class Agent(schemas.Shape):
    """An agent."""

    id: str
    name: str
    voice_mode: str
    language: str
    system_prompt: str
    """The template, before it is filled in for a call."""
    greeting: str
    """As `system_prompt`."""
    stt: dict[str, Any]
    llm: dict[str, Any]
    tts: dict[str, Any]
    tools: tuple[Any, ...]
    transfers: dict[str, Any]
    version: str
    phone_numbers: tuple[str, ...]
    """Numbers of ours that may lead to it."""
    managed_by: managed.By = "file"

    @classmethod
    def of(cls, agent: configurations.Agent, configuration: configurations.Configuration) -> Agent:
        settings = agent.settings.model_dump(mode="json", exclude_none=True)
        return cls(
            id=agent.id,
            name=agent.settings.name,
            voice_mode=agent.settings.voice_mode,
            language=agent.settings.language,
            system_prompt=agent.instructions.text,
            greeting=agent.greeting.text,
            stt=_shown(settings["stt"]),
            llm=_shown(settings["llm"]),
            tts=_shown(settings["tts"]),
            tools=tuple(_shown(tool) for tool in settings["tools"]),
            transfers={name: _shown(transfer) for name, transfer in settings.get("transfers", {}).items()},
            version=agent.version,
            phone_numbers=tuple(sorted(managed.numbers_of(agent.id, configuration))),
        )


async def index(request: web.Request, paging: listing.Paging, _: routes.Nothing) -> web.Response:
    """A page of agents, by id."""
    configuration = request.app[keys.SWITCHBOARD].configuration
    found, following = listing.page(configuration.agents, paging)
    items = tuple(Agent.of(agent, configuration) for agent in found)
    return answers.model(listing.Page[Agent](items=items, next_cursor=following))


async def show(request: web.Request, _: routes.Nothing, __: routes.Nothing) -> web.Response:
    """One agent."""
    configuration = request.app[keys.SWITCHBOARD].configuration
    agent = configuration.agents.get(request.match_info["id"])
    if agent is None:
        raise NoSuchAgent
    return answers.model(Agent.of(agent, configuration))


def _shown(value: Any) -> Any:  # settings as JSON of any shape
    """Settings under their names here, without secrets: the query of a URL may be one."""
    if isinstance(value, Mapping):
        return {
            alias_generators.to_camel(name): _inner(name, inner) for name, inner in value.items() if name not in _SECRET
        }
    return [_shown(inner) for inner in value] if isinstance(value, list | tuple) else value


def _inner(name: str, value: Any) -> Any:  # as `_shown`
    if name == _HEADERS:
        return value
    return value.partition("?")[0] if name == "base_url" else _shown(value)
