"""What is said to a caller around a transfer."""

from __future__ import annotations

from callcore import contract

_SOMEBODY = "our team"
_BACK = "I am back with you. How can I help you?"


def connecting(agent: contract.AgentPlan, label: str | None) -> str:
    """Before they are on hold."""
    return _filled(agent.transfers.texts.connecting, label)


def unavailable(agent: contract.AgentPlan, label: str | None) -> str:
    """Back with the agent, because nobody took the call."""
    return _filled(agent.transfers.texts.unavailable, label)


def called_off(agent: contract.AgentPlan, label: str | None) -> str:
    """Back with the agent, because somebody called it off."""
    is_english = agent.language.lower().partition("-")[0] == "en"
    return _BACK if is_english else unavailable(agent, label)


def take_message(agent: contract.AgentPlan, label: str | None) -> str:
    """Before a message is recorded."""
    return _filled(agent.transfers.texts.take_message, label)


def goodbye(agent: contract.AgentPlan, label: str | None) -> str:
    """Before the agent hangs up."""
    return _filled(agent.transfers.texts.goodbye, label)


def _filled(text: str, label: str | None) -> str:
    return text.replace("{destination}", label or _SOMEBODY)
