"""Conversations in writing: a real session with a scripted model, and nobody who hears or speaks."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from livekit import agents
from livekit.agents import llm

from sip_config.flows import flows
from worker.providers.offline import flow

SCRIPT = """
start: main
states:
  main:
    say: "How can I help you?"
    rules:
      - {any: [hours], say: "We open at nine."}
      - any: [sales]
        say: "Certainly."
        call: {tool: transfer_call, args: {destination: sales, summary: "Wants a price."}}
        then: "I am putting you through."
        failed: "I am sorry."
      - any: [nobody]
        call: {tool: transfer_call, args: {destination: nobody, summary: "-"}}
        failed: "I am sorry."
fallback: ["Sorry?"]
"""


@contextlib.asynccontextmanager
async def session(agent: agents.Agent, script: flows.Flow | None = None) -> AsyncIterator[agents.AgentSession[None]]:
    """One that is under way with this agent."""
    model = flow.FlowLLM(script or flows.Flow.parse(SCRIPT, "script"))
    opened = agents.AgentSession[None](llm=model, vad=None)
    await opened.start(agent)
    try:
        yield opened
    finally:
        await opened.aclose()


def said(history: llm.ChatContext) -> list[tuple[str, str]]:
    """Role and text of every message."""
    return [
        (item.role, item.text_content or "")
        for item in history.items
        if isinstance(item, llm.ChatMessage) and item.role in ("user", "assistant")
    ]
