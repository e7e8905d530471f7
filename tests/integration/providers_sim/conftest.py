from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from lab.providers import app, repliers, simulators
from tests.integration.providers_sim import telephone

HUMAN = "Can I speak to a human, please?"
GOODBYE = "Goodbye."
GREETING = "Thank you for calling. How can I help you today?"


@pytest.fixture
def replier() -> repliers.Replier:
    """What the model answers; modules override it."""
    return repliers.Scripted()


@pytest.fixture
async def sims(replier: repliers.Replier) -> AsyncIterator[simulators.Simulators]:
    """Simulators that know two callers' utterances and an agent's greeting."""
    async with simulators.running(app.Options(replier=replier)) as running:
        running.register((text, telephone.spoken(text)) for text in (HUMAN, GOODBYE))
        running.register([(GREETING, telephone.spoken(GREETING, telephone.AGENT))])
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session
