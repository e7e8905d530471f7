"""A dispatch whose agent asks before each call."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import AsyncIterator

import pydantic
import pytest

import sip_config
from sip_config import configurations, loading, schema
from tests.unit.dispatch.pre_call import endpoints

BUDGET_S = 7.0  # no machine is so slow


@pytest.fixture
async def endpoint() -> AsyncIterator[endpoints.Endpoint]:
    """What is asked; it wants nothing, until a test says otherwise."""
    started = endpoints.Endpoint(endpoints.says({}))
    server = await endpoints.serve(started)
    yield started
    await server.close()


@pytest.fixture
async def fallback() -> AsyncIterator[endpoints.Endpoint]:
    started = endpoints.Endpoint(endpoints.says({}))
    server = await endpoints.serve(started)
    yield started
    await server.close()


@pytest.fixture
def target(endpoint: endpoints.Endpoint) -> schema.PreCall:
    return schema.PreCall.model_validate({"url": endpoint.url, "timeout": f"{BUDGET_S:g}s"})


@pytest.fixture
def configuration(configuration: configurations.Configuration, target: schema.PreCall) -> configurations.Configuration:
    """The sample set, whose one agent asks."""
    return asking(configuration, target)


def asking(configuration: configurations.Configuration, target: schema.PreCall) -> configurations.Configuration:
    agent = configuration.agents["front-desk"]
    settings = agent.settings.model_copy(update={"webhooks": schema.AgentWebhooks(pre_call=target)})
    second = dataclasses.replace(agent, id="sales", settings=agent.settings.model_copy(update={"name": "Sam"}))
    secret = pydantic.SecretStr(endpoints.SECRET.reveal())
    return dataclasses.replace(
        configuration,
        agents={"front-desk": dataclasses.replace(agent, settings=settings), "sales": second},
        webhooks=schema.Webhooks(secrets=(secret,), allow=("127.0.0.0/8",)),
    )


@pytest.fixture(scope="session")
def plain_configuration() -> configurations.Configuration:
    """The sample set as it comes."""
    return loading.load(pathlib.Path(sip_config.__file__).parent / "demo", {})
