"""A dispatch whose agent wants reports, and hands to make them with."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
import sqlalchemy as sa

from callcore import contract
from dispatch import keys
from dispatch.store import tables
from sip_config import configurations, schema
from tests.unit.dispatch import conftest

REPORTS_URL, LEADS_URL = "https://crm.example.com/reports", "https://crm.example.com/leads"

USED = contract.UsageRecord(
    usage=(
        contract.ProviderUsage(part=contract.Part.STT, provider="deepgram", model="nova-3", audio_s=8.25),
        contract.ProviderUsage(
            part=contract.Part.LLM,
            provider="openai",
            model="gpt-4.1-mini",
            requests=2,
            input_tokens=900,
            cached_input_tokens=512,
            output_tokens=40,
        ),
        contract.ProviderUsage(
            part=contract.Part.TTS,
            provider="elevenlabs",
            model="eleven_turbo_v2_5",
            requests=2,
            characters=37,
            audio_s=2.5,
        ),
    )
)
"""What the job of a call used of its providers."""


@pytest.fixture
def configuration(configuration: configurations.Configuration) -> configurations.Configuration:
    """The sample set, with webhooks."""
    wanted = schema.AgentWebhooks.model_validate(
        {"post_call": {"url": REPORTS_URL}, "lead_updated": {"url": LEADS_URL}}
    )
    agents = {
        agent_id: dataclasses.replace(agent, settings=agent.settings.model_copy(update={"webhooks": wanted}))
        for agent_id, agent in configuration.agents.items()
    }
    return dataclasses.replace(configuration, agents=agents)


@dataclasses.dataclass(frozen=True)
class Desk:
    """Makes and reads reports of a dispatch in which nothing goes by time."""

    service: conftest.Service

    async def make(self) -> int:
        """Make what is due; how many that were."""
        made = 0
        while await self.service.app[keys.REPORTS].make_next():
            made += 1
        return made

    async def shown(self, call_id: str | None = None) -> tuple[int, Any]:
        """The report at `/v1`, of the only call where none is named."""
        call_id = call_id or (await self.service.only_call())["callId"]
        return await self.service.public(f"/v1/calls/{call_id}/report")

    async def report(self, call_id: str | None = None) -> dict[str, Any]:
        status, body = await self.shown(call_id)
        assert status == 200, body
        assert isinstance(body, dict)
        return body

    async def finalize(self, **wanted: bool) -> tuple[int, Any]:
        call_id = (await self.service.only_call())["callId"]
        return await self.service.public(f"/v1/calls/{call_id}/report/finalize", "POST", json=wanted)

    async def sent(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """Kind, URL, message id and body of all deliveries but statuses, reports first."""
        kept = tables.deliveries
        async with self.service.store.reading() as tx:
            rows = (
                await tx.execute(sa.select(kept).where(kept.c.kind != "status").order_by(kept.c.kind.desc(), kept.c.id))
            ).all()
        return [(row.kind, row.url, row.message_id, json.loads(row.body)) for row in rows]


@pytest.fixture
def desk(service: conftest.Service) -> Desk:
    return Desk(service)
