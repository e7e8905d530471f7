"""What is said and understood where no language model takes part, or where it fails: a flow of this package."""

from __future__ import annotations

import functools
import importlib.resources
import json
import string

from sip_config.flows import flows

_FILE = "consult.flow.yaml"
NAME = "consult"
"""Of the flow, where models have one."""


def text(briefing: str, summary: str) -> str:
    """The flow's YAML for one call, whose phrases are those of any other."""
    return _template().substitute(briefing=_quoted(briefing), summary=_quoted(summary))


def flow(briefing: str, summary: str) -> flows.Flow:
    """The flow for one call."""
    return flows.Flow.parse(text(briefing, summary), NAME)


def _quoted(words: str) -> str:
    """Words between double quotes of YAML; braces would stand for slots of the flow."""
    plain = "".join(letter for letter in words if letter.isprintable() and letter not in "{}")
    return json.dumps(plain, ensure_ascii=False)[1:-1]


@functools.cache
def _template() -> string.Template:
    return string.Template(
        importlib.resources.files("worker.jobs.consulting").joinpath(_FILE).read_text(encoding="utf-8")
    )
