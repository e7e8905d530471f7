"""Logs: JSON lines on standard output, our own and every library's, all through the same redaction."""

from __future__ import annotations

import logging
import sys

import structlog
from aiohttp import http_exceptions
from structlog import contextvars, processors, stdlib, types

from callcore import redaction

_CHATTY = ("aiosqlite", "alembic", "aiohttp.access", "asyncio")  # at INFO they tell nothing that an operator needs


def redact(_logger: object, _method: str, event: types.EventDict) -> types.EventDict:
    """The processor through which every line goes last, after exceptions have become text."""
    return redaction.fields(event)


def _one_line_for_nonsense(record: logging.LogRecord) -> bool:
    """What is no HTTP at all is worth a line, but no traceback with the sender's bytes in it."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, http_exceptions.HttpProcessingError):
        record.msg, record.args, record.exc_info, record.exc_text = "a request was malformed", (), None, None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def configure(level: str, environment: str) -> None:
    """Set up structlog and the standard library's logging for this process; each line names the environment."""

    def name_environment(_logger: object, _method: str, event: types.EventDict) -> types.EventDict:
        event["environment"] = environment
        return event

    shared: list[types.Processor] = [
        contextvars.merge_contextvars,
        stdlib.add_logger_name,
        stdlib.add_log_level,
        stdlib.ExtraAdder(),
        name_environment,
        processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[*shared, stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=stdlib.LoggerFactory(),
        wrapper_class=stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                stdlib.ProcessorFormatter.remove_processors_meta,
                processors.format_exc_info,
                redact,
                processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.getLogger("aiohttp.server").addFilter(_one_line_for_nonsense)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
