"""Puts reports into the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls
from dispatch import keys
from dispatch.reports import service
from dispatch.store import call_webhooks
from dispatch.webhooks import settling

if TYPE_CHECKING:
    from dispatch import app as dispatch_app


def set_up(app: web.Application, parts: dispatch_app.Parts) -> None:
    """Make the service of `keys.REPORTS`; switchboard and deliveries are there already."""
    board = app[keys.SWITCHBOARD]

    async def settle(tx: sa_async.AsyncConnection, call: calls.Call) -> call_webhooks.CallWebhooks:
        told = await settling.settled(tx, board.configuration, {call.id})
        return told[call.id].webhooks

    app[keys.REPORTS] = service.Reports(parts.store, parts.clock, settle, wake=app[keys.DELIVERIES].wake)
