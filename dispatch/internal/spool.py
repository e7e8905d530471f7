"""Workers deliver what their jobs have reported."""

from __future__ import annotations

from aiohttp import web

from callcore import contract
from dispatch import keys
from dispatch.http import answers, problems, routes
from dispatch.ledger import spooling


async def deliver(request: web.Request, _: routes.Nothing, batch: contract.SpoolBatch) -> web.Response:
    """Take the lines that are new. A gap is refused with the line that is `expected`."""
    try:
        taken = await request.app[keys.LEDGER].take(batch)
    except spooling.LinesMissing as error:
        return problems.response(409, error.public_code, error.message, extra={"expected": error.expected})
    request.app[keys.METRICS].spool_lines.inc(taken.lines)
    return answers.model(contract.SpoolReceipt(acknowledged=taken.last_line))
