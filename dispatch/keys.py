"""Where handlers find the parts of the service."""

from __future__ import annotations

from aiohttp import web

from callcore import clock
from dispatch import closing, health, metrics, reloading, switchboard, wakeups
from dispatch.access import keyring
from dispatch.dialing import interjections
from dispatch.dialing import service as dialing_service
from dispatch.http import streams
from dispatch.ledger import ledger
from dispatch.livekit import applying, catch_all, webhooks
from dispatch.reaper import rounds
from dispatch.recordings import shelves
from dispatch.reports import service as reports_service
from dispatch.store import engine
from dispatch.transfers import referring, strays
from dispatch.transfers import service as transfers_service
from dispatch.webhooks import client
from dispatch.webhooks import service as deliveries_service
from dispatch.webhooks.pre_call import service as pre_call_service

CLOCK: web.AppKey[clock.Clock] = web.AppKey("clock", clock.Clock)
STORE = web.AppKey("store", engine.Store)
LEDGER = web.AppKey("ledger", ledger.Ledger)
SWITCHBOARD = web.AppKey("switchboard", switchboard.Switchboard)
LIVEKIT_VERIFIER = web.AppKey("livekit_verifier", webhooks.Verifier)
CLOSER = web.AppKey("closer", closing.Closer)
DOORMAN = web.AppKey("doorman", catch_all.Doorman)
STREAMS = web.AppKey("streams", streams.Streams)
WAKEUPS = web.AppKey("wakeups", wakeups.Wakeups)
METRICS = web.AppKey("metrics", metrics.Metrics)
PROBES = web.AppKey("probes", health.Probes)
REAPER = web.AppKey("reaper", rounds.Reaper)
REFERRING = web.AppKey("referring", referring.Referring)
TRANSFERS = web.AppKey("transfers", transfers_service.Transfers)
STRAYS = web.AppKey("strays", strays.Strays)
DIALING = web.AppKey("dialing", dialing_service.Dialing)
INTERJECTIONS = web.AppKey("interjections", interjections.Interjections)
SHELF = web.AppKey("shelf", shelves.Shelf)
REPORTS = web.AppKey("reports", reports_service.Reports)
KEEPER = web.AppKey("keeper", applying.Keeper)
KEYRING = web.AppKey("keyring", keyring.Keyring)
DELIVERIES = web.AppKey("deliveries", deliveries_service.Deliveries)
WEBHOOK_CLIENT = web.AppKey("webhook_client", client.Client)
PRE_CALL = web.AppKey("pre_call", pre_call_service.PreCall)
RELOADER = web.AppKey("reloader", reloading.Reloader)
