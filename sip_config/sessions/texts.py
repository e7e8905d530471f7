"""Prompts and greetings that come with one call: held to the same small part of Jinja as those of files."""

from __future__ import annotations

from collections.abc import Iterator

from sip_config import configurations, problems
from sip_config.sessions import findings
from sip_config.sessions import overrides as asked_for
from sip_config.templates import prompting


def mistakes(agent: configurations.Agent, overrides: asked_for.Overrides) -> Iterator[findings.Finding]:
    """What is wrong with the templates among overrides; none may be rendered before this has found nothing.

    Args:
        agent: with the overrides over it.
        overrides: what was asked for.
    """
    for path, text, template in (
        ("systemPrompt", overrides.system_prompt, agent.instructions),
        ("firstMessage", overrides.first_message, agent.greeting),
    ):
        if text is not None:
            yield from (findings.of(path, _said(problem)) for problem in prompting.check(template))


def _said(problem: problems.Problem) -> str:
    return f"line {problem.line}: {problem.message}"
