"""JSON logs on stdout, one object a line, personal data taken out."""

from __future__ import annotations

import logging
import re
import sys

import structlog

from callcore import redaction

_QUIET = ("livekit.agents", "livekit", "aiohttp.access", "asyncio", "openai", "httpx")

# livekit-agents names the text that a voice made nothing of, and that is what the agent says to the caller.
_SPOKEN = re.compile(r"(?<=pushed for text: )(?:.*(?=, retrying in )|.*)", re.DOTALL)


def configure(level: str) -> None:
    """Send every logger of this process, and of the job processes that hand theirs over, through one formatter."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _redact,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.getLevelName(level), logging.INFO))


def _redact(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: _without_speech(value) for key, value in redaction.fields(event).items()}


def _without_speech(value: object) -> object:
    return _SPOKEN.sub(redaction.HIDDEN, value) if isinstance(value, str) else value
