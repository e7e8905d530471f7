"""Agents' plans for the tests of this folder."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import sip_config
from callcore import contract

FLOW = (pathlib.Path(sip_config.__file__).parent / "demo/agents/front-desk.flow.yaml").read_text(encoding="utf-8")

Parts = Mapping[str, Mapping[str, object]]

OFFLINE: Parts = {
    "stt": {"provider": "offline"},
    "llm": {"provider": "offline", "flow": "front-desk.flow.yaml"},
    "tts": {"provider": "offline", "voice": "slt"},
}
HOSTED: Parts = {
    "stt": {"provider": "deepgram"},
    "llm": {"provider": "openai"},
    "tts": {"provider": "elevenlabs"},
}
KEYS = {"DEEPGRAM_API_KEY": "dg-secret", "OPENAI_API_KEY": "oa-secret", "ELEVENLABS_API_KEY": "el-secret"}


def plan(
    parts: Parts, *, language: str = "en-US", detector: str = "vad", flow: str | None = FLOW
) -> contract.AgentPlan:
    """An agent made of these parts."""
    return contract.AgentPlan.model_validate(
        {
            "agent_id": "front-desk",
            "agent_version": "1",
            "name": "Ava",
            "instructions": "Help.",
            "greeting": "Hello.",
            "language": language,
            "turns": {"detector": detector},
            "flow": flow,
            **parts,
        }
    )
